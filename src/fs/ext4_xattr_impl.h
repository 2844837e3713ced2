/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_impl.h - what ext4_xattr.c and ext4_xattr_change.c share: the format, and copies of areas. */
#ifndef FS_EXT4_XATTR_IMPL_H
#define FS_EXT4_XATTR_IMPL_H

#include "fs/ext4_inode.h"
#include "fs/ext4_xattr.h"

#define XATTR_MAGIC 0xea020000u

struct xattr_header {
    struct ext4_u32 magic;
    struct ext4_u32 refcount; /* inodes that have the block */
    struct ext4_u32 blocks;   /* 1 */
    struct ext4_u32 hash;     /* of all entries; 0: not to be shared */
    struct ext4_u32 checksum; /* crc32c(seed, number of the block, the block with this as zero) */
    struct ext4_u32 reserved[3];
};

struct xattr_entry {
    uint8_t         name_len;
    uint8_t         index; /* which prefix the name has; with a length and an offset of 0 the end */
    struct ext4_u16 value_offset;
    struct ext4_u32 value_inum; /* 0: the value is here */
    struct ext4_u32 value_size;
    struct ext4_u32 hash; /* in a block, of name and value */
    char            name[];
};

#define XATTR_PAD       4u
#define XATTR_END       4u /* zeros behind the last entry */
#define XATTR_ENTRY_MAX (sizeof(struct xattr_entry) + 256)

struct xattr_key {
    uint8_t     index, len;
    const char *name; /* without its prefix */
};

enum xattr_where { XATTR_INSIDE, XATTR_BLOCK };

/* A copy of one area, and zeros in which an entry at its very end still fits. */
struct xattr_area {
    uint8_t *base;  /* of the heap */
    uint32_t first; /* offset of the first entry */
    uint32_t end;   /* bytes; 0: the inode has no such area */
};

static inline uint32_t ext4_xattr_padded(size_t size)
{
    return (uint32_t)((size + XATTR_PAD - 1) & ~(size_t)(XATTR_PAD - 1));
}

static inline struct xattr_entry *ext4_xattr_at(const struct xattr_area *a, uint32_t at)
{
    return (void *)(a->base + at);
}

/* The entry at *at, which becomes the next one's place; NULL: there are no more. */
struct xattr_entry *ext4_xattr_next(const struct xattr_area *a, uint32_t *at);

/* By prefix, length and name: the order of a block. */
int ext4_xattr_compare(const struct xattr_key *k, const struct xattr_entry *e);

/* NULL: it is not there. */
struct xattr_entry *ext4_xattr_find(const struct xattr_area *a, const struct xattr_key *k);

/* The key of a whole name; false: there can be none. */
bool ext4_xattr_key_of(const char *name, struct xattr_key *k);

/* An area without entries: zeros. -ENOMEM. */
int ext4_xattr_alloc(struct xattr_area *a, uint32_t first, uint32_t end);

/* A copy of the area, checked; free its base in any case. -EUCLEAN, -EBADMSG (logged), -EIO, -ENOMEM. */
int ext4_xattr_load(struct ext4_inode *ei, enum xattr_where where, struct xattr_area *a);

/* Where di's attributes begin, which is after their magic number, and how many bytes there are for them. */
uint8_t *ext4_xattr_inside(const struct ext4_fs *fs, struct ext4_dinode *di, uint32_t *size);

/* ei's block, with a reference. Its contents are not checked. */
int ext4_xattr_block(struct ext4_inode *ei, struct ext4_block **block);

/* Set the checksum of a block. */
void ext4_xattr_seal(const struct ext4_fs *fs, struct ext4_block *block);

/* Log what is wrong with ei's; err. */
int ext4_xattr_damaged(const struct ext4_inode *ei, const char *what, int err);

#endif
