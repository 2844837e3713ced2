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

#define SPINS_FIRST 64u
#define SPINS_MAX   4096u

/* Most are held for less time than it takes to fall asleep and to be woken, and who has it runs on another
 * hart. */
static bool spin_for(struct mutex *m, unsigned spins)
{
    for (; cpu_nharts > 1 && spins; spins--) {
        if (!atomic_load_explicit(&m->owner, memory_order_relaxed) &&
            change_owner(m, NULL, with_waited(thread_self())))
            return true;
        cpu_pause();
    }
    return false;
}

/* Somebody may have m by the time that a sleeper who was woken comes to it: each time it tries for longer before it
 * sleeps again.
 * The bit is set before each sleep, under the lock that the sleeper is put on the queue with, so whoever
 * lets go sees it and wakes. Who has slept leaves it set: others may be asleep. */
static bool take_or_sleep(struct mutex *m)
{
    spinlock_acquire(&m->lock);
    bool taken = change_owner(m, NULL, with_waited(thread_self()));
    if (!taken) {
        struct thread *owner = atomic_load_explicit(&m->owner, memory_order_relaxed);
        if (owner && change_owner(m, owner, with_waited(owner)))
            waitq_sleep(&m->waiters, &m->lock);
    }
    spinlock_release(&m->lock);
    return taken;
}

void mutex_lock_waiting(struct mutex *m)
{
    unsigned spins = SPINS_FIRST;
    ASSERT(!mutex_held(m));
    while (!spin_for(m, spins)) {
        spins = spins < SPINS_MAX ? 2 * spins : spins;
        if (take_or_sleep(m))
            return;
    }
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
