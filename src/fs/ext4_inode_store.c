/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inode_store.c - from an inode in memory to its bytes on the disk.
 *
 * Only the fields that the driver knows are written; what else an inode has (extended attributes behind
 * the fields: ext4_xattr.c; a version) stays. orphans.lock is held over the bytes, since the list of orphans changes a
 * field of inodes whose locks it does not have.
 */
#include "fs/ext4_inode.h"
#include "fs/ext4_txn.h"
#include "kernel/random.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- fields ---------------------------------------------------------------------------------- */

/* Seconds have 32 bits, signed, and two more in the field with the nanoseconds, if that is there. */
static void time_put(struct vfs_time t, struct ext4_u32 *seconds, struct ext4_u32 *extra)
{
    int64_t max = extra ? ((int64_t)3 << 32) + INT32_MAX : INT32_MAX;
    int64_t sec = t.sec < INT32_MIN ? INT32_MIN : t.sec > max ? max : t.sec;

    *seconds = ext4_put32((uint64_t)sec);
    if (extra)
        *extra = ext4_put32((uint64_t)t.nsec << 2 | ((uint64_t)(sec - (int32_t)sec) >> 32 & 3));
}

static void times_put(const struct ext4_fs *fs, const struct inode *inode, struct ext4_dinode *di)
{
    time_put(inode->atime, &di->atime,
             EXT4_HAS_EXTRA(fs, di, atime_extra) ? &di->atime_extra : NULL);
    time_put(inode->mtime, &di->mtime,
             EXT4_HAS_EXTRA(fs, di, mtime_extra) ? &di->mtime_extra : NULL);
    time_put(inode->ctime, &di->ctime,
             EXT4_HAS_EXTRA(fs, di, ctime_extra) ? &di->ctime_extra : NULL);
    if (EXT4_HAS_EXTRA(fs, di, crtime_extra))
        time_put(inode->btime, &di->crtime, &di->crtime_extra);
}

static void blocks_put(const struct ext4_fs *fs, const struct ext4_inode *ei,
                       struct ext4_dinode *di)
{
    uint64_t blocks = ei->inode.blocks;

    if (ei->flags & EXT4_FL_HUGE_FILE)
        blocks >>= fs->block_shift - 9;
    di->blocks_lo = ext4_put32(blocks);
    di->blocks_hi = ext4_put16((uint32_t)(blocks >> 32));
}

static void fields_put(const struct ext4_fs *fs, const struct ext4_inode *ei,
                       struct ext4_dinode *di)
{
    const struct inode *inode = &ei->inode;

    di->mode = ext4_put16(inode->mode);
    di->links_count = ext4_put16(inode->nlink);
    di->uid_lo = ext4_put16(inode->uid);
    di->uid_hi = ext4_put16(inode->uid >> 16);
    di->gid_lo = ext4_put16(inode->gid);
    di->gid_hi = ext4_put16(inode->gid >> 16);
    di->size_lo = ext4_put32(inode->size);
    di->size_hi = ext4_put32(inode->size >> 32);
    times_put(fs, inode, di);
    blocks_put(fs, ei, di);
    di->flags = ext4_put32(ei->flags);
    di->dtime = ext4_put32(ei->orphan_next);
    di->file_acl_lo = ext4_put32(ei->file_acl);
    di->file_acl_hi = ext4_put16((uint32_t)(ei->file_acl >> 32));
    memcpy(di->block, ei->block, sizeof(di->block));
}

void ext4_rdev_put(uint8_t block[EXT4_IBLOCK_BYTES], uint64_t rdev)
{
    uint32_t        major = (uint32_t)(rdev >> 8 & 0xfff);
    uint32_t        minor = (uint32_t)((rdev & 0xff) | (rdev >> 12 & 0xffffff00));
    struct ext4_u32 word[2] = {{{0}}};

    if (major < 256 && minor < 256)
        word[0] = ext4_put32(major << 8 | minor);
    else
        word[1] = ext4_put32((minor & 0xff) | major << 8 | (uint64_t)(minor & ~0xffu) << 12);
    memcpy(block, word, sizeof(word));
}

/* --- storing --------------------------------------------------------------------------------- */

static int store(struct ext4_inode *ei, void (*change)(struct ext4_inode *, struct ext4_dinode *))
{
    struct ext4_fs     *fs = ext4_fs_of_inode(ei);
    struct ext4_block  *block;
    struct ext4_dinode *di;

    if (ei->gone) {
        ext4_inode_stored(ei);
        return 0;
    }
    int err = ext4_dinode_get(fs, (uint32_t)ei->inode.ino, &block, &di);
    if (err)
        return err;
    ext4_block_change(block);
    mutex_lock(&fs->orphans.lock);
    change(ei, di);
    ext4_dinode_seal(fs, ei->csum_seed, di);
    mutex_unlock(&fs->orphans.lock);
    ext4_block_put(block);
    ext4_inode_stored(ei);
    return 0;
}

static void change_fields(struct ext4_inode *ei, struct ext4_dinode *di)
{
    fields_put(ext4_fs_of_inode(ei), ei, di);
}

int ext4_inode_store(struct ext4_inode *ei)
{
    return store(ei, change_fields);
}

void ext4_inode_seed_new(struct ext4_inode *ei)
{
    random_fill(&ei->generation, sizeof(ei->generation));
    ei->csum_seed = ext4_inode_seed(ext4_fs_of_inode(ei), (uint32_t)ei->inode.ino, ei->generation);
}

static void make_fields(struct ext4_inode *ei, struct ext4_dinode *di)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    memset(di, 0, fs->inode_size);
    di->generation = ei->generation;
    if (fs->inode_size > EXT4_INODE_SIZE_MIN)
        di->extra_isize = ext4_put16(fs->extra_isize);
    fields_put(fs, ei, di);
}

int ext4_inode_create(struct ext4_inode *ei)
{
    return store(ei, make_fields);
}

/* Its mode stays, as on Linux, for who looks into what was lost. A small time of deletion would be taken for the number
 * of the next orphan, by e2fsck too, where the clock began in 1970. */
static void erase_fields(struct ext4_inode *ei, struct ext4_dinode *di)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    uint32_t        now = (uint32_t)vfs_now().sec;

    fields_put(fs, ei, di);
    di->links_count = ext4_put16(0);
    di->size_lo = di->size_hi = ext4_put32(0);
    di->dtime = ext4_put32(now > fs->ninodes ? now : fs->ninodes + 1);
}

int ext4_inode_erase(struct ext4_inode *ei)
{
    return store(ei, erase_fields);
}
