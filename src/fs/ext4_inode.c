/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inode.c - from an inode number to an inode: inode table, the fields. ext4_inode_store.c is the way
 * back.
 *
 * Inodes in use are found in the VFS's table; each load of one that is not reads and verifies its
 * descriptor and its 128 or more bytes again.
 */
#include "fs/ext4_inode.h"
#include "fs/ext4_alloc.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- the bytes ------------------------------------------------------------------------------- */

/* The first block of group's inode table. What was found once is remembered while fs is written. */
static int inode_table_find(struct ext4_fs *fs, uint32_t group, uint64_t *table)
{
    struct ext4_group_at g;

    int err = ext4_group_get(fs, group, &g);
    if (err)
        return err;
    uint64_t start = ext4_group_inode_table(fs, g.desc);
    ext4_group_put(&g);
    if (!ext4_blocks_ok(fs, start, fs->itable_blocks))
        return ext4_damaged(fs, "inode table of group %u is not on the disk (block %llu)", group,
                            (unsigned long long)start);
    *table = start;
    if (fs->alloc.groups)
        fs->alloc.groups[group].itable = start;
    return 0;
}

/* Descriptors change under alloc.lock. */
static int inode_table(struct ext4_fs *fs, uint32_t group, uint64_t *table)
{
    int err = 0;

    mutex_lock(&fs->alloc.lock);
    *table = fs->alloc.groups ? fs->alloc.groups[group].itable : 0;
    if (!*table)
        err = inode_table_find(fs, group, table);
    mutex_unlock(&fs->alloc.lock);
    return err;
}

int ext4_dinode_get(struct ext4_fs *fs, uint32_t ino, struct ext4_block **block,
                    struct ext4_dinode **di)
{
    uint32_t index = ino - 1;
    uint64_t table;

    int err = inode_table(fs, index / fs->inodes_per_group, &table);
    if (err)
        return err;
    uint64_t offset = (uint64_t)(index % fs->inodes_per_group) * fs->inode_size;
    err = ext4_block_get(fs, table + (offset >> fs->block_shift), NULL, NULL, block);
    if (err)
        return err;
    *di = (void *)((*block)->data + (offset & (fs->block_size - 1)));
    return 0;
}

uint32_t ext4_inode_seed(const struct ext4_fs *fs, uint32_t ino, struct ext4_u32 generation)
{
    struct ext4_u32 nr = ext4_put32(ino);
    uint32_t        crc = ext4_crc32c(fs->csum_seed, &nr, sizeof(nr));

    return ext4_crc32c(crc, &generation, sizeof(generation));
}

/* The inode's bytes with both halves of the checksum taken as zero. */
uint32_t ext4_dinode_csum(const struct ext4_fs *fs, uint32_t seed, const struct ext4_dinode *di)
{
    static const uint8_t zero[2];
    const uint8_t       *bytes = (const uint8_t *)di;
    size_t               lo = offsetof(struct ext4_dinode, checksum_lo);
    size_t               hi = offsetof(struct ext4_dinode, checksum_hi);

    uint32_t crc = ext4_crc32c(seed, bytes, lo);
    crc = ext4_crc32c(crc, zero, 2);
    if (!EXT4_HAS_EXTRA(fs, di, checksum_hi))
        return ext4_crc32c(crc, bytes + lo + 2, fs->inode_size - lo - 2) & 0xffff;
    crc = ext4_crc32c(crc, bytes + lo + 2, hi - lo - 2);
    crc = ext4_crc32c(crc, zero, 2);
    return ext4_crc32c(crc, bytes + hi + 2, fs->inode_size - hi - 2);
}

static bool dinode_csum_ok(const struct ext4_fs *fs, uint32_t seed, const struct ext4_dinode *di)
{
    uint32_t stored = ext4_le16(di->checksum_lo);

    if (EXT4_HAS_EXTRA(fs, di, checksum_hi))
        stored |= ext4_le16(di->checksum_hi) << 16;
    return !fs->has_csum || stored == ext4_dinode_csum(fs, seed, di);
}

void ext4_dinode_seal(const struct ext4_fs *fs, uint32_t seed, struct ext4_dinode *di)
{
    if (!fs->has_csum)
        return;
    uint32_t crc = ext4_dinode_csum(fs, seed, di);
    di->checksum_lo = ext4_put16(crc);
    if (EXT4_HAS_EXTRA(fs, di, checksum_hi))
        di->checksum_hi = ext4_put16(crc >> 16);
}

/* --- fields -------------------------------------------------------------------------------- */

static struct vfs_time time_of(struct ext4_u32 seconds, const struct ext4_u32 *extra)
{
    struct vfs_time t = {.sec = (int32_t)ext4_le32(seconds)};

    if (extra) {
        uint32_t bits = ext4_le32(*extra);
        t.sec += (int64_t)(bits & 3) << 32;
        t.nsec = bits >> 2 < 1000000000 ? bits >> 2 : 0;
    }
    return t;
}

static void times_take(const struct ext4_fs *fs, struct inode *inode, const struct ext4_dinode *di)
{
    inode->atime = time_of(di->atime,
                           EXT4_HAS_EXTRA(fs, di, atime_extra) ? &di->atime_extra : NULL);
    inode->mtime = time_of(di->mtime,
                           EXT4_HAS_EXTRA(fs, di, mtime_extra) ? &di->mtime_extra : NULL);
    inode->ctime = time_of(di->ctime,
                           EXT4_HAS_EXTRA(fs, di, ctime_extra) ? &di->ctime_extra : NULL);
    if (EXT4_HAS_EXTRA(fs, di, crtime_extra))
        inode->btime = time_of(di->crtime, &di->crtime_extra);
}

/* A device node's number: in the old form in the first word, or in the new one in the second. */
static uint64_t rdev_of(const struct ext4_dinode *di)
{
    struct ext4_u32 word[2];
    memcpy(word, di->block, sizeof(word));

    uint32_t old = ext4_le32(word[0]);
    uint32_t new = ext4_le32(word[1]);
    if (old)
        return vfs_mkdev(old >> 8 & 0xff, old & 0xff);
    return vfs_mkdev((new & 0xfff00) >> 8, (new & 0xff) | (new >> 12 & 0xfff00));
}

static uint64_t blocks_of(const struct ext4_fs *fs, const struct ext4_dinode *di)
{
    uint64_t blocks = ext4_le32(di->blocks_lo) | (uint64_t)ext4_le16(di->blocks_hi) << 32;

    if (ext4_le32(di->flags) & EXT4_FL_HUGE_FILE)
        blocks <<= fs->block_shift - 9;
    return blocks;
}

static void fields_take(const struct ext4_fs *fs, struct ext4_inode *ei,
                        const struct ext4_dinode *di)
{
    struct inode *inode = &ei->inode;

    inode->mode = ext4_le16(di->mode);
    inode->nlink = ext4_le16(di->links_count);
    inode->uid = ext4_le16(di->uid_lo) | ext4_le16(di->uid_hi) << 16;
    inode->gid = ext4_le16(di->gid_lo) | ext4_le16(di->gid_hi) << 16;
    inode->size = ext4_le64(di->size_lo, di->size_hi);
    inode->blocks = blocks_of(fs, di);
    times_take(fs, inode, di);
    if ((inode->mode & S_IFMT) == S_IFCHR || (inode->mode & S_IFMT) == S_IFBLK)
        inode->rdev = rdev_of(di);
    ei->flags = ext4_le32(di->flags);
    ei->file_acl = ext4_le32(di->file_acl_lo) | (uint64_t)ext4_le16(di->file_acl_hi) << 32;
    memcpy(ei->block, di->block, sizeof(ei->block));
}

/* --- links --------------------------------------------------------------------------------- */

/* Text of less than 60 bytes is in the inode, unless the inode maps blocks. Blocks of extended
 * attributes count as the inode's, so the count of blocks does not tell. */
bool ext4_link_is_fast(const struct ext4_inode *ei)
{
    return ei->inode.size < EXT4_IBLOCK_BYTES && !(ei->flags & EXT4_FL_EXTENTS);
}

static ssize_t ext4_readlink(struct inode *inode, char *buf, size_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    size_t             len = size_min(inode->size, size);

    if (ext4_link_is_fast(ei)) {
        memcpy(buf, ei->block, len);
        return (ssize_t)len;
    }

    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_run    run;
    struct ext4_block *block;
    int                err = ext4_map(ei, 0, &run);
    if (err)
        return err;
    if (run.pblk == 0)
        return ext4_damaged(fs, "symbolic link %llu has no text", (unsigned long long)inode->ino);
    err = ext4_block_get(fs, run.pblk, NULL, NULL, &block);
    if (err)
        return err;
    memcpy(buf, block->data, len);
    ext4_block_put(block);
    return (ssize_t)len;
}

/* --- loading ------------------------------------------------------------------------------- */

static const struct inode_ops ext4_node_ops = {
    .dirtied = ext4_inode_dirtied,
    .destroy = ext4_inode_destroy,
};

static const struct inode_ops ext4_link_ops = {
    .readlink = ext4_readlink,
    .dirtied = ext4_inode_dirtied,
    .destroy = ext4_inode_destroy,
};

const struct inode_ops *ext4_ops_of(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return &ext4_dir_ops;
    case S_IFLNK:
        return &ext4_link_ops;
    case S_IFREG:
        return &ext4_file_ops;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return &ext4_node_ops;
    default:
        return NULL;
    }
}

/* What the size says is bounded here, so that loops over a file's blocks end. */
static bool size_ok(const struct ext4_fs *fs, const struct ext4_inode *ei)
{
    uint64_t size = ei->inode.size;

    switch (ei->inode.mode & S_IFMT) {
    case S_IFDIR:
        return size > 0 && size % fs->block_size == 0 && size >> fs->block_shift <= fs->nblocks &&
               size >> fs->block_shift <= EXT4_LBLK_END;
    case S_IFLNK:
        return size > 0 && size < VFS_PATH_MAX && size <= fs->block_size;
    case S_IFREG:
        return size <= EXT4_LBLK_END << fs->block_shift;
    default:
        return true;
    }
}

static bool maps_blocks(const struct ext4_inode *ei)
{
    return inode_is_dir(&ei->inode) || inode_is_regular(&ei->inode) ||
           (inode_is_link(&ei->inode) && !ext4_link_is_fast(ei));
}

static int inode_check(struct ext4_fs *fs, struct ext4_inode *ei, bool orphan)
{
    const uint32_t unsupported = EXT4_FL_COMPRESSED | EXT4_FL_ENCRYPT | EXT4_FL_EA_INODE |
                                 EXT4_FL_INLINE_DATA;
    unsigned long long ino = ei->inode.ino;

    if (!ext4_ops_of(ei->inode.mode))
        return ext4_damaged(fs, "inode %llu has no known type (mode %#o)", ino, ei->inode.mode);
    if (ei->inode.nlink == 0 && !orphan)
        return ext4_damaged(fs, "inode %llu is deleted but has a name", ino);
    if (ei->flags & unsupported)
        return ext4_damaged(fs, "inode %llu uses features that are not supported (flags %#x)", ino,
                            ei->flags & unsupported);
    if (!size_ok(fs, ei) && !(orphan && ei->inode.nlink == 0))
        return ext4_damaged(fs, "inode %llu has an impossible size (%llu)", ino,
                            (unsigned long long)ei->inode.size);
    if (maps_blocks(ei) && (ei->flags & EXT4_FL_EXTENTS))
        return ext4_extent_check_root(ei);
    return 0;
}

/* Fill ei, whose inode has fs and ino, from its bytes on the disk. */
static int inode_take(struct ext4_fs *fs, struct ext4_inode *ei, const struct ext4_dinode *di,
                      bool orphan)
{
    uint32_t ino = (uint32_t)ei->inode.ino;

    if (fs->inode_size > EXT4_INODE_SIZE_MIN &&
        ext4_le16(di->extra_isize) > fs->inode_size - EXT4_INODE_SIZE_MIN)
        return ext4_damaged(fs, "inode %u has a bad size of extra fields", ino);
    ei->csum_seed = ext4_inode_seed(fs, ino, di->generation);
    if (!dinode_csum_ok(fs, ei->csum_seed, di))
        return ext4_damaged(fs, "wrong checksum of inode %u", ino);

    fields_take(fs, ei, di);
    if (orphan)
        ei->orphan_next = ext4_le32(di->dtime);
    return inode_check(fs, ei, orphan);
}

static int inode_read(struct ext4_fs *fs, struct ext4_inode *ei, bool orphan)
{
    struct ext4_block  *block;
    struct ext4_dinode *di;

    int err = ext4_dinode_get(fs, (uint32_t)ei->inode.ino, &block, &di);
    if (err)
        return err;
    err = inode_take(fs, ei, di, orphan);
    ext4_block_put(block);
    return err;
}

struct ext4_inode *ext4_inode_alloc(struct ext4_fs *fs, uint32_t ino)
{
    struct ext4_inode *ei = kzalloc(sizeof(*ei));
    if (!ei)
        return NULL;
    inode_init(&ei->inode, &fs->fs, ino);
    mutex_init(&ei->map_lock);
    return ei;
}

static int inode_load(struct ext4_fs *fs, uint32_t ino, bool orphan, struct inode **out)
{
    bool allowed = ino >= fs->first_ino || ino == EXT4_ROOT_INO ||
                   (fs->finding_journal && ino && ino == fs->journal_ino);
    if (ino > fs->ninodes || !allowed)
        return ext4_damaged(fs, "a name leads to inode %u, which is none", ino);

    *out = inode_find(&fs->fs, ino);
    if (*out)
        return 0;

    struct ext4_inode *ei = ext4_inode_alloc(fs, ino);
    if (!ei)
        return -ENOMEM;
    int err = inode_read(fs, ei, orphan);
    if (err) {
        kfree(ei);
        return err;
    }
    ei->inode.ops = ext4_ops_of(ei->inode.mode);
    if (inode_is_regular(&ei->inode))
        pagecache_init(&ei->inode.pages, &ext4_file_pages, ei->inode.size);
    *out = inode_insert(&ei->inode);
    return 0;
}

int ext4_inode_get(struct ext4_fs *fs, uint32_t ino, struct inode **out)
{
    return inode_load(fs, ino, false, out);
}

int ext4_inode_get_orphan(struct ext4_fs *fs, uint32_t ino, struct inode **out)
{
    return inode_load(fs, ino, true, out);
}
