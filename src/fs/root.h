/* SPDX-License-Identifier: Apache-2.0 */
/* root.h - the file tree that a program sees: the disk's file system as "/", devices on /dev,
 * memory on /tmp and /dev/shm. */
#ifndef FS_ROOT_H
#define FS_ROOT_H

#include "kernel/blk.h"
#include "lib/types.h"

/* Build the tree. After drivers were probed; a thread. Reasons to refuse disk are logged.
 * disk NULL: -ENODEV. Else what ext4_mount() says. */
int root_mount(struct blk_device *disk);

#endif
