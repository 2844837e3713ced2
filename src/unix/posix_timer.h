/* SPDX-License-Identifier: Apache-2.0 */
/* posix_timer.h - the timers of timer_create(2). */
#ifndef UNIX_POSIX_TIMER_H
#define UNIX_POSIX_TIMER_H

#include "unix/sigqueue.h"

/* *info, which a timer sent (info->timer), has been taken out of its queue: it now says how often the
 * timer was due meanwhile, and the timer goes on. May sleep. */
void posix_timer_taken(struct signal_info *info);

/* Delete all of them. */
void posix_timer_delete_all(void);

#endif
