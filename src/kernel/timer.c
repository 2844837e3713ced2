/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c - timers, sorted by their time, one tree for each clock: see timer.h. */
#include "kernel/timer.h"

#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/waitq.h"
#include "lib/assert.h"
#include "lib/errno.h"

RB_HEAD(timer_tree, timer);

static struct spinlock lock = SPINLOCK_INIT(LOCK_TIMER, "timers");
/* lock protects: */
static struct timer_tree trees[TIMER_CLOCKS];
static struct timer     *running;                         /* whose function the thread is calling */
static struct waitq      sleeper = WAITQ_INIT(sleeper);   /* the thread */
static struct waitq      stoppers = WAITQ_INIT(stoppers); /* wait for running to change */

static struct mutex prepare_mutex = MUTEX_INIT(prepare_mutex);
/* prepare_mutex protects: */
static bool prepared; /* the thread exists */

/* Those of the same time by address: no two are equal. */
static int compare(const struct timer *a, const struct timer *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a < b ? -1 : a > b;
}

RB_GENERATE_STATIC(timer_tree, timer, link, compare)

uint64_t timer_now(enum timer_clock clock)
{
    return clock == TIMER_WALL ? time_wall_ns() : time_ns();
}

uint64_t timer_forward(uint64_t *at, uint64_t interval, uint64_t now)
{
    ASSERT(*at <= now);
    uint64_t times = interval ? (now - *at) / interval + 1 : 1;
    *at = interval ? *at + times * interval : 0;
    return times;
}

void timer_init(struct timer *t, void (*due)(struct timer *t))
{
    *t = (struct timer){.due = due};
}

/* --- the thread -------------------------------------------------------------------------- */

static void take_out(struct timer *t)
{
    ASSERT(spinlock_held(&lock));
    RB_REMOVE(timer_tree, &trees[t->clock], t);
    t->armed = false;
}

/* Take one out that is due. NULL: there is none, and *deadline says until when (ticks). */
static struct timer *take_due(uint64_t *deadline)
{
    *deadline = WAIT_FOREVER;
    for (enum timer_clock clock = 0; clock < TIMER_CLOCKS; clock++) {
        struct timer *t = RB_MIN(timer_tree, &trees[clock]);
        uint64_t      now = t ? timer_now(clock) : 0;
        if (t && t->at <= now) {
            take_out(t);
            return t;
        }
        uint64_t at = t ? time_ns_to_deadline(t->at - now) : WAIT_FOREVER;
        *deadline = at < *deadline ? at : *deadline;
    }
    return NULL;
}

static void call(struct timer *t)
{
    running = t;
    spinlock_release(&lock);
    t->due(t);
    spinlock_acquire(&lock);
    running = NULL;
    waitq_wake_all(&stoppers);
}

static void serve_for_ever(void *arg)
{
    uint64_t deadline;
    (void)arg;
    spinlock_acquire(&lock);
    for (;;) {
        struct timer *t = take_due(&deadline);
        if (t)
            call(t);
        else
            (void)waitq_sleep_until(&sleeper, &lock, deadline, false);
    }
}

int timer_prepare(void)
{
    mutex_lock(&prepare_mutex);
    prepared = prepared || thread_create("timers", serve_for_ever, NULL);
    int err = prepared ? 0 : -ENOMEM;
    mutex_unlock(&prepare_mutex);
    return err;
}

/* --- arming ------------------------------------------------------------------------------ */

void timer_arm(struct timer *t, enum timer_clock clock, uint64_t at)
{
    spinlock_acquire(&lock);
    if (t->armed)
        take_out(t);
    t->clock = clock;
    t->at = at;
    t->armed = true;
    RB_INSERT(timer_tree, &trees[clock], t);
    if (RB_MIN(timer_tree, &trees[clock]) == t)
        waitq_wake_all(&sleeper);
    spinlock_release(&lock);
}

void timer_disarm(struct timer *t)
{
    spinlock_acquire(&lock);
    if (t->armed)
        take_out(t);
    spinlock_release(&lock);
}

void timer_stop(struct timer *t)
{
    spinlock_acquire(&lock);
    while (t->armed || running == t) {
        if (t->armed)
            take_out(t);
        else
            waitq_sleep(&stoppers, &lock);
    }
    spinlock_release(&lock);
}

void timer_wall_changed(void)
{
    spinlock_acquire(&lock);
    waitq_wake_all(&sleeper);
    spinlock_release(&lock);
}
