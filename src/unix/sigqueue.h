/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.h - signals that were sent and not yet acted on, of one thread or of the process.
 *
 * Of each signal below SIGRTMIN one at most is pending; real-time signals queue, each with what it
 * carries. Who calls holds the lock that protects the queue.
 */
#ifndef UNIX_SIGQUEUE_H
#define UNIX_SIGQUEUE_H

#include <sys/queue.h>

#include "lib/types.h"

/* What a signal carries. */
struct signal_info {
    int32_t  code; /* SI_*, SEGV_*, ... */
    int32_t  error;
    int32_t  pid; /* the sender; for a timer its number */
    uint32_t uid;
    uint64_t value; /* a fault's address; what the sender attached */
    uint32_t timer; /* posix_timer.c's: which setting of a timer sent it; 0: no timer did */
};

struct sigqueue {
    uint64_t set; /* bit number - 1: at least one is pending */
    TAILQ_HEAD(, sigqueue_item) items;
};

void sigqueue_init(struct sigqueue *q);
void sigqueue_clear(struct sigqueue *q);

/* Make sig pending. max: how many may be queued in all queues together. -EAGAIN: what it carries finds
 * no room and is more than that somebody called kill(); where it is not, the signal alone is
 * pending. Any context. */
int sigqueue_add(struct sigqueue *q, int sig, const struct signal_info *info, uint64_t max);

/* Room for a signal that its owner sends again and again, and that is pending once at most. max: as
 * above. NULL: there is none. */
struct sigqueue_item *sigqueue_item_new(uint64_t max);

/* The owner needs it no more. A signal that is pending in it stays so. Under the lock of all queues. */
void sigqueue_item_put(struct sigqueue_item *item);

/* Make sig pending in item, whether or not another sig is. If item is pending already, it only carries
 * info->timer from now on. */
void sigqueue_add_item(struct sigqueue *q, struct sigqueue_item *item, int sig,
                       const struct signal_info *info);

/* Take the first signal of mask out: faults before all others, then by number. Returns 0: there is
 * none. */
int sigqueue_take(struct sigqueue *q, uint64_t mask, struct signal_info *info);

/* Forget all of sig. */
void sigqueue_discard(struct sigqueue *q, int sig);

/* Drop what timers put there (signal_info.timer). */
void sigqueue_discard_timers(struct sigqueue *q);

#endif
