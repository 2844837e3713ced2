/* SPDX-License-Identifier: Apache-2.0 */
/* inotify.h - inotify(7): a file from which a program reads what became of files that it watches. */
#ifndef FS_INOTIFY_H
#define FS_INOTIFY_H

#include "fs/vfs.h"

#define INOTIFY_INSTANCES_MAX 128u
#define INOTIFY_EVENTS_MAX    16384u

/* flags: O_NONBLOCK. -EMFILE: there are too many, -ENOMEM. */
int inotify_create(unsigned flags, struct file **out);

bool inotify_is(const struct file *f);

/* As vfs_watch_add(), vfs_watch_remove(); f is one. */
int inotify_add(struct file *f, struct inode *inode, unsigned mask);
int inotify_remove(struct file *f, int wd);

#endif
