/* SPDX-License-Identifier: Apache-2.0 */
/* strace_memory.c - arguments in all shapes, for a trace of them (guest.mk): long strings, addresses
 * that cannot be read, flags without a name, structures, calls that do not exist. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)16)

static void strings(int fd)
{
    static const char odd[] = "tab\t quote\" back\\ \1"
                              "2 \033[0m \0\377 end";
    char              longer[80];
    struct iovec      iov[3] = {{(void *)odd, 5}, {longer, 50}, {NULL, 0}};

    memset(longer, 'y', sizeof(longer));
    syscall(SYS_write, fd, odd, sizeof(odd));
    syscall(SYS_write, fd, longer, 32);
    syscall(SYS_write, fd, longer, 33);
    syscall(SYS_write, fd, longer, 0);
    syscall(SYS_write, fd, BAD, 5);
    syscall(SYS_write, fd, NULL, 5);
    syscall(SYS_writev, fd, iov, 3);
    syscall(SYS_writev, fd, BAD, 3);
    syscall(SYS_lseek, fd, 0, SEEK_SET);
    syscall(SYS_readv, fd, iov + 1, 1);
    syscall(SYS_pread64, fd, longer, sizeof(longer), 4);
    syscall(SYS_read, 77, longer, 10);
}

static void paths(void)
{
    static char path[300];
    int         end = (int)(sizeof(path) - 1);

    memset(path, 'p', (size_t)end);
    syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
    syscall(SYS_openat, -1, BAD, O_WRONLY | O_TRUNC | 0x80000000);
    syscall(SYS_openat, AT_FDCWD, "/tmp/new", O_RDWR | O_CREAT | O_EXCL | O_SYNC, 04750);
    syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600);
    syscall(SYS_mknodat, AT_FDCWD, "/tmp/fifo", S_IFIFO | 0644, 0);
    syscall(SYS_mknodat, AT_FDCWD, "/tmp/null", S_IFCHR | 0644, 0x103);
    syscall(SYS_newfstatat, AT_FDCWD, "/tmp/null", BAD, AT_SYMLINK_NOFOLLOW | 0x80000);
    syscall(SYS_renameat2, AT_FDCWD, "/tmp/a\nb", 3, "", RENAME_NOREPLACE);
    syscall(SYS_faccessat, AT_FDCWD, "/tmp/new", R_OK | X_OK);
    syscall(SYS_fchmodat, AT_FDCWD, "/tmp/new", 0);
    syscall(SYS_fchownat, AT_FDCWD, "/tmp/new", -1, 5, AT_EMPTY_PATH);
    syscall(SYS_umask, 077);
    syscall(SYS_chdir, "/tmp");
    syscall(SYS_getcwd, path, sizeof(path));
    syscall(SYS_getcwd, path, 2);
}

static void memory(void)
{
    char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at = mmap(at, 8192, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    syscall(SYS_mmap, NULL, 4096, PROT_READ | 0x40, MAP_PRIVATE | 0x2000000, 99, 0x3000);
    madvise(at, 4096, MADV_DONTNEED);
    syscall(SYS_madvise, at, 4096, 9999);
    mprotect(at, 8192, PROT_READ | PROT_EXEC);
    msync(at, 4096, MS_SYNC);
    at = mremap(at, 8192, 4096, MREMAP_MAYMOVE);
    munmap(at, 4096);
    syscall(SYS_munmap, 1, 0);
}

static void structures(int fd)
{
    struct timespec    ts = {.tv_sec = 0, .tv_nsec = 1000};
    struct rlimit      limit = {.rlim_cur = 1000, .rlim_max = 65536};
    struct flock       lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 7};
    struct winsize     size;
    struct termios     tio;
    int                number;
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/socket"};

    syscall(SYS_nanosleep, &ts, NULL);
    ts.tv_nsec = -5;
    syscall(SYS_nanosleep, &ts, &ts);
    syscall(SYS_clock_gettime, 99, &ts);
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    syscall(SYS_prlimit64, 0, 99, NULL, &limit);
    fcntl(fd, F_SETLK, &lock);
    fcntl(fd, F_GETLK, &lock);
    fcntl(fd, F_DUPFD_CLOEXEC, 40);
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    fcntl(fd, 99, 5);
    ioctl(1, TIOCGWINSZ, &size);
    ioctl(1, TCGETS, &tio);
    ioctl(fd, TCGETS, &tio);
    ioctl(fd, FIONREAD, &number);
    ioctl(fd, _IOWR('x', 5, int), &number);
    socket(99, SOCK_DGRAM | SOCK_CLOEXEC, 3);
    number = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(number, (struct sockaddr *)&name, sizeof(name));
    connect(number, (struct sockaddr *)&name, 5);
    sendto(number, "abc", 3, MSG_NOSIGNAL | MSG_MORE, NULL, 0);
    shutdown(number, SHUT_RDWR);
    prctl(PR_SET_NAME, "a long name for a thread");
    syscall(SYS_utimensat, fd, NULL, (struct timespec[2]){{1, UTIME_NOW}, {0, UTIME_OMIT}}, 0);
    syscall(SYS_getrandom, BAD, 5, 1 | 0x100);
}

static void others(void)
{
    uint32_t ids[3];

    syscall(511, 1, 2, 3, 4, 5, 6);
    syscall(SYS_getresuid, ids, ids + 1, ids + 2);
    syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_getgroups, 3, ids);
    syscall(SYS_setpgid, -1, 0);
    syscall(SYS_getpriority, PRIO_PROCESS, 0);
    syscall(SYS_wait4, -1, NULL, 1 /* WNOHANG */, NULL);
    syscall(SYS_fallocate, 99, 1, 0, 4096);
    syscall(SYS_fadvise64, 99, 0, 0, 3);
    syscall(SYS_close_range, 100, -1, 4);
}

int main(void)
{
    int fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0644);

    strings(fd);
    paths();
    memory();
    structures(fd);
    others();
    return 300;
}
