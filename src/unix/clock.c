/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - clocks by number: see clock.h. */
#include "unix/clock.h"

#include "fs/timerfd.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "unix/cputime.h"
#include "unix/futex.h"
#include "unix/process.h"
#include "unix/vdso.h"

/* What a coarse clock has for a resolution, and one of CPU time that counts ticks (Linux at 250 Hz). */
#define COARSE_NS 4000000ul

/* How often at most a clock of CPU time is looked at. */
#define LOOK_NS 1000000ul

/* Clocks below 0 are CPU time: the number of a process or thread, inverted, over three bits. */
#define CPUCLOCK_THREAD 4
#define CPUCLOCK_WHAT   3
enum { CPUCLOCK_PROF, CPUCLOCK_VIRT, CPUCLOCK_SCHED, CPUCLOCK_FD };

#define CPUCLOCK(number, bits) ((int)(~(uint32_t)(number) << 3 | (bits)))

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

int clock_now(int clock, uint64_t *ns)
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
        return cpu_clock_now(CPUCLOCK(0, CPUCLOCK_SCHED), ns);
    case CLOCK_THREAD_CPUTIME_ID:
        return cpu_clock_now(CPUCLOCK(0, CPUCLOCK_THREAD | CPUCLOCK_SCHED), ns);
    default:
        return clock < 0 ? cpu_clock_now(clock, ns) : -EINVAL;
    }
}

uint64_t clock_resolution_ns(int clock)
{
    bool ticks = clock < 0 && (clock & CPUCLOCK_WHAT) != CPUCLOCK_SCHED;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return ticks || coarse ? COARSE_NS : 1;
}

bool clock_is_cpu(int clock)
{
    return clock == CLOCK_PROCESS_CPUTIME_ID ||
           (clock < 0 && (clock & (CPUCLOCK_THREAD | CPUCLOCK_WHAT)) != CPUCLOCK_FD);
}

bool clock_is_device(int clock)
{
    return clock < 0 && (clock & (CPUCLOCK_THREAD | CPUCLOCK_WHAT)) == CPUCLOCK_FD;
}

bool clock_is_wall(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

int clock_for_others(int clock)
{
    if (clock == CLOCK_PROCESS_CPUTIME_ID)
        return CPUCLOCK(PROCESS_PID, CPUCLOCK_SCHED);
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return CPUCLOCK(uthread_self()->tid, CPUCLOCK_THREAD | CPUCLOCK_SCHED);
    bool own = clock < 0 && clock >> 3 == -1;
    return !own                      ? clock
           : clock & CPUCLOCK_THREAD ? CPUCLOCK(uthread_self()->tid, clock & 7)
                                     : CPUCLOCK(PROCESS_PID, clock & 7);
}

uint64_t clock_cpu_wait_ns(uint64_t left_ns)
{
    uint64_t soonest = cpu_nharts > 1 ? left_ns / cpu_nharts : left_ns;
    return soonest > LOOK_NS ? soonest : LOOK_NS;
}

/* --- setting ----------------------------------------------------------------------------- */

static struct spinlock set_lock = SPINLOCK_INIT(LOCK_PROCESS, "clock");
/* set_lock protects: */
static struct waitq wall_sleepers = WAITQ_INIT(wall_sleepers);

void clock_set_wall(uint64_t ns)
{
    spinlock_acquire(&set_lock);
    time_set_wall_ns(ns);
    waitq_wake_all(&wall_sleepers);
    spinlock_release(&set_lock);
    vdso_time_changed();
    timer_wall_changed();
    timerfd_wall_changed();
    futex_wall_changed();
}

int clock_sleep_until_wall(uint64_t ns)
{
    int      err = 0;
    uint64_t now;
    spinlock_acquire(&set_lock);
    while ((now = time_wall_ns()) < ns && err != -EINTR)
        err = waitq_sleep_until(&wall_sleepers, &set_lock, time_ns_to_deadline(ns - now), true);
    spinlock_release(&set_lock);
    return err == -EINTR && now < ns ? -EINTR : 0;
}
