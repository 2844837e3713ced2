/* SPDX-License-Identifier: Apache-2.0 */
/* itimer.c - the three timers of setitimer(2): each sends its signal when its time is over.
 *
 * A kernel thread, made when a program first sets one, sleeps until the nearest is due. The CPU time of a
 * process cannot pass faster than real time on one hart: for a timer of CPU time the thread sleeps
 * as long as is left of it, and then looks again.
 */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/cputime.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMERS };

/* How often at most a timer of CPU time is looked at. */
#define LOOK_NS 1000000ul

/* Times are ticks of the timer's clock. */
struct itimer {
    uint64_t expires; /* 0: off */
    uint64_t interval;
};

static struct mutex timers_mutex = MUTEX_INIT(timers_mutex);
/* timers_mutex protects: */
static struct itimer timers[ITIMERS];
static bool          served; /* the thread exists */

static struct spinlock changed_lock = SPINLOCK_INIT(LOCK_PROCESS, "itimer");
/* changed_lock protects: */
static bool         changed;
static struct waitq changed_waiters = WAITQ_INIT(changed_waiters);

/* The time of a timer's clock. */
static uint64_t now_of(int which)
{
    if (which == ITIMER_REAL)
        return cpu_time();
    struct thread_cpu_time used = cputime_process();
    return which == ITIMER_VIRTUAL ? used.user : used.user + used.kernel;
}

/* --- the thread -------------------------------------------------------------------------- */

/* Send what is due of one timer, however often it was missed once. Returns when to look again; the
 * mutex is held. */
static uint64_t serve(int which)
{
    static const int         number[ITIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};
    const struct signal_info info = {.code = SI_KERNEL};
    struct itimer           *t = &timers[which];
    uint64_t                 now = now_of(which);

    if (t->expires && t->expires <= now) {
        uint64_t missed = t->interval ? (now - t->expires) / t->interval : 0;
        t->expires = t->interval ? t->expires + (missed + 1) * t->interval : 0;
        signal_send_process(number[which], &info);
    }
    if (!t->expires)
        return WAIT_FOREVER;
    if (which == ITIMER_REAL)
        return t->expires;
    uint64_t soonest = time_ns_to_deadline(LOOK_NS), due = cpu_time() + (t->expires - now);
    return due > soonest ? due : soonest;
}

static uint64_t serve_all(void)
{
    uint64_t next = WAIT_FOREVER;
    mutex_lock(&timers_mutex);
    for (int which = 0; which < ITIMERS; which++) {
        uint64_t at = serve(which);
        next = at < next ? at : next;
    }
    mutex_unlock(&timers_mutex);
    return next;
}

static void serve_for_ever(void *arg)
{
    (void)arg;
    for (;;) {
        uint64_t next = serve_all();
        int      err = 0;
        spinlock_acquire(&changed_lock);
        while (!changed && !err)
            err = waitq_sleep_until(&changed_waiters, &changed_lock, next, false);
        changed = false;
        spinlock_release(&changed_lock);
    }
}

/* Have the thread look at the timers. The mutex is held. */
static int tell_thread(void)
{
    if (!served) {
        if (!thread_create("itimer", serve_for_ever, NULL))
            return -ENOMEM;
        served = true;
    }
    spinlock_acquire(&changed_lock);
    changed = true;
    waitq_wake_all(&changed_waiters);
    spinlock_release(&changed_lock);
    return 0;
}

/* --- system calls ------------------------------------------------------------------------ */

static struct abi_timeval to_timeval(uint64_t ticks)
{
    uint64_t us = time_ticks_to_ns(ticks) / 1000;
    return (struct abi_timeval){(int64_t)(us / 1000000), (int64_t)(us % 1000000)};
}

/* In ticks, rounded up; what exceeds all clocks is as good as for ever. */
static uint64_t to_ticks(const struct abi_timeval *tv)
{
    const uint64_t longest = UINT64_MAX / 4;
    uint64_t       hz = time_hz();
    if ((uint64_t)tv->tv_sec >= longest / hz)
        return longest;
    return (uint64_t)tv->tv_sec * hz + ((uint64_t)tv->tv_usec * hz + 999999) / 1000000;
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
    uint64_t value = to_ticks(&new->it_value);
    mutex_lock(&timers_mutex);
    int err = value ? tell_thread() : 0;
    if (!err) {
        get(which, old);
        timers[which] = (struct itimer){value ? now_of(which) + value : 0,
                                        value ? to_ticks(&new->it_interval) : 0};
    }
    mutex_unlock(&timers_mutex);
    return err;
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
