/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_resize.h - sizes, holes and space of files. */
#ifndef FS_EXT4_RESIZE_H
#define FS_EXT4_RESIZE_H

#include "fs/ext4_impl.h"

/* No handle, inode.lock held: free the blocks of a file of any kind that lie behind size bytes, in several
 * transactions; who wants them all to happen has the inode on the list of orphans. -EIO, -ENOMEM,
 * -EROFS (a block map, logged). */
int ext4_free_contents(struct ext4_inode *ei, uint64_t size);

/* Clean up what a crash left: ext4_orphan.c. */
int ext4_orphans_clean(struct ext4_fs *fs);

/* The file system is about to be stopped while files without names are in use: they go. No handle. */
void ext4_orphans_end(struct ext4_fs *fs);

#endif
