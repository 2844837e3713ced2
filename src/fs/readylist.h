/* SPDX-License-Identifier: Apache-2.0 */
/* readylist.h - what may be ready, in the order in which it became so: a list that is filled at any time,
 * also by interrupts, and emptied by one who looks.
 *
 * It has two halves. Who has something to tell marks the entry and, if it was not marked, appends it to
 * `arrived`, under a spinlock. Who looks moves all of that behind `ready`, and works on `ready` under a
 * lock of his own that he may hold while he sleeps. An entry is on one of the two exactly while it is
 * marked, but for the moment between marking and appending, in which the marker holds what
 * keeps the entry from being forgotten (a pollq's lock).
 *
 * Nothing is lost: an entry that is looked at is unmarked first. What becomes ready after that marks
 * it again, and what was told before is seen by the look, since unmarking acquires what marking
 * released.
 *
 * No lock is taken here, so this file runs on the host (test/host/test_readylist.c). In the
 * functions' descriptions, [spin] and [look] are the locks that are held.
 */
#ifndef FS_READYLIST_H
#define FS_READYLIST_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "lib/types.h"

struct ready_entry {
    atomic_uint marked; /* 0 or 1: there is no atomic exchange of a byte */
    TAILQ_ENTRY(ready_entry) link;
};

TAILQ_HEAD(ready_queue, ready_entry);

struct readylist {
    struct ready_queue arrived; /* protected by [spin] */
    atomic_bool        any;     /* arrived is not empty; written with [spin] */
    struct ready_queue ready;   /* protected by [look] */
};

static inline void readylist_init(struct readylist *l)
{
    TAILQ_INIT(&l->arrived);
    TAILQ_INIT(&l->ready);
    atomic_init(&l->any, false);
}

/* Mark e. True: it was not, and the caller has to append it. */
static inline bool readylist_mark(struct ready_entry *e)
{
    return !atomic_exchange_explicit(&e->marked, 1, memory_order_acq_rel);
}

/* [spin] */
static inline void readylist_append(struct readylist *l, struct ready_entry *e)
{
    TAILQ_INSERT_TAIL(&l->arrived, e, link);
    atomic_store_explicit(&l->any, true, memory_order_relaxed);
}

/* Whether something arrived since it was last gathered. Sure only with [spin]. */
static inline bool readylist_arrived(const struct readylist *l)
{
    return atomic_load_explicit(&l->any, memory_order_relaxed);
}

/* [spin] [look] Move what arrived behind what is there. */
static inline void readylist_gather(struct readylist *l)
{
    TAILQ_CONCAT(&l->ready, &l->arrived, link);
    atomic_store_explicit(&l->any, false, memory_order_relaxed);
}

/* [look] The entry that is to be looked at next; NULL: none is. */
static inline struct ready_entry *readylist_first(const struct readylist *l)
{
    return TAILQ_FIRST(&l->ready);
}

/* [look] Take e out and unmark it, to look at it now. */
static inline void readylist_take(struct readylist *l, struct ready_entry *e)
{
    TAILQ_REMOVE(&l->ready, e, link);
    atomic_exchange_explicit(&e->marked, 0, memory_order_acq_rel);
}

/* [look] Put e, which was not taken, behind all others. */
static inline void readylist_defer(struct readylist *l, struct ready_entry *e)
{
    if (!TAILQ_NEXT(e, link))
        return;
    TAILQ_REMOVE(&l->ready, e, link);
    TAILQ_INSERT_TAIL(&l->ready, e, link);
}

/* [look] Put e, which was taken, back: behind all others, or before them. False: somebody marked it
 * since, and puts it where it will be gathered. */
static inline bool readylist_return(struct readylist *l, struct ready_entry *e)
{
    if (!readylist_mark(e))
        return false;
    TAILQ_INSERT_TAIL(&l->ready, e, link);
    return true;
}

static inline void readylist_return_first(struct readylist *l, struct ready_entry *e)
{
    if (readylist_mark(e))
        TAILQ_INSERT_HEAD(&l->ready, e, link);
}

/* [spin] [look] Take e out, wherever it is. Nobody marks it any more. */
static inline void readylist_forget(struct readylist *l, struct ready_entry *e)
{
    readylist_gather(l);
    if (atomic_load_explicit(&e->marked, memory_order_relaxed))
        readylist_take(l, e);
}

#endif
