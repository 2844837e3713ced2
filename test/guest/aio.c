/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull -pthread */
/* aio.c - requests that are submitted, and the events that tell of them. */
#include "abi.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static aio_context_t   ctx;
static struct iocb     request;
static struct io_event events[64];
static char            buffer[4096];

static const struct timespec now = {0, 0};

static long setup(unsigned nr, void *at)
{
    return syscall(SYS_io_setup, nr, at);
}

static long submit(long nr, void *list)
{
    return syscall(SYS_io_submit, ctx, nr, list);
}

static long get(long min, long max, void *to, const void *timeout)
{
    return syscall(SYS_io_getevents, ctx, min, max, to, timeout);
}

/* Submit one request. */
static long one(int op, int fd, void *buf, size_t len, long offset)
{
    struct iocb *list[] = {&request};
    request = (struct iocb){.aio_data = 42,
                            .aio_lio_opcode = op,
                            .aio_fildes = fd,
                            .aio_buf = (uint64_t)buf,
                            .aio_nbytes = len,
                            .aio_offset = offset};
    return submit(1, list);
}

static void show_events(void)
{
    long n = get(0, 64, events, &now);
    printf("%ld events\n", n);
    for (long i = 0; i < n; i++)
        printf("data %lu own %d res %ld res2 %ld\n", (long)events[i].data,
               events[i].obj == (uint64_t)&request, (long)events[i].res, (long)events[i].res2);
}

static void contexts(void)
{
    aio_context_t other = 0, used = 1;
    CLAIM("a context is made for some events, into a number that is 0");
    SHOW(setup(0, &other));
    SHOW(setup(10, &used));
    SHOW(setup(10, NULL));
    SHOW(setup(0x10000000, &other));
    SHOW_POINTERS(setup(1, p));
    SHOW(setup(8, &other));
    printf("%d\n", other != 0);
    CLAIM("a context is gone once");
    SHOW(syscall(SYS_io_destroy, other));
    SHOW(syscall(SYS_io_destroy, other));
    SHOW(syscall(SYS_io_destroy, 0));
    SHOW(setup(32, &ctx));
    CLAIM("the ring in memory is as libraries know it");
    unsigned *ring = (unsigned *)ctx;
    printf("%#x %u %u %u %u %u\n", ring[4], ring[5], ring[6], ring[7], ring[2], ring[3]);
    printf("%d\n", ring[1] >= 32);
}

static void files(int fd)
{
    struct iovec vec[2] = {{buffer, 3}, {buffer + 100, 5}};
    CLAIM("what is written and read is told by events");
    memcpy(buffer, "0123456789", 10);
    SHOW(one(IOCB_CMD_PWRITE, fd, buffer, 10, 4));
    show_events();
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, 100, 0));
    show_events();
    printf("%d %.10s\n", buffer[0], buffer + 4);
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, 100, 14));
    show_events();
    SHOW(one(IOCB_CMD_PREADV, fd, vec, 2, 4));
    show_events();
    printf("%.3s %.5s\n", buffer, buffer + 100);
    SHOW(one(IOCB_CMD_PWRITEV, fd, vec, 2, 0));
    show_events();
    SHOW(one(IOCB_CMD_FSYNC, fd, NULL, 0, 0));
    SHOW(get(1, 1, events, NULL));
    printf("%ld\n", (long)events[0].res);
    SHOW(one(IOCB_CMD_FDSYNC, fd, NULL, 0, 0));
    SHOW(get(1, 1, events, NULL));
    printf("%ld\n", (long)events[0].res);
    SHOW(lseek(fd, 0, SEEK_CUR));
    CLAIM("a file opened to append is appended to");
    int append = open("/tmp/aio", O_WRONLY | O_APPEND);
    SHOW(one(IOCB_CMD_PWRITE, append, buffer, 6, 0));
    show_events();
    SHOW(lseek(append, 0, SEEK_END));
    close(append);
}

static void refusals(int fd)
{
    struct iocb *list[] = {&request, (struct iocb *)KERNEL};
    int          writes = open("/tmp/aio", O_WRONLY), path = open("/tmp/aio", O_PATH);
    int          dir = open("/tmp", O_RDONLY);
    CLAIM("what cannot be done is not submitted");
    SHOW(one(IOCB_CMD_PREAD, 99, buffer, 1, 0));
    SHOW(one(IOCB_CMD_PREAD, path, buffer, 1, 0));
    SHOW(one(IOCB_CMD_PREAD, writes, buffer, 1, 0));
    SHOW(one(IOCB_CMD_PREAD, dir, buffer, 1, 0));
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, 1, -1));
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, -1, 0));
    SHOW(one(IOCB_CMD_PREAD, fd, pointer(KERNEL), 1, 0));
    SHOW(one(IOCB_CMD_PREADV, fd, buffer, 2000, 0));
    SHOW(one(IOCB_CMD_FSYNC, fd, buffer, 0, 0));
    SHOW(one(IOCB_CMD_FSYNC, fd, NULL, 0, 1));
    SHOW(one(IOCB_CMD_NOOP, fd, NULL, 0, 0));
    SHOW(one(77, fd, NULL, 0, 0));
    request.aio_reserved2 = 1;
    SHOW(submit(1, list));
    request = (struct iocb){
        .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_rw_flags = 0x4000};
    SHOW(submit(1, list));
    SHOW(submit(-1, list));
    SHOW(submit(0, list));
    SHOW(submit(0, NULL));
    SHOW(submit(1, NULL));
    SHOW(submit(1, &list[1]));
    show_events();
    CLAIM("memory that is not there is told by the event");
    char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    SHOW(one(IOCB_CMD_PREAD, fd, page, 10, 0));
    show_events();
    SHOW(one(IOCB_CMD_PWRITE, fd, page + 4096, 10, 0));
    show_events();
    CLAIM("requests before one that is refused are done");
    request = (struct iocb){.aio_lio_opcode = IOCB_CMD_PREAD,
                            .aio_fildes = fd,
                            .aio_buf = (uint64_t)buffer,
                            .aio_nbytes = 4};
    SHOW(submit(2, list));
    show_events();
    CLAIM("nothing is left to be cancelled");
    SHOW(syscall(SYS_io_cancel, ctx, &request, events));
    SHOW(syscall(SYS_io_cancel, ctx, NULL, events));
    close(writes);
    close(path);
    close(dir);
}

static void counters(int fd)
{
    struct iocb *list[] = {&request};
    int          counter = eventfd(0, EFD_NONBLOCK);
    uint64_t     value = 0;
    CLAIM("an eventfd is told of an event");
    request = (struct iocb){.aio_lio_opcode = IOCB_CMD_PREAD,
                            .aio_fildes = fd,
                            .aio_buf = (uint64_t)buffer,
                            .aio_nbytes = 4,
                            .aio_flags = IOCB_FLAG_RESFD,
                            .aio_resfd = counter};
    SHOW(submit(1, list));
    SHOW(submit(1, list));
    SHOW(read(counter, &value, 8));
    printf("%lu\n", (long)value);
    request.aio_resfd = fd;
    SHOW(submit(1, list));
    request.aio_resfd = 99;
    SHOW(submit(1, list));
    show_events();
    close(counter);
}

static void handler(int sig)
{
    (void)sig;
}

static void *submits(void *fd)
{
    one(IOCB_CMD_PREAD, *(int *)fd, buffer, 4, 0);
    return NULL;
}

static void waiting(int fd)
{
    struct timespec soon = {0, 1000000};
    pthread_t       t;
    CLAIM("events are waited for");
    SHOW(get(1, 1, events, &now));
    SHOW(get(1, 1, events, &soon));
    SHOW(get(2, 1, events, &now));
    SHOW(get(-1, 1, events, &now));
    SHOW(get(0, 0, events, &now));
    SHOW_POINTERS(get(1, 1, events, p));
    SHOW(syscall(SYS_io_getevents, 0, 0, 1, events, &now));
    pthread_create(&t, NULL, submits, &fd);
    SHOW(get(1, 1, events, NULL));
    pthread_join(t, NULL);
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, 4, 0));
    SHOW(one(IOCB_CMD_PREAD, fd, buffer, 4, 0));
    SHOW(get(1, 1, events, NULL));
    SHOW(get(1, 5, pointer(KERNEL), &now));
    SHOW(get(0, 5, events, &now));
    CLAIM("a signal ends the wait");
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 1000}, {0, 20000}}, NULL);
    SHOW(get(1, 1, events, NULL));
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    CLAIM("io_pgetevents has a mask of its own");
    sigset_t set;
    struct {
        const sigset_t *mask;
        size_t          size;
    } sig = {&set, 8}, odd = {&set, 7};
    sigemptyset(&set);
    SHOW(syscall(SYS_io_pgetevents, ctx, 1, 1, events, &now, &sig));
    SHOW(syscall(SYS_io_pgetevents, ctx, 1, 1, events, &now, &odd));
    SHOW(syscall(SYS_io_pgetevents, ctx, 1, 1, events, &now, NULL));
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 1000}, {0, 20000}}, NULL);
    SHOW(syscall(SYS_io_pgetevents, ctx, 1, 1, events, NULL, &sig));
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    sigprocmask(SIG_SETMASK, NULL, &set);
    printf("%d\n", sigismember(&set, SIGALRM));
}

static void streams(void)
{
    int ends[2];
    CLAIM("streams are read and written where they are");
    if (pipe(ends))
        perror("pipe");
    SHOW(one(IOCB_CMD_PWRITE, ends[1], "hello", 5, 77));
    show_events();
    SHOW(one(IOCB_CMD_PREAD, ends[0], buffer, 100, 99));
    show_events();
    printf("%.5s\n", buffer);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    SHOW(one(IOCB_CMD_PWRITE, ends[1], "hello", 5, 0));
    show_events();
    SHOW(one(IOCB_CMD_FSYNC, ends[1], NULL, 0, 0));
}

int main(void)
{
    int fd = open("/tmp/aio", O_CREAT | O_RDWR, 0600);
    contexts();
    files(fd);
    refusals(fd);
    counters(fd);
    waiting(fd);
    streams();
    SHOW(syscall(SYS_io_destroy, ctx));
    SHOW(get(0, 1, events, &now));
    return 0;
}
