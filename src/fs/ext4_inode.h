/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inode.h - an inode's bytes on the disk: where they are, which fields they have, their checksum. */
#ifndef FS_EXT4_INODE_H
#define FS_EXT4_INODE_H

#include "fs/ext4_impl.h"

/* The bytes of inode ino, in their block, which is referenced. -EIO, -ENOMEM. */
int ext4_dinode_get(struct ext4_fs *fs, uint32_t ino, struct ext4_block **block,
                    struct ext4_dinode **di);

/* Does di reach to byte end of it? */
static inline bool ext4_has_extra(const struct ext4_fs *fs, const struct ext4_dinode *di,
                                  size_t end)
{
    return fs->inode_size > EXT4_INODE_SIZE_MIN &&
           EXT4_INODE_SIZE_MIN + ext4_le16(di->extra_isize) >= end;
}

#define EXT4_HAS_EXTRA(fs, di, field) \
    ext4_has_extra(fs, di, offsetof(struct ext4_dinode, field) + sizeof((di)->field))

/* What all checksums of an inode's metadata begin with. */
uint32_t ext4_inode_seed(const struct ext4_fs *fs, uint32_t ino, struct ext4_u32 generation);

/* The checksum of the bytes; of inodes without checksum_hi its low half counts. */
uint32_t ext4_dinode_csum(const struct ext4_fs *fs, uint32_t seed, const struct ext4_dinode *di);

void ext4_dinode_seal(const struct ext4_fs *fs, uint32_t seed, struct ext4_dinode *di);

/* The ops of inodes of that mode; NULL: there is no such kind. */
const struct inode_ops *ext4_ops_of(uint32_t mode);

/* Is it a link whose text is in the inode? */
bool ext4_link_is_fast(const struct ext4_inode *ei);

/* A new structure for inode ino, which nobody finds yet, with a reference. NULL: no memory. */
struct ext4_inode *ext4_inode_alloc(struct ext4_fs *fs, uint32_t ino);

/* As ext4_inode_get(), of an inode that is to be cleaned up: it may have no name. */
int ext4_inode_get_orphan(struct ext4_fs *fs, uint32_t ino, struct inode **out);

/* A new inode, whose number is set, gets what makes it differ from those that had the number before. */
void ext4_inode_seed_new(struct ext4_inode *ei);

/* In a handle: put it, whose fields are set, into its place: what was there is forgotten. 1 credit. */
int ext4_inode_create(struct ext4_inode *ei);

/* In a handle: the inode is no more, its place is free. 1 credit. */
int ext4_inode_erase(struct ext4_inode *ei);

/* Set the fields of di that tell a device's number. */
void ext4_rdev_put(uint8_t block[EXT4_IBLOCK_BYTES], uint64_t rdev);

/* --- inodes to be cleaned up (ext4_orphan.c) ------------------------------------------------------ */

/* In a handle, inode.lock held: ei is on the list on the disk of those that lost their last name or are being
 * cut, or is not any more. EXT4_ORPHAN_CREDITS. */
int ext4_orphan_add(struct ext4_inode *ei);
int ext4_orphan_remove(struct ext4_inode *ei);

#define EXT4_ORPHAN_CREDITS 4u /* superblock, this inode, the one before */

/* The destroy op: a file without names goes, with its blocks. */
void ext4_inode_destroy(struct inode *inode);

#endif
