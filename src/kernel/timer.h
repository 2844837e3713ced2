/* SPDX-License-Identifier: Apache-2.0 */
/* timer.h - have a function called at a time.
 *
 * One kernel thread, made when somebody first wants a timer, sleeps until the nearest is due and calls
 * its function. A timer is of the monotonic clock or of wall time; the latter follow when that clock
 * is set. A timer is off once it was due: its function may arm it again.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <sys/tree.h>

#include "lib/types.h"

enum timer_clock { TIMER_MONOTONIC, TIMER_WALL, TIMER_CLOCKS };

struct timer {
    /* By the thread of timers, no lock held; may sleep, but then all timers wait. By the time it runs
     * the timer may be armed anew: it looks at what its owner has decided. Constant. */
    void (*due)(struct timer *t);

    /* protected by the lock in timer.c: */
    bool             armed;
    enum timer_clock clock;
    uint64_t         at; /* nanoseconds of clock */
    RB_ENTRY(timer) link;
};

void timer_init(struct timer *t, void (*due)(struct timer *t));

/* There is a thread that serves timers; before the first timer_arm(). -ENOMEM. */
int timer_prepare(void);

/* t is due when its clock shows at, nanoseconds; whatever was wanted of it before is forgotten. Any
 * context. */
void timer_arm(struct timer *t, enum timer_clock clock, uint64_t at);

/* t is not due any more; its function may be running. Any context. */
void timer_disarm(struct timer *t);

/* The same, and when this returns its function is not running either: t may be freed. May sleep. Not
 * from a timer's function, nor with a lock that it takes. */
void timer_stop(struct timer *t);

/* Wall time has been set. */
void timer_wall_changed(void);

/* The clock's time, nanoseconds. */
uint64_t timer_now(enum timer_clock clock);

/* An interval timer, due at *at <= now and every interval nanoseconds (0: once) from then on: how often it was
 * due by now. *at becomes the next time; 0: there is none. */
uint64_t timer_forward(uint64_t *at, uint64_t interval, uint64_t now);

#endif
