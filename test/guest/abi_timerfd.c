/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* abi_timerfd.c - timers as files: what is refused, how often they were due, who is woken. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#define HOUR 3600

static int64_t now_ns(int clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static struct itimerspec spec(int64_t value_ns, int64_t interval_ns)
{
    return (struct itimerspec){{interval_ns / 1000000000, interval_ns % 1000000000},
                               {value_ns / 1000000000, value_ns % 1000000000}};
}

static int arm(int fd, int flags, int64_t value_ns, int64_t interval_ns)
{
    struct itimerspec it = spec(value_ns, interval_ns);
    return timerfd_settime(fd, flags, &it, NULL);
}

/* Times as ranges: on Linux and here they differ by what the calls take. */
static void show_left(const char *what, const struct itimerspec *it)
{
    int64_t left = it->it_value.tv_sec * 1000000000l + it->it_value.tv_nsec;
    printf("%s: every %ld.%09ld, %s\n", what, it->it_interval.tv_sec, it->it_interval.tv_nsec,
           left == 0                        ? "off"
           : left <= HOUR * 1000000000l / 2 ? "less than half an hour"
           : left <= HOUR * 1000000000l     ? "up to an hour"
                                            : "more than an hour");
}

static void show_time(const char *what, int fd)
{
    struct itimerspec it;
    SHOW(timerfd_gettime(fd, &it));
    show_left(what, &it);
}

static void show_read(const char *what, int fd)
{
    uint64_t times = 0;
    errno = 0;
    long n = read(fd, &times, sizeof(times));
    printf("%s: %s, %lu times\n", what, n < 0 ? strerrorname_np(errno) : "read",
           (unsigned long)times);
}

static int ready(int fd, int timeout_ms)
{
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDNORM, 0};
    return poll(&p, 1, timeout_ms) ? p.revents : 0;
}

static void creating(void)
{
    CLAIM("arguments of timerfd_create");
    for (int clock = -7; clock < 14; clock++) {
        printf("clock %d\n", clock);
        SHOW_OK(syscall(SYS_timerfd_create, clock, 0));
    }
    SHOW(syscall(SYS_timerfd_create, 1, 1));
    SHOW(syscall(SYS_timerfd_create, 77, 1));
    int         fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct stat st;
    SHOW(fcntl(fd, F_GETFL) & ~O_LARGEFILE);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fstat(fd, &st));
    SHOW(st.st_mode);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "12345678", 8));
    SHOW(ready(fd, 0));
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW(fcntl(fd, F_GETFL) & ~O_LARGEFILE);
    close(fd);
}

static void refused(void)
{
    CLAIM("arguments of timerfd_settime and timerfd_gettime");
    int               fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), file = open("/", O_RDONLY);
    struct itimerspec it = spec(0, 0), old, bad = spec(0, 0);
    SHOW(syscall(SYS_timerfd_settime, fd, 4, &it, NULL));
    SHOW(syscall(SYS_timerfd_settime, 99, 4, &it, NULL));
    SHOW(syscall(SYS_timerfd_settime, 99, 0, &it, NULL));
    SHOW(syscall(SYS_timerfd_settime, file, 0, &it, NULL));
    SHOW(syscall(SYS_timerfd_gettime, 99, &it));
    SHOW(syscall(SYS_timerfd_gettime, file, &it));
    SHOW_POINTERS(syscall(SYS_timerfd_settime, fd, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timerfd_settime, 99, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timerfd_settime, fd, 0, &it, p));
    SHOW_POINTERS(syscall(SYS_timerfd_gettime, fd, p));
    bad.it_value.tv_nsec = 1000000000;
    SHOW(syscall(SYS_timerfd_settime, fd, 0, &bad, &old));
    bad.it_value.tv_nsec = -1;
    SHOW(syscall(SYS_timerfd_settime, fd, 0, &bad, &old));
    bad = spec(0, 0);
    bad.it_value.tv_sec = -1;
    SHOW(syscall(SYS_timerfd_settime, fd, 0, &bad, &old));
    bad = spec(0, 0);
    bad.it_interval.tv_nsec = 1000000000;
    SHOW(syscall(SYS_timerfd_settime, fd, 0, &bad, &old));
    SHOW(read(fd, &it, 7));
    SHOW(read(fd, &it, 8));
    SHOW_POINTERS(read(fd, p, 8));
    SHOW(arm(fd, 0, 1, 0));
    SHOW(ready(fd, -1));
    SHOW(read(fd, pointer(KERNEL), 8));
    show_read("after a read that could not be stored", fd);
    close(fd);
    close(file);
}

static void setting(int clock)
{
    CLAIM("a timerfd tells what it was set to");
    int               fd = timerfd_create(clock, TFD_NONBLOCK);
    struct itimerspec it = spec(0, 5), old;
    printf("setting, clock %d\n", clock);
    show_time("new", fd);
    SHOW(timerfd_settime(fd, 0, &it, &old));
    show_left("before", &old);
    show_time("an interval alone", fd);
    it = spec(HOUR * 1000000000l, 7000000000l);
    SHOW(timerfd_settime(fd, 0, &it, &old));
    show_left("before", &old);
    show_time("relative", fd);
    show_read("not due", fd);
    it = spec(now_ns(clock) + HOUR * 1000000000l, 0);
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, &old));
    show_left("before", &old);
    show_time("absolute", fd);
    it.it_value.tv_sec = INT64_MAX;
    it.it_interval.tv_sec = INT64_MAX;
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, &old));
    show_time("for ever", fd);
    SHOW(arm(fd, 0, 0, 0));
    show_time("off", fd);
    close(fd);
}

static void going_off(int clock)
{
    CLAIM("a timerfd goes off");
    int     fd = timerfd_create(clock, 0);
    int64_t start = now_ns(CLOCK_MONOTONIC);
    printf("going off, clock %d\n", clock);
    SHOW(arm(fd, 0, 20000000, 0));
    show_read("waited for", fd);
    SHOW(now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    show_time("once", fd);
    SHOW(ready(fd, 0));

    start = now_ns(CLOCK_MONOTONIC);
    SHOW(arm(fd, TFD_TIMER_ABSTIME, now_ns(clock) + 20000000, 0));
    SHOW(ready(fd, -1));
    SHOW(now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    show_time("due, not read", fd);
    show_read("polled", fd);
    SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
    show_read("again", fd);

    SHOW(arm(fd, TFD_TIMER_ABSTIME, 1, 0));
    show_read("in the past", fd);
    SHOW(arm(fd, TFD_TIMER_ABSTIME, 1, INT64_MAX / 2));
    show_read("in the past, with an interval", fd);
    SHOW(arm(fd, 0, 1, HOUR * 1000000000l));
    SHOW(ready(fd, -1));
    show_time("an hour's interval", fd);
    show_read("its first time", fd);
    show_time("its second time", fd);
    SHOW(arm(fd, 0, 1, 0));
    SHOW(ready(fd, -1));
    SHOW(arm(fd, 0, 0, 0));
    SHOW(ready(fd, 0));
    show_read("set anew before it was read", fd);
    close(fd);
}

static void intervals(void)
{
    CLAIM("a timerfd counts its intervals");
    int      fd = timerfd_create(CLOCK_MONOTONIC, 0);
    uint64_t sum = 0, times;
    int64_t  start = now_ns(CLOCK_MONOTONIC);
    arm(fd, 0, 2000000, 1000000);
    while (sum < 20 && read(fd, &times, sizeof(times)) == sizeof(times))
        sum += times;
    int64_t took = now_ns(CLOCK_MONOTONIC) - start;
    SHOW(took >= 21000000);
    SHOW((int64_t)sum <= took / 1000000 - 1);
    start = now_ns(CLOCK_MONOTONIC);
    arm(fd, 0, 1, 1000);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    SHOW(read(fd, &times, sizeof(times)));
    took = now_ns(CLOCK_MONOTONIC) - start;
    SHOW(times >= 2000);
    SHOW((int64_t)times <= took / 1000 + 1);
    arm(fd, 0, 1, 1000);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    struct itimerspec it;
    SHOW(timerfd_gettime(fd, &it));
    SHOW(it.it_value.tv_nsec <= 1000);
    SHOW(read(fd, &times, sizeof(times)));
    SHOW(times >= 2000);
    close(fd);
}

static volatile int alarms;

static void on_alarm(int sig)
{
    alarms += sig == SIGALRM;
}

static void interrupted(void)
{
    CLAIM("reading a timerfd is interrupted, or restarted");
    struct sigaction act = {.sa_handler = on_alarm};
    struct itimerval it = {{0, 0}, {0, 20000}};
    int              fd = timerfd_create(CLOCK_MONOTONIC, 0);
    sigaction(SIGALRM, &act, NULL);
    arm(fd, 0, HOUR * 1000000000l, 0);
    setitimer(ITIMER_REAL, &it, NULL);
    show_read("interrupted", fd);
    SHOW(alarms);
    act.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &act, NULL);
    arm(fd, 0, 60000000, 0);
    setitimer(ITIMER_REAL, &it, NULL);
    show_read("restarted", fd);
    SHOW(alarms);
    int other = dup(fd);
    arm(fd, 0, 1, 0);
    close(fd);
    show_read("by another descriptor", other);
    close(other);
}

int main(void)
{
    buffer_output();
    creating();
    refused();
    setting(CLOCK_REALTIME);
    setting(CLOCK_MONOTONIC);
    going_off(CLOCK_REALTIME);
    going_off(CLOCK_MONOTONIC);
    going_off(CLOCK_BOOTTIME);
    intervals();
    interrupted();
    return 0;
}
