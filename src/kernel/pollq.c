/* SPDX-License-Identifier: Apache-2.0 */
/* pollq.c - lists of pollers: see pollq.h. */
#include "kernel/pollq.h"

#include "lib/assert.h"

static struct spinlock nested_lock = SPINLOCK_INIT(LOCK_POLL_NESTED, "nested pollq");

void pollq_init(struct pollq *q)
{
    spinlock_init(&q->own, LOCK_POLL, "pollq");
    q->lock = &q->own;
    atomic_store_explicit(&q->count, 0, memory_order_relaxed);
    TAILQ_INIT(&q->entries);
}

void pollq_init_nested(struct pollq *q)
{
    pollq_init(q);
    q->lock = &nested_lock;
}

/* The lock is held, or nobody notifies. */
static void change_count(struct pollq *q, int by)
{
    unsigned count = atomic_load_explicit(&q->count, memory_order_relaxed);
    atomic_store_explicit(&q->count, count + (unsigned)by, memory_order_relaxed);
}

void pollq_add(struct pollq *q, struct pollq_entry *entry)
{
    ASSERT(!entry->queue);
    spinlock_acquire(q->lock);
    if (entry->exclusive)
        TAILQ_INSERT_TAIL(&q->entries, entry, link);
    else
        TAILQ_INSERT_HEAD(&q->entries, entry, link);
    entry->queue = q;
    change_count(q, 1);
    spinlock_release(q->lock);
    atomic_thread_fence(memory_order_seq_cst); /* before the poller's look: pollq.h */
}

void pollq_remove(struct pollq_entry *entry)
{
    struct pollq *q = entry->queue;
    if (!q)
        return;

    spinlock_acquire(q->lock);
    TAILQ_REMOVE(&q->entries, entry, link);
    entry->queue = NULL;
    change_count(q, -1);
    spinlock_release(q->lock);
}

static void tell_all(struct pollq *q, unsigned events)
{
    struct pollq_entry *entry;

    TAILQ_FOREACH(entry, &q->entries, link) {
        bool taken = entry->notify(entry, events);
        if (taken && entry->exclusive && events)
            break;
    }
}

void pollq_tell(struct pollq *q, unsigned events)
{
    if (spinlock_held(q->lock)) { /* on the way up from one epoll to the next */
        tell_all(q, events);
        return;
    }
    spinlock_acquire(q->lock);
    tell_all(q, events);
    spinlock_release(q->lock);
}
