/* SPDX-License-Identifier: Apache-2.0 */
/* sys_time.c - clocks and sleeping. */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/clock.h"
#include "unix/cputime.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define NS_PER_SEC 1000000000ul

int64_t sys_clock_gettime(const uint64_t *a)
{
    uint64_t ns;
    int      err = clock_now((int)a[0], &ns);
    return err ? err : args_put_timespec(a[1], ns);
}

int64_t sys_clock_getres(const uint64_t *a)
{
    uint64_t ns;
    int      clock = (int)a[0];
    int      err = clock_now(clock, &ns);
    return err || !a[1] ? err : args_put_timespec(a[1], clock_resolution_ns(clock));
}

int64_t sys_times(const uint64_t *a)
{
    struct thread_cpu_time used = cputime_process();
    struct abi_tms         tms = {
                .tms_utime = (int64_t)(time_ticks_to_ns(used.user) / (NS_PER_SEC / USER_HZ)),
                .tms_stime = (int64_t)(time_ticks_to_ns(used.kernel) / (NS_PER_SEC / USER_HZ)),
    };
    if (a[0] && uaccess_write(a[0], &tms, sizeof(tms)))
        return -EFAULT;
    return (int64_t)(time_ns() / (NS_PER_SEC / USER_HZ));
}

/* --- sleeping ---------------------------------------------------------------------------- */

/* 0, or -EINTR: a signal came first. */
static int sleep_until(uint64_t deadline)
{
    static struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS, "nanosleep");
    struct waitq           q; /* nobody else knows it: only time and signals wake */
    int                    result = 0;

    waitq_init(&q);
    spinlock_acquire(&lock);
    while (result == 0)
        result = waitq_sleep_until(&q, &lock, deadline, true);
    spinlock_release(&lock);
    return result == -ETIMEDOUT ? 0 : result;
}

/* Sleep until r->deadline; what is left after a signal goes to r->arg[0], if that is not 0. */
static int64_t sleep_on(const struct restart *r)
{
    if (sleep_until(r->deadline) == 0)
        return 0;
    uint64_t now = cpu_time();
    if (now >= r->deadline)
        return 0;
    if (r->arg[0] && args_put_timespec(r->arg[0], time_ticks_to_ns(r->deadline - now)))
        return -EFAULT;
    uthread_self()->restart = *r;
    return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_for(uint64_t ns, vaddr_t rem)
{
    struct restart r = {.go_on = sleep_on, .deadline = time_ns_to_deadline(ns), .arg = {rem}};
    return sleep_on(&r);
}

int64_t sys_nanosleep(const uint64_t *a)
{
    uint64_t ns;
    int      err = args_timespec(a[0], &ns);
    return err ? err : sleep_for(ns, a[1]);
}

static bool can_sleep(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI || clock_is_cpu(clock);
}

/* Sleep until clock r->arg[1], one of CPU time, shows r->arg[2]; what is left after a signal goes to
 * r->arg[0], if that is not 0. */
static int64_t sleep_on_by_cpu(const struct restart *r)
{
    uint64_t used, until = r->arg[2];
    int      clock = (int)r->arg[1], interrupted = 0;
    int      err = clock_now(clock, &used);
    while (!err && !interrupted && used < until) {
        interrupted = sleep_until(time_ns_to_deadline(clock_cpu_wait_ns(until - used)));
        err = clock_now(clock, &used);
    }
    if (err || used >= until)
        return err;
    if (r->arg[0] && args_put_timespec(r->arg[0], until - used))
        return -EFAULT;
    uthread_self()->restart = *r;
    return -ERESTART_RESTARTBLOCK;
}

/* The caller's own clock stands still while it sleeps: -EINVAL. */
static int64_t sleep_by_cpu(int clock, uint64_t ns, bool absolute, vaddr_t rem)
{
    uint64_t used;
    if (clock_for_others(clock) == clock_for_others(CLOCK_THREAD_CPUTIME_ID))
        return -EINVAL;
    int err = clock_now(clock, &used);
    if (err)
        return err;
    if (!absolute)
        ns = ns > UINT64_MAX - used ? UINT64_MAX : used + ns;
    struct restart r = {.go_on = sleep_on_by_cpu, .arg = {absolute ? 0 : rem, (uint64_t)clock, ns}};
    int64_t        result = sleep_on_by_cpu(&r);
    return absolute && result == -ERESTART_RESTARTBLOCK ? -ERESTARTNOHAND : result;
}

int64_t sys_clock_nanosleep(const uint64_t *a)
{
    int      clock = (int)a[0];
    uint64_t now, ns;
    int      err = clock_is_cpu(clock) ? 0 : clock_now(clock, &now);
    if (!err && !can_sleep(clock))
        err = -EOPNOTSUPP;
    if (!err)
        err = args_timespec(a[2], &ns);
    if (err)
        return err;
    if (clock_is_cpu(clock))
        return sleep_by_cpu(clock, ns, a[1] & TIMER_ABSTIME, a[3]);
    if (!(a[1] & TIMER_ABSTIME))
        return sleep_for(ns, a[3]);
    if (ns <= now)
        return 0;
    if (clock_is_wall(clock))
        return clock_sleep_until_wall(ns) ? -ERESTARTNOHAND : 0;
    return sleep_until(time_ns_to_deadline(ns - now)) ? -ERESTARTNOHAND : 0;
}

/* What a call that was interrupted without a handler becomes: see signal.c. */
int64_t sys_restart_syscall(const uint64_t *a)
{
    (void)a;
    struct restart r = uthread_self()->restart;
    uthread_self()->restart.go_on = NULL;
    return r.go_on ? r.go_on(&r) : -EINTR;
}
