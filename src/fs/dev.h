/* SPDX-License-Identifier: Apache-2.0 */
/* dev.h - character devices by number, and the file system that is mounted on /dev. */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "fs/vfs.h"

/* Prepare f, a file of a character device's inode: ops of the device that its rdev names. -ENXIO: no
 * such device. Device nodes on any file system lead here. */
int dev_open(struct file *f);

extern const struct file_ops kmsg_file_ops; /* kmsg.c */

/* A new tree of device nodes. Its root's reference is the caller's. -ENOMEM. */
int dev_fs_create(struct fs **out);

#endif
