/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal.h - the journal of a file system: what was committed, until it is at its place. */
#ifndef FS_EXT4_JOURNAL_H
#define FS_EXT4_JOURNAL_H

#include "fs/ext4_impl.h"

/* In a handle: see ext4_forget(); the block is in use again. */
static inline void ext4_journal_revoke(struct ext4_journal *journal, uint64_t nr)
{
    (void)journal, (void)nr;
}

static inline void ext4_journal_unrevoke(struct ext4_journal *journal, uint64_t nr)
{
    (void)journal, (void)nr;
}

static inline bool ext4_journal_has_revokes(const struct ext4_journal *journal)
{
    (void)journal;
    return false;
}

/* Write the transaction. When it returns 0 the transaction survives a crash. */
static inline int ext4_journal_commit(struct ext4_journal          *journal,
                                      const struct ext4_block_list *blocks, size_t nblocks)
{
    (void)journal, (void)blocks, (void)nblocks;
    return 0;
}

/* Is it time to write all blocks to their places? */
static inline bool ext4_journal_is_full(const struct ext4_journal *journal)
{
    (void)journal;
    return false;
}

/* They are there, on stable storage. */
static inline int ext4_journal_emptied(struct ext4_journal *journal)
{
    (void)journal;
    return 0;
}

#endif
