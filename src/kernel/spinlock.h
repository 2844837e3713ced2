/* SPDX-License-Identifier: Apache-2.0 */
/* spinlock.h - short mutual exclusion, interrupts off while held.
 *
 * A lock has an order number; a hart that holds a lock may only take locks of a greater number.
 * That and recursion are checked at run time. Sleeping while holding one is a bug and is asserted.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>

#include "lib/types.h"
#include "machine/cpu.h"

/* The order of all spinlocks, outermost first. */
enum lock_order {
    LOCK_NONE = 0,
    LOCK_PROCESS, /* tables of the Linux layer: descriptors, signals, futexes */
    LOCK_FILELOCK,
    LOCK_CRED,
    LOCK_FS, /* a file system's own */
    LOCK_PAGECACHE,
    LOCK_BLK,
    LOCK_DEVICE, /* any driver's own */
    LOCK_TTY,
    LOCK_POLL,        /* a pollq */
    LOCK_POLL_NESTED, /* those of epolls, which others' notify */
    LOCK_EPOLL,       /* what arrived at an epoll */
    LOCK_TIMER,
    LOCK_WAITQ,
    LOCK_SCHED,
    LOCK_HEAP,
    LOCK_RESERVE,
    LOCK_FRAME,
    LOCK_RANDOM,
    LOCK_LOG,
    LOCK_CONSOLE, /* the log is written under any other lock */
};

struct spinlock {
    _Atomic(struct hart *) holder; /* NULL: nobody */
    uint64_t               bit;    /* constant: 1 << its order, as in a hart's locks_held */
    const char            *name;   /* constant, for panics */
};

#define SPINLOCK_INIT(order_, name_)                            \
    {                                                           \
        .holder = NULL, .bit = 1ul << (order_), .name = (name_) \
    }

void spinlock_init(struct spinlock *lock, enum lock_order order, const char *name);
void spinlock_acquire(struct spinlock *lock); /* any context */
void spinlock_release(struct spinlock *lock);

/* By this hart. */
#ifdef __riscv
static inline bool spinlock_held(const struct spinlock *lock)
{
    return atomic_load_explicit(&lock->holder, memory_order_relaxed) == hart_self();
}
#else /* host tests supply it */
bool spinlock_held(const struct spinlock *lock);
#endif

#endif
