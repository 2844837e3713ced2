/* SPDX-License-Identifier: Apache-2.0 */
/* pollq.c - lists of pollers: see pollq.h. */
#include "kernel/pollq.h"

#include "lib/assert.h"

void pollq_init(struct pollq *q)
{
    spinlock_init(&q->lock, LOCK_POLL, "pollq");
    LIST_INIT(&q->entries);
}

void pollq_add(struct pollq *q, struct pollq_entry *entry)
{
    ASSERT(!entry->queue);
    spinlock_acquire(&q->lock);
    LIST_INSERT_HEAD(&q->entries, entry, link);
    entry->queue = q;
    spinlock_release(&q->lock);
}

void pollq_remove(struct pollq_entry *entry)
{
    struct pollq *q = entry->queue;
    if (!q)
        return;

    spinlock_acquire(&q->lock);
    LIST_REMOVE(entry, link);
    entry->queue = NULL;
    spinlock_release(&q->lock);
}

void pollq_notify(struct pollq *q, unsigned events)
{
    struct pollq_entry *entry;

    spinlock_acquire(&q->lock);
    LIST_FOREACH(entry, &q->entries, link)
        entry->notify(entry, events);
    spinlock_release(&q->lock);
}
