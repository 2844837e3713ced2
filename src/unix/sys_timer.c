/* SPDX-License-Identifier: Apache-2.0 */
/* sys_timer.c - timers as files: fs/timerfd.c has what they do. */
#include "fs/timerfd.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* The alarm clocks would wake a machine that sleeps; this one never does. */
static bool makes_timerfd(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

int64_t sys_timerfd_create(const uint64_t *a)
{
    struct file *f;
    int          clock = (int)a[0];
    unsigned     flags = (unsigned)a[1];
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK) || !makes_timerfd(clock))
        return -EINVAL;
    bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
    int  err = timerfd_create(wall, flags & O_NONBLOCK, &f);
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

static int settime(struct file *f, unsigned flags, const struct timerfd_time *new, vaddr_t old_va)
{
    struct timerfd_time old;
    int                 err = timerfd_set(f, flags, new, &old);
    if (err || !old_va)
        return err;
    struct abi_itimerspec it = args_itimerspec_of(old.value, old.interval);
    return uaccess_write(old_va, &it, sizeof(it));
}

int64_t sys_timerfd_settime(const uint64_t *a)
{
    _Static_assert(TFD_TIMER_ABSTIME == TIMERFD_ABSOLUTE, "linux/timerfd.h");
    _Static_assert(TFD_TIMER_CANCEL_ON_SET == TIMERFD_CANCEL_ON_SET, "linux/timerfd.h");
    struct timerfd_time new;
    unsigned flags = (unsigned)a[1];
    int      err = args_itimerspec(a[2], &new.value, &new.interval);
    if (!err && flags & ~(unsigned)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        err = -EINVAL;
    if (err)
        return err;
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    err = settime(f, flags, &new, a[3]);
    file_put(f);
    return err;
}

int64_t sys_timerfd_gettime(const uint64_t *a)
{
    struct timerfd_time left;
    struct file        *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = timerfd_get(f, &left);
    file_put(f);
    if (err)
        return err;
    struct abi_itimerspec it = args_itimerspec_of(left.value, left.interval);
    return uaccess_write(a[1], &it, sizeof(it));
}
