/* SPDX-License-Identifier: Apache-2.0 */
/* sys_time.c - clocks and sleeping. */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/cputime.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define NS_PER_SEC 1000000000ul
#define NS_PER_US  1000ul

/* What a coarse clock has for a resolution (Linux at 250 Hz). */
#define COARSE_NS 4000000ul

/* Clocks below 0 are CPU time: the number of a process or thread, inverted, over three bits. */
#define CPUCLOCK_THREAD 4
#define CPUCLOCK_WHAT   3
enum { CPUCLOCK_PROF, CPUCLOCK_VIRT, CPUCLOCK_SCHED, CPUCLOCK_FD };

static int cpu_clock_now(int clock, uint64_t *ns)
{
    struct thread_cpu_time used;
    uint32_t               number = ~(uint32_t)(clock >> 3);
    int                    what = clock & CPUCLOCK_WHAT;
    if (what == CPUCLOCK_FD)
        return -EINVAL; /* clocks of devices: there are none */
    if (clock & CPUCLOCK_THREAD) {
        if (!cputime_thread(number, &used))
            return -EINVAL;
    } else {
        if (number != 0 && number != PROCESS_PID)
            return -EINVAL;
        used = cputime_process();
    }
    *ns = what == CPUCLOCK_VIRT ? time_ticks_to_ns(used.user) : cputime_total_ns(&used);
    return 0;
}

/* The clock's time. -EINVAL: there is no such clock. */
static int clock_now(int clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = time_wall_ns();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = time_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        return cpu_clock_now((int)(~0u << 3 | CPUCLOCK_SCHED), ns);
    case CLOCK_THREAD_CPUTIME_ID:
        return cpu_clock_now((int)(~0u << 3 | CPUCLOCK_THREAD | CPUCLOCK_SCHED), ns);
    default:
        return clock < 0 ? cpu_clock_now(clock, ns) : -EINVAL;
    }
}

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
    if (err || !a[1])
        return err;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return args_put_timespec(a[1], coarse ? COARSE_NS : 1);
}

int64_t sys_gettimeofday(const uint64_t *a)
{
    uint64_t           ns = time_wall_ns();
    struct abi_timeval tv = {(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / NS_PER_US)};
    uint64_t           utc = 0; /* struct timezone: no offset, no summer time */
    if (a[0] && uaccess_write(a[0], &tv, sizeof(tv)))
        return -EFAULT;
    return a[1] ? uaccess_write(a[1], &utc, sizeof(utc)) : 0;
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

/* Whether a clock is one of CPU time that one can sleep by, if it exists. */
static bool is_cpu_clock(int clock)
{
    return clock == CLOCK_PROCESS_CPUTIME_ID ||
           (clock < 0 && (clock & (CPUCLOCK_THREAD | CPUCLOCK_WHAT)) != CPUCLOCK_FD);
}

static bool can_sleep(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI || is_cpu_clock(clock);
}

/* Sleep until a clock of CPU time, which goes slower than real time, shows ns. -EINVAL: it does not
 * exist, or is the caller's own, which then stands still. */
static int sleep_by_cpu(int clock, uint64_t ns, bool absolute)
{
    const uint64_t look_ns = 1000000; /* how often at most */
    uint64_t       used;
    uint32_t       number = ~(uint32_t)(clock >> 3);
    if (clock < 0 && clock & CPUCLOCK_THREAD && (!number || number == uthread_self()->tid))
        return -EINVAL;
    int err = clock_now(clock, &used);
    if (!absolute)
        ns = ns > UINT64_MAX - used ? UINT64_MAX : used + ns;
    while (!err && used < ns) {
        uint64_t left = ns - used > look_ns ? ns - used : look_ns;
        err = sleep_until(time_ns_to_deadline(left));
        if (!err)
            err = clock_now(clock, &used);
    }
    return err;
}

int64_t sys_clock_nanosleep(const uint64_t *a)
{
    int      clock = (int)a[0];
    uint64_t now, ns;
    int      err = is_cpu_clock(clock) ? 0 : clock_now(clock, &now);
    if (!err && !can_sleep(clock))
        err = -EOPNOTSUPP;
    if (!err)
        err = args_timespec(a[2], &ns);
    if (err)
        return err;
    if (is_cpu_clock(clock))
        return sleep_by_cpu(clock, ns, a[1] & TIMER_ABSTIME);
    if (!(a[1] & TIMER_ABSTIME))
        return sleep_for(ns, a[3]);
    if (ns <= now)
        return 0;
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
