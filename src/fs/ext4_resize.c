/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_resize.c - sizes, holes and space of regular files.
 *
 * What is cut off goes from the page cache first: then nobody writes to the blocks any more, and they
 * can be freed, a transaction for each extent. What is punched out goes from the page cache afterwards:
 * then nobody reads it in again. (The inode's lock keeps it from being written back meanwhile.) Meanwhile the file is on the list of orphans, so
 * that a crash in the middle does not leave blocks behind its end.
 */
#include "fs/ext4_resize.h"

#include "fs/ext4_alloc.h"
#include "fs/ext4_indirect.h"
#include "fs/ext4_inode.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"

static uint64_t blocks_for(const struct ext4_fs *fs, uint64_t bytes)
{
    return (bytes + fs->block_size - 1) >> fs->block_shift;
}

static bool has_tree(const struct ext4_inode *ei)
{
    return ei->flags & EXT4_FL_EXTENTS;
}

static bool maps_blocks(const struct ext4_inode *ei)
{
    const struct inode *inode = &ei->inode;

    return inode_is_dir(inode) || inode_is_regular(inode) ||
           (inode_is_link(inode) && !ext4_link_is_fast(ei));
}

/* What its map can lead to. */
static uint64_t size_max_of(const struct ext4_inode *ei)
{
    const struct ext4_fs *fs = ext4_fs_of_inode(ei);
    uint64_t              most = fs->fs.max_size;

    return has_tree(ei) ? most : size_min(most, ext4_indirect_end(fs) << fs->block_shift);
}

int ext4_free_contents(struct ext4_inode *ei, uint64_t size)
{
    ei->ready_from = ei->ready_to = 0;
    if (!maps_blocks(ei))
        return 0;
    return ext4_map_remove(ei, blocks_for(ext4_fs_of_inode(ei), size), EXT4_LBLK_END);
}

/* --- sizes ----------------------------------------------------------------------------------- */

static int grow(struct inode *inode, uint64_t size)
{
    if (size > size_max_of(ext4_inode_of(inode)))
        return -EFBIG;
    pagecache_resize(&inode->pages, size);
    inode->size = size;
    ext4_inode_dirtied(inode);
    return 0;
}

static int orphan_step(struct ext4_inode *ei, int (*step)(struct ext4_inode *))
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    int err = ext4_begin(fs, EXT4_ORPHAN_CREDITS);
    if (err)
        return err;
    err = step(ei);
    ext4_end(fs);
    return err;
}

static int shrink(struct inode *inode, uint64_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    uint64_t           was = inode->size;

    inode->size = size;
    int err = orphan_step(ei, ext4_orphan_add);
    if (err) {
        inode->size = was;
        return err;
    }
    pagecache_resize(&inode->pages, size);
    err = ext4_free_contents(ei, size);
    /* what has no name stays on the list until it is gone */
    int failed = orphan_step(ei, inode->nlink ? ext4_orphan_remove : ext4_inode_store);
    return err ? err : failed;
}

static int ext4_resize(struct inode *inode, uint64_t size)
{
    return size > inode->size ? grow(inode, size) : shrink(inode, size);
}

/* --- space ------------------------------------------------------------------------------------- */

/* How many of the blocks [lblk, end) there are none yet. */
static int count_missing(struct ext4_inode *ei, uint64_t lblk, uint64_t end, uint64_t *missing)
{
    *missing = 0;
    while (lblk < end) {
        struct ext4_run run;
        bool            hole;
        int             err = ext4_map_is_hole(ei, lblk, &run.len, &hole);
        if (err)
            return err;
        run.len = size_min(run.len, end - lblk);
        *missing += hole ? run.len : 0;
        lblk += run.len;
    }
    return 0;
}

/* As many as come together. */
static int allocate_some(struct ext4_inode *ei, uint64_t *lblk, uint64_t end)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    struct ext4_run run;

    int err = ext4_begin(fs, EXT4_MAP_CREDITS);
    if (err)
        return err;
    err = ext4_map_give(ei, *lblk, end - *lblk, EXT4_BLOCKS_AHEAD, &run);
    ext4_end(fs);
    if (!err)
        *lblk += run.len;
    return err;
}

/* Whether there is room is known before the first block is taken. */
static int ext4_allocate(struct inode *inode, uint64_t off, uint64_t len)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           lblk = off >> fs->block_shift, end, missing;
    if (!has_tree(ei))
        return -EOPNOTSUPP;
    if (off + len > inode->fs->max_size)
        return -EFBIG;

    end = blocks_for(fs, off + len);
    int err = count_missing(ei, lblk, end, &missing);
    if (!err)
        err = ext4_space_check(fs, missing);
    if (err)
        return err;
    while (lblk < end && !err)
        err = allocate_some(ei, &lblk, end);
    return err;
}

/* --- holes ------------------------------------------------------------------------------------- */

/* Have [off, end), which is within a page, zero. dirty: and on the disk, too; else only if it is in memory. */
static int zero_within(struct ext4_inode *ei, uint64_t off, uint64_t end, bool dirty)
{
    struct pagecache    *pages = &ei->inode.pages;
    struct pagecache_run page;

    end = size_min(end, ei->inode.size);
    if (off >= end || (!dirty && !pagecache_resident(pages, off >> PAGE_SHIFT)))
        return 0;
    int err = dirty ? pagecache_get_write(pages, off >> PAGE_SHIFT, 1, &page)
                    : pagecache_get(pages, off >> PAGE_SHIFT, 1, &page);
    if (err)
        return err;
    memset((uint8_t *)phys_ptr(page.pa) + (off & PAGE_MASK), 0, end - off);
    if (dirty)
        pagecache_wrote(pages, off, end - off);
    pagecache_put(&page);
    return 0;
}

/* Bytes of a block that stays; a hole has nothing to be zeroed, unless it was written to in memory. */
static int zero_in_block(struct ext4_inode *ei, uint64_t off, uint64_t end)
{
    struct ext4_run run;

    int err = off < end ? ext4_map(ei, off >> ext4_fs_of_inode(ei)->block_shift, &run) : -ENODATA;
    if (err)
        return err == -ENODATA ? 0 : err;
    if (run.pblk == 0 && !pagecache_resident(&ei->inode.pages, off >> PAGE_SHIFT))
        return 0;
    return zero_within(ei, off, end, true);
}

/* The whole blocks of [from, end), bytes, are holes now: pages that show something else go, or are zeroed. */
static int show_hole(struct ext4_inode *ei, uint64_t from, uint64_t end)
{
    uint64_t first = ALIGN_UP(from, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);

    if (first > last)
        return zero_within(ei, from, end, false);
    if (first < last)
        pagecache_punch(&ei->inode.pages, first >> PAGE_SHIFT, (last - first) >> PAGE_SHIFT);
    int err = zero_within(ei, from, first, false);
    return err ? err : zero_within(ei, last, end, false);
}

static int ext4_punch(struct inode *inode, uint64_t off, uint64_t len)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           end = off + len;
    uint64_t           from = blocks_for(fs, off), to = end >> fs->block_shift;
    if (from > to) /* all within a block */
        return zero_in_block(ei, off, end);

    ei->ready_from = ei->ready_to = 0;
    int err = zero_in_block(ei, off, from << fs->block_shift);
    if (!err)
        err = zero_in_block(ei, to << fs->block_shift, end);
    if (!err && from < to)
        err = ext4_map_remove(ei, from, size_min(to, EXT4_LBLK_END));
    if (!err && from < to)
        err = show_hole(ei, from << fs->block_shift, to << fs->block_shift);
    return err;
}

/* From a hole, or blocks that read as zeros, in [at, end): where its pages are dirty it is data, too. */
static uint64_t seek_in_hole(struct ext4_inode *ei, uint64_t at, uint64_t end, bool hole)
{
    uint64_t page = pagecache_find_dirty(&ei->inode.pages, at >> PAGE_SHIFT, pages_for(end), !hole);

    return size_max(at, page << PAGE_SHIFT);
}

static int64_t ext4_seek(struct inode *inode, uint64_t off, bool hole)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           at = off;

    while (at < inode->size) {
        struct ext4_run run;
        uint64_t        lblk = at >> fs->block_shift;
        int             err = ext4_map(ei, lblk, &run);
        if (err)
            return err;
        uint64_t end = size_min((lblk + run.len) << fs->block_shift, inode->size);
        uint64_t found = run.pblk == 0 ? seek_in_hole(ei, at, end, hole) : hole ? end : at;
        if (found < end)
            return (int64_t)found;
        at = end;
    }
    return hole ? (int64_t)inode->size : -ENXIO;
}

/* --- writing ------------------------------------------------------------------------------------- */

/* Blocks for [lblk, end), as far as there are any: *lblk is where they end. */
static int prepare_blocks(struct ext4_inode *ei, uint64_t *lblk, uint64_t end)
{
    int err = 0;

    while (*lblk < end && !err) {
        uint64_t len;
        bool     hole;
        err = ext4_map_is_hole(ei, *lblk, &len, &hole);
        if (!err && hole)
            err = allocate_some(ei, lblk, size_min(end, *lblk + len));
        else if (!err)
            *lblk += len;
    }
    return err;
}

/* They are given before the bytes are there, and say that they read as zeros until write-back has
 * written them. A writer comes this way for each piece, so what is known to have blocks is remembered. */
static ssize_t ext4_prepare(struct inode *inode, uint64_t off, size_t len)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           first = off >> fs->block_shift, lblk = first, end;
    int                err;
    uint64_t           most = size_max_of(ei);
    if (off >= most)
        return -EFBIG;

    len = size_min(len, most - off);
    end = blocks_for(fs, off + len);
    if (first >= ei->ready_from && end <= ei->ready_to)
        return (ssize_t)len;
    unsigned tries = 0;
    do {
        err = prepare_blocks(ei, &lblk, end);
    } while (err == -ENOSPC && ext4_more_space(fs, &tries));
    if (lblk == first)
        return err;
    if (first != ei->ready_to)
        ei->ready_from = first;
    ei->ready_to = lblk;
    return (ssize_t)size_min(len, (lblk << fs->block_shift) - off);
}

const struct inode_ops ext4_file_ops = {
    .resize = ext4_resize,
    .allocate = ext4_allocate,
    .punch = ext4_punch,
    .seek = ext4_seek,
    .prepare = ext4_prepare,
    .dirtied = ext4_inode_dirtied,
    .destroy = ext4_inode_destroy,
};
