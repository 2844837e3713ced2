/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc.c - giving out and taking back blocks.
 *
 * A request names a goal, the place where its blocks would be best: after the file's others. If the goal is
 * free, the run that starts there is taken, so a file that is written from front to back is contiguous
 * as long as nobody else wants the place. Else the first run that is long enough is taken, from the goal's
 * group on, and the longest one of all groups if none is.
 *
 * alloc.lock is held over all of it, disk reads included: bitmaps in use stay in the block cache.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define TRIES_MAX \
    3u /* after commits; who fails gives back what he took, which looks like new room */

#define RUN_GOOD 256u /* blocks; no request looks further for a longer run */

/* A run of free blocks in a group. */
struct run {
    uint32_t group;
    uint32_t at;  /* in the group */
    uint32_t len; /* 0: none */
};

/* --- what is in use ------------------------------------------------------------------------- */

/* The free run in [from, end) of a group that begins first; len 0: there is none. */
static struct run next_run(const struct ext4_alloc_group *state, const struct ext4_block *bitmap,
                           uint32_t from, uint32_t end, uint32_t max)
{
    struct run run = {.at = ext4_bits_find(bitmap->data, state->busy, from, end, false)};

    if (run.at < end) {
        uint32_t stop = end - run.at > max ? run.at + max : end;
        run.len = ext4_bits_find(bitmap->data, state->busy, run.at, stop, true) - run.at;
    }
    return run;
}

/* The first run of at least want in [from, end), else the longest. */
static struct run best_run(const struct ext4_alloc_group *state, const struct ext4_block *bitmap,
                           uint32_t from, uint32_t end, uint32_t want, uint32_t max)
{
    struct run best = {0, 0, 0}, run = {0, from, 0};

    while (best.len < want) {
        run = next_run(state, bitmap, run.at + run.len, end, max);
        if (run.len == 0)
            break;
        if (run.len > best.len)
            best = run;
    }
    return best;
}

/* The best run of a group, at goal if that is free. */
static struct run search_bitmap(const struct ext4_alloc_group *state,
                                const struct ext4_block *bitmap, uint32_t n, uint32_t goal,
                                uint32_t want, uint32_t max)
{
    struct run at_goal = next_run(state, bitmap, goal, n, max);
    if (at_goal.len && at_goal.at == goal)
        return at_goal;

    struct run after = best_run(state, bitmap, goal, n, want, max);
    if (after.len >= want)
        return after;
    struct run before = best_run(state, bitmap, 0, goal, want, max);
    return before.len > after.len ? before : after;
}

static int search_group(struct ext4_fs *fs, uint32_t nr, uint32_t goal, uint32_t want, uint32_t max,
                        struct run *run)
{
    struct ext4_alloc_group *state = &fs->alloc.groups[nr];
    struct ext4_group_at     g;
    struct ext4_block       *bitmap;

    run->len = 0;
    int err = state->closed ? -ENOSPC : ext4_group_get(fs, nr, &g);
    if (err)
        return err == -ENOSPC ? 0 : err;
    if (ext4_group_free_blocks(fs, g.desc) != 0) {
        err = ext4_group_block_bitmap(fs, &g, &bitmap);
        if (!err) {
            *run = search_bitmap(state, bitmap, ext4_group_blocks(fs, nr), goal, want, max);
            run->group = nr;
            ext4_block_put(bitmap);
        }
    }
    ext4_group_put(&g);
    return err;
}

/* Where the request is best met. */
static int search(struct ext4_fs *fs, uint64_t goal, uint32_t want, uint32_t max, struct run *best)
{
    uint64_t rest = goal - fs->first_data_block;
    uint32_t first = (uint32_t)(rest / fs->blocks_per_group);

    *best = (struct run){0};
    for (uint32_t i = 0; i < fs->ngroups && best->len < want; i++) {
        struct run run;
        uint32_t   nr = (first + i) % fs->ngroups;
        int err = search_group(fs, nr, i ? 0 : (uint32_t)(rest % fs->blocks_per_group), want, max,
                               &run);
        if (err)
            return err;
        if (run.len > best->len || (i == 0 && run.len))
            *best = run;
        if (i == 0 && run.len && ext4_group_first(fs, nr) + run.at == goal)
            break;
    }
    return best->len ? 0 : -ENOSPC;
}

/* --- counts ------------------------------------------------------------------------------------ */

static void super_counts(struct ext4_fs *fs)
{
    struct ext4_super *sb = ext4_super_change(fs);

    sb->free_blocks_count_lo = ext4_put32(fs->free_blocks);
    sb->free_blocks_count_hi = ext4_put32(fs->free_blocks >> 32);
    sb->free_inodes_count = ext4_put32(fs->free_inodes);
}

void ext4_alloc_count(struct ext4_fs *fs, struct ext4_group_at *g, int64_t blocks, int inodes,
                      int dirs)
{
    ext4_group_count(fs, g->desc, (int)blocks, inodes, dirs);
    fs->free_blocks += (uint64_t)blocks;
    fs->free_inodes += (uint32_t)inodes;
    super_counts(fs);
}

/* The checksum of the bitmap, which takes long, is set once, at the commit. */
static void bitmap_changed(struct ext4_fs *fs, const struct ext4_group_at *g)
{
    fs->alloc.groups[g->nr].unsealed = true;
    fs->alloc.unsealed = true;
}

/* --- taking -------------------------------------------------------------------------------------- */

static int take_run(struct ext4_fs *fs, const struct run *run)
{
    struct ext4_group_at g;
    struct ext4_block   *bitmap;

    int err = ext4_group_get(fs, run->group, &g);
    if (err)
        return err;
    err = ext4_group_block_bitmap(fs, &g, &bitmap);
    if (!err) {
        ext4_block_change(bitmap);
        ext4_block_change(g.block);
        ext4_bits_put(bitmap->data, run->at, run->len, true);
        bitmap_changed(fs, &g);
        ext4_alloc_count(fs, &g, -(int64_t)run->len, 0, 0);
        ext4_group_seal(fs, &g);
        ext4_block_put(bitmap);
    }
    ext4_group_put(&g);
    return err;
}

/* How many blocks may be given out. */
static uint64_t available(const struct ext4_fs *fs, bool reserved)
{
    uint64_t held = fs->alloc.nbusy + (reserved ? 0 : fs->alloc.kept_back);

    return fs->free_blocks > held ? fs->free_blocks - held : 0;
}

static int take(struct ext4_fs *fs, uint64_t goal, uint64_t max, bool reserved, struct run *run)
{
    if (goal <= fs->first_data_block || goal >= fs->nblocks)
        goal = fs->first_data_block + 1;
    max = size_min(max, size_min(available(fs, reserved), fs->blocks_per_group));
    if (max == 0)
        return -ENOSPC;

    uint32_t most = (uint32_t)max;
    int      err = search(fs, goal, (uint32_t)size_min(most, RUN_GOOD), most, run);
    if (err)
        return err;
    uint64_t start = ext4_group_first(fs, run->group) + run->at;
    if (!ext4_blocks_ok(fs, start, run->len))
        return ext4_damaged(fs, "group %u has block %llu as free, which is none", run->group,
                            (unsigned long long)start);
    return take_run(fs, run);
}

int ext4_blocks_take(struct ext4_fs *fs, uint64_t goal, uint64_t max, bool reserved,
                     uint64_t *start, uint64_t *len)
{
    struct run run = {0};

    mutex_lock(&fs->alloc.lock);
    int err = take(fs, goal, max, reserved, &run);
    mutex_unlock(&fs->alloc.lock);
    if (err)
        return err;
    *start = ext4_group_first(fs, run.group) + run.at;
    *len = run.len;
    return 0;
}

/* --- giving back ----------------------------------------------------------------------------------- */

/* Keep the blocks from being given out until the transaction is committed; the whole group, if there is no
 * memory to tell them from others. */
static void make_busy(struct ext4_fs *fs, uint32_t nr, uint32_t at, uint32_t n)
{
    struct ext4_alloc_group *state = &fs->alloc.groups[nr];

    if (!state->busy)
        state->busy = kzalloc(fs->block_size);
    if (state->busy)
        ext4_bits_put(state->busy, at, n, true);
    else
        state->closed = true;
    fs->alloc.nbusy += n;
}

static int free_part(struct ext4_fs *fs, uint32_t nr, uint32_t at, uint32_t n)
{
    struct ext4_group_at g;
    struct ext4_block   *bitmap;

    int err = ext4_group_get(fs, nr, &g);
    if (err)
        return err;
    err = ext4_group_block_bitmap(fs, &g, &bitmap);
    if (err)
        goto out_group;
    if (ext4_bits_find(bitmap->data, NULL, at, at + n, false) < at + n) {
        err = ext4_damaged(fs, "blocks %u to %u of group %u are free already", at, at + n, nr);
        goto out_bitmap;
    }
    ext4_block_change(bitmap);
    ext4_block_change(g.block);
    ext4_bits_put(bitmap->data, at, n, false);
    bitmap_changed(fs, &g);
    ext4_alloc_count(fs, &g, n, 0, 0);
    ext4_group_seal(fs, &g);
    make_busy(fs, nr, at, n);

out_bitmap:
    ext4_block_put(bitmap);
out_group:
    ext4_group_put(&g);
    return err;
}

int ext4_blocks_free(struct ext4_fs *fs, uint64_t start, uint64_t len)
{
    int err = 0;
    if (!ext4_blocks_ok(fs, start, len))
        return ext4_damaged(fs, "freed blocks are not on the disk (%llu)",
                            (unsigned long long)start);

    mutex_lock(&fs->alloc.lock);
    while (len && !err) {
        uint64_t rest = start - fs->first_data_block;
        uint32_t at = (uint32_t)(rest % fs->blocks_per_group);
        uint32_t n = (uint32_t)size_min(len, fs->blocks_per_group - at);
        err = free_part(fs, (uint32_t)(rest / fs->blocks_per_group), at, n);
        start += n;
        len -= n;
    }
    mutex_unlock(&fs->alloc.lock);
    return err;
}

/* --- commits ------------------------------------------------------------------------------------------ */

static void seal_group(struct ext4_fs *fs, uint32_t nr)
{
    struct ext4_group_at g;
    struct ext4_block   *bitmap;

    fs->alloc.groups[nr].unsealed = false;
    int err = ext4_group_get(fs, nr, &g);
    if (!err) {
        err = ext4_group_block_bitmap(fs, &g, &bitmap);
        if (!err) {
            ext4_block_bitmap_changed(fs, &g, bitmap);
            ext4_group_seal(fs, &g);
            ext4_block_put(bitmap);
        }
        ext4_group_put(&g);
    }
    if (err) /* both blocks are part of the transaction, and in memory */
        ext4_abort(fs, err);
}

void ext4_alloc_seal(struct ext4_fs *fs)
{
    if (!fs->alloc.unsealed)
        return;
    fs->alloc.unsealed = false;
    for (uint32_t i = 0; i < fs->ngroups; i++)
        if (fs->alloc.groups[i].unsealed)
            seal_group(fs, i);
}

void ext4_alloc_committed(struct ext4_fs *fs)
{
    if (fs->alloc.nbusy == 0)
        return;
    for (uint32_t i = 0; i < fs->ngroups; i++) {
        struct ext4_alloc_group *state = &fs->alloc.groups[i];
        kfree(state->busy);
        state->busy = NULL;
        state->closed = false;
    }
    fs->alloc.nbusy = 0;
}

static bool has_space(struct ext4_fs *fs, uint64_t n)
{
    mutex_lock(&fs->alloc.lock);
    bool fits = n <= available(fs, false);
    mutex_unlock(&fs->alloc.lock);
    return fits;
}

int ext4_space_check(struct ext4_fs *fs, uint64_t n)
{
    unsigned tries = 0;

    return has_space(fs, n) || (ext4_more_space(fs, &tries) && has_space(fs, n)) ? 0 : -ENOSPC;
}

bool ext4_more_space(struct ext4_fs *fs, unsigned *tries)
{
    return (*tries)++ < TRIES_MAX && fs->alloc.nbusy != 0 && ext4_commit(fs) == 0;
}

/* --- mounting ----------------------------------------------------------------------------------------- */

static const char *unwritable(const struct ext4_fs *fs)
{
    if (fs->block_size > PAGE_SIZE)
        return "its blocks are larger than a page";
    if (fs->blocks_per_group > fs->block_size * 8 || fs->blocks_per_group % 8)
        return "its groups have an odd number of blocks";
    if (fs->inodes_per_group % 8)
        return "its groups have an odd number of inodes";
    if (fs->has_csum && fs->has_gdt_csum)
        return "it has two kinds of checksums";
    return NULL;
}

/* The counts that matter are the groups': the superblock's may be old after a crash. */
static int count_all(struct ext4_fs *fs)
{
    uint64_t blocks = 0;
    uint32_t inodes = 0;

    for (uint32_t i = 0; i < fs->ngroups; i++) {
        struct ext4_group_at g;
        int                  err = ext4_group_get(fs, i, &g);
        if (err)
            return err;
        blocks += size_min(ext4_group_free_blocks(fs, g.desc), ext4_group_blocks(fs, i));
        inodes += (uint32_t)size_min(ext4_group_free_inodes(fs, g.desc), fs->inodes_per_group);
        ext4_group_put(&g);
    }
    fs->free_blocks = blocks;
    fs->free_inodes = inodes;
    return 0;
}

int ext4_alloc_start(struct ext4_fs *fs)
{
    const char *why = unwritable(fs);

    int err = ext4_features_check_write(fs);
    if (err)
        return err;
    if (why) {
        log_warn("ext4 on %s: it can only be read: %s", fs->dev->name, why);
        return -EROFS;
    }
    fs->alloc.groups = kzalloc(fs->ngroups * sizeof(*fs->alloc.groups));
    if (!fs->alloc.groups)
        return -ENOMEM;
    fs->alloc.kept_back = size_min(fs->nblocks / 50, 4096);
    err = count_all(fs);
    if (err)
        ext4_alloc_stop(fs);
    return err;
}

void ext4_alloc_stop(struct ext4_fs *fs)
{
    if (fs->alloc.groups)
        ext4_alloc_committed(fs);
    kfree(fs->alloc.groups);
    fs->alloc.groups = NULL;
}
