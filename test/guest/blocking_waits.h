/* SPDX-License-Identifier: Apache-2.0 */
/* blocking_waits.h - calls that wait for events of several files, for a time, for a word, for a signal. */
#ifndef TEST_GUEST_BLOCKING_WAITS_H
#define TEST_GUEST_BLOCKING_WAITS_H

#include "blocking.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#define NEVER 1000 /* seconds */

#define SYS_futex2_wait 455 /* younger than the C library */

static int             events, end[2];
static uint32_t        word;
static struct timespec remains;
static sigset_t        taken;

/* In the mask of a call that has one: all but the signals that the test sends. */
static sigset_t most(void)
{
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGUSR1);
    sigdelset(&set, SIGUSR2);
    return set;
}

static struct timespec at(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_sec += NEVER;
    return t;
}

/* --- files ------------------------------------------------------------------------------------ */

static void quiet_pipe(void)
{
    (void)!pipe(end);
}

static void speak(void)
{
    (void)!write(end[1], "x", 1);
}

static void watched_pipe(void)
{
    struct epoll_event e = {.events = EPOLLIN};
    quiet_pipe();
    events = epoll_create1(0);
    epoll_ctl(events, EPOLL_CTL_ADD, end[0], &e);
}

static long poll_for(const struct timespec *t, const sigset_t *mask)
{
    struct timespec left = t ? *t : (struct timespec){0, 0};
    struct pollfd   f = {end[0], POLLIN, 0};
    return syscall(SYS_ppoll, &f, 1, t ? &left : NULL, mask, 8);
}

static long poll_forever(void)
{
    return poll_for(NULL, NULL);
}

static long poll_long(void)
{
    return poll_for(&(struct timespec){NEVER, 0}, NULL);
}

static long poll_masked(void)
{
    sigset_t mask = most();
    return poll_for(NULL, &mask);
}

static long poll_nothing(void)
{
    return syscall(SYS_ppoll, NULL, 0, NULL, NULL, 8);
}

static long select_for(const struct timespec *t, const sigset_t *mask)
{
    struct timespec left = t ? *t : (struct timespec){0, 0};
    struct {
        const sigset_t *set;
        size_t          size;
    } masked = {mask, 8};
    fd_set in;
    FD_ZERO(&in);
    FD_SET(end[0], &in);
    return syscall(SYS_pselect6, end[0] + 1, &in, NULL, NULL, t ? &left : NULL, &masked);
}

static long select_forever(void)
{
    return select_for(NULL, NULL);
}

static long select_long(void)
{
    return select_for(&(struct timespec){NEVER, 0}, NULL);
}

static long select_masked(void)
{
    sigset_t mask = most();
    return select_for(NULL, &mask);
}

static long epoll_forever(void)
{
    struct epoll_event e;
    return syscall(SYS_epoll_pwait, events, &e, 1, -1, NULL, 8);
}

static long epoll_long(void)
{
    struct epoll_event e;
    return syscall(SYS_epoll_pwait, events, &e, 1, NEVER * 1000, NULL, 8);
}

static long epoll_masked(void)
{
    struct epoll_event e;
    sigset_t           mask = most();
    return syscall(SYS_epoll_pwait, events, &e, 1, -1, &mask, 8);
}

static long epoll2_forever(void)
{
    struct epoll_event e;
    return syscall(SYS_epoll_pwait2, events, &e, 1, NULL, NULL, 8);
}

static long epoll2_long(void)
{
    struct epoll_event e;
    struct timespec    t = {NEVER, 0};
    sigset_t           mask = most();
    return syscall(SYS_epoll_pwait2, events, &e, 1, &t, &mask, 8);
}

/* --- time ------------------------------------------------------------------------------------- */

static long sleep_long(void)
{
    struct timespec t = {NEVER, 0};
    return syscall(SYS_nanosleep, &t, &remains);
}

static long sleep_clock(void)
{
    struct timespec t = {NEVER, 0};
    return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

static long sleep_real(void)
{
    struct timespec t = {NEVER, 0};
    return syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &t, NULL);
}

static long sleep_until(void)
{
    struct timespec t = at(CLOCK_MONOTONIC);
    return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static long sleep_until_boot(void)
{
    struct timespec t = at(CLOCK_BOOTTIME);
    return syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL);
}

/* --- words ------------------------------------------------------------------------------------ */

static void zero_word(void)
{
    word = 0;
}

static void wake_word(void)
{
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
}

static void wake_shared_word(void)
{
    syscall(SYS_futex, &word, FUTEX_WAKE, 100, NULL, NULL, 0);
}

static long futex_forever(void)
{
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static long futex_shared(void)
{
    return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long futex_long(void)
{
    struct timespec t = {NEVER, 0};
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
}

static long futex_until(void)
{
    struct timespec t = at(CLOCK_MONOTONIC);
    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, NULL, 1);
}

static long futex_until_real(void)
{
    struct timespec t = at(CLOCK_REALTIME);
    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &t, NULL,
                   ~0u);
}

struct word_of_many {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long waitv(const struct timespec *t)
{
    static uint32_t     other;
    struct word_of_many many[2] = {{0, (uint64_t)&other, 2 | 128, 0},
                                   {0, (uint64_t)&word, 2 | 128, 0}};
    return syscall(SYS_futex_waitv, many, 2, 0, t, CLOCK_MONOTONIC);
}

static long waitv_forever(void)
{
    return waitv(NULL);
}

static long waitv_until(void)
{
    struct timespec t = at(CLOCK_MONOTONIC);
    return waitv(&t);
}

static long futex2_forever(void)
{
    return syscall(SYS_futex2_wait, &word, 0ul, 0xfffffffful, 2 | 128, NULL, CLOCK_MONOTONIC);
}

static long futex2_until(void)
{
    struct timespec t = at(CLOCK_MONOTONIC);
    return syscall(SYS_futex2_wait, &word, 0ul, 0xfffffffful, 2 | 128, &t, CLOCK_MONOTONIC);
}

/* --- signals ---------------------------------------------------------------------------------- */

static void one_signal(void)
{
    sigemptyset(&taken);
    sigaddset(&taken, TAKEN_SIGNAL);
}

static void bring_signal(void)
{
    kill(getpid(), TAKEN_SIGNAL);
}

static long suspend(void)
{
    sigset_t mask = most();
    return syscall(SYS_rt_sigsuspend, &mask, 8);
}

static long wait_for_signal(void)
{
    return syscall(SYS_rt_sigtimedwait, &taken, NULL, NULL, 8);
}

static long wait_long_for_signal(void)
{
    struct timespec t = {NEVER, 0};
    siginfo_t       info;
    return syscall(SYS_rt_sigtimedwait, &taken, &info, &t, 8);
}

static const struct blocker wait_blockers[] = {
    {"ppoll without a time", quiet_pipe, poll_forever, speak},
    {"ppoll with a time", quiet_pipe, poll_long, speak},
    {"ppoll with a mask", quiet_pipe, poll_masked, speak},
    {"ppoll of no file, which is pause", nothing, poll_nothing, NULL},
    {"pselect6 without a time", quiet_pipe, select_forever, speak},
    {"pselect6 with a time", quiet_pipe, select_long, speak},
    {"pselect6 with a mask", quiet_pipe, select_masked, speak},
    {"epoll_pwait without a time", watched_pipe, epoll_forever, speak},
    {"epoll_pwait with a time", watched_pipe, epoll_long, speak},
    {"epoll_pwait with a mask", watched_pipe, epoll_masked, speak},
    {"epoll_pwait2 without a time", watched_pipe, epoll2_forever, speak},
    {"epoll_pwait2 with a time and a mask", watched_pipe, epoll2_long, speak},
    {"nanosleep", nothing, sleep_long, NULL},
    {"clock_nanosleep for a time", nothing, sleep_clock, NULL},
    {"clock_nanosleep for a time of the real-time clock", nothing, sleep_real, NULL},
    {"clock_nanosleep until a time", nothing, sleep_until, NULL},
    {"clock_nanosleep until a time since the boot", nothing, sleep_until_boot, NULL},
    {"FUTEX_WAIT without a time", zero_word, futex_forever, wake_word},
    {"FUTEX_WAIT on a shared word", zero_word, futex_shared, wake_shared_word},
    {"FUTEX_WAIT with a time", zero_word, futex_long, wake_word},
    {"FUTEX_WAIT_BITSET until a time", zero_word, futex_until, wake_word},
    {"FUTEX_WAIT_BITSET until a time of day", zero_word, futex_until_real, wake_word},
    {"futex_waitv without a time", zero_word, waitv_forever, wake_word},
    {"futex_waitv until a time", zero_word, waitv_until, wake_word},
    {"futex_wait without a time", zero_word, futex2_forever, wake_word},
    {"futex_wait until a time", zero_word, futex2_until, wake_word},
    {"rt_sigsuspend", nothing, suspend, NULL},
    {"rt_sigtimedwait without a time", one_signal, wait_for_signal, bring_signal},
    {"rt_sigtimedwait with a time", one_signal, wait_long_for_signal, bring_signal},
};

#define WAIT_BLOCKERS (sizeof(wait_blockers) / sizeof(wait_blockers[0]))

#endif
