/* SPDX-License-Identifier: Apache-2.0 */
/* itimer.c - the three timers of setitimer(2): each sends its signal when its time is over.
 *
 * A timer of CPU time is looked at whenever as much real time has passed as is left of it:
 * clock_cpu_wait_ns().
 */
#include "kernel/time.h"
#include "kernel/timer.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/clock.h"
#include "unix/cputime.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMERS };

/* Times are nanoseconds of the timer's clock. */
struct itimer {
    uint64_t     expires; /* 0: off */
    uint64_t     interval;
    struct timer timer;
};

static void due(struct timer *timer);

static struct mutex timers_mutex = MUTEX_INIT(timers_mutex);
/* timers_mutex protects: */
static struct itimer timers[ITIMERS] = {{.timer.due = due}, {.timer.due = due}, {.timer.due = due}};

/* The time of a timer's clock. */
static uint64_t now_of(int which)
{
    if (which == ITIMER_REAL)
        return time_ns();
    struct thread_cpu_time used = cputime_process();
    return which == ITIMER_VIRTUAL ? time_ticks_to_ns(used.user) : cputime_total_ns(&used);
}

/* Have the kernel's timer come when it is due. The mutex is held. */
static void arm(int which)
{
    struct itimer *t = &timers[which];
    uint64_t       now = now_of(which);
    if (!t->expires)
        timer_disarm(&t->timer);
    else if (which == ITIMER_REAL)
        timer_arm(&t->timer, TIMER_MONOTONIC, t->expires);
    else
        timer_arm(&t->timer, TIMER_MONOTONIC,
                  time_ns() + clock_cpu_wait_ns(t->expires > now ? t->expires - now : 0));
}

/* Send what is due, however often it was missed once. */
static void due(struct timer *timer)
{
    static const int         number[ITIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};
    const struct signal_info info = {.code = SI_KERNEL};
    struct itimer           *t = (struct itimer *)((char *)timer - offsetof(struct itimer, timer));
    int                      which = (int)(t - timers);

    mutex_lock(&timers_mutex);
    uint64_t now = now_of(which);
    if (t->expires && t->expires <= now) {
        timer_forward(&t->expires, t->interval, now);
        signal_send_process(number[which], &info);
    }
    arm(which);
    mutex_unlock(&timers_mutex);
}

/* --- RLIMIT_CPU -------------------------------------------------------------------------- */

#define NS_PER_S 1000000000u

static void         cpu_limit_due(struct timer *timer);
static struct timer cpu_limit_timer = {.due = cpu_limit_due};

/* The mutex is held. Seconds of which no clock knows are as good as none. */
static void arm_cpu_limit(uint64_t now)
{
    uint64_t seconds = the_process.limits[RLIMIT_CPU].cur;
    if (seconds >= INT64_MAX / NS_PER_S) {
        timer_disarm(&cpu_limit_timer);
        return;
    }
    uint64_t at = seconds * NS_PER_S;
    timer_arm(&cpu_limit_timer, TIMER_MONOTONIC,
              time_ns() + clock_cpu_wait_ns(at > now ? at - now : 0));
}

/* Above the soft limit the program is told once a second, above the hard one it ends. */
static void cpu_limit_due(struct timer *timer)
{
    const struct signal_info info = {.code = SI_KERNEL};
    struct abi_rlimit       *limit = &the_process.limits[RLIMIT_CPU];
    int                      sig = 0;

    (void)timer;
    mutex_lock(&timers_mutex);
    uint64_t now = now_of(ITIMER_PROF);
    spinlock_acquire(&the_process.lock);
    if (now / NS_PER_S >= limit->max) {
        sig = SIGKILL;
    } else if (now / NS_PER_S >= limit->cur) {
        sig = SIGXCPU;
        limit->cur++;
    }
    spinlock_release(&the_process.lock);
    if (sig)
        signal_send_process(sig, &info);
    arm_cpu_limit(now);
    mutex_unlock(&timers_mutex);
}

int itimer_cpu_limit(void)
{
    int err = timer_prepare();
    if (err)
        return err;
    mutex_lock(&timers_mutex);
    arm_cpu_limit(now_of(ITIMER_PROF));
    mutex_unlock(&timers_mutex);
    return 0;
}

/* --- system calls ------------------------------------------------------------------------ */

static struct abi_timeval to_timeval(uint64_t ns)
{
    uint64_t us = ns / 1000;
    return (struct abi_timeval){(int64_t)(us / 1000000), (int64_t)(us % 1000000)};
}

/* In nanoseconds; what exceeds all clocks is as good as for ever. */
static uint64_t to_ns(const struct abi_timeval *tv)
{
    const uint64_t longest = INT64_MAX;
    if ((uint64_t)tv->tv_sec >= longest / 1000000000)
        return longest;
    return (uint64_t)tv->tv_sec * 1000000000 + (uint64_t)tv->tv_usec * 1000;
}

/* What is left; the mutex is held. One that is due and not yet served is not off. */
static void get(int which, struct abi_itimerval *out)
{
    const struct itimer *t = &timers[which];
    uint64_t             now = now_of(which);
    *out = (struct abi_itimerval){.it_interval = to_timeval(t->interval)};
    if (t->expires > now)
        out->it_value = to_timeval(t->expires - now);
    if (t->expires && !out->it_value.tv_sec && !out->it_value.tv_usec)
        out->it_value.tv_usec = 1;
}

static int set(int which, const struct abi_itimerval *new, struct abi_itimerval *old)
{
    uint64_t value = to_ns(&new->it_value);
    int      err = value ? timer_prepare() : 0;
    if (err)
        return err;
    mutex_lock(&timers_mutex);
    get(which, old);
    timers[which].expires = value ? now_of(which) + value : 0;
    timers[which].interval = value ? to_ns(&new->it_interval) : 0;
    arm(which);
    mutex_unlock(&timers_mutex);
    return 0;
}

static bool valid(const struct abi_timeval *tv)
{
    return tv->tv_sec >= 0 && (uint64_t)tv->tv_usec < 1000000;
}

int64_t sys_getitimer(const uint64_t *a)
{
    struct abi_itimerval value;
    int                  which = (int)a[0];
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    mutex_lock(&timers_mutex);
    get(which, &value);
    mutex_unlock(&timers_mutex);
    return uaccess_write(a[1], &value, sizeof(value));
}

/* Without a new value the timer is switched off. */
int64_t sys_setitimer(const uint64_t *a)
{
    struct abi_itimerval new = {.it_value = {0, 0}}, old;
    int which = (int)a[0];
    if (a[1] && uaccess_read(&new, a[1], sizeof(new)))
        return -EFAULT;
    if (!valid(&new.it_value) || !valid(&new.it_interval))
        return -EINVAL;
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    int err = set(which, &new, &old);
    if (err || !a[2])
        return err;
    return uaccess_write(a[2], &old, sizeof(old));
}
