/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc.h - which blocks and inodes of an ext4 file system are in use.
 *
 * The truth is in the groups: a bitmap of blocks, one of inodes, and counts in the group's descriptor.
 * Everything that changes them is called in a handle (ext4_txn.h) and undone with it if the machine stops.
 * What is freed is free on the disk at once, and is kept from being given out again until the
 * transaction is committed: until then a crash brings the old owner back, who must find his bytes.
 */
#ifndef FS_EXT4_ALLOC_H
#define FS_EXT4_ALLOC_H

#include "fs/ext4_impl.h"

/* At mounting for writing, after the superblock was read; undo it at unmounting (also if it was never
 * started). start: -EROFS (logged: these groups cannot be written), -ENOMEM, -EIO. */
int  ext4_alloc_start(struct ext4_fs *fs);
void ext4_alloc_stop(struct ext4_fs *fs);

/* --- groups (ext4_group.c) -------------------------------------------------------------------- */

/* A group's descriptor, in its block, which is referenced. */
struct ext4_group_at {
    uint32_t           nr;
    struct ext4_block *block;
    struct ext4_group *desc; /* fs->group_size bytes of it are there */
};

/* Group nr's descriptor, its checksum verified. -EIO, -ENOMEM. alloc.lock is held, if fs is written. */
int  ext4_group_get(struct ext4_fs *fs, uint32_t nr, struct ext4_group_at *g);
void ext4_group_put(struct ext4_group_at *g);

uint64_t ext4_group_first(const struct ext4_fs *fs, uint32_t nr);  /* its first block */
uint32_t ext4_group_blocks(const struct ext4_fs *fs, uint32_t nr); /* how many it has */

uint64_t ext4_group_inode_table(const struct ext4_fs *fs, const struct ext4_group *desc);
uint32_t ext4_group_free_blocks(const struct ext4_fs *fs, const struct ext4_group *desc);
uint32_t ext4_group_free_inodes(const struct ext4_fs *fs, const struct ext4_group *desc);
uint32_t ext4_group_dirs(const struct ext4_fs *fs, const struct ext4_group *desc);

/* Add to the counts of a descriptor that is being changed. Those of a damaged group stop at their ends. */
void ext4_group_count(const struct ext4_fs *fs, struct ext4_group *desc, int blocks, int inodes,
                      int dirs);

/* The same, and for the whole file system: in memory and in the superblock. In a handle, alloc.lock held. */
void ext4_alloc_count(struct ext4_fs *fs, struct ext4_group_at *g, int64_t blocks, int inodes,
                      int dirs);

/* Set the descriptor's checksum: the end of each change. */
void ext4_group_seal(const struct ext4_fs *fs, struct ext4_group_at *g);

/* The group's bitmaps, with a reference: verified, made where the image has none yet. In a handle, alloc.lock
 * held. After a change of one: its _changed function, then ext4_group_seal(). */
int  ext4_group_block_bitmap(struct ext4_fs *fs, struct ext4_group_at *g, struct ext4_block **out);
int  ext4_group_inode_bitmap(struct ext4_fs *fs, struct ext4_group_at *g, struct ext4_block **out);
void ext4_block_bitmap_changed(struct ext4_fs *fs, struct ext4_group_at *g,
                               const struct ext4_block *bitmap);
void ext4_inode_bitmap_changed(struct ext4_fs *fs, struct ext4_group_at *g,
                               const struct ext4_block *bitmap);

/* How many inodes at the end of the group's table were never used. */
uint32_t ext4_group_unused(const struct ext4_fs *fs, const struct ext4_group *desc);
void     ext4_group_set_unused(const struct ext4_fs *fs, struct ext4_group *desc, uint32_t n);

/* --- bits ------------------------------------------------------------------------------------- */

static inline bool ext4_bit(const uint8_t *map, uint32_t i)
{
    return map[i / 8] >> i % 8 & 1;
}

/* The first bit in [from, end) that is set (or clear, if !set) in a | b; b may be NULL. end: none. */
uint32_t ext4_bits_find(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t end, bool set);

/* Set or clear bits [from, from + n). */
void ext4_bits_put(uint8_t *map, uint32_t from, uint32_t n, bool set);

/* --- blocks (ext4_alloc.c) ----------------------------------------------------------------------- */

/* Up to max blocks that lie together, near goal (any value). reserved: also of those that are kept back for
 * operations that free something, and for contents that were accepted. EXT4_ALLOC_CREDITS. -ENOSPC, -EIO, -ENOMEM. */
int ext4_blocks_take(struct ext4_fs *fs, uint64_t goal, uint64_t max, bool reserved,
                     uint64_t *start, uint64_t *len);

/* Free [start, start + len). Credits: ext4_free_credits(). -EIO: some are free already, or are no blocks for
 * files; then it is for the caller to abort. */
int ext4_blocks_free(struct ext4_fs *fs, uint64_t start, uint64_t len);

#define EXT4_ALLOC_CREDITS 3u /* bitmap, descriptor, superblock */

static inline unsigned ext4_free_credits(const struct ext4_fs *fs, uint64_t len)
{
    return (unsigned)(2 * (len / fs->blocks_per_group + 2) + 1);
}

/* No handle is open: are there n blocks to be had? 0, -ENOSPC. */
int ext4_space_check(struct ext4_fs *fs, uint64_t n);

/* A commit begins, no handle is open: the checksums of bitmaps are set. */
void ext4_alloc_seal(struct ext4_fs *fs);

/* No handle is open. An allocation failed for want of blocks: is there sense in trying again, since some
 * that were freed can be given out now? *tries: 0 at first; it counts. */
bool ext4_more_space(struct ext4_fs *fs, unsigned *tries);

/* --- inodes (ext4_alloc_inode.c) ----------------------------------------------------------------- */

/* A number for a new inode of dir (NULL: anywhere): near it, but directories are spread.
 * EXT4_ALLOC_CREDITS. -ENOSPC, -EIO, -ENOMEM. */
int ext4_ino_take(struct ext4_fs *fs, const struct ext4_inode *dir, bool directory, uint32_t *ino);
int ext4_ino_free(struct ext4_fs *fs, uint32_t ino, bool directory);

/* Where blocks of ino go if nothing else is known. */
uint64_t ext4_ino_goal(const struct ext4_fs *fs, uint32_t ino);

#endif
