/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.h - a counter as a file: writing adds to it, reading waits for it not to be 0. */
#ifndef FS_EVENTFD_H
#define FS_EVENTFD_H

#include "fs/vfs.h"

/* semaphore: a read takes 1 instead of all. flags: O_NONBLOCK. -ENOMEM. */
int eventfd_create(uint64_t count, bool semaphore, unsigned flags, struct file **out);

#endif
