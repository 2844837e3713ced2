/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - waiting for files: what a call costs that finds a file ready, whatever else is watched. Each
 * piece is 1000 passes; a pass is the calls named, made without a C library. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"

#define PASSES 1000
#define MANY   1000

static long call(long nr, long a0, long a1, long a2, long a3, long a4)
{
    register long x0 __asm__("a0") = a0, x1 __asm__("a1") = a1, x2 __asm__("a2") = a2,
                     x3 __asm__("a3") = a3, x4 __asm__("a4") = a4, x5 __asm__("a5") = 8,
                     n __asm__("a7") = nr;
    __asm__ volatile("ecall"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(n)
                     : "memory");
    return x0;
}

static struct epoll_event events[16];

static int watched(int ep, int value, unsigned how)
{
    struct epoll_event e = {.events = EPOLLIN | how};
    int                fd = eventfd((unsigned)value, 0);
    need(fd >= 0 && !epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), "watch");
    return fd;
}

static void count(int fd)
{
    uint64_t one = 1, value;
    for (int i = 0; i < PASSES; i++) {
        call(SYS_write, fd, (long)&one, 8, 0, 0);
        call(SYS_read, fd, (long)&value, 8, 0, 0);
    }
}

static void wait_for(int ep, int max)
{
    for (int i = 0; i < PASSES; i++)
        call(SYS_epoll_pwait, ep, (long)events, max, -1, 0);
}

int main(void)
{
    struct rlimit files = {4096, 4096};
    int           ep = epoll_create1(0);

    announce(1, "epoll_pwait, one ready of 1001", 1, PASSES);
    announce(2, "epoll_pwait, 10 ready of 1010", 1, PASSES);
    announce(3, "eventfd write + read, watched", 1, PASSES);
    setrlimit(RLIMIT_NOFILE, &files);
    watched(ep, 1, 0);
    for (int i = 0; i < MANY; i++)
        watched(ep, 0, 0);
    wait_for(ep, 16);
    BEGIN(1);
    wait_for(ep, 16);
    END(1);
    for (int i = 0; i < 9; i++)
        watched(ep, 1, 0);
    wait_for(ep, 16);
    BEGIN(2);
    wait_for(ep, 16);
    END(2);
    int lone = watched(ep, 0, EPOLLET);
    count(lone);
    BEGIN(3);
    count(lone);
    END(3);
    return 0;
}
