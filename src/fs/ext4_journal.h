/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal.h - the journal of a file system: what was committed, until it is at its place.
 *
 * It is a file of the file system, used as a ring of blocks in the format that Linux and e2fsck know
 * (jbd2_format.h), so that they can recover what we leave, and the other way round.
 */
#ifndef FS_EXT4_JOURNAL_H
#define FS_EXT4_JOURNAL_H

#include "fs/ext4_impl.h"

/* At mounting, the superblock checked and nothing else read: write what the journal holds to its place, and
 * empty it. The superblock may have changed then. -EROFS: the disk cannot be written; -EINVAL: the journal
 * is of a kind that is not supported; -EIO, -ENOMEM. */
int ext4_journal_recover(struct ext4_fs *fs);

/* The empty journal of fs, ready for commits. -EROFS: of a kind that is not supported; -EIO, -ENOMEM. */
int  ext4_journal_open(struct ext4_fs *fs, struct ext4_journal **out);
void ext4_journal_close(struct ext4_journal *journal); /* NULL is fine */

/* The most blocks that a transaction can have. */
size_t ext4_journal_room(const struct ext4_journal *journal);

/* In a handle: recovery must not write older contents of block nr to its place; must again. */
void ext4_journal_revoke(struct ext4_journal *journal, uint64_t nr);
void ext4_journal_unrevoke(struct ext4_journal *journal, uint64_t nr);
bool ext4_journal_has_revokes(const struct ext4_journal *journal);

/* Write the transaction. When it returns 0 the transaction survives a crash. No handle is open. */
int ext4_journal_commit(struct ext4_journal *journal, const struct ext4_block_list *blocks);

/* Have all blocks to be written to their places before the next handle opens? */
bool ext4_journal_is_full(const struct ext4_journal *journal);

/* They are there, on stable storage. */
int ext4_journal_emptied(struct ext4_journal *journal);

#endif
