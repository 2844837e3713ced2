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

/* Acquire: as in mutex_lock(). */
static bool change_owner(struct mutex *m, struct thread *from, struct thread *to)
{
    return atomic_compare_exchange_strong_explicit(&m->owner, &from, to, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* The bit is set before each sleep, under the lock that the sleeper is put on the queue with, so whoever
 * lets go sees it and wakes. Who has slept leaves it set: others may be asleep. */
void mutex_lock_waiting(struct mutex *m)
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

/* m is free already, and perhaps somebody else's. Others that sleep are not forgotten then: who is woken
 * here sets the bit, to take m or to sleep again. */
void mutex_unlock_waited(struct mutex *m, struct thread *owner)
{
    ASSERT(owner == with_waited(thread_self()));
    spinlock_acquire(&m->lock);
    waitq_wake_one(&m->waiters);
    spinlock_release(&m->lock);
}

bool mutex_trylock(struct mutex *m)
{
    return change_owner(m, NULL, thread_self());
}
