/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr.h - extended attributes of inodes on the disk: the ops of fs/xattr.h. */
#ifndef FS_EXT4_XATTR_H
#define FS_EXT4_XATTR_H

#include "fs/ext4_impl.h"

struct xattr_names;

ssize_t ext4_xattr_get(struct inode *inode, const char *name, void *buf, size_t size);
int     ext4_xattr_set(struct inode *inode, const char *name, const void *value, size_t size,
                       unsigned flags);
int     ext4_xattr_list(struct inode *inode, struct xattr_names *names);

/* In a handle: ei, whose lock is held, does without its block of attributes, which goes with its last inode.
 * EXT4_ALLOC_CREDITS and 2. -EIO, -ENOMEM; of what failed half-way, the caller aborts. */
int ext4_xattr_drop(struct ext4_inode *ei);

#endif
