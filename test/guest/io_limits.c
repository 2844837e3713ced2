/* SPDX-License-Identifier: Apache-2.0 */
/* io_limits.c - copying from file to file under RLIMIT_FSIZE, pipes opened again through /proc, flags of single
 * writes. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

static volatile int told;

static void count(int sig)
{
    (void)sig;
    told++;
}

static int new_file(const char *path, size_t size, int flags)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
    for (size_t i = 0; i < size; i++)
        if (write(fd, "abcdefghij" + i % 10, 1) != 1)
            puts("not written");
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static long size_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) ? -1 : st.st_size;
}

static void limited(rlim_t n)
{
    struct rlimit l = {n, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &l);
}

static void size_limit(void)
{
    int    from = new_file("/tmp/from", 300, 0), to = new_file("/tmp/to", 0, 0), end[2];
    loff_t at;

    signal(SIGXFSZ, count);
    limited(100);
    CLAIM("sendfile writes what fits under RLIMIT_FSIZE, and then gives EFBIG with SIGXFSZ");
    SHOW(sendfile(to, from, NULL, 200));
    SHOW(told);
    SHOW(sendfile(to, from, NULL, 200));
    SHOW(told);
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(size_of(to));
    CLAIM("copy_file_range as well");
    at = 0;
    told = 0;
    ftruncate(to, 0);
    lseek(to, 0, SEEK_SET);
    SHOW(syscall(SYS_copy_file_range, from, &at, to, NULL, 200, 0));
    SHOW(told);
    SHOW(syscall(SYS_copy_file_range, from, &at, to, NULL, 200, 0));
    SHOW(told);
    SHOW(at);
    CLAIM("splice from a pipe as well, and what was not written stays in the pipe");
    told = 0;
    ftruncate(to, 0);
    lseek(to, 0, SEEK_SET);
    pipe(end);
    static char bytes[200];
    SHOW(write(end[1], bytes, sizeof(bytes)));
    SHOW(splice(end[0], NULL, to, NULL, 200, 0));
    SHOW(told);
    SHOW(splice(end[0], NULL, to, NULL, 200, 0));
    SHOW(told);
    SHOW(size_of(to));
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    SHOW(read(end[0], bytes, sizeof(bytes)));
    CLAIM("a position at the limit and beyond gives EFBIG");
    told = 0;
    at = 100;
    SHOW(pwrite(to, bytes, 1, 100));
    SHOW(pwrite(to, bytes, 0, 100));
    SHOW(syscall(SYS_copy_file_range, from, NULL, to, &at, 1, 0));
    SHOW(told);
    limited(RLIM_INFINITY);
    close(from), close(to), close(end[0]), close(end[1]);
}

static int again(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, flags);
}

static void reopening(void)
{
    int  end[2], in, out;
    char buf[8];

    pipe(end);
    CLAIM("a pipe opened again through /proc/self/fd is the same pipe");
    SHOW_OK(out = again(end[0], O_WRONLY | O_TRUNC | O_CREAT));
    SHOW(write(out, "x", 1));
    SHOW(read(end[0], buf, 8));
    SHOW_OK(in = again(end[1], O_RDONLY | O_NONBLOCK));
    SHOW(read(in, buf, 8));
    SHOW(write(end[1], "yz", 2));
    SHOW(read(in, buf, 8));
    struct pollfd p = {in, POLLIN, 0};
    SHOW(poll(&p, 1, 0));
    CLAIM("and has as many ends as are open");
    close(end[1]);
    SHOW(read(in, buf, 8));
    close(out);
    SHOW(read(in, buf, 8));
    SHOW(poll(&p, 1, 0));
    SHOW(p.revents == POLLHUP);
    CLAIM(
        "without readers writing is refused, and opening brings none back for who opens to write alone");
    close(in);
    SHOW_OK(out = again(end[0], O_WRONLY | O_NONBLOCK));
    int path = again(end[0], O_RDWR);
    SHOW(path >= 0);
    close(path);
    close(out);
    SHOW(again(end[0], O_RDONLY | O_DIRECTORY));
    close(end[0]);
    CLAIM("flags are those of the new file alone");
    pipe2(end, O_NONBLOCK);
    in = again(end[0], O_RDONLY);
    SHOW(fcntl(in, F_GETFL) & O_NONBLOCK);
    close(in), close(end[0]), close(end[1]);
    CLAIM("what is no pipe, and has no name, is not opened again");
    SHOW(again(syscall(SYS_eventfd2, 0, 0), O_RDWR));
}

static long write_at(int fd, const char *text, long at, int flags)
{
    struct iovec v = {(void *)text, strlen(text)};
    return syscall(SYS_pwritev2, fd, &v, 1, at, 0, flags);
}

static void show_contents(int fd)
{
    char    text[64];
    ssize_t n = pread(fd, text, sizeof(text), 0);
    printf("contents: %.*s, position %ld\n", (int)n, text, (long)lseek(fd, 0, SEEK_CUR));
}

static void flags_of_writes(void)
{
    enum { HIPRI = 1, DSYNC = 2, SYNC = 4, NOWAIT = 8, APPEND = 16, NOAPPEND = 32 };
    int          fd = new_file("/tmp/flags", 0, 0);
    struct iovec v = {(char[4]){0}, 4};

    CLAIM("RWF_APPEND writes at the end, whatever the position");
    SHOW(write_at(fd, "one", 0, 0));
    SHOW(write_at(fd, "two", 0, APPEND));
    show_contents(fd);
    SHOW(write_at(fd, "three", -1, APPEND));
    show_contents(fd);
    CLAIM("RWF_NOAPPEND writes where it is told to, although the file was opened for appending");
    fcntl(fd, F_SETFL, O_APPEND);
    SHOW(write_at(fd, "ONE", 0, NOAPPEND));
    show_contents(fd);
    SHOW(write_at(fd, "END", 0, 0));
    show_contents(fd);
    CLAIM("both at once give EINVAL");
    SHOW(write_at(fd, "x", 0, APPEND | NOAPPEND));
    CLAIM("RWF_DSYNC and RWF_SYNC write as well");
    SHOW(write_at(fd, "d", 0, DSYNC));
    SHOW(write_at(fd, "s", 0, SYNC | NOAPPEND));
    show_contents(fd);
    CLAIM("to who reads they mean nothing");
    SHOW(syscall(SYS_preadv2, fd, &v, 1, 0, 0, APPEND));
    SHOW(syscall(SYS_preadv2, fd, &v, 1, 0, 0, APPEND | NOAPPEND));
    SHOW(syscall(SYS_preadv2, fd, &v, 1, 0, 0, NOAPPEND | DSYNC));
    CLAIM("flags that there are not give EOPNOTSUPP");
    SHOW(write_at(fd, "x", 0, 1 << 20));
    CLAIM("to a pipe they mean nothing");
    int end[2];
    pipe(end);
    SHOW(write_at(end[1], "x", -1, APPEND));
    SHOW(write_at(end[1], "x", -1, NOAPPEND | SYNC));
    close(end[0]), close(end[1]);
    close(fd);
}

static void allocating(void)
{
    int fd = new_file("/tmp/allocated", 300, 0);
    enum { KEEP = 1, PUNCH = 2, COLLAPSE = 8, ZERO = 16, INSERT = 32, UNSHARE = 64 };
    CLAIM("what a file in memory can be told about its ranges");
    SHOW(fallocate(fd, KEEP, 0, 10000));
    SHOW(size_of(fd));
    SHOW(fallocate(fd, 0, 0, 1000));
    SHOW(size_of(fd));
    SHOW(fallocate(fd, ZERO, 0, 10));
    SHOW(fallocate(fd, ZERO | KEEP, 0, 10));
    SHOW(fallocate(fd, COLLAPSE, 0, 4096));
    SHOW(fallocate(fd, INSERT, 0, 4096));
    SHOW(fallocate(fd, UNSHARE, 0, 4096));
    SHOW(fallocate(fd, PUNCH, 0, 10));
    SHOW(fallocate(fd, PUNCH | ZERO | KEEP, 0, 10));
    SHOW(fallocate(fd, 128, 0, 10));
    SHOW(fallocate(fd, ZERO, 0, 0));
    close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 1000);
    size_limit();
    reopening();
    flags_of_writes();
    allocating();
    return 0;
}
