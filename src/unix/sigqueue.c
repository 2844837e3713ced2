/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.c - pending signals: see sigqueue.h. */
#include "unix/sigqueue.h"

#include <stdatomic.h>

#include "kernel/heap.h"
#include "lib/errno.h"
#include "unix/abi.h"

struct sigqueue_item {
    int                sig;
    struct signal_info info;
    bool               owned;  /* by somebody who will use it again */
    bool               listed; /* it is pending */
    TAILQ_ENTRY(sigqueue_item) link;
};

/* Signals that a thread's own instruction caused. */
#define SYNCHRONOUS                                                                         \
    (SIGSET(SIGSEGV) | SIGSET(SIGBUS) | SIGSET(SIGILL) | SIGSET(SIGTRAP) | SIGSET(SIGFPE) | \
     SIGSET(SIGSYS))

static atomic_ulong queued; /* items of all queues */

void sigqueue_init(struct sigqueue *q)
{
    q->set = 0;
    TAILQ_INIT(&q->items);
}

/* One that nobody uses, or NULL: signals that come one at a time need no memory. Acquire and release: who
 * uses it next comes after who used it last. */
static _Atomic(struct sigqueue_item *) spare;

static struct sigqueue_item *item_alloc(void)
{
    struct sigqueue_item *item = atomic_exchange_explicit(&spare, NULL, memory_order_acquire);
    return item ? item : kmalloc(sizeof(*item));
}

static void release(struct sigqueue_item *item)
{
    atomic_fetch_sub(&queued, 1);
    kfree(atomic_exchange_explicit(&spare, item, memory_order_acq_rel));
}

static void drop(struct sigqueue *q, struct sigqueue_item *item)
{
    TAILQ_REMOVE(&q->items, item, link);
    item->listed = false;
    if (!item->owned)
        release(item);
}

void sigqueue_clear(struct sigqueue *q)
{
    struct sigqueue_item *item;
    while ((item = TAILQ_FIRST(&q->items)))
        drop(q, item);
    q->set = 0;
}

/* Room for one more; NULL: there is none. */
static struct sigqueue_item *new_item(uint64_t max)
{
    if (atomic_fetch_add(&queued, 1) < max) {
        struct sigqueue_item *item = item_alloc();
        if (item) {
            item->owned = item->listed = false;
            return item;
        }
    }
    atomic_fetch_sub(&queued, 1);
    return NULL;
}

static void append(struct sigqueue *q, struct sigqueue_item *item, int sig,
                   const struct signal_info *info)
{
    item->sig = sig;
    item->info = *info;
    item->listed = true;
    TAILQ_INSERT_TAIL(&q->items, item, link);
}

int sigqueue_add(struct sigqueue *q, int sig, const struct signal_info *info, uint64_t max)
{
    bool realtime = sig >= SIGRTMIN;
    if (!realtime && q->set & SIGSET(sig))
        return 0;
    /* Few signals are below SIGRTMIN: only what a program queues itself is limited. */
    struct sigqueue_item *item = new_item(!realtime && info->code >= 0 ? UINT64_MAX : max);
    if (!item && realtime && info->code != SI_USER)
        return -EAGAIN;
    q->set |= SIGSET(sig);
    if (item)
        append(q, item, sig, info);
    return 0;
}

struct sigqueue_item *sigqueue_item_new(uint64_t max)
{
    struct sigqueue_item *item = new_item(max);
    if (item)
        item->owned = true;
    return item;
}

void sigqueue_item_put(struct sigqueue_item *item)
{
    item->owned = false;
    if (!item->listed)
        release(item);
}

void sigqueue_add_item(struct sigqueue *q, struct sigqueue_item *item, int sig,
                       const struct signal_info *info)
{
    if (item->listed) {
        item->info.timer = info->timer;
        return;
    }
    q->set |= SIGSET(sig);
    append(q, item, sig, info);
}

/* The oldest of sig; NULL: what it carried found no room. *more: there is another one. */
static struct sigqueue_item *find(struct sigqueue *q, int sig, bool *more)
{
    struct sigqueue_item *item, *first = NULL;
    *more = false;
    TAILQ_FOREACH(item, &q->items, link) {
        if (item->sig != sig)
            continue;
        *more = first != NULL;
        if (*more)
            break;
        first = item;
    }
    return first;
}

/* The lowest of set, which is not empty. Often it is the only one, and came first. */
static int lowest(const struct sigqueue *q, uint64_t set)
{
    const struct sigqueue_item *first = TAILQ_FIRST(&q->items);
    return first && SIGSET(first->sig) == set ? first->sig : __builtin_ctzll(set) + 1;
}

int sigqueue_take(struct sigqueue *q, uint64_t mask, struct signal_info *info)
{
    uint64_t set = q->set & mask;
    if (!set)
        return 0;
    if (set & SYNCHRONOUS)
        set &= SYNCHRONOUS;
    bool                  more;
    int                   sig = lowest(q, set);
    struct sigqueue_item *item = find(q, sig, &more);
    *info = item ? item->info : (struct signal_info){.code = SI_USER};
    if (item)
        drop(q, item);
    if (!more)
        q->set &= ~SIGSET(sig);
    return sig;
}

void sigqueue_discard(struct sigqueue *q, int sig)
{
    struct sigqueue_item *item, *next;
    for (item = TAILQ_FIRST(&q->items); item; item = next) {
        next = TAILQ_NEXT(item, link);
        if (item->sig == sig)
            drop(q, item);
    }
    q->set &= ~SIGSET(sig);
}

void sigqueue_discard_timers(struct sigqueue *q)
{
    struct sigqueue_item *item, *next;
    bool                  more;
    for (item = TAILQ_FIRST(&q->items); item; item = next) {
        next = TAILQ_NEXT(item, link);
        int sig = item->sig;
        if (!item->info.timer)
            continue;
        drop(q, item);
        if (!find(q, sig, &more))
            q->set &= ~SIGSET(sig);
    }
}
