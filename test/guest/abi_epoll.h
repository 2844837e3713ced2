/* SPDX-License-Identifier: Apache-2.0 */
/* abi_epoll.h - what the tests of epoll share: short names, and lines that say what is ready. */
#ifndef TEST_GUEST_ABI_EPOLL_H
#define TEST_GUEST_ABI_EPOLL_H

#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

static inline int add(int ep, int fd, unsigned events, uint64_t data)
{
    struct epoll_event e = {events, {.u64 = data}};
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static inline int mod(int ep, int fd, unsigned events, uint64_t data)
{
    struct epoll_event e = {events, {.u64 = data}};
    return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static inline int del(int ep, int fd)
{
    return epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
}

/* One line: what a wait of at most ms with room for max events tells. */
static inline void ready_within(const char *when, int ep, int max, int ms)
{
    struct epoll_event e[32];
    memset(e, 0, sizeof(e));
    int n = epoll_wait(ep, e, max, ms);
    printf("%-58s", when);
    if (n < 0)
        printf(" %s", strerrorname_np(errno));
    if (n == 0)
        printf(" nothing");
    for (int i = 0; i < n; i++)
        printf(" %llu:%#x", (unsigned long long)e[i].data.u64, e[i].events);
    printf("\n");
}

static inline void ready(const char *when, int ep)
{
    ready_within(when, ep, 32, 0);
}

static inline void count(int fd, uint64_t by)
{
    if (write(fd, &by, sizeof(by)) != sizeof(by))
        printf("write: %s\n", strerrorname_np(errno));
}

static inline uint64_t take(int fd)
{
    uint64_t value = 0;
    if (read(fd, &value, sizeof(value)) != sizeof(value))
        printf("read: %s\n", strerrorname_np(errno));
    return value;
}

/* Until another thread that is to sleep has had time to. What is printed does not depend on it. */
static inline void let_sleep(void)
{
    struct timespec ts = {0, 20000000};
    nanosleep(&ts, NULL);
}

#endif
