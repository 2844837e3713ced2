/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_errors.c - wrong arguments give Linux's errors, in Linux's order of checks, and change
 * nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Addresses that the compiler must not think about. */
static void *volatile bad = (void *)0x10, *volatile null = NULL;

/* The call's errno, or its result. */
#define SHOW(call)                                                                        \
    do {                                                                                  \
        errno = 0;                                                                        \
        long result = (long)(call);                                                       \
        printf("%-62s %s\n", #call, result == -1 ? strerrorname_np(errno) : "succeeded"); \
    } while (0)

int main(void)
{
    char            buf[64];
    struct stat     st;
    struct timespec bad_time = {0, 1000000000}, zero_time = {0, 0};
    struct iovec    negative = {buf, (size_t)-1};
    struct pollfd   pfd = {-1, POLLIN, 0};
    struct rlimit   wrong = {2, 1};
    int             fd = open("/bin/syscall_errors", O_RDONLY);
    int             zero = open("/dev/zero", O_RDONLY);
    char            long_name[300], long_path[5000];

    memset(long_name, 'n', sizeof(long_name));
    long_name[0] = '/';
    long_name[299] = 0;
    memset(long_path, '/', sizeof(long_path));
    long_path[4999] = 0;

    SHOW(syscall(1000));
    SHOW(syscall(-1));
    SHOW(close(99));
    SHOW(close(-1));
    SHOW(read(99, buf, 1));
    SHOW(read(99, bad, 1));
    SHOW(read(zero, bad, 1));
    SHOW(read(zero, bad, 0));
    SHOW(read(1000000, buf, 1));
    SHOW(write(fd, "x", 1));
    SHOW(write(zero, "x", 1));
    SHOW(pread(fd, buf, 1, -1));
    SHOW(pread(99, buf, 1, -1));
    SHOW(readv(fd, bad, 1));
    SHOW(readv(fd, &negative, 1));
    SHOW(readv(fd, null, 1025));
    SHOW(readv(fd, null, 0));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 0, 9));
    SHOW(lseek(99, 0, 9));

    SHOW(open("/missing", O_RDONLY));
    SHOW(open("/missing/file", O_RDONLY));
    SHOW(open("/bin/syscall_errors/file", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open(bad, O_RDONLY));
    SHOW(open(long_name, O_RDONLY));
    SHOW(open(long_path, O_RDONLY));
    SHOW(open("/bin", O_WRONLY));
    SHOW(open("/bin/syscall_errors", O_RDONLY | O_DIRECTORY));
    SHOW(openat(99, "file", O_RDONLY));
    SHOW(openat(fd, "file", O_RDONLY));
    SHOW(stat("/missing", &st));
    SHOW(stat("/bin", bad));
    SHOW(fstat(99, &st));
    SHOW(fstatat(AT_FDCWD, "/bin", &st, 0x8));
    SHOW(fstatat(AT_FDCWD, "", &st, 0));
    SHOW(access("/bin", 8));
    SHOW(readlink("/usr", buf, sizeof(buf)));
    SHOW(readlink("/usr", buf, 0));
    SHOW(chdir("/bin/syscall_errors"));
    SHOW(fchdir(fd));
    SHOW(syscall(SYS_getcwd, buf, 1));
    SHOW(syscall(SYS_getcwd, bad, 64));
    SHOW(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
    SHOW(ioctl(fd, 0x5401, buf));
    SHOW(ioctl(99, 0x5401, buf));

    SHOW(dup(99));
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 50, 1));
    SHOW(dup3(99, 50, 0));
    SHOW(dup3(fd, 1000000, 0));
    SHOW(fcntl(fd, F_DUPFD, 1000000));
    SHOW(fcntl(fd, 9999));
    SHOW(fcntl(99, F_GETFD));

    SHOW(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1));
    SHOW(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    SHOW(mmap((void *)0x100001, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    SHOW(mmap(NULL, 1ul << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(munmap((void *)0x100001, 4096));
    SHOW(munmap((void *)0x100000, 0));
    SHOW(mprotect((void *)0x100001, 4096, PROT_READ));
    SHOW(mprotect((void *)0x7000000000, 4096, PROT_READ));
    SHOW(mprotect((void *)0x100000, 4096, 0x80));
    SHOW(madvise((void *)0x7000000000, 4096, MADV_DONTNEED));
    SHOW(madvise((void *)0x100001, 4096, MADV_DONTNEED));

    SHOW(nanosleep(&bad_time, NULL));
    SHOW(nanosleep(bad, NULL));
    SHOW(syscall(SYS_clock_gettime, 77, &zero_time));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad));
    SHOW(ppoll(&pfd, 1, &zero_time, NULL));
    SHOW(ppoll(bad, 1, &zero_time, NULL));
    SHOW(ppoll(&pfd, 1, &bad_time, NULL));
    SHOW(kill(12345, 0));
    SHOW(kill(getpid(), 65));
    SHOW(kill(getpid(), 0));
    SHOW(syscall(SYS_tgkill, getpid(), -1, 0));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, buf, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
    SHOW(syscall(SYS_rt_sigprocmask, 9, buf, NULL, 8));
    SHOW(syscall(SYS_prlimit64, 0, 16, NULL, NULL));
    SHOW(setrlimit(RLIMIT_NOFILE, &wrong));
    SHOW(syscall(SYS_getrandom, buf, 1, 8));
    SHOW(syscall(SYS_getrandom, bad, 1, 0));
    SHOW(syscall(SYS_futex, buf + 1, 0, 0, NULL));
    SHOW(syscall(SYS_futex, bad, 128, 0, NULL));
    SHOW(syscall(SYS_uname, bad));
    return 0;
}
