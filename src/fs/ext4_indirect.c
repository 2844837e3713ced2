/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect.c - the block maps of files without extents: tables of block numbers, up to three
 * levels of them. A zero in any of them is a hole of that size. They carry no checksum, so each
 * number is checked when it is used.
 */
#include "fs/ext4_impl.h"
#include "lib/errno.h"
#include "lib/string.h"

static uint32_t pointer_at(const uint8_t *table, uint64_t i)
{
    struct ext4_u32 p;

    memcpy(&p, table + i * sizeof(p), sizeof(p));
    return ext4_le32(p);
}

/* The run at entry i of a table of n blocks of data. */
static int table_run(struct ext4_inode *ei, const uint8_t *table, uint64_t i, uint64_t n,
                     struct ext4_run *run)
{
    uint32_t first = pointer_at(table, i);
    uint64_t len = 1;

    while (i + len < n && pointer_at(table, i + len) == (first ? first + len : 0))
        len++;
    if (first && !ext4_blocks_ok(ext4_fs_of_inode(ei), first, len))
        return ext4_damaged(ext4_fs_of_inode(ei), "block map of inode %llu leads off the disk (%u)",
                            (unsigned long long)ei->inode.ino, first);
    *run = (struct ext4_run){first, len};
    return 0;
}

/* Block rest of the tree of the given level whose top table is block nr; the tree holds span blocks. */
static int tree_run(struct ext4_inode *ei, uint32_t nr, unsigned level, uint64_t span,
                    uint64_t rest, struct ext4_run *run)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    uint64_t        per_table = fs->block_size / 4;

    while (nr) {
        struct ext4_block *block;
        if (!ext4_blocks_ok(fs, nr, 1))
            return ext4_damaged(fs, "block map of inode %llu leads off the disk (%u)",
                                (unsigned long long)ei->inode.ino, nr);
        int err = ext4_block_get(fs, nr, NULL, NULL, &block);
        if (err)
            return err;
        if (--level == 0) {
            err = table_run(ei, block->data, rest, per_table, run);
            ext4_block_put(block);
            return err;
        }
        span /= per_table;
        nr = pointer_at(block->data, rest / span);
        rest %= span;
        ext4_block_put(block);
    }
    *run = (struct ext4_run){0, span - rest};
    return 0;
}

int ext4_indirect_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    if (lblk < EXT4_MAP_DIRECT)
        return table_run(ei, ei->block, lblk, EXT4_MAP_DIRECT, run);

    uint64_t rest = lblk - EXT4_MAP_DIRECT;
    uint64_t span = 1;
    for (unsigned level = 1; level <= EXT4_MAP_LEVELS; level++) {
        span *= fs->block_size / 4;
        if (rest < span) {
            uint32_t top = pointer_at(ei->block, EXT4_MAP_DIRECT - 1 + level);
            return tree_run(ei, top, level, span, rest, run);
        }
        rest -= span;
    }
    return ext4_damaged(fs, "inode %llu is larger than its block map",
                        (unsigned long long)ei->inode.ino);
}
