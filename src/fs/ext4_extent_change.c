/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent_change.c - what happens to a file's extents: blocks are given to holes, blocks that were
 * allocated ahead get contents, ranges are freed.
 *
 * An extent is cut in two before a part of it changes, and joined with its neighbours afterwards; cutting
 * alone changes nothing that anybody sees, so an operation that fails between the two has not changed
 * the file. Where a cut needs room for one more entry it may use the blocks that are kept back.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_extent.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"
#include "lib/string.h"

void ext4_extent_init(struct ext4_inode *ei)
{
    struct ext4_extent_header *h = (void *)ei->block;

    memset(ei->block, 0, sizeof(ei->block));
    if (!ext4_fs_of_inode(ei)->has_extents)
        return;
    h->magic = ext4_put16(EXT4_EXTENT_MAGIC);
    h->max = ext4_put16(sizeof(ei->block) / EXT4_EXTENT_ENTRY - 1);
    ei->flags |= EXT4_FL_EXTENTS;
}

/* --- filling holes ------------------------------------------------------------------------------ */

/* Where the blocks at lblk had best be: as far behind the extent before, or before the one after, as lblk is. */
static uint64_t goal_for(const struct ext4_path *path, uint64_t lblk)
{
    const struct ext4_level *leaf = &path->levels[path->depth];
    struct ext4_node         n = ext4_node_of(leaf->bytes);
    struct ext4_piece        near;

    if (leaf->at > 0) {
        near = ext4_piece_of(ext4_extent_at(&n, leaf->at - 1));
        return near.pblk + (lblk - near.lblk);
    }
    if (leaf->at < n.entries) {
        near = ext4_piece_of(ext4_extent_at(&n, leaf->at));
        if (near.pblk > near.lblk - lblk)
            return near.pblk - (near.lblk - lblk);
    }
    return ext4_ino_goal(ext4_fs_of_inode(path->ei), (uint32_t)path->ei->inode.ino);
}

/* How many blocks from lblk on, at most max, are a hole. */
static uint64_t hole_len(const struct ext4_path *path, uint64_t lblk, uint64_t max)
{
    const struct ext4_level *leaf = &path->levels[path->depth];
    struct ext4_node         n = ext4_node_of(leaf->bytes);
    uint64_t                 end = ext4_path_end(path);

    if (leaf->at < n.entries)
        end = ext4_le32(ext4_extent_at(&n, leaf->at)->block);
    return size_min(max, end - lblk);
}

/* Make the extent before path longer by piece, if that continues it. */
static bool extend(struct ext4_path *path, const struct ext4_piece *piece)
{
    struct ext4_level *leaf = ext4_path_leaf(path);
    struct ext4_node   n = ext4_node_of(leaf->bytes);
    if (leaf->at == 0)
        return false;

    struct ext4_piece before = ext4_piece_of(ext4_extent_at(&n, leaf->at - 1));
    if (before.unwritten != piece->unwritten || before.lblk + before.len != piece->lblk ||
        before.pblk + before.len != piece->pblk ||
        before.len + piece->len > EXT4_EXTENT_LEN_MAX - piece->unwritten)
        return false;
    before.len += piece->len;
    leaf->at--;
    ext4_path_set(path, &before);
    return true;
}

static int fill_hole(struct ext4_path *path, uint64_t lblk, uint64_t max,
                     enum ext4_blocks_for purpose, struct ext4_run *run)
{
    bool               ahead = purpose == EXT4_BLOCKS_AHEAD;
    struct ext4_inode *ei = path->ei;
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_piece  piece = {.lblk = lblk, .unwritten = ahead};

    max = size_min(hole_len(path, lblk, max), EXT4_EXTENT_LEN_MAX - ahead);
    int err = ext4_blocks_take(fs, goal_for(path, lblk), max, purpose == EXT4_BLOCKS_CONTENTS,
                               &piece.pblk, &piece.len);
    if (err)
        return err;
    if (!extend(path, &piece))
        err = ext4_path_insert(path, &piece);
    if (err) {
        if (ext4_blocks_free(fs, piece.pblk, piece.len))
            ext4_abort(fs, -EIO);
        return err;
    }
    ext4_path_merge(path);
    ei->inode.blocks += piece.len << (fs->block_shift - 9);
    *run = (struct ext4_run){piece.pblk, piece.len};
    return 0;
}

/* --- cutting ------------------------------------------------------------------------------------ */

/* Cut the extent at path so that a part of it begins at lblk, which is inside it: path leads to that part. */
static int cut(struct ext4_path *path, uint64_t lblk)
{
    struct ext4_level *leaf = ext4_path_leaf(path);
    struct ext4_node   n = ext4_node_of(leaf->bytes);
    struct ext4_piece  first = ext4_piece_of(ext4_extent_at(&n, leaf->at)), second = first;
    uint64_t           part = lblk - first.lblk;

    second.lblk += part;
    second.pblk += part;
    second.len -= part;
    first.len = part;
    leaf->at++;
    int err = ext4_path_make_room(path); /* it leaves the two places in one node */
    leaf = ext4_path_leaf(path);
    leaf->at--;
    if (err)
        return err;
    ext4_path_set(path, &first);
    leaf->at++;
    return ext4_path_insert(path, &second); /* which cannot fail now */
}

/* --- contents for blocks that were allocated ahead ------------------------------------------------ */

/* [lblk, lblk + len) of the unwritten extent at path has contents now. */
static int convert(struct ext4_path *path, uint64_t lblk, uint64_t len)
{
    struct ext4_inode *ei = path->ei;
    struct ext4_piece  piece;
    int                err = 0;

    struct ext4_node n = ext4_node_of(ext4_path_leaf(path)->bytes);
    piece = ext4_piece_of(ext4_extent_at(&n, ext4_path_leaf(path)->at));
    if (lblk + len < piece.lblk + piece.len)
        err = cut(path, lblk + len);
    ext4_path_release(path);
    if (!err)
        err = ext4_path_next(ei, lblk, path, &piece);
    if (!err && lblk > piece.lblk) {
        err = cut(path, lblk);
        ext4_path_release(path);
        if (!err)
            err = ext4_path_next(ei, lblk, path, &piece);
    }
    if (err)
        return err;
    piece.unwritten = false;
    ext4_path_set(path, &piece);
    ext4_path_merge(path);
    return 0;
}

/* --- giving blocks ---------------------------------------------------------------------------------- */

/* The extent before path that holds lblk, if there is one. */
static bool holder(const struct ext4_path *path, uint64_t lblk, struct ext4_piece *piece)
{
    const struct ext4_level *leaf = &path->levels[path->depth];
    struct ext4_node         n = ext4_node_of(leaf->bytes);
    if (leaf->at == 0)
        return false;
    *piece = ext4_piece_of(ext4_extent_at(&n, leaf->at - 1));
    return piece->lblk + piece->len > lblk;
}

/* *changed: the tree did. */
int ext4_extent_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max,
                        enum ext4_blocks_for purpose, struct ext4_run *run, bool *changed)
{
    struct ext4_path  path;
    struct ext4_piece piece;

    int err = ext4_path_find(ei, lblk, &path);
    if (err)
        return err;
    *changed = true;
    if (!holder(&path, lblk, &piece)) {
        err = fill_hole(&path, lblk, max, purpose, run);
        ext4_path_release(&path);
        return err;
    }
    uint64_t len = size_min(max, piece.lblk + piece.len - lblk);
    *run = (struct ext4_run){piece.pblk + (lblk - piece.lblk), len};
    *changed = piece.unwritten && purpose != EXT4_BLOCKS_AHEAD;
    if (!*changed) {
        ext4_path_release(&path);
        return 0;
    }
    ext4_path_leaf(&path)->at--;
    err = convert(&path, lblk, len);
    if (!err)
        ext4_path_release(&path);
    return err;
}

int ext4_extent_is_hole(struct ext4_inode *ei, uint64_t lblk, uint64_t *len, bool *hole)
{
    struct ext4_path  path;
    struct ext4_piece piece;

    mutex_lock(&ei->map_lock);
    int err = ext4_path_next(ei, lblk, &path, &piece);
    if (!err)
        ext4_path_release(&path);
    mutex_unlock(&ei->map_lock);
    *hole = err == -ENOENT || piece.lblk > lblk;
    if (err == -ENOENT)
        *len = EXT4_LBLK_END - lblk;
    else if (!err)
        *len = (*hole ? piece.lblk : piece.lblk + piece.len) - lblk;
    return err == -ENOENT ? 0 : err;
}

/* --- freeing ----------------------------------------------------------------------------------------- */

/* Take [from, to) out of the extent at path, which holds part of it. */
static int cut_out(struct ext4_path *path, struct ext4_piece piece, uint64_t from, uint64_t to)
{
    uint64_t end = piece.lblk + piece.len;

    if (from <= piece.lblk && to >= end)
        return ext4_path_remove(path);
    if (to < end && from > piece.lblk) {
        int err = cut(path, to);
        ext4_path_release(path);
        if (!err)
            err = ext4_path_next(path->ei, from, path, &piece);
        if (err)
            return err;
        end = piece.lblk + piece.len;
    }
    if (to >= end) {
        piece.len = from - piece.lblk;
    } else {
        piece.pblk += to - piece.lblk;
        piece.len = end - to;
        piece.lblk = to;
    }
    ext4_path_set(path, &piece);
    ext4_path_release(path);
    return 0;
}

/* Directories and links have their contents in the cache of metadata. */
static int blocks_give(struct ext4_inode *ei, uint64_t pblk, uint64_t len)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    if (!inode_is_regular(&ei->inode))
        ext4_forget(fs, pblk, len);
    ei->inode.blocks -= size_min(len << (fs->block_shift - 9), ei->inode.blocks);
    return ext4_blocks_free(fs, pblk, len);
}

/* Free what the extent at path has of [from, to); *next: where to go on. */
static int remove_one(struct ext4_path *path, const struct ext4_piece *piece, uint64_t from,
                      uint64_t to, uint64_t *next)
{
    struct ext4_inode *ei = path->ei;
    uint64_t           first = size_max(from, piece->lblk);
    uint64_t           last = size_min(to, piece->lblk + piece->len);

    int err = cut_out(path, *piece, from, to);
    if (err == -ENOSPC || err == -ENOMEM) /* of a cut: nothing has changed */
        return err;
    if (!err)
        err = blocks_give(ei, piece->pblk + (first - piece->lblk), last - first);
    if (!err)
        err = ext4_inode_store(ei);
    if (err)
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
    *next = last;
    return err;
}

/* Nothing is left to be freed. */
static int remove_end(struct ext4_inode *ei)
{
    bool changed;

    int err = ext4_tree_shorten(ei, &changed);
    if (changed && !err)
        err = ext4_inode_store(ei);
    if (changed && err)
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
    return err;
}

/* One extent, in a handle of its own. *next is `to` when there is no more. */
static int remove_step(struct ext4_inode *ei, uint64_t from, uint64_t to, uint64_t *next)
{
    struct ext4_fs   *fs = ext4_fs_of_inode(ei);
    struct ext4_path  path;
    struct ext4_piece piece;
    unsigned          credits = EXT4_INSERT_CREDITS + EXT4_REMOVE_CREDITS + 1 +
                       ext4_free_credits(fs, EXT4_EXTENT_LEN_MAX);

    int err = ext4_begin(fs, (unsigned)size_min(credits, EXT4_CREDITS_MAX));
    if (err)
        return err;
    mutex_lock(&ei->map_lock);
    err = ext4_path_next(ei, from, &path, &piece);
    if (!err && piece.lblk >= to) {
        ext4_path_release(&path);
        err = -ENOENT;
    }
    *next = to;
    if (!err)
        err = remove_one(&path, &piece, from, to, next);
    else if (err == -ENOENT)
        err = remove_end(ei);
    mutex_unlock(&ei->map_lock);
    ext4_end(fs);
    return err;
}

int ext4_extent_remove(struct ext4_inode *ei, uint64_t from, uint64_t to)
{
    int err = 0;

    while (from < to && !err)
        err = remove_step(ei, from, to, &from);
    return err;
}

/* --- blocks of metadata ------------------------------------------------------------------------------ */

static int add_block(struct ext4_path *path, uint64_t lblk, struct ext4_block **out)
{
    struct ext4_inode *ei = path->ei;
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_piece  piece = {.lblk = lblk};
    if (holder(path, lblk, &piece))
        return ext4_damaged(fs, "inode %llu has blocks behind its end",
                            (unsigned long long)ei->inode.ino);

    piece = (struct ext4_piece){.lblk = lblk};
    int err = ext4_blocks_take(fs, goal_for(path, lblk), 1, false, &piece.pblk, &piece.len);
    if (err)
        return err;
    err = ext4_block_get_new(fs, piece.pblk, out);
    if (!err && !extend(path, &piece)) {
        err = ext4_path_insert(path, &piece);
        if (err) {
            ext4_block_put(*out);
            ext4_forget(fs, piece.pblk, 1);
        }
    }
    if (err) {
        if (ext4_blocks_free(fs, piece.pblk, piece.len))
            ext4_abort(fs, -EIO);
        return err;
    }
    ext4_path_merge(path);
    ei->inode.blocks += fs->block_size / 512;
    return 0;
}

int ext4_extent_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out)
{
    struct ext4_path path;

    mutex_lock(&ei->map_lock);
    int err = ext4_path_find(ei, lblk, &path);
    if (!err) {
        err = add_block(&path, lblk, out);
        ext4_path_release(&path);
    }
    mutex_unlock(&ei->map_lock);
    return err;
}

int ext4_extent_drop_block(struct ext4_inode *ei, uint64_t lblk)
{
    struct ext4_path  path;
    struct ext4_piece piece;

    mutex_lock(&ei->map_lock);
    int err = ext4_path_next(ei, lblk, &path, &piece);
    if (!err)
        err = cut_out(&path, piece, lblk, lblk + 1);
    if (!err)
        err = blocks_give(ei, piece.pblk + (lblk - piece.lblk), 1);
    mutex_unlock(&ei->map_lock);
    return err;
}
