/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* abi_timers.c - POSIX timers: what is refused, whom they signal, and what they count. */
#include "abi.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <time.h>

#define HOUR 3600

/* The kernel's calls: the C library has timers of its own on top of them. */
static int create(int clock, struct sigevent *ev, int *id)
{
    return (int)syscall(SYS_timer_create, clock, ev, id);
}

static int arm(int id, int flags, int64_t value_ns, int64_t interval_ns)
{
    struct itimerspec it = {{interval_ns / 1000000000, interval_ns % 1000000000},
                            {value_ns / 1000000000, value_ns % 1000000000}};
    return (int)syscall(SYS_timer_settime, id, flags, &it, NULL);
}

static int overrun(int id)
{
    return (int)syscall(SYS_timer_getoverrun, id);
}

static int delete_timer(int id)
{
    return (int)syscall(SYS_timer_delete, id);
}

static int64_t now_ns(int clock)
{
    struct timespec ts;
    syscall(SYS_clock_gettime, clock, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void show_left(const char *what, int id)
{
    struct itimerspec it;
    if (syscall(SYS_timer_gettime, id, &it)) {
        printf("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    int64_t left = it.it_value.tv_sec * 1000000000l + it.it_value.tv_nsec;
    printf("%s: every %ld.%09ld, %s\n", what, it.it_interval.tv_sec, it.it_interval.tv_nsec,
           left == 0                        ? "off"
           : left <= HOUR * 1000000000l / 2 ? "less than half an hour"
           : left <= HOUR * 1000000000l     ? "up to an hour"
                                            : "more than an hour");
}

static sigset_t set_of(int sig)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    return set;
}

/* Take sig as it comes; 0: none is there now. */
static int take(int sig, siginfo_t *info, int wait)
{
    static const struct timespec zero = {0, 0};
    sigset_t                     set = set_of(sig);
    memset(info, 0, sizeof(*info));
    int got = sigtimedwait(&set, info, wait ? NULL : &zero);
    return got < 0 ? 0 : got;
}

static void show_info(const char *what, const siginfo_t *info, int id)
{
    printf("%s: signal %d, code %d, errno %d, %s timer, overrun %d, value %d\n", what,
           info->si_signo, info->si_code, info->si_errno,
           info->si_timerid == id ? "this" : "another", info->si_overrun, info->si_value.sival_int);
}

static struct sigevent event(int notify, int sig, int value)
{
    return (struct sigevent){
        .sigev_notify = notify, .sigev_signo = sig, .sigev_value.sival_int = value};
}

static void creating(void)
{
    CLAIM("arguments of timer_create");
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 15, 77, -1, -2, -6, -5, -7};
    struct sigevent  ev = event(SIGEV_NONE, 0, 0);
    int              id, first, second;
    for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        printf("clock %d\n", clocks[i]);
        SHOW(create(clocks[i], &ev, &id));
    }
    SHOW_POINTERS(create(1, p, &id));
    SHOW_POINTERS(create(1, &ev, (int *)p));
    SHOW_POINTERS(create(77, p, &id));
    for (int notify = -1; notify < 8; notify++) {
        printf("notify %d\n", notify);
        ev = event(notify, SIGUSR1, 0);
        SHOW(create(1, &ev, &id));
        ev.sigev_signo = 0;
        SHOW(create(1, &ev, &id));
        ev.sigev_signo = 65;
        SHOW(create(1, &ev, &id));
    }
    ev = event(SIGEV_THREAD_ID, SIGUSR1, 0);
    ev._sigev_un._tid = gettid();
    SHOW(create(1, &ev, &id));
    ev._sigev_un._tid = 123456;
    SHOW(create(1, &ev, &id));
    SHOW(create(1, NULL, &first));
    SHOW(create(1, NULL, &second));
    SHOW(second - first);
    SHOW(delete_timer(first));
    SHOW(delete_timer(first));
    SHOW(overrun(first));
    SHOW(arm(first, 0, 0, 0));
    show_left("deleted", first);
    SHOW(delete_timer(-1));
    SHOW(overrun(123456));
    SHOW(delete_timer(second));
}

static void refused(void)
{
    CLAIM("arguments of timer_settime and timer_gettime");
    struct itimerspec it = {{0, 0}, {0, 0}}, bad = it;
    int               id;
    create(CLOCK_MONOTONIC, NULL, &id);
    SHOW_POINTERS(syscall(SYS_timer_settime, id, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timer_settime, 123456, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timer_settime, id, 0, &it, p));
    SHOW_POINTERS(syscall(SYS_timer_gettime, id, p));
    SHOW_POINTERS(syscall(SYS_timer_gettime, 123456, p));
    bad.it_value.tv_nsec = 1000000000;
    SHOW(syscall(SYS_timer_settime, id, 0, &bad, NULL));
    SHOW(syscall(SYS_timer_settime, 123456, 0, &bad, NULL));
    bad.it_value.tv_nsec = -1;
    SHOW(syscall(SYS_timer_settime, id, 0, &bad, NULL));
    bad = it;
    bad.it_interval.tv_sec = -1;
    SHOW(syscall(SYS_timer_settime, id, 0, &bad, NULL));
    SHOW(syscall(SYS_timer_settime, id, 0xfffe, &it, NULL));
    delete_timer(id);
}

static void setting(int clock)
{
    CLAIM("a timer tells what it was set to");
    struct sigevent ev = event(SIGEV_SIGNAL, SIGUSR1, 0);
    int             id;
    printf("setting, clock %d\n", clock);
    SHOW(create(clock, &ev, &id));
    show_left("new", id);
    SHOW(overrun(id));
    SHOW(arm(id, 0, HOUR * 1000000000l, 7000000000l));
    show_left("relative", id);
    SHOW(arm(id, 0, 0, 7000000000l));
    show_left("an interval alone", id);
    SHOW(arm(id, TIMER_ABSTIME, now_ns(clock) + HOUR * 1000000000l, 0));
    show_left("absolute", id);
    SHOW(arm(id, 0, INT64_MAX, INT64_MAX));
    SHOW(arm(id, 0, 0, 0));
    show_left("off", id);
    SHOW(delete_timer(id));
}

static void once(int clock)
{
    CLAIM("a timer goes off once");
    struct sigevent ev = event(SIGEV_SIGNAL, SIGUSR1, 4711);
    siginfo_t       info;
    int             id;
    int64_t         start = now_ns(clock);
    printf("once, clock %d\n", clock);
    create(clock, &ev, &id);
    SHOW(arm(id, 0, 20000000, 0));
    while (!take(SIGUSR1, &info, clock == CLOCK_MONOTONIC))
        ; /* using the CPU, which the other clocks count */
    SHOW(now_ns(clock) - start >= 20000000);
    show_info("due", &info, id);
    show_left("after", id);
    SHOW(overrun(id));
    SHOW(arm(id, TIMER_ABSTIME, 1, 0));
    take(SIGUSR1, &info, 1);
    show_info("in the past", &info, id);
    SHOW(take(SIGUSR1, &info, 0));
    SHOW(delete_timer(id));
}

static void often(void)
{
    CLAIM("a timer counts what was missed");
    struct sigevent ev = event(SIGEV_SIGNAL, SIGRTMIN + 3, -5);
    siginfo_t       info;
    int             id, told = 0;
    create(CLOCK_MONOTONIC, &ev, &id);
    int64_t start = now_ns(CLOCK_MONOTONIC);
    SHOW(arm(id, 0, 2000000, 1000000));
    for (int i = 0; i < 5; i++) {
        take(SIGRTMIN + 3, &info, 1);
        told += 1 + info.si_overrun;
        if (info.si_overrun != overrun(id))
            printf("WRONG\n");
    }
    int64_t took = now_ns(CLOCK_MONOTONIC) - start;
    SHOW(took >= 6000000);
    SHOW(told <= took / 1000000);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    take(SIGRTMIN + 3, &info, 1);
    SHOW(info.si_overrun >= 18);
    SHOW(info.si_overrun == overrun(id));
    SHOW(arm(id, 0, 0, 0));
    SHOW(overrun(id));

    ev.sigev_signo = SIGUSR1;
    create(CLOCK_REALTIME, &ev, &id);
    SHOW(arm(id, TIMER_ABSTIME, 1000000000, 1));
    take(SIGUSR1, &info, 1);
    show_info("more often than counts", &info, id);
    SHOW(overrun(id));
    SHOW(arm(id, TIMER_ABSTIME, 1, INT64_MAX / 2));
    SHOW(delete_timer(id));
}

/* Two timers with one signal: both are pending. */
static void together(void)
{
    CLAIM("two timers with one signal are both pending");
    struct sigevent ev = event(SIGEV_SIGNAL, SIGUSR2, 1);
    siginfo_t       info;
    int             a, b;
    create(CLOCK_MONOTONIC, &ev, &a);
    ev.sigev_value.sival_int = 2;
    create(CLOCK_MONOTONIC, &ev, &b);
    arm(a, 0, 1000000, 0);
    arm(b, 0, 2000000, 0);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    take(SIGUSR2, &info, 1);
    show_info("first", &info, a);
    take(SIGUSR2, &info, 1);
    show_info("second", &info, b);
    SHOW(take(SIGUSR2, &info, 0));
    create(CLOCK_MONOTONIC, NULL, &a);
    arm(a, 0, 1, 0);
    take(SIGALRM, &info, 1);
    info.si_value.sival_int -= a;
    show_info("without an event", &info, a);
    ev = event(SIGEV_NONE, 0, 0);
    create(CLOCK_MONOTONIC, &ev, &b);
    arm(b, 0, 1, 0);
    show_left("one that tells nobody", b);
    arm(b, 0, 1, HOUR * 1000000000l);
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    show_left("one that tells nobody, again", b);
    SHOW(overrun(b));
}

static volatile int caught, caught_by, caught_code;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    caught++;
    caught_by = gettid();
    caught_code = info->si_code;
}

static void *other_thread(void *arg)
{
    sigset_t set = set_of(SIGUSR1), none;
    int      id = *(int *)arg;
    sigemptyset(&none);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct sigevent ev = event(SIGEV_THREAD_ID, SIGUSR1, 3);
    ev._sigev_un._tid = gettid();
    SHOW(create(CLOCK_MONOTONIC, &ev, &id));
    SHOW(arm(id, 0, 1000000, 0));
    while (!caught)
        sigsuspend(&none);
    SHOW(caught_by == gettid());
    *(int *)arg = id;
    return NULL;
}

static void to_a_thread(void)
{
    CLAIM("a timer's signal goes to the thread it names");
    struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    pthread_t        t;
    int              id = 0;
    sigaction(SIGUSR1, &act, NULL);
    pthread_create(&t, NULL, other_thread, &id);
    pthread_join(t, NULL);
    SHOW(caught);
    SHOW(caught_code);
    SHOW(arm(id, 0, 1, 1000000)); /* nobody is there any more */
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    SHOW(caught);
    SHOW(delete_timer(id));
}

/* What is ignored is not pending, and counts when it no longer is. */
static void ignored(void)
{
    CLAIM("a timer whose signal is ignored");
    sigset_t        set = set_of(SIGWINCH);
    struct sigevent ev = event(SIGEV_SIGNAL, SIGWINCH, 0);
    siginfo_t       info;
    int             id;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    create(CLOCK_MONOTONIC, &ev, &id);
    arm(id, 0, 1, 1000000);
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    take(SIGWINCH, &info, 1);
    SHOW(info.si_overrun >= 20);
    SHOW(delete_timer(id));
}

/* By a file: what was missed is counted when it is read. */
static void from_a_file(void)
{
    CLAIM("a timer's signal from a signalfd");
    sigset_t                set = set_of(SIGUSR2);
    struct sigevent         ev = event(SIGEV_SIGNAL, SIGUSR2, 99);
    struct signalfd_siginfo info;
    int                     fd = signalfd(-1, &set, 0), id;
    struct pollfd           p = {fd, POLLIN, 0};
    create(CLOCK_MONOTONIC, &ev, &id);
    arm(id, 0, 1000000, 1000000);
    SHOW(poll(&p, 1, -1));
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    SHOW(read(fd, &info, sizeof(info)));
    SHOW(info.ssi_code);
    SHOW(info.ssi_tid == (uint32_t)id);
    SHOW(info.ssi_overrun >= 18);
    SHOW(info.ssi_int);
    SHOW(read(fd, &info, sizeof(info)));
    SHOW(delete_timer(id));
}

int main(void)
{
    sigset_t all;
    buffer_output();
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    creating();
    refused();
    setting(CLOCK_REALTIME);
    setting(CLOCK_BOOTTIME);
    setting(CLOCK_PROCESS_CPUTIME_ID);
    once(CLOCK_MONOTONIC);
    once(CLOCK_PROCESS_CPUTIME_ID);
    once(CLOCK_THREAD_CPUTIME_ID);
    often();
    together();
    to_a_thread();
    ignored();
    from_a_file();
    return 0;
}
