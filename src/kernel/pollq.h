/* SPDX-License-Identifier: Apache-2.0 */
/* pollq.h - telling those who wait for many things at once (poll, epoll) that one thing changed.
 *
 * A thread sleeps on one wait queue. To wait for many files, a poller hangs one entry on each file's
 * pollq; the file notifies its pollq when something became ready, and each entry's function does what the
 * poller wants: wake its one wait queue, put the file on a ready list. Register first and look at
 * readiness after: then no change is lost.
 */
#ifndef KERNEL_POLLQ_H
#define KERNEL_POLLQ_H

#include <sys/queue.h>

#include "kernel/spinlock.h"
#include "lib/types.h"

struct pollq_entry {
    /* Called with the queue's lock (LOCK_POLL) held, in any context: may take locks of a greater
     * order and wake, not sleep, not add or remove entries. events: what became ready, POLL*. */
    void (*notify)(struct pollq_entry *entry, unsigned events);

    struct pollq *queue; /* NULL: not registered */
    LIST_ENTRY(pollq_entry) link;
};

struct pollq {
    struct spinlock lock; /* LOCK_POLL */
    /* lock protects: */
    LIST_HEAD(, pollq_entry) entries;
};

void pollq_init(struct pollq *q);

void pollq_add(struct pollq *q, struct pollq_entry *entry);

/* After this returns, notify is not running and will not be called. Fine if not registered. */
void pollq_remove(struct pollq_entry *entry);

void pollq_notify(struct pollq *q, unsigned events); /* any context */

#endif
