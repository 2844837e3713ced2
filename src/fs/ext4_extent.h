/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent.h - extent trees: nodes and their entries, the way down, changes.
 *
 * Reading is in ext4_extent.c, the tree's shape in ext4_extent_tree.c, what files do with it in
 * ext4_extent_change.c. Who changes a tree holds inode.lock and map_lock in a handle, and stores the inode, in
 * which the root is, before the handle ends.
 */
#ifndef FS_EXT4_EXTENT_H
#define FS_EXT4_EXTENT_H

#include "fs/ext4_impl.h"

/* A node that was checked. */
struct ext4_node {
    uint32_t                         depth;
    uint32_t                         entries;
    const struct ext4_extent_header *header;
};

static inline struct ext4_node ext4_node_of(const void *bytes)
{
    const struct ext4_extent_header *header = bytes;

    return (struct ext4_node){ext4_le16(header->depth), ext4_le16(header->entries), header};
}

/* Entry i; extents and indices are of one size and begin with the same field. */
static inline const struct ext4_extent *ext4_extent_at(const struct ext4_node *n, uint32_t i)
{
    const void *p = (const uint8_t *)n->header + (size_t)EXT4_EXTENT_ENTRY * (i + 1);
    return p;
}

static inline const struct ext4_extent_index *ext4_index_at(const struct ext4_node *n, uint32_t i)
{
    const void *p = ext4_extent_at(n, i);
    return p;
}

static inline uint64_t ext4_extent_start(const struct ext4_extent *e)
{
    return ext4_le32(e->start_lo) | (uint64_t)ext4_le16(e->start_hi) << 32;
}

static inline uint64_t ext4_index_leaf(const struct ext4_extent_index *x)
{
    return ext4_le32(x->leaf_lo) | (uint64_t)ext4_le16(x->leaf_hi) << 32;
}

static inline bool ext4_extent_unwritten(const struct ext4_extent *e)
{
    return ext4_le16(e->len) > EXT4_EXTENT_LEN_MAX;
}

static inline uint32_t ext4_extent_len(const struct ext4_extent *e)
{
    uint32_t len = ext4_le16(e->len);

    return len > EXT4_EXTENT_LEN_MAX ? len - EXT4_EXTENT_LEN_MAX : len;
}

/* An extent as numbers. */
struct ext4_piece {
    uint64_t lblk, pblk, len; /* blocks */
    bool     unwritten;       /* reads as zeros */
};

static inline struct ext4_piece ext4_piece_of(const struct ext4_extent *e)
{
    return (struct ext4_piece){ext4_le32(e->block), ext4_extent_start(e), ext4_extent_len(e),
                               ext4_extent_unwritten(e)};
}

/* How many entries begin at or before lblk: the last of those is the one to look at. */
uint32_t ext4_entries_up_to(const struct ext4_node *n, uint64_t lblk);

/* The node that index i of n leads to, checked, with a reference. -EIO, -ENOMEM. */
int ext4_extent_child(struct ext4_inode *ei, const struct ext4_node *n, uint32_t i,
                      struct ext4_block **child);

/* Set the checksum of a node in a block of its own. */
void ext4_extent_seal(const struct ext4_inode *ei, uint8_t *bytes);

/* --- the way down (ext4_extent_tree.c) ---------------------------------------------------------- */

struct ext4_level {
    struct ext4_block *block; /* referenced; NULL: the root */
    uint8_t           *bytes; /* of the node */
    uint32_t at; /* index that was taken; of the last level a position among the extents */
};

struct ext4_path {
    struct ext4_inode *ei;
    unsigned           depth; /* levels[depth] is the leaf */
    struct ext4_level  levels[EXT4_EXTENT_DEPTH_MAX + 1];
};

/* The way to the leaf for lblk, `at` there being how many of its extents begin at or before lblk. To be released
 * if 0 was returned. -EIO, -ENOMEM. */
int  ext4_path_find(struct ext4_inode *ei, uint64_t lblk, struct ext4_path *path);
void ext4_path_release(struct ext4_path *path);

/* Where the leaf's responsibility ends: the first block under the next one. EXT4_LBLK_END: it is the last. */
uint64_t ext4_path_end(const struct ext4_path *path);

static inline struct ext4_level *ext4_path_leaf(struct ext4_path *path)
{
    return &path->levels[path->depth];
}

/* The extent that holds lblk, or the first one after it: path leads to it, `at` being its place. -ENOENT: there
 * is none (path is released then, as with other errors). */
int ext4_path_next(struct ext4_inode *ei, uint64_t lblk, struct ext4_path *path,
                   struct ext4_piece *piece);

/* Replace the extent at path by piece. Its first block may change within what it was. */
void ext4_path_set(struct ext4_path *path, const struct ext4_piece *piece);

/* Put piece at path, before the extent that is there: nodes are split as needed. Then `at` is its place.
 * -ENOSPC, -EIO, -ENOMEM: nothing changed. EXT4_INSERT_CREDITS. */
int ext4_path_insert(struct ext4_path *path, const struct ext4_piece *piece);

/* Have room for one more extent in the leaf; path leads to the same place, and the extent before that is in the
 * same leaf. As ext4_path_insert(). */
int ext4_path_make_room(struct ext4_path *path);

/* Take the extent at path out, and nodes that have become empty. Releases path. -EIO: abort. Credits:
 * EXT4_REMOVE_CREDITS. */
int ext4_path_remove(struct ext4_path *path);

/* Make a tree that has lost entries as low as its root allows. -EIO, -ENOMEM: abort if it changed. */
int ext4_tree_shorten(struct ext4_inode *ei, bool *changed);

/* Join the extent at path with its neighbours in the leaf, if they continue each other. Cannot fail. */
void ext4_path_merge(struct ext4_path *path);

/* Of a tree of usual height (a deeper one has more than a hundred million extents). */
#define EXT4_INSERT_CREDITS 16u
#define EXT4_REMOVE_CREDITS 16u

/* What blocks are wanted for. */
enum ext4_blocks_for {
    EXT4_BLOCKS_CONTENTS, /* that are about to be written: there is room, it was reserved */
    EXT4_BLOCKS_AHEAD,    /* later contents: they read as zeros; what there is stays as it is */
};

/* --- changes (ext4_extent_change.c) ---------------------------------------------------------------- */

/* An empty tree in ei->block; an empty map if the file system has no trees. */
void ext4_extent_init(struct ext4_inode *ei);

/* In a handle, map_lock held: ext4_map_give() for a tree. *changed is set if the inode has to be stored, also on
 * failure. */
int ext4_extent_map_new(struct ext4_inode *ei, uint64_t lblk, uint64_t max,
                        enum ext4_blocks_for purpose, struct ext4_run *run, bool *changed);

/* Are there no blocks at lblk, and for how many blocks at least is it the same? */
int ext4_extent_is_hole(struct ext4_inode *ei, uint64_t lblk, uint64_t *len, bool *hole);

/* In a handle: a block for metadata at lblk, where there is a hole: zeroed, in the transaction, with a
 * reference. And undo that: nobody has a reference on it. Neither stores the inode. */
int ext4_extent_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out);
int ext4_extent_drop_block(struct ext4_inode *ei, uint64_t lblk);

/* No handle, inode.lock held: free the blocks of [from, to), in handles of their own, and store the inode. */
int ext4_extent_remove(struct ext4_inode *ei, uint64_t from, uint64_t to);

/* --- either kind of map (ext4_file.c), with the same rules ------------------------------------------- */

int ext4_map_give(struct ext4_inode *ei, uint64_t lblk, uint64_t max, enum ext4_blocks_for purpose,
                  struct ext4_run *run);
int ext4_map_is_hole(struct ext4_inode *ei, uint64_t lblk, uint64_t *len, bool *hole);
int ext4_map_add_block(struct ext4_inode *ei, uint64_t lblk, struct ext4_block **out);
int ext4_map_drop_block(struct ext4_inode *ei, uint64_t lblk);
int ext4_map_remove(struct ext4_inode *ei, uint64_t from, uint64_t to);

#endif
