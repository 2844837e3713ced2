/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect_change.c - block maps change: of files on file systems that have no extents, and of those that
 * were made before theirs had.
 *
 * A map has no way to say that a block was given and not written. So blocks that are given ahead of their contents
 * are zeroed on the disk in the handle that gives them: no commit leads to what lay there.
 *
 * Tables carry no checksums, and a hostile one leads anywhere: each number is checked when it is used, and
 * the way down has as many steps as the place in the file says. A table goes with its last entry.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_indirect.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- the way down --------------------------------------------------------------------------------- */

struct level {
    struct ext4_block
            *block; /* referenced; NULL: the inode's own table, or one that is not there */
    uint8_t *table; /* NULL: not there */
    uint32_t at;    /* the entry that leads on */
};

struct way {
    struct ext4_inode *ei;
    unsigned           depth; /* levels[depth] is the table that names blocks of the file */
    struct level       levels[EXT4_MAP_LEVELS + 1];
    uint64_t first; /* the file's block that entry 0 of that table stands for; of the inode's: 0 */
    uint32_t end;   /* one past its last entry */
};

static uint32_t entry_get(const uint8_t *table, uint32_t i)
{
    struct ext4_u32 p;

    memcpy(&p, table + (size_t)i * sizeof(p), sizeof(p));
    return ext4_le32(p);
}

static void entry_set(const struct level *l, uint32_t i, uint64_t nr)
{
    struct ext4_u32 p = ext4_put32(nr);

    if (l->block)
        ext4_block_change(l->block);
    memcpy(l->table + (size_t)i * sizeof(p), &p, sizeof(p));
}

static uint32_t per_table(const struct ext4_fs *fs)
{
    return fs->block_size / 4;
}

uint64_t ext4_indirect_end(const struct ext4_fs *fs)
{
    uint64_t n = per_table(fs), all = EXT4_MAP_DIRECT + n + n * n + n * n * n;

    return size_min(all, EXT4_LBLK_END - 1);
}

/* Which entries lead to lblk, from the inode's table on. */
static int way_plan(struct way *w, uint64_t lblk)
{
    uint64_t n = per_table(ext4_fs_of_inode(w->ei)), rest = lblk - EXT4_MAP_DIRECT, span = 1;

    w->depth = 0;
    w->first = 0;
    w->end = EXT4_MAP_DIRECT;
    w->levels[0] = (struct level){.table = w->ei->block, .at = (uint32_t)lblk};
    if (lblk < EXT4_MAP_DIRECT)
        return 0;
    do {
        if (w->depth++ == EXT4_MAP_LEVELS)
            return -EFBIG;
        rest -= w->depth > 1 ? span : 0;
        span *= n;
    } while (rest >= span);
    w->levels[0].at = EXT4_MAP_DIRECT + w->depth - 1;
    w->end = (uint32_t)n;
    for (unsigned k = 1; k <= w->depth; k++) {
        span /= n;
        w->levels[k] = (struct level){.at = (uint32_t)(rest / span)};
        rest %= span;
    }
    w->first = lblk - w->levels[w->depth].at;
    return 0;
}

static void way_release(struct way *w)
{
    for (unsigned k = 1; k <= w->depth; k++)
        if (w->levels[k].block)
            ext4_block_put(w->levels[k].block);
    w->depth = 0;
}

/* Go down as far as there are tables. Released if it fails. */
static int way_find(struct ext4_inode *ei, uint64_t lblk, struct way *w)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    w->ei = ei;
    int err = way_plan(w, lblk);
    for (unsigned k = 1; !err && k <= w->depth; k++) {
        struct level *l = &w->levels[k];
        uint32_t      nr = entry_get(l[-1].table, l[-1].at);
        if (!nr)
            break;
        if (!ext4_blocks_ok(fs, nr, 1))
            err = ext4_damaged(fs, "block map of inode %llu leads off the disk (%u)",
                               (unsigned long long)ei->inode.ino, nr);
        else
            err = ext4_block_get(fs, nr, NULL, NULL, &l->block);
        if (!err)
            l->table = l->block->data;
    }
    if (err)
        way_release(w);
    return err;
}

static struct level *way_last(struct way *w)
{
    return &w->levels[w->depth];
}

/* --- giving blocks ---------------------------------------------------------------------------------- */

/* How many entries from `at` on, at most max, are empty. */
static uint64_t hole_len(struct way *w, uint64_t max)
{
    const struct level *l = way_last(w);
    uint64_t            n = 0;

    max = size_min(max, w->end - l->at);
    while (n < max && (!l->table || !entry_get(l->table, l->at + (uint32_t)n)))
        n++;
    return n;
}

/* Behind the block before. */
static uint64_t goal_for(struct way *w)
{
    const struct level *l = way_last(w);
    uint32_t            before = l->table && l->at ? entry_get(l->table, l->at - 1) : 0;

    return before ? before + 1 : ext4_ino_goal(ext4_fs_of_inode(w->ei), (uint32_t)w->ei->inode.ino);
}

/* Blocks that were just taken and led to nowhere yet. */
static void untake(struct ext4_fs *fs, uint64_t nr, uint64_t len)
{
    if (ext4_blocks_free(fs, nr, len))
        ext4_abort(fs, -EIO);
}

/* As ext4_blocks_take(), of those that a map can lead to. */
static int take(struct ext4_fs *fs, uint64_t goal, uint64_t max, bool reserved,
                struct ext4_run *run)
{
    int err = ext4_blocks_take(fs, goal, max, reserved, &run->pblk, &run->len);
    if (!err && run->pblk + run->len > UINT32_MAX) {
        untake(fs, run->pblk, run->len);
        err = -ENOSPC;
    }
    return err;
}

/* Give the table of level k back, which nothing leads to any more. */
static int table_give(struct way *w, unsigned k)
{
    struct ext4_fs *fs = ext4_fs_of_inode(w->ei);
    struct level   *l = &w->levels[k];
    uint64_t        nr = l->block->nr;

    ext4_block_put(l->block);
    l->block = NULL;
    l->table = NULL;
    ext4_forget(fs, nr, 1);
    w->ei->inode.blocks -= size_min(fs->block_size / 512, w->ei->inode.blocks);
    return ext4_blocks_free(fs, nr, 1);
}

/* Make the tables that are missing, from level k on; nothing leads to the first of them yet. */
static int tables_make(struct way *w, unsigned k)
{
    struct ext4_fs *fs = ext4_fs_of_inode(w->ei);
    struct ext4_run run;

    for (unsigned i = k; i <= w->depth; i++) {
        struct level *l = &w->levels[i];
        int           err = take(fs, ext4_ino_goal(fs, (uint32_t)w->ei->inode.ino), 1, true, &run);
        if (!err) {
            err = ext4_block_get_new(fs, run.pblk, &l->block);
            if (err)
                untake(fs, run.pblk, 1);
        }
        if (err) {
            while (i-- > k)
                if (table_give(w, i))
                    ext4_abort(fs, -EIO);
            return err;
        }
        w->ei->inode.blocks += fs->block_size / 512;
        l->table = l->block->data;
        if (i > k)
            entry_set(l - 1, l[-1].at, run.pblk);
    }
    return 0;
}

/* Have the blocks read as zeros. */
static int zero_blocks(struct ext4_fs *fs, const struct ext4_run *run)
{
    struct blk_batch batch;
    uint8_t         *zeros = kzalloc(fs->block_size);
    if (!zeros)
        return -ENOMEM;

    blk_batch_start(&batch, fs->dev);
    for (uint64_t i = 0; i < run->len; i++)
        blk_batch_write(&batch, (run->pblk + i) << fs->block_shift >> 9, zeros, fs->block_size);
    int err = blk_batch_finish(&batch);
    kfree(zeros);
    return err;
}

/* Everything is there: the blocks become the file's. k: the first table that was made, or depth + 1. */
static void fill(struct way *w, unsigned k, const struct ext4_run *run)
{
    struct ext4_fs *fs = ext4_fs_of_inode(w->ei);
    struct level   *l = way_last(w);

    for (uint32_t i = 0; i < run->len; i++)
        entry_set(l, l->at + i, run->pblk + i);
    if (k <= w->depth)
        entry_set(&w->levels[k - 1], w->levels[k - 1].at, w->levels[k].block->nr);
    w->ei->inode.blocks += run->len << (fs->block_shift - 9);
}

static int fill_hole(struct way *w, uint64_t max, enum ext4_blocks_for purpose,
                     struct ext4_run *run)
{
    struct ext4_fs *fs = ext4_fs_of_inode(w->ei);
    unsigned        k = 1;

    while (k <= w->depth && w->levels[k].table)
        k++;
    int err = take(fs, goal_for(w), hole_len(w, max), purpose == EXT4_BLOCKS_CONTENTS, run);
    if (err)
        return err;
    if (purpose == EXT4_BLOCKS_AHEAD)
        err = zero_blocks(fs, run);
    if (!err)
        err = tables_make(w, k);
    if (err)
        untake(fs, run->pblk, run->len);
    else
        fill(w, k, run);
    return err;
}

/* *changed: the map did. */
int ext4_indirect_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max,
                          enum ext4_blocks_for purpose, struct ext4_run *run, bool *changed)
{
    struct way w;

    int err = way_find(ei, lblk, &w);
    if (err)
        return err;
    const struct level *l = way_last(&w);
    *changed = !l->table || !entry_get(l->table, l->at);
    err = *changed ? fill_hole(&w, max, purpose, run) : ext4_indirect_map(ei, lblk, run);
    way_release(&w);
    if (!err)
        run->len = size_min(run->len, max);
    return err;
}

/* --- freeing ----------------------------------------------------------------------------------------- */

/* Tables without entries go, from the last one up. */
static int prune(struct way *w)
{
    uint32_t n = per_table(ext4_fs_of_inode(w->ei));
    int      err = 0;

    for (unsigned k = w->depth; k > 0 && !err; k--) {
        struct level *l = &w->levels[k];
        if (!l->table)
            continue;
        for (uint32_t i = 0; i < n; i++)
            if (entry_get(l->table, i))
                return 0;
        entry_set(l - 1, l[-1].at, 0);
        err = table_give(w, k);
    }
    return err;
}

/* The first blocks in the last table that are before `to` and lie together, at least one. False: there are none;
 * *next: where to go on. */
static bool find_run(struct way *w, uint64_t to, struct ext4_run *run, uint64_t *next)
{
    struct level *l = way_last(w);
    uint32_t      end = (uint32_t)size_min(w->end, to - w->first);

    while (l->table && l->at < end && !entry_get(l->table, l->at))
        l->at++;
    *next = w->first + w->end;
    if (!l->table || l->at >= end)
        return false;
    *run = (struct ext4_run){entry_get(l->table, l->at), 1};
    while (l->at + run->len < end &&
           entry_get(l->table, l->at + (uint32_t)run->len) == run->pblk + run->len)
        run->len++;
    *next = w->first + l->at + run->len;
    return true;
}

static int free_run(struct way *w, const struct ext4_run *run)
{
    struct ext4_inode *ei = w->ei;
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct level      *l = way_last(w);
    if (!ext4_blocks_ok(fs, run->pblk, run->len))
        return ext4_damaged(fs, "block map of inode %llu leads off the disk (%llu)",
                            (unsigned long long)ei->inode.ino, (unsigned long long)run->pblk);

    for (uint32_t i = 0; i < run->len; i++)
        entry_set(l, l->at + i, 0);
    if (!inode_is_regular(&ei->inode))
        ext4_forget(fs, run->pblk, run->len);
    ei->inode.blocks -= size_min(run->len << (fs->block_shift - 9), ei->inode.blocks);
    return ext4_blocks_free(fs, run->pblk, run->len);
}

/* In a handle, map_lock held. */
static int remove_some(struct ext4_inode *ei, uint64_t from, uint64_t to, uint64_t *next)
{
    struct ext4_run run;
    struct way      w;

    int err = way_find(ei, from, &w);
    if (err)
        return err;
    if (find_run(&w, to, &run, next))
        err = free_run(&w, &run);
    if (!err)
        err = prune(&w);
    way_release(&w);
    return err;
}

static int remove_step(struct ext4_inode *ei, uint64_t from, uint64_t to, uint64_t *next)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    unsigned        credits = ext4_free_credits(fs, per_table(fs)) +
                       EXT4_MAP_LEVELS * (ext4_free_credits(fs, 1) + 1) + 1;

    int err = ext4_begin(fs, credits);
    if (err)
        return err;
    mutex_lock(&ei->map_lock);
    err = remove_some(ei, from, to, next);
    if (!err)
        err = ext4_inode_store(ei);
    else if (err != -ENOMEM)
        ext4_abort(fs, -EIO);
    mutex_unlock(&ei->map_lock);
    ext4_end(fs);
    return err;
}

/* Where the next table of the file begins, if the way to `from` ends at an empty entry. */
static int skip_hole(struct ext4_inode *ei, uint64_t *from)
{
    struct way w;

    mutex_lock(&ei->map_lock);
    int err = way_find(ei, *from, &w);
    if (!err) {
        uint64_t n = per_table(ext4_fs_of_inode(ei)), span = w.end, first = w.first;
        unsigned k = w.depth;
        for (; k > 1 && !w.levels[k - 1].table; k--) {
            first -= w.levels[k - 1].at * span;
            span *= n;
        }
        if (w.depth && !w.levels[w.depth].table)
            *from = first + span;
        way_release(&w);
    }
    mutex_unlock(&ei->map_lock);
    return err;
}

int ext4_indirect_remove(struct ext4_inode *ei, uint64_t from, uint64_t to)
{
    int err = 0;

    to = size_min(to, ext4_indirect_end(ext4_fs_of_inode(ei)));
    while (from < to && !err) {
        uint64_t was = from;
        err = skip_hole(ei, &from);
        if (!err && from == was)
            err = remove_step(ei, from, to, &from);
    }
    return err;
}

/* --- blocks of metadata ------------------------------------------------------------------------------ */

int ext4_indirect_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    struct ext4_run run;
    struct way      w;
    uint64_t        next;
    int             failed = 0;

    mutex_lock(&ei->map_lock);
    int err = way_find(ei, lblk, &w);
    if (!err && hole_len(&w, 1) == 0) {
        way_release(&w);
        err = ext4_damaged(fs, "inode %llu has blocks behind its end",
                           (unsigned long long)ei->inode.ino);
    }
    if (!err) {
        err = fill_hole(&w, 1, EXT4_BLOCKS_CONTENTS, &run);
        way_release(&w);
        failed = err ? 0 : ext4_block_get_new(fs, run.pblk, out);
    }
    if (failed && remove_some(ei, lblk, lblk + 1, &next))
        ext4_abort(fs, -EIO);
    mutex_unlock(&ei->map_lock);
    return err ? err : failed;
}

int ext4_indirect_drop_block(struct ext4_inode *ei, uint64_t lblk)
{
    uint64_t next;

    mutex_lock(&ei->map_lock);
    int err = remove_some(ei, lblk, lblk + 1, &next);
    mutex_unlock(&ei->map_lock);
    return err;
}
