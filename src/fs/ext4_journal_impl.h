/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_impl.h - what the journal's files share: ext4_journal.c (where it is, its superblock),
 * ext4_journal_write.c (commits) and ext4_journal_replay.c (recovery).
 */
#ifndef FS_EXT4_JOURNAL_IMPL_H
#define FS_EXT4_JOURNAL_IMPL_H

#include "fs/ext4_journal.h"
#include "fs/jbd2_format.h"

#define JOURNAL_RUNS_MAX 64u /* pieces on the disk */

struct ext4_journal {
    struct ext4_fs *fs;
    uint8_t        *super; /* its superblock, a block */
    uint8_t        *work;  /* a block: what is built or looked at */
    uint8_t        *copy;  /* a block: escaped contents */

    /* Constant once open: */
    uint32_t nblocks; /* ring: [first, nblocks) */
    uint32_t first;
    uint32_t features; /* JBD2_INCOMPAT_* */
    uint32_t tag_size;
    uint32_t seed; /* of checksums */
    unsigned nruns;
    struct {
        uint32_t end; /* one past its last block of the journal */
        uint64_t pblk;
    } runs[JOURNAL_RUNS_MAX];

    /* Who commits: */
    uint32_t sequence; /* of the next transaction */
    uint32_t head;     /* where it will be */
    uint32_t used;     /* blocks of the ring */

    struct mutex lock;
    /* lock protects: */
    uint64_t *revokes;
    size_t    nrevokes, max_revokes;
    bool
        unsaid; /* some could not be remembered: the journal has to be empty before anything is reused */
};

/* Block at of the journal, < nblocks, on the disk. */
uint64_t ext4_journal_block(const struct ext4_journal *j, uint32_t at);
int      ext4_journal_read(struct ext4_journal *j, uint32_t at, void *buf);

static inline uint32_t ext4_journal_after(const struct ext4_journal *j, uint32_t at)
{
    return at + 1 < j->nblocks ? at + 1 : j->first;
}

static inline bool ext4_journal_has_csum(const struct ext4_journal *j)
{
    return j->features & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3);
}

/* The checksum of block, its word at being taken as 0. */
uint32_t ext4_journal_csum(const struct ext4_journal *j, uint8_t *block, size_t at);

/* The one of contents, in their tag. */
uint32_t ext4_journal_tag_csum(const struct ext4_journal *j, uint32_t sequence, const void *data);

/* Say in the superblock where the first transaction is (0: there is none) and its number; not flushed. */
int ext4_journal_set_start(struct ext4_journal *j, uint32_t start, uint32_t sequence);

/* The journal as it is, empty or not. */
int ext4_journal_load(struct ext4_fs *fs, struct ext4_journal **out);

#endif
