/* SPDX-License-Identifier: Apache-2.0 */
/* timerfd.h - a timer as a file: reading waits until it was due, and tells how often. */
#ifndef FS_TIMERFD_H
#define FS_TIMERFD_H

#include "fs/vfs.h"

struct timerfd_time {
    uint64_t value;    /* nanoseconds until it is due, or of its clock; 0: off */
    uint64_t interval; /* and how often from then on; 0: once */
};

/* wall: absolute times are wall time, else monotonic. flags: O_NONBLOCK. -ENOMEM. */
int timerfd_create(bool wall, unsigned flags, struct file **out);

enum timerfd_flags {
    TIMERFD_ABSOLUTE = 1,
    TIMERFD_CANCEL_ON_SET = 2, /* wall time being set ends a read with -ECANCELED */
};

/* *old: what was left. -EINVAL: f is no timer; -ECANCELED: it is set, and wall time was before. */
int timerfd_set(struct file *f, unsigned flags, const struct timerfd_time *new,
                struct timerfd_time *old);

/* What is left of it. -EINVAL: f is no timer. */
int timerfd_get(struct file *f, struct timerfd_time *out);

/* Wall time has been set. */
void timerfd_wall_changed(void);

#endif
