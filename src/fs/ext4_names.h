/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names.h - the ops of directories that change names. */
#ifndef FS_EXT4_NAMES_H
#define FS_EXT4_NAMES_H

#include "fs/vfs.h"

int ext4_create(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                struct inode **out);
int ext4_link(struct inode *dir, const struct vfs_name *name, struct inode *inode);
int ext4_unlink(struct inode *dir, const struct vfs_name *name, struct inode *inode);
int ext4_rename(const struct vfs_rename *r);

#endif
