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

bool mutex_held(const struct mutex *m)
{
    return m->owner && m->owner == thread_self();
}

void mutex_lock(struct mutex *m)
{
    ASSERT(!mutex_held(m));
    spinlock_acquire(&m->lock);
    while (m->owner)
        waitq_sleep(&m->waiters, &m->lock);
    m->owner = thread_self();
    spinlock_release(&m->lock);
}

void mutex_unlock(struct mutex *m)
{
    ASSERT(mutex_held(m));
    spinlock_acquire(&m->lock);
    m->owner = NULL;
    waitq_wake_one(&m->waiters);
    spinlock_release(&m->lock);
}
