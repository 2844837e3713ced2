/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull -Wno-pointer-sign */
/* abi_pipe.c - pipes and event counters: capacity, ends that are gone, polling, blocking, wrong
 * arguments. */
#include "abi_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

static char big[300000];
static int  end[2];

static int inside(int fd)
{
    int n = -1;
    return ioctl(fd, FIONREAD, &n) ? -1 : n;
}

static void renew(int flags)
{
    if (end[0])
        close(end[0]), close(end[1]);
    syscall(SYS_pipe2, end, flags);
}

static void arguments(void)
{
    CLAIM("arguments of pipe2");
    struct stat st;
    SHOW(syscall(SYS_pipe2, end, 1));
    SHOW(syscall(SYS_pipe2, NULL, 1));
    SHOW_POINTERS(syscall(SYS_pipe2, p, 0));
    SHOW(open("/dev/null", O_RDONLY)); /* the failures above left nothing open */
    SHOW(syscall(SYS_pipe2, end, O_CLOEXEC | O_NONBLOCK));
    SHOW(end[1] - end[0]);
    SHOW(fcntl(end[0], F_GETFD) + fcntl(end[1], F_GETFD));
    SHOW(fcntl(end[0], F_GETFL));
    SHOW(fcntl(end[1], F_GETFL));
    SHOW(fstat(end[0], &st));
    printf("mode %o size %ld links %ld block %ld\n", st.st_mode, st.st_size, (long)st.st_nlink,
           (long)st.st_blksize);
    SHOW(read(end[1], big, 1));
    SHOW(write(end[0], big, 1));
    SHOW(lseek(end[0], 0, SEEK_SET));
    SHOW(pread(end[0], big, 1, 0));
    SHOW(fsync(end[0]));
    SHOW(ftruncate(end[1], 0));
    SHOW((long)mmap(NULL, 1, PROT_READ, MAP_SHARED, end[0], 0));
    SHOW(ioctl(end[0], 0x5401, big));
    SHOW(read(end[0], big, 1));
    SHOW(read(end[0], big, 0));
    SHOW(write(end[1], big, 0));
    SHOW(ready(end[0]));
    SHOW(ready(end[1]));
}

static void capacity(void)
{
    CLAIM("how much a pipe takes, and F_SETPIPE_SZ");
    SHOW(write(end[1], big, sizeof(big)));
    SHOW(write(end[1], big, 1));
    SHOW(inside(end[0]));
    SHOW(inside(end[1]));
    SHOW(ready(end[0]));
    SHOW(ready(end[1]));
    SHOW(read(end[0], big, 4095));
    SHOW(write(end[1], big, 1));
    SHOW(ready(end[1]));
    SHOW(read(end[0], big, 1));
    SHOW(ready(end[1]));
    SHOW(write(end[1], big, 5000));
    SHOW(inside(end[0]));
    SHOW(fcntl(end[0], F_GETPIPE_SZ));
    SHOW(fcntl(end[0], F_SETPIPE_SZ, 4096));
    SHOW(fcntl(end[1], F_SETPIPE_SZ, 100000));
    SHOW(inside(end[0]));
    SHOW(write(end[1], big, sizeof(big)));
    SHOW(read(end[0], big, sizeof(big)));
    SHOW(fcntl(end[0], F_SETPIPE_SZ, 0));
    SHOW(write(end[1], big, 5000));
    SHOW(fcntl(end[0], F_SETPIPE_SZ, -1));
    SHOW(read(end[0], big, sizeof(big)));
    SHOW(read(end[0], big, sizeof(big)));
    for (int i = 0; i < 5; i++)
        SHOW(write(end[1], "0123456789", 3));
    SHOW(read(end[0], big, sizeof(big)));
    big[15] = 0;
    printf("%s\n", big);
}

static void packets(void)
{
    CLAIM("a pipe with O_DIRECT keeps its packets");
    renew(O_NONBLOCK | O_DIRECT);
    SHOW(fcntl(end[1], F_GETFL));
    SHOW(write(end[1], "abc", 3));
    SHOW(write(end[1], "defgh", 5));
    SHOW(read(end[0], big, 100));
    SHOW(read(end[0], big, 2));
    SHOW(read(end[0], big, 2));
    SHOW(write(end[1], big, 5000));
    SHOW(read(end[0], big, 10000));
    SHOW(read(end[0], big, 10000));
}

static void memory(void)
{
    CLAIM("pipes and memory that is missing in part");
    renew(O_NONBLOCK);
    struct iovec v[3] = {{big, 3}, {pointer(NO_ACCESS), 4}, {big, 5}};
    SHOW_POINTERS(write(end[1], p, 2));
    SHOW(read(end[0], big, 100));
    SHOW(writev(end[1], v, 3));
    SHOW(inside(end[0]));
    SHOW(write(end[1], big, 10));
    SHOW_POINTERS(read(end[0], p, 2));
    SHOW(inside(end[0]));
    SHOW(readv(end[0], v, 3));
    SHOW(inside(end[0]));
    SHOW_POINTERS(ioctl(end[0], FIONREAD, p));
    SHOW(write(end[1], big, -1));
}

static void ends(void)
{
    CLAIM("what remains when one end is closed");
    renew(0);
    SHOW(write(end[1], "x", 1));
    close(end[1]);
    SHOW(ready(end[0]));
    SHOW(read(end[0], big, 5));
    SHOW(read(end[0], big, 5));
    SHOW(ready(end[0]));
    syscall(SYS_pipe2, end, 0);
    close(end[0]);
    SHOW(ready(end[1]));
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(end[1], "x", 1));
    SHOW(write(end[1], "x", 0));
    signal(SIGPIPE, count_signal);
    SHOW(write(end[1], "x", 1));
    SHOW(signals);
    SHOW(writev(end[1], &(struct iovec){big, 1}, 1));
    SHOW(signals);
    close(end[1]);
    end[0] = 0;
}

static void *write_much(void *arg)
{
    (void)arg;
    ssize_t n = write(end[1], big, sizeof(big));
    close(end[1]);
    return (void *)n;
}

static void *read_one(void *arg)
{
    char c;
    (void)arg;
    return (void *)read(end[0], &c, 1);
}

static void *poll_one(void *arg)
{
    struct pollfd p = {end[0], POLLIN, 0};
    (void)arg;
    return (void *)(long)(poll(&p, 1, -1) == 1 ? p.revents : -1);
}

/* A thread on either side; whoever comes first waits for the other one. */
static void blocking(void)
{
    CLAIM("whoever comes first waits for the other one");
    pthread_t t;
    void     *result;
    long      sum = 0, n;

    renew(0);
    pthread_create(&t, NULL, write_much, NULL);
    while ((n = read(end[0], big, 1000)) > 0)
        sum += n;
    pthread_join(t, &result);
    printf("written %ld, read %ld\n", (long)result, sum);
    close(end[0]);
    syscall(SYS_pipe2, end, 0);
    pthread_create(&t, NULL, read_one, NULL);
    sched_yield();
    SHOW(write(end[1], "x", 1));
    pthread_join(t, &result);
    SHOW((long)result);
    pthread_create(&t, NULL, poll_one, NULL);
    sched_yield();
    SHOW(write(end[1], "x", 1));
    pthread_join(t, &result);
    SHOW((long)result);
    SHOW(read(end[0], big, 1));
    pthread_create(&t, NULL, read_one, NULL);
    sched_yield();
    close(end[1]);
    pthread_join(t, &result);
    SHOW((long)result);
    close(end[0]);
    end[0] = 0;
}

static void counters(void)
{
    CLAIM("eventfd counts");
    uint64_t    value = 7;
    struct stat st;
    int         fd;
    SHOW(syscall(SYS_eventfd2, 0, 2));
    fd = (int)syscall(SYS_eventfd2, 3, O_NONBLOCK | O_CLOEXEC);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fstat(fd, &st));
    printf("mode %o size %ld links %ld\n", st.st_mode, st.st_size, (long)st.st_nlink);
    SHOW(ready(fd));
    SHOW(read(fd, &value, 7));
    SHOW(read(fd, &value, 100));
    SHOW(value);
    SHOW(read(fd, &value, 8));
    SHOW(ready(fd));
    SHOW(write(fd, &value, 7));
    SHOW(write(fd, &value, 9));
    SHOW(write(fd, &value, 8));
    SHOW(write(fd, &value, 8));
    SHOW_POINTERS(write(fd, p, 8));
    SHOW_POINTERS(read(fd, p, 8));
    value = UINT64_MAX;
    SHOW(write(fd, &value, 8));
    value = UINT64_MAX - 1;
    SHOW(write(fd, &value, 8));
    SHOW(ready(fd));
    value = 1;
    SHOW(write(fd, &value, 8));
    value = 0;
    SHOW(write(fd, &value, 8));
    SHOW(read(fd, &value, 8));
    SHOW(value == UINT64_MAX - 1);
    SHOW(pread(fd, &value, 8, 0));
    fd = (int)syscall(SYS_eventfd2, 2, 1 | O_NONBLOCK);
    SHOW(read(fd, &value, 8));
    SHOW(value);
    SHOW(read(fd, &value, 8));
    SHOW(read(fd, &value, 8));
}

int main(void)
{
    buffer_output();
    arguments();
    capacity();
    packets();
    memory();
    ends();
    blocking();
    counters();
    return 0;
}
