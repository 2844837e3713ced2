/* SPDX-License-Identifier: Apache-2.0 */
/* sys_info.c - what the system tells of itself: sysinfo, random numbers. */
#include "kernel/frame.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

static uint16_t count_threads(void)
{
    uint16_t        n = 0;
    struct uthread *ut;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link)
        n++;
    spinlock_release(&the_process.lock);
    return n;
}

int64_t sys_sysinfo(const uint64_t *a)
{
    struct frame_stats mem;
    frame_stats(&mem);
    struct abi_sysinfo info = {
        .uptime = (int64_t)(time_ns() / 1000000000),
        .totalram = mem.total << PAGE_SHIFT,
        .freeram = (mem.free + mem.reserved) << PAGE_SHIFT,
        .procs = count_threads(),
        .mem_unit = 1,
    };
    return uaccess_write(a[0], &info, sizeof(info));
}

int64_t sys_getrandom(const uint64_t *a)
{
    unsigned flags = (unsigned)a[2];
    size_t   len = size_min(a[1], RW_COUNT_MAX), done = 0;
    if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if (!uaccess_range_ok(a[0], len))
        return -EFAULT;
    while (done < len && !(done >= PAGE_SIZE && signal_pending(uthread_self()))) {
        uint8_t bytes[256];
        size_t  n = size_min(len - done, sizeof(bytes));
        random_fill(bytes, n);
        ssize_t put = uaccess_write_some(a[0] + done, bytes, n);
        if (put <= 0)
            return done ? (int64_t)done : -EFAULT;
        done += (size_t)put;
    }
    return (int64_t)done;
}
