/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_file.c - contents of regular files: pages are filled from the disk and written to it in requests
 * as large as the file is contiguous, straight from and to the page cache's frames.
 *
 * A file is given its blocks when its pages are written. That happens in the handle that gives them, so a
 * commit never leads to blocks that hold something else. Where the blocks are an extent tree says or, in files of
 * old, a block map.
 */
#include "fs/ext4_indirect.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"

/* --- either kind of map -------------------------------------------------------------------------- */

static bool has_tree(const struct ext4_inode *ei)
{
    return ei->flags & EXT4_FL_EXTENTS;
}

int ext4_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run)
{
    mutex_lock(&ei->map_lock);
    int err = has_tree(ei) ? ext4_extent_map(ei, lblk, run) : ext4_indirect_map(ei, lblk, run);
    mutex_unlock(&ei->map_lock);
    return err;
}

int ext4_map_give(struct ext4_inode *ei, uint64_t lblk, uint64_t max, enum ext4_blocks_for purpose,
                  struct ext4_run *run)
{
    bool changed = false;

    if (ei->gone)
        return -EROFS;
    mutex_lock(&ei->map_lock);
    int err = has_tree(ei) ? ext4_extent_map_new(ei, lblk, max, purpose, run, &changed)
                           : ext4_indirect_map_new(ei, lblk, max, purpose, run, &changed);
    mutex_unlock(&ei->map_lock);
    if (!changed)
        return err;
    int failed = ext4_inode_store(ei);
    if (failed)
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
    return err ? err : failed;
}

int ext4_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max, struct ext4_run *run)
{
    return ext4_map_give(ei, lblk, max, EXT4_BLOCKS_CONTENTS, run);
}

int ext4_map_is_hole(struct ext4_inode *ei, uint64_t lblk, uint64_t *len, bool *hole)
{
    struct ext4_run run = {0, 0};
    if (has_tree(ei))
        return ext4_extent_is_hole(ei, lblk, len, hole);

    int err = ext4_map(ei, lblk, &run);
    *len = run.len;
    *hole = run.pblk == 0;
    return err;
}

int ext4_map_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out)
{
    return has_tree(ei) ? ext4_extent_add_block(ei, lblk, out)
                        : ext4_indirect_add_block(ei, lblk, out);
}

int ext4_map_drop_block(struct ext4_inode *ei, uint64_t lblk)
{
    return has_tree(ei) ? ext4_extent_drop_block(ei, lblk) : ext4_indirect_drop_block(ei, lblk);
}

int ext4_map_remove(struct ext4_inode *ei, uint64_t from, uint64_t to)
{
    return has_tree(ei) ? ext4_extent_remove(ei, from, to) : ext4_indirect_remove(ei, from, to);
}

/* --- reading -------------------------------------------------------------------------------------- */

/* Map from lblk on at most max blocks, joining runs that continue each other. */
static int map_joined(struct ext4_inode *ei, uint64_t lblk, uint64_t max, struct ext4_run *run)
{
    int err = ext4_map(ei, lblk, run);

    while (!err && run->len < max && lblk + run->len < EXT4_LBLK_END) {
        struct ext4_run next;
        err = ext4_map(ei, lblk + run->len, &next);
        if (err || next.pblk != (run->pblk ? run->pblk + run->len : 0))
            break;
        run->len += next.len;
    }
    if (run->len > max)
        run->len = max;
    return err;
}

/* Bytes [offset, offset + len) of the file, block-aligned or less than a block from an aligned place,
 * into buf. */
static int read_run(struct ext4_fs *fs, const struct ext4_run *run, uint64_t skip, void *buf,
                    size_t len)
{
    if (run->pblk == 0) {
        memset(buf, 0, len);
        return 0;
    }
    return blk_read(fs->dev, ((run->pblk << fs->block_shift) + skip) / BLK_SECTOR, buf, len);
}

static int ext4_fill(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct ext4_inode *ei = container_of(pc, struct ext4_inode, inode.pages);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           offset = index << PAGE_SHIFT;
    uint64_t           file_end = ALIGN_UP(ei->inode.size, (uint64_t)fs->block_size);
    uint8_t           *buf = phys_ptr(pa);
    size_t             left = npages << PAGE_SHIFT;

    /* Blocks past the last one do not exist, and the cache zeroes what is past the end. */
    if (offset >= file_end)
        return 0;
    if (left > file_end - offset)
        left = file_end - offset;
    while (left) {
        uint64_t        skip = offset & (fs->block_size - 1);
        struct ext4_run run;
        int             err = map_joined(ei, offset >> fs->block_shift,
                                         (skip + left + fs->block_size - 1) >> fs->block_shift, &run);
        if (err)
            return err;
        size_t part = size_min(left, (run.len << fs->block_shift) - skip);
        err = read_run(fs, &run, skip, buf, part);
        if (err)
            return err;
        buf += part;
        offset += part;
        left -= part;
    }
    return 0;
}

/* --- writing back ------------------------------------------------------------------------------ */

#define FLUSH_RUNS 4u /* that many pieces of a file are written in one handle, and at once */

struct flush {
    struct ext4_inode *ei;
    uint64_t           lblk, left; /* blocks */
    const uint8_t     *buf;
};

/* In a handle: the first run of what is left gets its blocks, and starts its way to them. */
static int flush_run(struct flush *f, struct blk_batch *batch)
{
    struct ext4_fs *fs = ext4_fs_of_inode(f->ei);
    struct ext4_run run;

    int err = ext4_map_new(f->ei, f->lblk, f->left, &run);
    if (err)
        return err;
    uint64_t n = size_min(run.len, f->left);
    blk_batch_write(batch, run.pblk << fs->block_shift >> 9, f->buf, n << fs->block_shift);
    f->lblk += n;
    f->left -= n;
    f->buf += n << fs->block_shift;
    return 0;
}

static int flush_some(struct flush *f)
{
    struct ext4_fs  *fs = ext4_fs_of_inode(f->ei);
    struct blk_batch batch;

    int err = ext4_begin(fs, FLUSH_RUNS * EXT4_MAP_CREDITS);
    if (err)
        return err;
    blk_batch_start(&batch, fs->dev);
    for (unsigned i = 0; !err && f->left && i < FLUSH_RUNS; i++)
        err = flush_run(f, &batch);
    int written = blk_batch_finish(&batch);
    ext4_end(fs);
    return err ? err : written;
}

static int ext4_flush(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct ext4_inode *ei = container_of(pc, struct ext4_inode, inode.pages);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    uint64_t           offset = index << PAGE_SHIFT, size = ei->inode.size;
    uint8_t           *buf = phys_ptr(pa);

    if (offset >= size)
        return 0;
    uint64_t len = size_min(npages << PAGE_SHIFT, size - offset);
    uint64_t whole = ALIGN_UP(len, (uint64_t)fs->block_size);
    if (whole > len) /* what a mapping stored behind the end stays out of the file */
        memset(buf + len, 0, whole - len);

    struct flush f = {ei, offset >> fs->block_shift, whole >> fs->block_shift, buf};
    int          err = 0;
    while (!err && f.left)
        err = flush_some(&f);
    return err;
}

const struct pagecache_ops ext4_file_pages = {
    .fill = ext4_fill,
    .flush = ext4_flush,
    .lock = inode_pages_lock,
    .unlock = inode_pages_unlock,
    .acquire_live = inode_pages_acquire_live,
    .alone = inode_pages_alone,
    .acquire = inode_pages_acquire,
    .release = inode_pages_release,
    .describe = inode_pages_describe,
    .identify = inode_pages_identify,
};
