/* SPDX-License-Identifier: Apache-2.0 */
/* sys_clock.c - setting wall time, and what is told about how it is kept.
 *
 * The clock is the machine's, which somebody else disciplines: what a program may do is set it, or move it
 * by a step. There is no slewing, by a frequency, tick or offset: adjtimex() refuses that.
 */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/clock.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"
#include "unix/vdso.h"

#define NS_PER_SEC 1000000000l
#define NS_PER_US  1000l
#define US_PER_SEC 1000000l

/* Wall time ends, as Linux's does, 30 years of running before its nanoseconds do. */
#define WALL_MAX_SEC (INT64_MAX / NS_PER_SEC - 30l * 365 * 24 * 3600)

static struct mutex set_mutex = MUTEX_INIT(set_mutex);
/* set_mutex protects: */
static struct abi_timezone zone; /* nobody uses it but who set it */
static bool                zone_set;
static bool                nano; /* adjtimex() tells nanoseconds where it has microseconds */

/* The clock runs since before 1970 at the latest: it was never below the monotonic one. */
static int set_wall(int64_t sec, int64_t nsec)
{
    if (sec < 0 || nsec < 0 || nsec >= NS_PER_SEC || sec >= WALL_MAX_SEC)
        return -EINVAL;
    if (!cred_privileged())
        return -EPERM;
    uint64_t ns = (uint64_t)(sec * NS_PER_SEC + nsec);
    if (ns < time_ns())
        return -EINVAL;
    clock_set_wall(ns);
    return 0;
}

/* Only the real-time clock can be set; to try it with a CPU clock by number is not even allowed. */
int64_t sys_clock_settime(const uint64_t *a)
{
    struct abi_timespec ts;
    uint64_t            now;
    int                 clock = (int)a[0];
    if (clock != CLOCK_REALTIME && clock >= 0)
        return -EINVAL;
    if (uaccess_read(&ts, a[1], sizeof(ts)))
        return -EFAULT;
    if (clock < 0)
        return clock_now(clock, &now) ? -EINVAL : -EPERM;
    return set_wall(ts.tv_sec, ts.tv_nsec);
}

int64_t sys_gettimeofday(const uint64_t *a)
{
    uint64_t           ns = time_wall_ns();
    struct abi_timeval tv = {(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / NS_PER_US)};
    if (a[0] && uaccess_write(a[0], &tv, sizeof(tv)))
        return -EFAULT;
    return a[1] ? uaccess_write(a[1], &zone, sizeof(zone)) : 0;
}

/* The first zone that is set without a time tells that wall time was local so far. */
static int set_zone(const struct abi_timezone *tz, bool alone)
{
    if (tz->tz_minuteswest > 15 * 60 || tz->tz_minuteswest < -15 * 60)
        return -EINVAL;
    mutex_lock(&set_mutex);
    zone = *tz;
    vdso_set_zone(&zone);
    if (!zone_set && alone && tz->tz_minuteswest)
        clock_set_wall(time_wall_ns() + (uint64_t)(tz->tz_minuteswest * 60l * NS_PER_SEC));
    zone_set = true;
    mutex_unlock(&set_mutex);
    return 0;
}

int64_t sys_settimeofday(const uint64_t *a)
{
    struct abi_timeval  tv = {0, 0};
    struct abi_timezone tz;
    if (a[0] && uaccess_read(&tv, a[0], sizeof(tv)))
        return -EFAULT;
    if (a[0] && (tv.tv_usec < 0 || tv.tv_usec > US_PER_SEC))
        return -EINVAL;
    if (a[1] && uaccess_read(&tz, a[1], sizeof(tz)))
        return -EFAULT;
    if (!cred_privileged())
        return a[0] && (tv.tv_sec < 0 || tv.tv_sec >= WALL_MAX_SEC) ? -EINVAL : -EPERM;
    int err = a[1] ? set_zone(&tz, !a[0]) : 0;
    return err || !a[0] ? err : set_wall(tv.tv_sec, tv.tv_usec * NS_PER_US);
}

/* --- adjtimex ---------------------------------------------------------------------------- */

/* Move wall time by what *tx says. Its fraction is of microseconds, or of nanoseconds. */
static int step_wall(const struct abi_timex *tx)
{
    int64_t sec = tx->time.tv_sec, fraction = tx->time.tv_usec;
    int64_t unit = tx->modes & ADJ_NANO ? 1 : NS_PER_US;
    if (fraction < 0 || fraction >= NS_PER_SEC / unit || sec > WALL_MAX_SEC || sec < -WALL_MAX_SEC)
        return -EINVAL;
    uint64_t now = time_wall_ns();
    int64_t  to_sec = (int64_t)(now / NS_PER_SEC) + sec;
    int64_t  to_ns = (int64_t)(now % NS_PER_SEC) + fraction * unit;
    return set_wall(to_sec + to_ns / NS_PER_SEC, to_ns % NS_PER_SEC);
}

/* What Linux tells of a clock that nobody has disciplined yet. */
static void tell(struct abi_timex *tx)
{
    uint64_t ns = time_wall_ns(), fraction = ns % NS_PER_SEC;
    *tx = (struct abi_timex){
        .modes = tx->modes,
        .maxerror = 16000000,
        .esterror = 16000000,
        .status = STA_UNSYNC | (nano ? STA_NANO : 0),
        .constant = 2,
        .precision = 1,
        .tolerance = 500l << 16, /* parts of a million */
        .tick = US_PER_SEC / USER_HZ,
        .time = {(int64_t)(ns / NS_PER_SEC), (int64_t)(nano ? fraction : fraction / NS_PER_US)},
    };
}

/* Do what tx->modes asks for, and tell. */
static int change(struct abi_timex *tx)
{
    int err = 0;
    mutex_lock(&set_mutex);
    if (tx->modes & ADJ_SETOFFSET)
        err = step_wall(tx);
    if (!err) {
        if (tx->modes & (ADJ_MICRO | ADJ_NANO))
            nano = !(tx->modes & ADJ_MICRO);
        tell(tx);
    }
    mutex_unlock(&set_mutex);
    return err;
}

static int adjust(vaddr_t va)
{
    struct abi_timex tx;
    if (uaccess_read(&tx, va, sizeof(tx)))
        return -EFAULT;
    if (tx.modes && !cred_privileged())
        return -EPERM;
    if (tx.modes & ~(uint32_t)(ADJ_SETOFFSET | ADJ_MICRO | ADJ_NANO))
        return -EOPNOTSUPP;
    int err = change(&tx);
    if (err)
        return err;
    return uaccess_write(va, &tx, sizeof(tx)) ? -EFAULT : TIME_ERROR;
}

int64_t sys_adjtimex(const uint64_t *a)
{
    return adjust(a[0]);
}

int64_t sys_clock_adjtime(const uint64_t *a)
{
    uint8_t  tx[sizeof(struct abi_timex)];
    uint64_t now;
    if (uaccess_read(tx, a[1], sizeof(tx)))
        return -EFAULT;
    if ((int)a[0] == CLOCK_REALTIME)
        return adjust(a[1]);
    return clock_now((int)a[0], &now) ? -EINVAL : -EOPNOTSUPP;
}
