/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir.h - directories' blocks and entries, and changing them.
 *
 * The directory's lock is held. Changes are made in a handle; who makes them stores the directory's inode
 * before it ends. What fails has changed nothing that is seen.
 */
#ifndef FS_EXT4_DIR_H
#define FS_EXT4_DIR_H

#include "fs/ext4_impl.h"

/* --- blocks (ext4_dir.c) -------------------------------------------------------------------------- */

/* Where an entry lies. */
struct ext4_slot {
    struct ext4_block *block;  /* referenced */
    uint32_t           offset; /* of the entry */
    uint32_t           before; /* of the one before it; offset itself: it is the first */
};

/* The entry called name. -ENOENT, -EIO, -ENOMEM. */
int ext4_dir_find(struct ext4_inode *dir, const struct vfs_name *name, struct ext4_slot *slot);

/* The same in one checked block. */
bool ext4_dir_search_slot(const struct ext4_block *block, const char *name, size_t len,
                          uint32_t *offset, uint32_t *before);

/* Set the checksum of a block that was changed. */
void ext4_dir_seal(const struct ext4_inode *dir, struct ext4_block *block);

/* Where a leaf's entries end: a checksum may follow. */
static inline uint32_t ext4_dir_leaf_end(const struct ext4_fs *fs)
{
    return fs->block_size - (fs->has_csum ? EXT4_DIR_TAIL : 0);
}

/* Bytes of an entry with a name of that length. */
static inline uint32_t ext4_dirent_need(size_t len)
{
    return (uint32_t)ALIGN_UP(sizeof(struct ext4_dirent) + len, 4);
}

/* --- entries (ext4_dir_change.c) -------------------------------------------------------------------- */

/* What an entry is to say. */
struct ext4_entry {
    struct vfs_name name; /* "." and "..", too */
    uint32_t        ino;
    uint32_t        mode; /* of the inode: its type is told */
};

/* Put entry into a checked leaf. False: there is no room. */
bool ext4_leaf_insert(struct ext4_block *block, const struct ext4_entry *entry);

/* An empty leaf in a block that is being changed. */
void ext4_leaf_init(struct ext4_block *block);

/* A new block at dir's end, zeroed, which must be filled. -ENOSPC, ... And its undoing: the reference goes. */
int  ext4_dir_append(struct ext4_inode *dir, struct ext4_block **out);
void ext4_dir_unappend(struct ext4_inode *dir, struct ext4_block *block);

int ext4_dir_insert(struct ext4_inode *dir, const struct ext4_entry *entry);

/* Remove the entry at slot, or let it be another inode. The reference on the block stays. */
void ext4_dir_remove(struct ext4_inode *dir, const struct ext4_slot *slot);
void ext4_dir_set(struct ext4_inode *dir, const struct ext4_slot *slot, uint32_t ino,
                  uint32_t mode);

/* The first block of a new directory. */
int ext4_dir_make(struct ext4_inode *dir, uint32_t parent);

/* 0 if there are only "." and ".."; -ENOTEMPTY, -EIO, -ENOMEM. */
int ext4_dir_check_empty(struct ext4_inode *dir);

/* An insertion, and what a new block costs. */
#define EXT4_DIR_CREDITS 44u

/* --- trees (ext4_htree.c, ext4_htree_change.c) ----------------------------------------------------- */

/* One level of the way down: entry `at` of the block's `count` was taken. */
struct ext4_dx_step {
    struct ext4_block    *block; /* referenced */
    struct ext4_dx_entry *entries;
    uint32_t              count, limit;
    uint32_t              at;
};

struct ext4_dx_path {
    struct ext4_dx_step steps[EXT4_DX_LEVELS_MAX + 1];
    unsigned            depth; /* steps in use */
    unsigned            version;
    uint32_t            hash; /* of the name */
};

/* The way to the leaf for name. -EOPNOTSUPP: the index cannot be used. To be released if 0 was returned. */
int  ext4_dx_find(struct ext4_inode *dir, const char *name, size_t len, struct ext4_dx_path *path);
void ext4_dx_release(struct ext4_dx_path *path);
uint64_t ext4_dx_block(const struct ext4_dx_path *path); /* the leaf */

/* The leaf that has name, with a reference; NULL: none has. -EOPNOTSUPP. */
int ext4_htree_find_block(struct ext4_inode *dir, const char *name, size_t len,
                          struct ext4_block **block);

/* ext4_dir_insert() of a directory with a tree. */
int ext4_htree_insert(struct ext4_inode *dir, const struct ext4_entry *entry);

/* Give a directory of one block a tree. -EOPNOTSUPP: it can have none. */
int ext4_htree_make(struct ext4_inode *dir);

#endif
