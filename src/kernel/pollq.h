/* SPDX-License-Identifier: Apache-2.0 */
/* pollq.h - telling those who wait for many things at once (poll, epoll) that one thing changed.
 *
 * A thread sleeps on one wait queue. To wait for many files, a poller hangs one entry on each file's
 * pollq; the file notifies its pollq when something became ready, and each entry's function does what the
 * poller wants: wake its one wait queue, put the file on a ready list.
 *
 * No change is lost if the poller registers first and looks at readiness after, and the file changes
 * what it looks at there under a lock that looking takes, too, and notifies after that. For then either
 * the look came after the change and sees it, or it came before, and so did the registering, which the
 * notifier sees: its hart has taken the lock since. That is why notifying may begin with a glance at a
 * counter that no lock protects. A file whose state is one atomic variable does with a full fence between
 * changing it and notifying: registering ends with another.
 *
 * Locks: a queue's own is LOCK_POLL; who notifies may hold locks of lower order. An epoll can be watched
 * itself, so that its entry's function notifies another queue. The queues of epolls therefore share one
 * lock of the next order, LOCK_POLL_NESTED: who goes up from epoll to epoll takes it once.
 */
#ifndef KERNEL_POLLQ_H
#define KERNEL_POLLQ_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "kernel/spinlock.h"
#include "lib/types.h"

struct pollq_entry {
    /* Called with the queue's lock held, in any context: may take locks of a greater order, wake, and
     * notify a nested queue; not sleep, not add or remove entries. events: what became ready, POLL*;
     * 0: anything may have changed. Returns whether somebody takes care of it, which counts for
     * exclusive ones. */
    bool (*notify)(struct pollq_entry *entry, unsigned events);

    /* Told after all others, and only until one takes care. Events 0 are told to everybody. */
    bool exclusive;

    struct pollq *queue; /* NULL: not registered */
    TAILQ_ENTRY(pollq_entry) link;
};

struct pollq {
    struct spinlock *lock; /* constant: own, or the one of all nested ones */
    atomic_uint      count;
    struct spinlock  own;
    /* *lock protects: */
    TAILQ_HEAD(, pollq_entry) entries; /* exclusive ones last */
};

void pollq_init(struct pollq *q);        /* not to be moved afterwards */
void pollq_init_nested(struct pollq *q); /* notified by entries of other queues */

void pollq_add(struct pollq *q, struct pollq_entry *entry);

/* After this returns, notify is not running and will not be called. Fine if not registered. */
void pollq_remove(struct pollq_entry *entry);

void pollq_tell(struct pollq *q, unsigned events);

/* Tell all entries; any context. */
static inline void pollq_notify(struct pollq *q, unsigned events)
{
    if (atomic_load_explicit(&q->count, memory_order_relaxed))
        pollq_tell(q, events);
}

#endif
