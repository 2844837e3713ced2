/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull -Wno-stringop-overflow */
/* abi_epoll.c - epoll_create1, epoll_ctl, epoll_pwait, epoll_pwait2: wrong arguments and the order in
 * which they are noticed, which files can be watched, what an epoll is as a file. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

static int ep, efd, reg, path;

static long create(long flags)
{
    return syscall(SYS_epoll_create1, flags);
}

static long ctl(long e, long op, long fd, const void *event)
{
    return syscall(SYS_epoll_ctl, e, op, fd, event);
}

static long wait_raw(long e, void *events, long max, long ms, const void *mask, long size)
{
    return syscall(SYS_epoll_pwait, e, events, max, ms, mask, size);
}

static long wait2_raw(long e, void *events, long max, const void *timeout, const void *mask,
                      long size)
{
    return syscall(SYS_epoll_pwait2, e, events, max, timeout, mask, size);
}

static void creating(void)
{
    CLAIM("epoll_create1 takes O_CLOEXEC and nothing else");
    struct stat st;
    char        byte = 0;

    SHOW(create(1));
    SHOW(create(O_NONBLOCK));
    SHOW(create(O_CLOEXEC | 1));
    SHOW(create(-1));
    int fd = (int)create(O_CLOEXEC);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    close(fd);
    fd = (int)create(0x100000000);
    SHOW(fcntl(fd, F_GETFD));
    close(fd);
    SHOW(fcntl(ep, F_GETFL));
    SHOW(fcntl(ep, F_SETFL, O_NONBLOCK));
    SHOW(fcntl(ep, F_GETFL));
    SHOW(read(ep, &byte, 1));
    SHOW(write(ep, &byte, 1));
    SHOW(pread(ep, &byte, 1, 0));
    SHOW(ioctl(ep, FIONREAD, &byte));
    SHOW(fsync(ep));
    SHOW(ftruncate(ep, 0));
    SHOW(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ep, 0) == MAP_FAILED ? -1 : 0);
    SHOW(fstat(ep, &st));
    printf("mode %o, %ld bytes\n", st.st_mode, (long)st.st_size);
}

static void controlling(void)
{
    CLAIM("epoll_ctl checks its arguments in Linux's order");
    struct epoll_event in = {EPOLLIN, {.u64 = 1}};

    SHOW(ctl(ep, EPOLL_CTL_ADD, efd, NULL));
    SHOW(ctl(99, EPOLL_CTL_ADD, 99, NULL));
    SHOW(ctl(99, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(-1, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, 99, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, -1, &in));
    SHOW(ctl(reg, EPOLL_CTL_ADD, 99, &in));
    SHOW(ctl(path, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, path, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, reg, &in));
    SHOW(ctl(reg, EPOLL_CTL_ADD, reg, &in));
    SHOW(ctl(reg, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(efd, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, ep, &in));
    SHOW(ctl(ep, EPOLL_CTL_DEL, ep, &in));
    SHOW(ctl(ep, EPOLL_CTL_DEL, reg, &in));
    SHOW(ctl(ep, EPOLL_CTL_DEL, efd, NULL));
    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, NULL));
    SHOW(ctl(ep, 0, efd, &in));
    SHOW(ctl(ep, 4, efd, &in));
    SHOW(ctl(ep, 4, efd, NULL));
    SHOW(ctl(ep, -1, reg, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, 4, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_DEL, efd, pointer(KERNEL)));
    SHOW(ctl(ep, EPOLL_CTL_DEL, efd, NULL));
    SHOW_POINTERS(ctl(ep, EPOLL_CTL_ADD, efd, p));
    SHOW(ctl(ep, EPOLL_CTL_DEL, efd, NULL));
    SHOW_POINTERS(ctl(ep, EPOLL_CTL_MOD, efd, p));
}

static void exclusively(void)
{
    CLAIM("what EPOLLEXCLUSIVE goes with");
    struct epoll_event in = {EPOLLIN | EPOLLEXCLUSIVE, {.u64 = 1}};
    int                inner = (int)create(0);

    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, inner, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, reg, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, ep, &in));
    SHOW(ctl(ep, 9, efd, &in));
    for (unsigned bit = 0; bit < 32; bit++) {
        struct epoll_event also = {EPOLLEXCLUSIVE | 1u << bit, {.u64 = 0}};
        if (ctl(ep, EPOLL_CTL_ADD, efd, &also) == 0) {
            printf("exclusive with %#x\n", 1u << bit);
            ctl(ep, EPOLL_CTL_DEL, efd, NULL);
        }
    }
    SHOW(ctl(ep, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_ADD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, &in));
    in.events = EPOLLIN;
    SHOW(ctl(ep, EPOLL_CTL_MOD, efd, &in));
    SHOW(ctl(ep, EPOLL_CTL_DEL, efd, NULL));
    close(inner);
}

static void waiting(void)
{
    CLAIM("epoll_pwait checks its arguments in Linux's order");
    struct epoll_event events[4];
    struct timespec    zero = {0, 0}, wrong = {0, 1000000000}, negative = {-1, 0};
    uint64_t           mask = 0;

    SHOW(wait_raw(ep, events, 0, 0, NULL, 0));
    SHOW(wait_raw(ep, events, -1, 0, NULL, 0));
    SHOW(wait_raw(ep, events, 0x7fffffff / 16, 0, NULL, 0));
    SHOW(wait_raw(ep, events, 0x7fffffff / 16 + 1, 0, NULL, 0));
    SHOW(wait_raw(ep, events, 0x7fffffff, 0, NULL, 0));
    SHOW(wait_raw(ep, pointer(KERNEL), 0, 0, NULL, 0));
    SHOW(wait_raw(99, pointer(KERNEL), 1, 0, NULL, 0));
    SHOW(wait_raw(99, NULL, 1, 0, NULL, 0));
    SHOW(wait_raw(-1, NULL, 0, 0, NULL, 0));
    SHOW(wait_raw(efd, NULL, 1, 0, NULL, 0));
    SHOW(wait_raw(path, NULL, 1, 0, NULL, 0));
    SHOW(wait_raw(reg, events, 1, -1, NULL, 0));
    SHOW(wait_raw(ep, events, 1, 0, &mask, 3));
    SHOW(wait_raw(99, NULL, 0, 0, &mask, 3));
    SHOW(wait_raw(ep, events, 1, 0, &mask, 16));
    SHOW(wait_raw(ep, events, 1, 0, NULL, 3));
    SHOW(wait_raw(99, NULL, 0, 0, pointer(KERNEL), 8));
    SHOW_POINTERS(wait_raw(ep, events, 1, 0, p, 8));
    SHOW_POINTERS(wait_raw(ep, p, 1, 0, NULL, 0));
    SHOW_POINTERS(wait2_raw(ep, p, 1, &zero, NULL, 0));
    SHOW_POINTERS(wait2_raw(ep, events, 1, p, &mask, 3));
    SHOW(wait2_raw(ep, events, 1, &zero, NULL, 0));
    SHOW(wait2_raw(ep, events, 1, &wrong, NULL, 0));
    SHOW(wait2_raw(ep, events, 1, &negative, NULL, 0));
    SHOW(wait2_raw(99, NULL, 0, &wrong, &mask, 3));
    SHOW(wait2_raw(99, NULL, 0, &zero, &mask, 3));
    SHOW(wait2_raw(99, NULL, 1, &zero, NULL, 0));
    SHOW(wait2_raw(efd, NULL, 1, &zero, NULL, 0));
}

/* Which files can be watched, and what they are at first. */
static void kinds(void)
{
    CLAIM("which files can be watched, and what they are at first");
    struct epoll_event all = {0xfff | EPOLLRDHUP, {.u64 = 5}}, out;
    int                pipes[2], pair[2];
    if (pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return;
    struct {
        const char *name;
        int         fd;
    } files[] = {
        {"eventfd", eventfd(0, 0)},
        {"eventfd with 3", eventfd(3, 0)},
        {"pipe, read end", pipes[0]},
        {"pipe, write end", pipes[1]},
        {"socket of a pair", pair[0]},
        {"stream socket", socket(AF_UNIX, SOCK_STREAM, 0)},
        {"datagram socket", socket(AF_UNIX, SOCK_DGRAM, 0)},
        {"epoll", (int)create(0)},
        {"/dev/null", open("/dev/null", O_RDWR)},
        {"/dev/zero", open("/dev/zero", O_RDWR)},
        {"/", open("/", O_RDONLY)},
        {"regular file", reg},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        memset(&out, 0, sizeof(out));
        errno = 0;
        tell(files[i].name, ctl(ep, EPOLL_CTL_ADD, files[i].fd, &all));
        if (!errno) {
            SHOW(wait_raw(ep, &out, 1, 0, NULL, 0));
            printf("   %#x, %d\n", out.events, (int)out.data.u64);
        }
        ctl(ep, EPOLL_CTL_DEL, files[i].fd, NULL);
        if (files[i].fd != reg)
            close(files[i].fd);
    }
    close(pair[1]);
}

int main(void)
{
    ep = (int)create(0);
    efd = eventfd(0, 0);
    reg = open("/bin/abi_epoll", O_RDONLY);
    path = open("/bin/abi_epoll", O_PATH);
    printf("an event has %zu bytes, its data begins at %zu\n", sizeof(struct epoll_event),
           offsetof(struct epoll_event, data));
    creating();
    controlling();
    exclusively();
    waiting();
    kinds();
    return 0;
}
