/* SPDX-License-Identifier: Apache-2.0 */
/* waitq.h - sleeping until something becomes true; sleeping locks made of it.
 *
 * The pattern (the condition is protected by lock):
 *
 *     spinlock_acquire(&dev->lock);
 *     while (!dev->done)
 *         waitq_sleep(&dev->waiters, &dev->lock);
 *     spinlock_release(&dev->lock);
 *
 * and on the other side: acquire, set done, waitq_wake_all, release. No wake-up is lost because the
 * sleeper is on the queue before lock is released.
 */
#ifndef KERNEL_WAITQ_H
#define KERNEL_WAITQ_H

#include <sys/queue.h>

#include "kernel/spinlock.h"
#include "lib/types.h"
#include "machine/cpu.h"

struct thread;

struct waitq {
    TAILQ_HEAD(waitq_list, thread) threads; /* protected by the scheduler's lock */
};

#define WAITQ_INIT(q)                                  \
    {                                                  \
        .threads = TAILQ_HEAD_INITIALIZER((q).threads) \
    }

#define WAIT_FOREVER UINT64_MAX

void waitq_init(struct waitq *q);

/* Sleep until woken; lock is released while asleep and held again on return. */
void waitq_sleep(struct waitq *q, struct spinlock *lock);

/* The same until cpu_time() >= deadline or, if interruptible, until thread_interrupt().
 * 0 woken (re-check the condition), -ETIMEDOUT, -EINTR. */
int waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline,
                      bool interruptible);

/* The same, and lock is not held on return: for who can tell from the result alone that nothing is left to do
 * under it. */
int waitq_sleep_unlocked(struct waitq *q, struct spinlock *lock, uint64_t deadline,
                         bool interruptible);

/* The lock that sleepers give waitq_sleep() is held. Any context. */
void waitq_wake_one(struct waitq *q);
void waitq_wake_all(struct waitq *q);

/* A sleeping lock: its holder may sleep (disk, memory). Threads only. Taken and let go by one atomic
 * instruction each while nobody waits. */
struct mutex {
    _Atomic(struct thread *)
                    owner; /* NULL: free. Lowest bit: who lets go has to look for sleepers */
    struct spinlock lock;
    /* lock protects: */
    struct waitq waiters;
};

#define MUTEX_INIT(m)                                              \
    {                                                              \
        .owner = NULL, .lock = SPINLOCK_INIT(LOCK_WAITQ, "mutex"), \
        .waiters = WAITQ_INIT((m).waiters)                         \
    }

void mutex_init(struct mutex *m);
bool mutex_trylock(struct mutex *m); /* never sleeps; false: somebody has it, the caller included */
bool mutex_held(const struct mutex *m); /* by the current thread */

#ifdef __riscv
/* The rare ends of the two that follow: somebody has m; m was owner's, who is not just the caller. */
void mutex_lock_waiting(struct mutex *m);
void mutex_unlock_waited(struct mutex *m, struct thread *owner);

/* Acquire: what the last owner wrote is seen. Pairs with the release in mutex_unlock(). */
static inline void mutex_lock(struct mutex *m)
{
    struct thread *owner = NULL;

    if (!atomic_compare_exchange_strong_explicit(&m->owner, &owner, hart_self()->thread,
                                                 memory_order_acquire, memory_order_relaxed))
        mutex_lock_waiting(m);
}

static inline void mutex_unlock(struct mutex *m)
{
    struct thread *owner = cpu_release(&m->owner);

    if (__builtin_expect(owner != hart_self()->thread, false))
        mutex_unlock_waited(m, owner);
}
#else /* host tests supply them */
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
#endif

#endif
