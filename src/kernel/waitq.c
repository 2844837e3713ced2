/* SPDX-License-Identifier: Apache-2.0 */
/* waitq.c - sleeping locks. Sleeping and waking themselves are the scheduler's (thread.c). */
#include "kernel/waitq.h"

#include "kernel/panic.h"
#include "kernel/thread.h"

void mutex_init(struct mutex *m)
{
    spinlock_init(&m->lock, LOCK_WAITQ, "mutex");
    m->owner = NULL;
    waitq_init(&m->waiters);
}

#define WAITED 1ul /* in owner */

static struct thread *with_waited(struct thread *t)
{
    return (struct thread *)((uintptr_t)t | WAITED);
}

bool mutex_held(const struct mutex *m)
{
    struct thread *owner = atomic_load_explicit(&m->owner, memory_order_relaxed);

    return with_waited(owner) == with_waited(thread_self());
}

/* Acquire: what the last owner wrote is seen. Pairs with the releases in mutex_unlock() and
 * unlock_waited(). */
static bool change_owner(struct mutex *m, struct thread *from, struct thread *to)
{
    return atomic_compare_exchange_strong_explicit(&m->owner, &from, to, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* Somebody has it. The bit is set before each sleep, under the lock that the sleeper is put on the
 * queue with, so whoever lets go sees it and wakes. Who has slept leaves it set: others may be asleep. */
static __attribute__((noinline)) void lock_waiting(struct mutex *m)
{
    ASSERT(!mutex_held(m));
    spinlock_acquire(&m->lock);
    while (!change_owner(m, NULL, with_waited(thread_self()))) {
        struct thread *owner = atomic_load_explicit(&m->owner, memory_order_relaxed);
        if (owner && change_owner(m, owner, with_waited(owner)))
            waitq_sleep(&m->waiters, &m->lock);
    }
    spinlock_release(&m->lock);
}

static __attribute__((noinline)) void unlock_waited(struct mutex *m)
{
    ASSERT(mutex_held(m));
    spinlock_acquire(&m->lock);
    atomic_store_explicit(&m->owner, NULL, memory_order_release);
    waitq_wake_one(&m->waiters);
    spinlock_release(&m->lock);
}

void mutex_lock(struct mutex *m)
{
    if (!change_owner(m, NULL, thread_self()))
        lock_waiting(m);
}

bool mutex_trylock(struct mutex *m)
{
    return change_owner(m, NULL, thread_self());
}

void mutex_unlock(struct mutex *m)
{
    struct thread *self = thread_self();

    if (!atomic_compare_exchange_strong_explicit(&m->owner, &self, NULL, memory_order_release,
                                                 memory_order_relaxed))
        unlock_waited(m);
}
