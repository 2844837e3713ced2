/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_txn.h - changing an ext4 file system so that a crash never leaves half a change.
 *
 * Whoever changes metadata does so in a handle, and all handles since the last commit make one transaction,
 * which reaches the disk as a whole:
 *
 *     int err = ext4_begin(fs, 4);        at most 4 blocks will be changed
 *     if (err)
 *         return err;
 *     ... ext4_block_get(..., &block) ...
 *     ext4_block_change(block);           before the first store into block->data
 *     ... change it, checksums included ...
 *     ext4_block_put(block);
 *     ext4_end(fs);
 *
 * A commit waits until no handle is open, and none opens while it lasts. So a block holds at the end of
 * a handle what the disk may hold: whole operations, right checksums.
 *
 * Rules for handles. One thread has at most one. Locks are taken in this order: inodes' locks, a handle,
 * the locks of what is changed, the block cache's. In a handle nothing waits for pages of the page
 * cache, for a program's memory or for an inode's lock, and no reference is dropped that may be an inode's
 * last.
 *
 * What the allocator and the inodes supply to this layer is at the end.
 */
#ifndef FS_EXT4_TXN_H
#define FS_EXT4_TXN_H

#include "fs/ext4_impl.h"

/* Join the running transaction. credits: so many metadata blocks the handle changes at most, the
 * superblock included; at most EXT4_CREDITS_MAX. May sleep for a commit. -EROFS: mounted read-only; -EIO: a
 * commit failed, and nothing is written any more. */
#define EXT4_CREDITS_MAX 256u

int  ext4_begin(struct ext4_fs *fs, unsigned credits);
void ext4_end(struct ext4_fs *fs);

/* In a handle, before the first store into block->data: the block becomes part of the transaction, and
 * stays in memory until it is at its place on the disk. The caller's reference stays his. Cheap if it is
 * part of it already. */
void ext4_block_change(struct ext4_block *block);

/* In a handle: block nr, whose old contents do not matter: zeroed without being read, changed as if by
 * ext4_block_change(), with a reference. -EIO (no such block), -ENOMEM. */
int ext4_block_get_new(struct ext4_fs *fs, uint64_t nr, struct ext4_block **out);

/* In a handle: metadata blocks [nr, nr + len) were freed. Their contents do not matter any more, and
 * recovery will not write old ones over what comes to lie there. Nobody has a reference on them. Blocks of file contents
 * need no such call. */
void ext4_forget(struct ext4_fs *fs, uint64_t nr, uint64_t len);

/* What handles changed since the last commit is not whole, and can't be made so: it is never committed, and fs is
 * read-only from now on. In a handle or not. */
void ext4_abort(struct ext4_fs *fs, int err);

/* In a handle: the superblock, to be changed (its checksum is set at the commit). It costs a credit. */
struct ext4_super *ext4_super_change(struct ext4_fs *fs);

/* ei's fields changed in memory and reach the disk some time: the dirtied op of inodes. Does not sleep. The next
 * commit that somebody asks for, or after 5 seconds, calls ext4_inode_store(). */
void ext4_inode_dirtied(struct inode *inode);

/* ei's fields are in the transaction now (ext4_inode_store() calls it), or do not matter any more. */
void ext4_inode_stored(struct ext4_inode *ei);

/* ext4_inode_store() if they differ, in a handle of its own. ei->inode.lock is held, no handle open. */
int ext4_inode_write(struct ext4_inode *ei);

/* Commit the running transaction; afterwards everything that handles changed before is on stable
 * storage. No handle. -EIO, also for a commit that failed before. */
int ext4_commit(struct ext4_fs *fs);

/* The same, and the changes are at their places: no block stays in memory for them. */
void ext4_settle(struct ext4_fs *fs);

/* As ext4_commit() for all changed inodes, their contents included. */
int ext4_sync(struct ext4_fs *fs);

/* At mounting, after the superblock was checked: 0 once fs can be written, -EROFS if it cannot. At
 * unmounting: everything is at its place, the file system is marked clean. */
void ext4_txn_init(struct ext4_fs *fs); /* before anything else is called */
int  ext4_txn_start(struct ext4_fs *fs);
void ext4_txn_stop(struct ext4_fs *fs); /* no handle opens any more; more than once is fine */
void ext4_txn_drop(struct ext4_fs *fs); /* after it: no block is referenced */

/* What the VFS asks for (struct fs_ops). */
int  ext4_sync_inode(struct inode *inode, bool data_only);
void ext4_clean(struct inode *inode);

/* --- supplied by the others ------------------------------------------------------------------- */

/* A commit succeeded, no handle is open: blocks freed before may be given out again. Does not sleep. */
void ext4_alloc_committed(struct ext4_fs *fs);

/* In a handle, ei->inode.lock held: put ei's fields into its place in the inode table (1 credit), and
 * call ext4_inode_stored(). -EIO, -ENOMEM. */
int ext4_inode_store(struct ext4_inode *ei);

/* In a handle, ei->inode.lock held: as ext4_map(), but a hole is given blocks, and blocks that are
 * allocated and unwritten become written: as many as there are together, at most max, from lblk on. What
 * it returns may be shorter, never a hole. At most EXT4_MAP_CREDITS credits. -ENOSPC, -EIO, -ENOMEM. */
#define EXT4_MAP_CREDITS 24u

int ext4_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max, struct ext4_run *run);

#endif
