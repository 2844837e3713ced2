/* SPDX-License-Identifier: Apache-2.0 */
/* sys_time.c - clocks and sleeping.
 *
 * CPU-time clocks count the time since the program's start: the kernel keeps no account for each
 * thread.
 */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/syscall.h"

#define NS_PER_SEC 1000000000ul
#define NS_PER_US  1000ul

/* What a coarse clock has for a resolution (Linux at 250 Hz). */
#define COARSE_NS 4000000ul

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
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = time_ns() - the_process.start_ns;
        return 0;
    default:
        return -EINVAL;
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
    uint64_t       ticks = (time_ns() - the_process.start_ns) / (NS_PER_SEC / USER_HZ);
    struct abi_tms tms = {.tms_utime = (int64_t)ticks};
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

/* Sleep for ns; what is left after a signal goes to rem, if there is one. */
static int sleep_for(uint64_t ns, vaddr_t rem)
{
    uint64_t start = time_ns();
    int      result = sleep_until(time_ns_to_deadline(ns));
    if (result != -EINTR || !rem)
        return result;
    uint64_t slept = time_ns() - start;
    return args_put_timespec(rem, slept < ns ? ns - slept : 0) ? -EFAULT : result;
}

int64_t sys_nanosleep(const uint64_t *a)
{
    uint64_t ns;
    int      err = args_timespec(a[0], &ns);
    return err ? err : sleep_for(ns, a[1]);
}

int64_t sys_clock_nanosleep(const uint64_t *a)
{
    int      clock = (int)a[0];
    uint64_t now, ns;
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW ||
        clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
        return -EOPNOTSUPP;
    int err = clock == CLOCK_THREAD_CPUTIME_ID ? -EINVAL : clock_now(clock, &now);
    if (!err)
        err = args_timespec(a[2], &ns);
    if (err)
        return err;
    if (!(a[1] & TIMER_ABSTIME))
        return sleep_for(ns, a[3]);
    return ns > now ? sleep_until(time_ns_to_deadline(ns - now)) : 0;
}
