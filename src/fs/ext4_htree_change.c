/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_htree_change.c - directories' trees grow.
 *
 * A leaf that is full is halved by the hashes of its names, and the index above it gets one more entry; an
 * index block that is full is halved first, or, if it is the root, handed down to a new one. Everything
 * that this takes, blocks and memory, is there before the first change. The tree has at most two levels of
 * index blocks, as on Linux without the feature large_dir: half a million names and more.
 */
#include "fs/ext4_dir.h"
#include "fs/ext4_hash.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define LEVELS_MAX 2u /* of index blocks */

/* --- index blocks ------------------------------------------------------------------------------- */

static void counts_put(struct ext4_dx_entry *entries, uint32_t count, uint32_t limit)
{
    struct ext4_dx_countlimit cl = {ext4_put16(limit), ext4_put16(count)};

    memcpy(entries, &cl, sizeof(cl)); /* where entry 0 would have its hash */
}

/* How many entries fit behind offset. */
static uint32_t limit_for(const struct ext4_fs *fs, uint32_t offset)
{
    uint32_t room = fs->block_size - offset - (fs->has_csum ? 8 : 0);

    return room / (uint32_t)sizeof(struct ext4_dx_entry);
}

/* An index block that is no root, with no entries yet. */
static void node_init(struct ext4_dx_step *s, struct ext4_block *block)
{
    struct ext4_dirent *de = (void *)block->data;

    memset(block->data, 0, block->fs->block_size);
    de->rec_len = ext4_put16(block->fs->block_size);
    s->block = block;
    s->entries = (void *)(block->data + EXT4_DX_NODE_COUNT);
    s->limit = limit_for(block->fs, EXT4_DX_NODE_COUNT);
    s->count = 0;
}

/* Take over entries [from, from + n) of another block. */
static void step_fill(struct ext4_inode *dir, struct ext4_dx_step *s,
                      const struct ext4_dx_entry *from, uint32_t n)
{
    memcpy(s->entries, from, n * sizeof(*from));
    s->count = n;
    counts_put(s->entries, n, s->limit);
    ext4_dir_seal(dir, s->block);
}

/* One more entry behind the one that was taken. */
static void step_insert(struct ext4_inode *dir, struct ext4_dx_step *s, uint32_t hash,
                        uint64_t lblk)
{
    struct ext4_dx_entry *e = &s->entries[s->at + 1];
    ASSERT(s->count < s->limit);

    ext4_block_change(s->block);
    memmove(e + 1, e, (s->count - s->at - 1) * sizeof(*e));
    *e = (struct ext4_dx_entry){ext4_put32(hash), ext4_put32(lblk)};
    s->count++;
    counts_put(s->entries, s->count, s->limit);
    ext4_dir_seal(dir, s->block);
}

/* The root's entries go to a node of their own, which becomes the root's only entry. */
static void root_hand_down(struct ext4_inode *dir, struct ext4_dx_path *path,
                           struct ext4_block *fresh, uint64_t lblk)
{
    struct ext4_dx_step      *root = &path->steps[0], *node = &path->steps[1];
    struct ext4_dx_root_info *info = (void *)(root->block->data + EXT4_DX_ROOT_INFO);

    node_init(node, fresh);
    node->at = root->at;
    step_fill(dir, node, root->entries, root->count);

    ext4_block_change(root->block);
    info->indirect_levels++;
    root->entries[0].block = ext4_put32(lblk);
    root->count = 1;
    root->at = 0;
    counts_put(root->entries, 1, root->limit);
    ext4_dir_seal(dir, root->block);
    path->depth = 2;
}

/* The upper half of the last index block goes to a new one. */
static void node_split(struct ext4_inode *dir, struct ext4_dx_path *path, struct ext4_block *fresh,
                       uint64_t lblk)
{
    struct ext4_dx_step *up = &path->steps[path->depth - 2], *s = up + 1, right;
    uint32_t             cut = s->count / 2, hash = ext4_le32(s->entries[cut].hash);

    node_init(&right, fresh);
    step_fill(dir, &right, s->entries + cut, s->count - cut);
    ext4_block_change(s->block);
    s->count = cut;
    counts_put(s->entries, cut, s->limit);
    ext4_dir_seal(dir, s->block);
    step_insert(dir, up, hash, lblk);
    if (s->at < cut) {
        ext4_block_put(fresh);
        return;
    }
    right.at = s->at - cut;
    ext4_block_put(s->block);
    *s = right;
    up->at++;
}

/* --- leaves ------------------------------------------------------------------------------------- */

/* An entry of the leaf that is being halved. */
struct item {
    uint32_t hash;
    uint16_t offset; /* in the copy */
    uint16_t need;   /* bytes */
};

struct halves {
    uint8_t    *copy; /* of the leaf */
    uint32_t    n;
    uint32_t    cut; /* items from here on go to the new leaf */
    struct item items[];
};

static void items_sort(struct halves *h)
{
    for (uint32_t i = 1; i < h->n; i++) {
        struct item item = h->items[i];
        uint32_t    at = i;
        for (; at > 0 && h->items[at - 1].hash > item.hash; at--)
            h->items[at] = h->items[at - 1];
        h->items[at] = item;
    }
}

static int items_collect(struct halves *h, const struct ext4_block *leaf, unsigned version)
{
    for (uint32_t offset = 0; offset < ext4_dir_leaf_end(leaf->fs);) {
        const struct ext4_dirent *de = ext4_dirent_at(leaf, offset);
        struct item               item = {.offset = (uint16_t)offset,
                                          .need = (uint16_t)ext4_dirent_need(de->name_len)};
        if (ext4_le32(de->inode)) {
            int err = ext4_name_hash(leaf->fs, version, de->name, de->name_len, &item.hash, NULL);
            if (err)
                return err;
            h->items[h->n++] = item;
        }
        offset += ext4_dirent_len(leaf->fs, de);
    }
    return 0;
}

/* Where the halves have most equal sizes; each has one entry at least. */
static uint32_t halves_cut(const struct halves *h)
{
    uint32_t total = 0, sum = 0, cut = 0;

    for (uint32_t i = 0; i < h->n; i++)
        total += h->items[i].need;
    while (cut + 1 < h->n && 2 * sum + h->items[cut].need <= total)
        sum += h->items[cut++].need;
    return cut ? cut : 1;
}

/* Prepare to halve leaf. NULL with *err: -ENOMEM, -EIO (it has too few entries to be full). */
static struct halves *halves_new(const struct ext4_block *leaf, unsigned version, int *err)
{
    uint32_t       size = leaf->fs->block_size;
    size_t         most = size / ext4_dirent_need(1) + 1;
    struct halves *h = kzalloc(sizeof(*h) + most * sizeof(struct item) + size);
    *err = -ENOMEM;
    if (!h)
        return NULL;
    h->copy = (uint8_t *)&h->items[most];
    *err = items_collect(h, leaf, version);
    if (!*err && h->n < 2)
        *err = ext4_damaged(leaf->fs, "a leaf of a directory's tree (block %llu) cannot be halved",
                            (unsigned long long)leaf->nr);
    if (*err) {
        kfree(h);
        return NULL;
    }
    memcpy(h->copy, leaf->data, size);
    items_sort(h);
    h->cut = halves_cut(h);
    return h;
}

/* Fill leaf, which is empty, with items [from, to): one after the other, the last one has what is left. */
static void leaf_fill(struct ext4_inode *dir, struct ext4_block *leaf, const struct halves *h,
                      uint32_t from, uint32_t to)
{
    uint32_t offset = 0, end = ext4_dir_leaf_end(leaf->fs);

    for (uint32_t i = from; i < to; i++) {
        struct ext4_dirent *de = (void *)(leaf->data + offset);
        uint32_t            len = i + 1 < to ? h->items[i].need : end - offset;
        memcpy(de, h->copy + h->items[i].offset, h->items[i].need);
        de->rec_len = ext4_put16(len);
        offset += len;
    }
    ext4_dir_seal(dir, leaf);
}

/* The hash from which on names are in the new leaf, its lowest bit set if it has names of the last hash of
 * the old one, too. */
static uint32_t halves_hash(const struct halves *h)
{
    uint32_t first = h->items[h->cut].hash;

    return first | (h->items[h->cut - 1].hash == first);
}

/* Halve leaf into itself and fresh (block lblk of dir), whose entry the index gets. */
static void leaf_split(struct ext4_inode *dir, struct ext4_dx_path *path, struct ext4_block *leaf,
                       struct ext4_block *fresh, uint64_t lblk, const struct halves *h)
{
    ext4_leaf_init(fresh);
    leaf_fill(dir, fresh, h, h->cut, h->n);
    ext4_block_change(leaf);
    memset(leaf->data, 0, leaf->fs->block_size);
    ext4_leaf_init(leaf);
    leaf_fill(dir, leaf, h, 0, h->cut);
    step_insert(dir, &path->steps[path->depth - 1], halves_hash(h), lblk);
}

/* --- inserting ---------------------------------------------------------------------------------- */

/* What growing takes: a block for the leaf, and one for an index block if the last one is full. */
struct growth {
    struct ext4_block *leaf, *node; /* node: NULL if it is not needed */
    uint64_t           leaf_lblk, node_lblk;
};

static int growth_get(struct ext4_inode *dir, const struct ext4_dx_path *path, struct growth *g)
{
    struct ext4_fs            *fs = ext4_fs_of_inode(dir);
    const struct ext4_dx_step *last = &path->steps[path->depth - 1];

    bool full = last->count >= last->limit;
    if (full && path->depth >= LEVELS_MAX && path->steps[0].count >= path->steps[0].limit)
        return -ENOSPC;
    g->node = NULL;
    g->leaf_lblk = dir->inode.size >> fs->block_shift;
    int err = ext4_dir_append(dir, &g->leaf);
    if (err || !full)
        return err;
    g->node_lblk = dir->inode.size >> fs->block_shift;
    err = ext4_dir_append(dir, &g->node);
    if (err)
        ext4_dir_unappend(dir, g->leaf);
    return err;
}

static void index_make_room(struct ext4_inode *dir, struct ext4_dx_path *path,
                            const struct growth *g)
{
    if (!g->node)
        return;
    if (path->depth == 1)
        root_hand_down(dir, path, g->node, g->node_lblk);
    else
        node_split(dir, path, g->node, g->node_lblk);
}

/* entry does not fit into leaf, to which path leads. */
static int insert_growing(struct ext4_inode *dir, struct ext4_dx_path *path,
                          struct ext4_block *leaf, const struct ext4_entry *entry)
{
    struct growth  g;
    int            err;
    struct halves *h = halves_new(leaf, path->version, &err);
    if (!h)
        return err;
    err = growth_get(dir, path, &g);
    if (!err) {
        index_make_room(dir, path, &g);
        leaf_split(dir, path, leaf, g.leaf, g.leaf_lblk, h);
        struct ext4_block *home = path->hash >= (halves_hash(h) & ~1u) ? g.leaf : leaf;
        if (!ext4_leaf_insert(home, entry)) /* a half has room for any name */
            ext4_abort(ext4_fs_of_inode(dir), -EIO);
        ext4_dir_seal(dir, home);
        ext4_block_put(g.leaf);
    }
    kfree(h);
    return err;
}

/* Into the leaf that path leads to. */
static int insert_at(struct ext4_inode *dir, struct ext4_dx_path *path,
                     const struct ext4_entry *entry)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(dir);
    uint64_t           lblk = ext4_dx_block(path);
    struct ext4_block *leaf;
    if (lblk == 0 || lblk >= dir->inode.size >> fs->block_shift)
        return -EOPNOTSUPP;

    int err = ext4_dir_block(dir, lblk, &leaf);
    if (err)
        return err;
    if (ext4_leaf_insert(leaf, entry))
        ext4_dir_seal(dir, leaf);
    else
        err = insert_growing(dir, path, leaf, entry);
    ext4_block_put(leaf);
    return err;
}

int ext4_htree_insert(struct ext4_inode *dir, const struct ext4_entry *entry)
{
    struct ext4_fs     *fs = ext4_fs_of_inode(dir);
    struct ext4_dx_path path;

    int err = ext4_dx_find(dir, entry->name.text, entry->name.len, &path);
    if (!err) {
        err = insert_at(dir, &path, entry);
        ext4_dx_release(&path);
    }
    if (err != -EOPNOTSUPP)
        return err;
    return ext4_damaged(fs, "directory %llu has an index that cannot be added to: run e2fsck -D",
                        (unsigned long long)dir->inode.ino);
}

/* --- a new tree ----------------------------------------------------------------------------------- */

/* Does the block begin with "." and ".."? *rest: where the others begin. */
static bool dots_first(const struct ext4_block *block, uint32_t *rest)
{
    const struct ext4_dirent *self = ext4_dirent_at(block, 0);
    uint32_t                  at = ext4_dirent_len(block->fs, self);
    if (at != ext4_dirent_need(1) || self->name_len != 1 || self->name[0] != '.')
        return false;

    const struct ext4_dirent *up = ext4_dirent_at(block, at);
    *rest = at + ext4_dirent_len(block->fs, up);
    return up->name_len == 2 && memcmp(up->name, "..", 2) == 0 &&
           *rest < ext4_dir_leaf_end(block->fs);
}

/* Copy the entries from offset on to an empty leaf: the first one begins there, the last one ends at its end. */
static void entries_move(struct ext4_block *to, const struct ext4_block *from, uint32_t offset)
{
    uint32_t end = ext4_dir_leaf_end(from->fs), at = 0;

    memcpy(to->data, from->data + offset, end - offset);
    while (at + ext4_dirent_len(to->fs, ext4_dirent_at(to, at)) < end - offset)
        at += ext4_dirent_len(to->fs, ext4_dirent_at(to, at));
    struct ext4_dirent *last = (void *)(to->data + at);
    last->rec_len = ext4_put16(end - at);
}

/* Block 0 becomes the root of a tree with one leaf, block 1. */
static void root_init(struct ext4_inode *dir, struct ext4_block *root)
{
    struct ext4_fs      *fs = root->fs;
    uint32_t             at = ext4_dirent_need(1);
    struct ext4_dirent  *up = (void *)(root->data + at);
    const uint32_t       entries_at = EXT4_DX_ROOT_INFO + sizeof(struct ext4_dx_root_info);
    struct ext4_dx_entry first = {.block = ext4_put32(1)};

    up->rec_len = ext4_put16(fs->block_size - at);
    memset(root->data + EXT4_DX_ROOT_INFO, 0, fs->block_size - EXT4_DX_ROOT_INFO);
    struct ext4_dx_root_info *info = (void *)(root->data + EXT4_DX_ROOT_INFO);
    info->hash_version = fs->hash_version;
    info->info_length = sizeof(*info);
    struct ext4_dx_entry *entries = (void *)(root->data + entries_at);
    *entries = first;
    counts_put(entries, 1, limit_for(fs, entries_at));
    dir->flags |= EXT4_FL_INDEX;
    ext4_dir_seal(dir, root);
}

int ext4_htree_make(struct ext4_inode *dir)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(dir);
    struct ext4_block *root, *leaf;
    uint32_t           hash, rest;
    if (ext4_name_hash(fs, fs->hash_version, "a", 1, &hash, NULL))
        return -EOPNOTSUPP;

    int err = ext4_dir_block(dir, 0, &root);
    if (err)
        return err;
    err = dots_first(root, &rest) ? ext4_dir_append(dir, &leaf) : -EOPNOTSUPP;
    if (!err) {
        ext4_leaf_init(leaf);
        entries_move(leaf, root, rest);
        ext4_block_change(root);
        root_init(dir, root);
        ext4_dir_seal(dir, leaf);
        ext4_block_put(leaf);
    }
    ext4_block_put(root);
    return err;
}
