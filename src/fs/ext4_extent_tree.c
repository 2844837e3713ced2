/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent_tree.c - the shape of extent trees: inserting and removing entries, nodes that split and go.
 *
 * The key of an index is the first block of the node under it; whenever a node's first entry changes, so do
 * the keys above, as far as they are first entries themselves. A node has at least one entry, but for the
 * root of an empty tree.
 *
 * Before the first change of an insertion all blocks that splits will need are there, so that it
 * happens as a whole or not at all.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_extent.h"
#include "fs/ext4_txn.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- nodes ------------------------------------------------------------------------------------ */

static struct ext4_extent_header *header_of(const struct ext4_level *l)
{
    return (void *)l->bytes;
}

static uint32_t entries(const struct ext4_level *l)
{
    return ext4_le16(header_of(l)->entries);
}

static bool is_full(const struct ext4_level *l)
{
    return entries(l) >= ext4_le16(header_of(l)->max);
}

static void *entry(const struct ext4_level *l, uint32_t i)
{
    return l->bytes + (size_t)EXT4_EXTENT_ENTRY * (i + 1);
}

/* Entries of both kinds begin so. */
static uint32_t key(const struct ext4_level *l, uint32_t i)
{
    const struct ext4_extent *e = entry(l, i);

    return ext4_le32(e->block);
}

/* Around every change of a level. */
static void change(const struct ext4_level *l)
{
    if (l->block)
        ext4_block_change(l->block);
}

static void seal(const struct ext4_path *path, const struct ext4_level *l)
{
    if (l->block)
        ext4_extent_seal(path->ei, l->bytes);
}

static void entry_insert(const struct ext4_level *l, uint32_t i, const void *bytes)
{
    uint32_t n = entries(l);
    ASSERT(i <= n && !is_full(l));

    memmove(entry(l, i + 1), entry(l, i), (size_t)(n - i) * EXT4_EXTENT_ENTRY);
    memcpy(entry(l, i), bytes, EXT4_EXTENT_ENTRY);
    header_of(l)->entries = ext4_put16(n + 1);
}

static void entry_remove(const struct ext4_level *l, uint32_t i)
{
    uint32_t n = entries(l);
    ASSERT(i < n);

    memmove(entry(l, i), entry(l, i + 1), (size_t)(n - i - 1) * EXT4_EXTENT_ENTRY);
    header_of(l)->entries = ext4_put16(n - 1);
}

static struct ext4_extent pack(const struct ext4_piece *p)
{
    return (struct ext4_extent){
        .block = ext4_put32(p->lblk),
        .len = ext4_put16((uint32_t)p->len + (p->unwritten ? EXT4_EXTENT_LEN_MAX : 0)),
        .start_hi = ext4_put16((uint32_t)(p->pblk >> 32)),
        .start_lo = ext4_put32(p->pblk),
    };
}

static struct ext4_extent_index pack_index(uint32_t lblk, uint64_t leaf)
{
    return (struct ext4_extent_index){
        .block = ext4_put32(lblk),
        .leaf_lo = ext4_put32(leaf),
        .leaf_hi = ext4_put16((uint32_t)(leaf >> 32)),
    };
}

/* --- the way down ----------------------------------------------------------------------------- */

void ext4_path_release(struct ext4_path *path)
{
    for (unsigned k = 0; k <= path->depth; k++)
        if (path->levels[k].block)
            ext4_block_put(path->levels[k].block);
    path->depth = 0;
    path->levels[0].block = NULL;
}

int ext4_path_find(struct ext4_inode *ei, uint64_t lblk, struct ext4_path *path)
{
    struct ext4_node n = ext4_node_of(ei->block);

    path->ei = ei;
    path->depth = 0;
    path->levels[0] = (struct ext4_level){.bytes = ei->block};
    while (n.depth) {
        struct ext4_level *l = &path->levels[path->depth];
        struct ext4_block *child;
        uint32_t           i = ext4_entries_up_to(&n, lblk);
        l->at = i ? i - 1 : 0;
        int err = ext4_extent_child(ei, &n, l->at, &child);
        if (err) {
            ext4_path_release(path);
            return err;
        }
        path->depth++;
        l[1] = (struct ext4_level){.block = child, .bytes = child->data};
        n = ext4_node_of(child->data);
    }
    ext4_path_leaf(path)->at = ext4_entries_up_to(&n, lblk);
    return 0;
}

uint64_t ext4_path_end(const struct ext4_path *path)
{
    for (unsigned k = path->depth; k-- > 0;) {
        const struct ext4_level *l = &path->levels[k];
        if (l->at + 1 < entries(l))
            return key(l, l->at + 1);
    }
    return EXT4_LBLK_END;
}

int ext4_path_next(struct ext4_inode *ei, uint64_t lblk, struct ext4_path *path,
                   struct ext4_piece *piece)
{
    while (lblk < EXT4_LBLK_END) {
        int err = ext4_path_find(ei, lblk, path);
        if (err)
            return err;
        struct ext4_level *leaf = ext4_path_leaf(path);
        if (leaf->at > 0) {
            *piece = ext4_piece_of(entry(leaf, leaf->at - 1));
            if (piece->lblk + piece->len > lblk) {
                leaf->at--;
                return 0;
            }
        }
        if (leaf->at < entries(leaf)) {
            *piece = ext4_piece_of(entry(leaf, leaf->at));
            return 0;
        }
        uint64_t next = ext4_path_end(path);
        ext4_path_release(path);
        if (next <= lblk) /* of damaged trees: no way forward */
            break;
        lblk = next;
    }
    return -ENOENT;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The first entry of level k changed: so do the keys that lead to it. */
static void fix_keys(struct ext4_path *path, unsigned k)
{
    while (k > 0) {
        uint32_t                  first = key(&path->levels[k], 0);
        struct ext4_level        *l = &path->levels[--k];
        struct ext4_extent_index *x = entry(l, l->at);
        if (ext4_le32(x->block) == first)
            return;
        change(l);
        x->block = ext4_put32(first);
        seal(path, l);
        if (l->at != 0)
            return;
    }
}

void ext4_path_set(struct ext4_path *path, const struct ext4_piece *piece)
{
    struct ext4_level *leaf = ext4_path_leaf(path);
    struct ext4_extent e = pack(piece);

    change(leaf);
    memcpy(entry(leaf, leaf->at), &e, sizeof(e));
    seal(path, leaf);
    if (leaf->at == 0)
        fix_keys(path, path->depth);
}

/* --- growing ---------------------------------------------------------------------------------- */

static uint16_t node_max(const struct ext4_fs *fs)
{
    return (uint16_t)(fs->block_size / EXT4_EXTENT_ENTRY - 1);
}

static void node_init(const struct ext4_path *path, struct ext4_block *block, uint32_t depth)
{
    struct ext4_extent_header *h = (void *)block->data;

    *h = (struct ext4_extent_header){
        .magic = ext4_put16(EXT4_EXTENT_MAGIC),
        .max = ext4_put16(node_max(ext4_fs_of_inode(path->ei))),
        .depth = ext4_put16(depth),
    };
}

/* The root's entries move into a node of their own, and the root becomes an index of that one. */
static void grow(struct ext4_path *path, struct ext4_block *fresh)
{
    struct ext4_level       *root = &path->levels[0], *child = &path->levels[1];
    uint32_t                 n = entries(root), depth = ext4_le16(header_of(root)->depth);
    struct ext4_extent_index x = pack_index(key(root, 0), fresh->nr);

    node_init(path, fresh, depth);
    memmove(child + 1, child, (size_t)path->depth * sizeof(*child));
    path->depth++;
    *child = (struct ext4_level){.block = fresh, .bytes = fresh->data, .at = root->at};
    memcpy(entry(child, 0), entry(root, 0), (size_t)n * EXT4_EXTENT_ENTRY);
    header_of(child)->entries = ext4_put16(n);
    ext4_extent_seal(path->ei, fresh->data);

    memset(entry(root, 0), 0, (size_t)n * EXT4_EXTENT_ENTRY);
    memcpy(entry(root, 0), &x, sizeof(x));
    header_of(root)->entries = ext4_put16(1);
    header_of(root)->depth = ext4_put16(depth + 1);
    root->at = 0;
}

/* Move part of full level k into a new node right of it; the level above has room. Where a file grows at
 * its end nodes stay full; elsewhere they are halved. */
static void split(struct ext4_path *path, unsigned k, struct ext4_block *fresh)
{
    struct ext4_level *l = &path->levels[k], *up = &path->levels[k - 1];
    struct ext4_level  right = {.block = fresh, .bytes = fresh->data};
    uint32_t           n = entries(l), last = k == path->depth ? n : n - 1;
    uint32_t           cut = l->at == last ? n - 1 : n / 2;

    node_init(path, fresh, ext4_le16(header_of(l)->depth));
    memcpy(entry(&right, 0), entry(l, cut), (size_t)(n - cut) * EXT4_EXTENT_ENTRY);
    header_of(&right)->entries = ext4_put16(n - cut);
    ext4_extent_seal(path->ei, fresh->data);

    struct ext4_extent_index x = pack_index(key(&right, 0), fresh->nr);
    change(l);
    header_of(l)->entries = ext4_put16(cut);
    seal(path, l);
    change(up);
    entry_insert(up, up->at + 1, &x);
    seal(path, up);

    bool goes_right = k == path->depth ? l->at > cut : l->at >= cut;
    if (goes_right) {
        right.at = l->at - cut;
        ext4_block_put(l->block);
        *l = right;
        up->at++;
    } else {
        ext4_block_put(fresh);
    }
}

/* A block for a node, anywhere near the inode, out of the way of the file's contents. */
static int node_take(struct ext4_inode *ei, struct ext4_block **out)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    uint64_t        nr, len;

    int err = ext4_blocks_take(fs, ext4_ino_goal(fs, (uint32_t)ei->inode.ino), 1, true, &nr, &len);
    if (err)
        return err;
    err = ext4_block_get_new(fs, nr, out);
    if (err && ext4_blocks_free(fs, nr, 1))
        ext4_abort(fs, -EIO);
    if (!err)
        ei->inode.blocks += fs->block_size / 512;
    return err;
}

/* Give a node's block back; the reference on it goes. */
static int node_give(struct ext4_inode *ei, struct ext4_block *block)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    uint64_t        nr = block->nr;

    ext4_block_put(block);
    ext4_forget(fs, nr, 1);
    ei->inode.blocks -= size_min(fs->block_size / 512, ei->inode.blocks);
    return ext4_blocks_free(fs, nr, 1);
}

int ext4_path_make_room(struct ext4_path *path)
{
    struct ext4_block *fresh[EXT4_EXTENT_DEPTH_MAX + 1];
    unsigned           need = 0, have = 0;

    while (need <= path->depth && is_full(&path->levels[path->depth - need])) {
        if (need < path->depth && entries(&path->levels[path->depth - need]) < 2)
            return ext4_damaged(ext4_fs_of_inode(path->ei),
                                "inode %llu has an extent block of one entry",
                                (unsigned long long)path->ei->inode.ino);
        need++;
    }
    if (need > path->depth && path->depth == EXT4_EXTENT_DEPTH_MAX)
        return -ENOSPC;
    for (; have < need; have++) {
        int err = node_take(path->ei, &fresh[have]);
        if (err) {
            while (have)
                if (node_give(path->ei, fresh[--have]))
                    ext4_abort(ext4_fs_of_inode(path->ei), -EIO);
            return err;
        }
    }
    if (need > path->depth)
        grow(path, fresh[--need]);
    while (need) {
        unsigned k = path->depth - need + 1;
        split(path, k, fresh[--need]);
    }
    return 0;
}

int ext4_path_insert(struct ext4_path *path, const struct ext4_piece *piece)
{
    int err = ext4_path_make_room(path);
    if (err)
        return err;

    struct ext4_level *leaf = ext4_path_leaf(path);
    struct ext4_extent e = pack(piece);
    change(leaf);
    entry_insert(leaf, leaf->at, &e);
    seal(path, leaf);
    if (leaf->at == 0)
        fix_keys(path, path->depth);
    return 0;
}

/* --- shrinking -------------------------------------------------------------------------------- */

static int remove_entry(struct ext4_path *path)
{
    int err = 0;

    for (unsigned k = path->depth;; k--) {
        struct ext4_level *l = &path->levels[k];
        change(l);
        entry_remove(l, l->at);
        seal(path, l);
        if (entries(l) > 0) {
            if (l->at == 0)
                fix_keys(path, k);
            return err;
        }
        if (k == 0) {
            header_of(l)->depth = ext4_put16(0);
            return err;
        }
        struct ext4_block *block = l->block;
        path->depth = k - 1;
        int failed = node_give(path->ei, block);
        err = err ? err : failed;
    }
}

int ext4_path_remove(struct ext4_path *path)
{
    int err = remove_entry(path);

    ext4_path_release(path);
    return err;
}

/* A root whose only child has few entries takes them over. */
static int pull_up(struct ext4_path *path)
{
    struct ext4_level *root = &path->levels[0], *child = &path->levels[1];
    struct ext4_block *block = child->block;

    memcpy(entry(root, 0), entry(child, 0), (size_t)entries(child) * EXT4_EXTENT_ENTRY);
    header_of(root)->entries = header_of(child)->entries;
    header_of(root)->depth = header_of(child)->depth;
    child->block = NULL;
    return node_give(path->ei, block);
}

int ext4_tree_shorten(struct ext4_inode *ei, bool *changed)
{
    struct ext4_path path;
    int              err;

    *changed = false;
    while (!(err = ext4_path_find(ei, 0, &path))) {
        const struct ext4_level *root = &path.levels[0];
        bool                     can = path.depth > 0 && entries(root) == 1 &&
                   entries(root + 1) <= ext4_le16(header_of(root)->max);
        if (can)
            err = pull_up(&path);
        *changed |= can;
        ext4_path_release(&path);
        if (err || !can)
            return err;
    }
    return err;
}

/* --- joining ---------------------------------------------------------------------------------- */

static bool continues(const struct ext4_piece *a, const struct ext4_piece *b)
{
    uint64_t max = EXT4_EXTENT_LEN_MAX - a->unwritten;

    return a->unwritten == b->unwritten && a->lblk + a->len == b->lblk &&
           a->pblk + a->len == b->pblk && a->len + b->len <= max;
}

/* Join extent `at` with the one after it. */
static bool join(struct ext4_path *path, uint32_t at)
{
    struct ext4_level *leaf = ext4_path_leaf(path);
    if (at + 1 >= entries(leaf))
        return false;

    struct ext4_piece a = ext4_piece_of(entry(leaf, at));
    struct ext4_piece b = ext4_piece_of(entry(leaf, at + 1));
    if (!continues(&a, &b))
        return false;
    a.len += b.len;
    struct ext4_extent e = pack(&a);
    change(leaf);
    memcpy(entry(leaf, at), &e, sizeof(e));
    entry_remove(leaf, at + 1);
    seal(path, leaf);
    return true;
}

void ext4_path_merge(struct ext4_path *path)
{
    struct ext4_level *leaf = ext4_path_leaf(path);

    join(path, leaf->at);
    if (leaf->at > 0 && join(path, leaf->at - 1))
        leaf->at--;
}
