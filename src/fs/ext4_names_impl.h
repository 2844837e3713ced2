/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names_impl.h - what ext4_names.c and ext4_rename.c share. */
#ifndef FS_EXT4_NAMES_IMPL_H
#define FS_EXT4_NAMES_IMPL_H

#include "fs/ext4_dir.h"
#include "fs/ext4_inode.h"
#include "fs/ext4_names.h"

#define EXT4_LINKS_MAX 65000u

/* Blocks of the inode table that are held in memory, so that inodes can be stored without fail. */
struct ext4_pins {
    struct ext4_block *blocks[4];
    unsigned           n;
};

int  ext4_pin(struct ext4_pins *pins, struct ext4_inode *ei); /* NULL is fine; -EIO, -ENOMEM */
void ext4_unpin(struct ext4_pins *pins);

/* Store ei, which is pinned and was changed: what fails now cannot be undone. NULL is fine. */
void ext4_store_changed(struct ext4_inode *ei);

/* The entry of dir called name, which is known to be there and to be inode. -EIO if it is not; -ENOMEM. */
int ext4_dir_find_known(struct inode *dir, const struct vfs_name *name, const struct inode *inode,
                        struct ext4_slot *slot);

/* May dir have one more directory in it? -EMLINK. And those it has are more or fewer. */
int  ext4_links_check(const struct ext4_inode *dir);
void ext4_links_inc(struct ext4_inode *dir);
void ext4_links_dec(struct ext4_inode *dir);

/* May inode's last name go? -ENOTEMPTY, -EROFS (a file of a kind that cannot be freed), -EIO, -ENOMEM. */
int ext4_check_victim(struct ext4_inode *ei);

/* inode loses a name; what has none left is an orphan. In a handle, pinned; stores it. */
void ext4_drop_link(struct ext4_inode *ei, struct vfs_time now);

#endif
