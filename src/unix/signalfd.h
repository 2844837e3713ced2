/* SPDX-License-Identifier: Apache-2.0 */
/* signalfd.h - files that the reading thread's pending signals are read from, instead of being
 * handled. */
#ifndef UNIX_SIGNALFD_H
#define UNIX_SIGNALFD_H

#include "fs/vfs.h"

/* set: of which signals, bit number - 1; flags: O_NONBLOCK. -ENOMEM. */
int signalfd_create(uint64_t set, unsigned flags, struct file **out);

/* Another set. -EINVAL: f is no such file. */
int signalfd_set(struct file *f, uint64_t set);

#endif
