/* SPDX-License-Identifier: Apache-2.0 */
/* strace_events.c - epoll, signalfd and eventfd, for a trace of them (guest.mk). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct epoll_event events[4];

static void control(int ep, int op, int fd, unsigned how, uint64_t data)
{
    struct epoll_event e = {how, {.u64 = data}};
    epoll_ctl(ep, op, fd, &e);
}

int main(void)
{
    sigset_t        set;
    struct timespec soon = {0, 1000000};
    uint64_t        one = 1;
    int ep = epoll_create1(EPOLL_CLOEXEC), e = eventfd(0, EFD_NONBLOCK), f = eventfd(2, 0);

    epoll_create1(3);
    control(ep, EPOLL_CTL_ADD, e, EPOLLIN, 5);
    control(ep, EPOLL_CTL_ADD, f, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
            0x123456789a);
    control(ep, EPOLL_CTL_ADD, f, EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLWAKEUP | 0x7d8, 1);
    control(ep, EPOLL_CTL_MOD, e, 0, UINT64_MAX);
    control(ep, EPOLL_CTL_MOD, e, EPOLLIN | 0x800000, 7);
    epoll_ctl(ep, EPOLL_CTL_DEL, 99, NULL);
    epoll_ctl(ep, 7, 99, NULL);
    epoll_wait(ep, events, 4, 0);
    epoll_wait(ep, events, 4, 0);
    syscall(SYS_write, e, &one, 8);
    epoll_wait(ep, events, 1, -1);
    epoll_wait(ep, events, 0, -1);
    syscall(SYS_epoll_pwait, ep, NULL, 1, -1, NULL, 8);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    syscall(SYS_epoll_pwait, ep, events, 4, 0, &set, 8);
    syscall(SYS_epoll_pwait, ep, events, 4, 0, &set, 4);
    syscall(SYS_epoll_pwait2, ep, events, 4, &soon, NULL, 0);
    syscall(SYS_epoll_pwait2, ep, events, 4, &soon, &set, 8);
    epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL);
    syscall(SYS_epoll_pwait2, ep, events, 4, &soon, &set, 8);

    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
    int sig = (int)syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK | SFD_CLOEXEC);
    syscall(SYS_signalfd4, sig, &set, 8, 0);
    syscall(SYS_signalfd4, sig, &set, 4, 0);
    syscall(SYS_signalfd4, -1, NULL, 8, 5);
    return 0;
}
