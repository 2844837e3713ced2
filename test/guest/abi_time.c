/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* abi_time.c - clocks, sleeping, timers and CPU time. */
#include "abi.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static volatile int alarms[65];

static void on_alarm(int sig)
{
    alarms[sig]++;
}

static int64_t clock_ns(int clock)
{
    struct timespec ts;
    if (syscall(SYS_clock_gettime, clock, &ts))
        return -1;
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void clocks(void)
{
    CLAIM("clocks and their resolution");
    static const int numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 15, 16, 77, -1, -2, -6};
    struct timespec  ts;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        int clock = numbers[i];
        printf("clock %d\n", clock);
        SHOW(syscall(SYS_clock_gettime, clock, &ts));
        SHOW(syscall(SYS_clock_getres, clock, NULL));
        SHOW(syscall(SYS_clock_getres, clock, &ts));
        if (clock != CLOCK_REALTIME_COARSE && clock != CLOCK_MONOTONIC_COARSE)
            printf("%ld %ld\n", ts.tv_sec, ts.tv_nsec);
        ts = (struct timespec){0, 1};
        if (clock != CLOCK_PROCESS_CPUTIME_ID && clock != -2 && clock != -6)
            SHOW(syscall(SYS_clock_nanosleep, clock, 0, &ts, NULL));
        SHOW(syscall(SYS_clock_nanosleep, clock, 0, pointer(KERNEL), NULL));
    }
    SHOW_POINTERS(syscall(SYS_clock_gettime, 1, p));
    SHOW_POINTERS(syscall(SYS_clock_gettime, 99, p));
    SHOW_POINTERS(syscall(SYS_clock_getres, 1, p));
    SHOW_POINTERS(syscall(SYS_gettimeofday, p, NULL));
    SHOW_POINTERS(syscall(SYS_gettimeofday, NULL, p));
    SHOW_POINTERS(syscall(SYS_times, p) > 0 ? 1 : -1);
    SHOW(syscall(SYS_times, NULL) > 0);
}

static void sleeping(void)
{
    CLAIM("arguments of nanosleep and clock_nanosleep");
    struct timespec zero = {0, 0}, negative = {-1, 0}, much = {0, 1000000000}, less = {0, -1};
    SHOW(syscall(SYS_nanosleep, &zero, NULL));
    SHOW(syscall(SYS_nanosleep, &negative, NULL));
    SHOW(syscall(SYS_nanosleep, &much, NULL));
    SHOW(syscall(SYS_nanosleep, &less, NULL));
    SHOW_POINTERS(syscall(SYS_nanosleep, p, NULL));
    SHOW(syscall(SYS_nanosleep, &zero, pointer(KERNEL)));
    SHOW(syscall(SYS_clock_nanosleep, 0, 0xfff0, &zero, NULL));
    SHOW(syscall(SYS_clock_nanosleep, 1, TIMER_ABSTIME, &zero, NULL));
    SHOW(syscall(SYS_clock_nanosleep, 1, TIMER_ABSTIME, &negative, NULL));
    SHOW(syscall(SYS_clock_nanosleep, 77, TIMER_ABSTIME, NULL, NULL));
    SHOW_POINTERS(syscall(SYS_clock_nanosleep, 1, 0, p, NULL));
}

static void interval(const char *what, const struct itimerval *it, int64_t most_us)
{
    int64_t value = it->it_value.tv_sec * 1000000 + it->it_value.tv_usec;
    int64_t every = it->it_interval.tv_sec * 1000000 + it->it_interval.tv_usec;
    printf("%s: every %ld, %s\n", what, (long)every,
           value == 0         ? "off"
           : value <= most_us ? "on"
                              : "WRONG");
}

static void timers(void)
{
    CLAIM("interval timers are set and told");
    struct itimerval it = {{0, 0}, {0, 0}}, old, wrong = {{0, 0}, {0, 1000000}};
    struct itimerval negative = {{-1, 0}, {0, 0}};
    for (int which = -1; which < 4; which++) {
        SHOW(syscall(SYS_getitimer, which, &it));
        SHOW(syscall(SYS_setitimer, which, &it, &old));
        SHOW(syscall(SYS_setitimer, which, &wrong, NULL));
        SHOW(syscall(SYS_setitimer, which, &negative, NULL));
        SHOW_POINTERS(syscall(SYS_getitimer, which, p));
        SHOW_POINTERS(syscall(SYS_setitimer, which, p, NULL));
        SHOW_POINTERS(syscall(SYS_setitimer, which, &it, p));
    }
    it = (struct itimerval){{1, 2}, {1000, 0}};
    for (int which = 0; which < 3; which++) {
        SHOW(syscall(SYS_setitimer, which, &it, &old));
        interval("before", &old, 0);
        SHOW(syscall(SYS_getitimer, which, &old));
        interval("now", &old, 1000010000);
        SHOW(syscall(SYS_setitimer, which, NULL, &old));
        interval("taken", &old, 1000010000);
        SHOW(syscall(SYS_getitimer, which, &old));
        interval("after", &old, 0);
    }
}

static void wait_for(int sig, int count)
{
    sigset_t none;
    sigemptyset(&none);
    while (alarms[sig] < count)
        sigsuspend(&none);
}

/* Timers that go off. The signals come while the program waits, or uses the CPU. */
static void alarming(void)
{
    CLAIM("interval timers go off");
    struct itimerval it = {{0, 0}, {0, 20000}}, old;
    sigset_t         all;
    signal(SIGALRM, on_alarm);
    signal(SIGVTALRM, on_alarm);
    signal(SIGPROF, on_alarm);
    sigemptyset(&all);
    sigaddset(&all, SIGALRM);
    sigprocmask(SIG_BLOCK, &all, NULL);
    int64_t start = clock_ns(1);
    setitimer(ITIMER_REAL, &it, NULL);
    wait_for(SIGALRM, 1);
    SHOW(clock_ns(1) - start >= 20000000);
    getitimer(ITIMER_REAL, &old);
    interval("once", &old, 0);
    it.it_interval.tv_usec = 10000;
    start = clock_ns(1);
    setitimer(ITIMER_REAL, &it, NULL);
    wait_for(SIGALRM, 4);
    SHOW(clock_ns(1) - start >= 40000000);
    getitimer(ITIMER_REAL, &old);
    interval("again", &old, 10000);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);

    start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    it = (struct itimerval){{0, 0}, {0, 20000}};
    setitimer(ITIMER_PROF, &it, NULL);
    while (!alarms[SIGPROF])
        ;
    SHOW(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start >= 20000000);
    setitimer(ITIMER_VIRTUAL, &it, NULL);
    while (!alarms[SIGVTALRM])
        ;
    SHOW(alarms[SIGVTALRM]);
    SHOW(alarm(100));
    SHOW(alarm(0));
    SHOW(alarm(0));
}

/* How Linux numbers the CPU time of a process or thread. */
static int cpu_clock(int pid, int kind)
{
    return (int)(~(unsigned)pid << 3) | kind;
}

static volatile int stop;

static void *work(void *arg)
{
    while (!stop)
        ;
    clockid_t own;
    pthread_getcpuclockid(pthread_self(), &own);
    *(int64_t *)arg = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    return clock_ns(own) >= *(int64_t *)arg ? NULL : arg;
}

/* CPU time passes while the CPU is used, for the one who uses it. */
static void cpu_time(void)
{
    CLAIM("CPU time passes for the one who uses the CPU");
    struct timespec ms100 = {0, 100000000};
    int64_t         process = clock_ns(CLOCK_PROCESS_CPUTIME_ID), theirs;
    int64_t         mine = clock_ns(CLOCK_THREAD_CPUTIME_ID), real = clock_ns(1);
    const int64_t   half = ms100.tv_nsec / 2; /* of a sleep, which costs real time alone */
    pthread_t       t;
    struct tms      tms;
    struct rusage   ru;
    void           *wrong;

    nanosleep(&ms100, NULL);
    SHOW(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process + half < clock_ns(1) - real);
    pthread_create(&t, NULL, work, &theirs);
    nanosleep(&ms100, NULL);
    stop = 1;
    pthread_join(t, &wrong);
    SHOW(wrong == NULL);
    SHOW(theirs > 30000000);
    SHOW(theirs < clock_ns(1) - real);
    SHOW(clock_ns(CLOCK_THREAD_CPUTIME_ID) - mine + 2 * half < clock_ns(1) - real);
    SHOW(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process >= theirs);
    times(&tms);
    getrusage(RUSAGE_SELF, &ru);
    SHOW(tms.tms_utime >= 3 && tms.tms_cutime == 0);
    SHOW(ru.ru_utime.tv_sec || ru.ru_utime.tv_usec > 30000);
    getrusage(RUSAGE_THREAD, &ru);
    SHOW(clock_ns(cpu_clock(getpid(), 2)) >= process);
    SHOW(clock_ns(cpu_clock(getpid(), 6)) >= mine);
    SHOW(clock_ns(cpu_clock(123456, 2)));
    SHOW(clock_ns(cpu_clock(123456, 6)));
    SHOW(clock_ns(cpu_clock(0, 3)));
}

int main(void)
{
    buffer_output();
    clocks();
    sleeping();
    timers();
    cpu_time();
    alarming();
    return 0;
}
