/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* abi_clock_set.c - setting the clock: what is refused, and who follows it. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

#define HOUR  3600
#define START 2000000000l /* in the year 2033 */

static int64_t now_s(int clock)
{
    struct timespec ts;
    syscall(SYS_clock_gettime, clock, &ts);
    return ts.tv_sec;
}

static int set_to(int64_t s)
{
    struct timespec ts = {s, 0};
    return (int)syscall(SYS_clock_settime, CLOCK_REALTIME, &ts);
}

static void refused(void)
{
    CLAIM("clocks that cannot be set are refused, and so are times that are none");
    struct timespec ts = {START, 0}, bad = {START, 1000000000}, early = {0, 0},
                    late = {1l << 40, 0};
    struct timeval tv = {START, 1000001}, negative = {-1, 0};
    int            zone[2] = {15 * 60 + 1, 0};
    for (int clock = 1; clock < 13; clock++) {
        printf("clock %d\n", clock);
        SHOW(syscall(SYS_clock_settime, clock, &ts));
    }
    SHOW(syscall(SYS_clock_settime, 77, &ts));
    SHOW(syscall(SYS_clock_settime, -2, &ts));
    SHOW(syscall(SYS_clock_settime, -1, &ts));
    SHOW(syscall(SYS_clock_settime, -2, pointer(KERNEL)));
    SHOW(syscall(SYS_clock_settime, 0, &bad));
    SHOW(syscall(SYS_clock_settime, 0, &early));
    SHOW(syscall(SYS_clock_settime, 0, &late));
    SHOW(syscall(SYS_clock_settime, 0, &(struct timespec){-1, 0}));
    SHOW(syscall(SYS_clock_settime, 0, &(struct timespec){START, -1}));
    SHOW_POINTERS(syscall(SYS_clock_settime, 0, p));
    SHOW_POINTERS(syscall(SYS_clock_settime, 1, p));
    SHOW(syscall(SYS_settimeofday, &tv, NULL));
    SHOW(syscall(SYS_settimeofday, &negative, NULL));
    SHOW(syscall(SYS_settimeofday, pointer(KERNEL), NULL));
    SHOW(syscall(SYS_settimeofday, NULL, pointer(KERNEL)));
    SHOW(syscall(SYS_settimeofday, NULL, zone));
    SHOW(syscall(SYS_settimeofday, NULL, NULL));
}

static void set(void)
{
    CLAIM("a clock that is set goes on from there, and only the clocks of wall time follow");
    int64_t        mono = now_s(CLOCK_MONOTONIC);
    struct timeval tv = {START + 2 * HOUR, 5}, got;
    int            zone[2] = {0, 1}, zone_got[2];
    SHOW(set_to(START));
    SHOW(now_s(CLOCK_REALTIME) - START < 60);
    SHOW(now_s(CLOCK_REALTIME_COARSE) - START < 60);
    SHOW(now_s(CLOCK_TAI) - START < 60);
    SHOW(time(NULL) - START < 60);
    SHOW(now_s(CLOCK_MONOTONIC) - mono < 60);
    SHOW(now_s(CLOCK_BOOTTIME) - mono < 60);
    SHOW(syscall(SYS_settimeofday, &tv, zone));
    gettimeofday(&got, NULL);
    SHOW(got.tv_sec - tv.tv_sec < 60 && got.tv_sec >= tv.tv_sec);
    SHOW(syscall(SYS_gettimeofday, NULL, zone_got));
    SHOW(zone_got[0]);
    SHOW(zone_got[1]);
    SHOW(set_to(START));
    SHOW(time(NULL) - START < 60);
}

static void adjust(void)
{
    CLAIM("adjtimex tells and takes what it may");
    struct timex tx = {.modes = 0};
    SHOW(syscall(SYS_adjtimex, &tx));
    SHOW(tx.modes);
    SHOW(tx.offset);
    SHOW(tx.status & STA_UNSYNC);
    SHOW(tx.precision);
    SHOW(tx.tolerance);
    SHOW(tx.tick);
    SHOW(tx.tai);
    SHOW(tx.time.tv_sec - START < 60);
    SHOW_POINTERS(syscall(SYS_adjtimex, p));
    SHOW(syscall(SYS_clock_adjtime, 0, &tx));
    SHOW(syscall(SYS_clock_adjtime, 1, &tx));
    SHOW(syscall(SYS_clock_adjtime, 77, &tx));
    SHOW(syscall(SYS_clock_adjtime, 77, pointer(KERNEL)));
    tx = (struct timex){.modes = ADJ_SETOFFSET, .time = {HOUR, 1000000}};
    SHOW(syscall(SYS_adjtimex, &tx));
    tx = (struct timex){.modes = ADJ_SETOFFSET, .time = {HOUR, 999999}};
    SHOW(syscall(SYS_adjtimex, &tx));
    SHOW(time(NULL) - START - HOUR < 60 && time(NULL) >= START + HOUR);
    tx = (struct timex){.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {-HOUR - 1, 999999999}};
    SHOW(syscall(SYS_adjtimex, &tx));
    SHOW(time(NULL) - START < 60 && time(NULL) >= START);
    SHOW(tx.status & STA_NANO);
    tx.modes = 0;
    SHOW(syscall(SYS_adjtimex, &tx));
    SHOW(tx.status & STA_NANO);
    tx.modes = ADJ_MICRO;
    SHOW(syscall(SYS_adjtimex, &tx));
    SHOW(tx.status & STA_NANO);
    SHOW(tx.time.tv_usec < 1000000);
}

/* A thread that sleeps until an hour from now wakes when the clock is set there. */
static void *sleeper(void *arg)
{
    struct timespec until = {START + HOUR, 0};
    *(int64_t *)arg = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
    return NULL;
}

static void followed(void)
{
    CLAIM("absolute times follow a clock that is set, relative ones do not");
    struct sigevent   ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec it = {{0, 0}, {START + HOUR, 0}}, left;
    struct itimerspec relative = {{0, 0}, {HOUR, 0}};
    int               fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), id;
    int               unmoved = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    uint64_t          times = 0;
    int64_t           result = -1;
    sigset_t          usr1;
    siginfo_t         info;
    pthread_t         t;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    SHOW(set_to(START));
    pthread_create(&t, NULL, sleeper, &result);
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL);
    timerfd_settime(unmoved, 0, &relative, NULL);
    syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &id);
    syscall(SYS_timer_settime, id, TIMER_ABSTIME, &it, NULL);
    nanosleep(&(struct timespec){0, 10000000}, NULL);
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(set_to(START + HOUR - 600));
    timerfd_gettime(fd, &left);
    SHOW(left.it_value.tv_sec <= 600);
    syscall(SYS_timer_gettime, id, &left);
    SHOW(left.it_value.tv_sec <= 600);
    SHOW(set_to(START + HOUR));
    struct pollfd p = {fd, POLLIN, 0};
    SHOW(poll(&p, 1, -1));
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(times);
    SHOW(sigwaitinfo(&usr1, &info) == SIGUSR1);
    SHOW(info.si_code);
    pthread_join(t, NULL);
    SHOW(result);
    timerfd_gettime(unmoved, &left);
    SHOW(left.it_value.tv_sec > HOUR - 60);
    SHOW(read(unmoved, &times, sizeof(times)));
    SHOW(set_to(START + 2 * HOUR));
    SHOW(read(unmoved, &times, sizeof(times)));
}

static void cancelled(void)
{
    CLAIM("a timerfd that asks for it is cancelled when the clock is set");
    const int         flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    struct itimerspec it = {{0, 0}, {START + HOUR, 0}}, off = {{0, 0}, {0, 0}};
    int               fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    int               mono = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    uint64_t          times;
    SHOW(set_to(START));
    SHOW(timerfd_settime(fd, flags, &it, NULL));
    SHOW(timerfd_settime(mono, flags, &it, NULL));
    struct pollfd p[2] = {{fd, POLLIN, 0}, {mono, POLLIN, 0}};
    SHOW(poll(p, 2, 0));
    SHOW(set_to(START + 10));
    SHOW(poll(p, 2, 0));
    SHOW(p[0].revents);
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(set_to(START + 20));
    SHOW(timerfd_settime(fd, flags, &it, NULL));
    SHOW(timerfd_settime(fd, flags, &it, NULL));
    SHOW(set_to(START + 30));
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL));
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(timerfd_settime(fd, flags, &off, NULL));
    SHOW(set_to(START + 40));
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(set_to(START + 2 * HOUR));
    SHOW(timerfd_settime(fd, flags, &it, NULL));
    SHOW(poll(p, 1, -1));
    SHOW(read(fd, &times, sizeof(times)));
}

static void unprivileged(void)
{
    CLAIM("who is not root may not set a clock");
    struct timex    tx = {.modes = ADJ_SETOFFSET};
    struct timespec ts = {START, 0}, bad = {-1, 0};
    struct timeval  tv = {START, 0};
    syscall(SYS_setresuid, 1000, 1000, 1000);
    SHOW(syscall(SYS_clock_settime, 0, &ts));
    SHOW(syscall(SYS_clock_settime, 0, &bad));
    SHOW(syscall(SYS_settimeofday, &tv, NULL));
    SHOW(syscall(SYS_adjtimex, &tx));
    tx.modes = 0;
    SHOW(syscall(SYS_adjtimex, &tx));
}

int main(void)
{
    buffer_output();
    refused();
    set();
    adjust();
    followed();
    cancelled();
    unprivileged();
    return 0;
}
