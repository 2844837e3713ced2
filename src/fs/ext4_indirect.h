/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect.h - block maps: looking up is ext4_indirect_map() of ext4_impl.h, changes are here.
 *
 * What these do for a block map their namesakes of ext4_extent.h do for a tree; rules and locks are the same.
 */
#ifndef FS_EXT4_INDIRECT_H
#define FS_EXT4_INDIRECT_H

#include "fs/ext4_extent.h"

/* One past the last block that a map can lead to. */
uint64_t ext4_indirect_end(const struct ext4_fs *fs);

/* In a handle, map_lock held: ext4_map_give(). Blocks that are given ahead are zeroed on the disk. -EFBIG, too. */
int ext4_indirect_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max,
                          enum ext4_blocks_for purpose, struct ext4_run *run, bool *changed);

/* In a handle, for blocks of metadata. */
int ext4_indirect_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out);
int ext4_indirect_drop_block(struct ext4_inode *ei, uint64_t lblk);

/* No handle, inode.lock held: free the blocks of [from, to). */
int ext4_indirect_remove(struct ext4_inode *ei, uint64_t from, uint64_t to);

#endif
