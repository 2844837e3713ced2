/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inode.c - from an inode number to an inode: group descriptor, inode table, the fields.
 *
 * Inodes in use are found in the VFS's table; each load of one that is not reads and verifies its
 * descriptor and its 128 or more bytes again.
 */
#include "fs/ext4_csum.h"
#include "fs/ext4_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- group descriptors --------------------------------------------------------------------- */

static bool group_csum_ok(const struct ext4_fs *fs, uint32_t group, const struct ext4_group *desc)
{
    if (!fs->has_csum)
        return true;

    static const uint8_t zero[sizeof(desc->checksum)];
    const uint8_t       *bytes = (const uint8_t *)desc;
    size_t               at = offsetof(struct ext4_group, checksum);
    size_t               rest = at + sizeof(desc->checksum);
    struct ext4_u32      nr = {{group & 0xff, group >> 8 & 0xff, group >> 16 & 0xff, group >> 24}};

    uint32_t crc = ext4_crc32c(fs->csum_seed, &nr, sizeof(nr));
    crc = ext4_crc32c(crc, bytes, at);
    crc = ext4_crc32c(crc, zero, sizeof(zero));
    if (fs->group_size > rest)
        crc = ext4_crc32c(crc, bytes + rest, fs->group_size - rest);
    return (crc & 0xffff) == ext4_le16(desc->checksum);
}

/* The first block of group's inode table. */
static int inode_table_find(struct ext4_fs *fs, uint32_t group, uint64_t *table)
{
    uint64_t           offset = (uint64_t)group * fs->group_size;
    uint64_t           nr = fs->first_data_block + 1 + (offset >> fs->block_shift);
    struct ext4_block *block;

    int err = ext4_block_get(fs, nr, NULL, NULL, &block);
    if (err)
        return err;

    const void              *bytes = block->data + (offset & (fs->block_size - 1));
    const struct ext4_group *desc = bytes;
    uint64_t                 start = ext4_le32(desc->inode_table_lo);
    if (fs->group_size >= offsetof(struct ext4_group, inode_table_hi) + 4)
        start = ext4_le64(desc->inode_table_lo, desc->inode_table_hi);
    uint64_t bytes_used = (uint64_t)fs->inodes_per_group * fs->inode_size;
    uint64_t len = (bytes_used + fs->block_size - 1) >> fs->block_shift;

    if (!group_csum_ok(fs, group, desc))
        err = ext4_damaged(fs, "wrong checksum of group descriptor %u (block %llu)", group,
                           (unsigned long long)nr);
    else if (!ext4_blocks_ok(fs, start, len))
        err = ext4_damaged(fs, "inode table of group %u is not on the disk (block %llu)", group,
                           (unsigned long long)start);
    else
        *table = start;
    ext4_block_put(block);
    return err;
}

/* --- checksums of inodes ------------------------------------------------------------------- */

static bool has_extra(const struct ext4_fs *fs, const struct ext4_dinode *di, size_t end)
{
    return fs->inode_size > EXT4_INODE_SIZE_MIN &&
           EXT4_INODE_SIZE_MIN + ext4_le16(di->extra_isize) >= end;
}

#define HAS_EXTRA(fs, di, field) \
    has_extra(fs, di, offsetof(struct ext4_dinode, field) + sizeof((di)->field))

static uint32_t inode_seed(const struct ext4_fs *fs, uint32_t ino, const struct ext4_dinode *di)
{
    struct ext4_u32 nr = {{ino & 0xff, ino >> 8 & 0xff, ino >> 16 & 0xff, ino >> 24}};
    uint32_t        crc = ext4_crc32c(fs->csum_seed, &nr, sizeof(nr));

    return ext4_crc32c(crc, &di->generation, sizeof(di->generation));
}

/* The inode's bytes with both halves of the checksum taken as zero. */
static bool inode_csum_ok(const struct ext4_fs *fs, uint32_t seed, const struct ext4_dinode *di)
{
    static const uint8_t zero[2];
    const uint8_t       *bytes = (const uint8_t *)di;
    size_t               lo = offsetof(struct ext4_dinode, checksum_lo);
    size_t               hi = offsetof(struct ext4_dinode, checksum_hi);
    bool                 wide = HAS_EXTRA(fs, di, checksum_hi);

    uint32_t crc = ext4_crc32c(seed, bytes, lo);
    crc = ext4_crc32c(crc, zero, 2);
    if (!wide) {
        crc = ext4_crc32c(crc, bytes + lo + 2, fs->inode_size - lo - 2);
        return (crc & 0xffff) == ext4_le16(di->checksum_lo);
    }
    crc = ext4_crc32c(crc, bytes + lo + 2, hi - lo - 2);
    crc = ext4_crc32c(crc, zero, 2);
    crc = ext4_crc32c(crc, bytes + hi + 2, fs->inode_size - hi - 2);
    return crc == (ext4_le16(di->checksum_lo) | ext4_le16(di->checksum_hi) << 16);
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
    inode->atime = time_of(di->atime, HAS_EXTRA(fs, di, atime_extra) ? &di->atime_extra : NULL);
    inode->mtime = time_of(di->mtime, HAS_EXTRA(fs, di, mtime_extra) ? &di->mtime_extra : NULL);
    inode->ctime = time_of(di->ctime, HAS_EXTRA(fs, di, ctime_extra) ? &di->ctime_extra : NULL);
    if (HAS_EXTRA(fs, di, crtime_extra))
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
    memcpy(ei->block, di->block, sizeof(ei->block));
}

/* --- links --------------------------------------------------------------------------------- */

/* Text of less than 60 bytes is in the inode, unless the inode maps blocks. Blocks of extended
 * attributes count as the inode's, so the count of blocks does not tell. */
static bool link_is_fast(const struct ext4_inode *ei)
{
    return ei->inode.size < EXT4_IBLOCK_BYTES && !(ei->flags & EXT4_FL_EXTENTS);
}

static ssize_t ext4_readlink(struct inode *inode, char *buf, size_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    size_t             len = size_min(inode->size, size);

    if (link_is_fast(ei)) {
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

static void ext4_inode_destroy(struct inode *inode)
{
    kfree(ext4_inode_of(inode));
}

static const struct inode_ops ext4_file_ops = {.destroy = ext4_inode_destroy};
static const struct inode_ops ext4_link_ops = {
    .readlink = ext4_readlink,
    .destroy = ext4_inode_destroy,
};

static const struct inode_ops *ops_of(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return &ext4_dir_ops;
    case S_IFLNK:
        return &ext4_link_ops;
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return &ext4_file_ops;
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
           (inode_is_link(&ei->inode) && !link_is_fast(ei));
}

static int inode_check(struct ext4_fs *fs, struct ext4_inode *ei)
{
    const uint32_t unsupported = EXT4_FL_COMPRESSED | EXT4_FL_ENCRYPT | EXT4_FL_EA_INODE |
                                 EXT4_FL_INLINE_DATA;
    unsigned long long ino = ei->inode.ino;

    if (!ops_of(ei->inode.mode))
        return ext4_damaged(fs, "inode %llu has no known type (mode %#o)", ino, ei->inode.mode);
    if (ei->inode.nlink == 0)
        return ext4_damaged(fs, "inode %llu is deleted but has a name", ino);
    if (ei->flags & unsupported)
        return ext4_damaged(fs, "inode %llu uses features that are not supported (flags %#x)", ino,
                            ei->flags & unsupported);
    if (!size_ok(fs, ei))
        return ext4_damaged(fs, "inode %llu has an impossible size (%llu)", ino,
                            (unsigned long long)ei->inode.size);
    if (maps_blocks(ei) && (ei->flags & EXT4_FL_EXTENTS))
        return ext4_extent_check_root(ei);
    return 0;
}

/* Fill ei, whose inode has fs and ino, from its bytes on the disk. */
static int inode_take(struct ext4_fs *fs, struct ext4_inode *ei, const struct ext4_dinode *di)
{
    uint32_t ino = (uint32_t)ei->inode.ino;

    if (fs->inode_size > EXT4_INODE_SIZE_MIN &&
        ext4_le16(di->extra_isize) > fs->inode_size - EXT4_INODE_SIZE_MIN)
        return ext4_damaged(fs, "inode %u has a bad size of extra fields", ino);
    ei->csum_seed = inode_seed(fs, ino, di);
    if (fs->has_csum && !inode_csum_ok(fs, ei->csum_seed, di))
        return ext4_damaged(fs, "wrong checksum of inode %u", ino);

    fields_take(fs, ei, di);
    return inode_check(fs, ei);
}

static int inode_read(struct ext4_fs *fs, struct ext4_inode *ei)
{
    uint32_t index = (uint32_t)ei->inode.ino - 1;
    uint64_t table = 0;

    int err = inode_table_find(fs, index / fs->inodes_per_group, &table);
    if (err)
        return err;

    uint64_t           offset = (uint64_t)(index % fs->inodes_per_group) * fs->inode_size;
    struct ext4_block *block;
    err = ext4_block_get(fs, table + (offset >> fs->block_shift), NULL, NULL, &block);
    if (err)
        return err;
    const void *bytes = block->data + (offset & (fs->block_size - 1));
    err = inode_take(fs, ei, bytes);
    ext4_block_put(block);
    return err;
}

int ext4_inode_get(struct ext4_fs *fs, uint32_t ino, struct inode **out)
{
    if (ino > fs->ninodes || (ino < fs->first_ino && ino != EXT4_ROOT_INO))
        return ext4_damaged(fs, "a name leads to inode %u, which is none", ino);

    *out = inode_find(&fs->fs, ino);
    if (*out)
        return 0;

    struct ext4_inode *ei = kzalloc(sizeof(*ei));
    if (!ei)
        return -ENOMEM;
    inode_init(&ei->inode, &fs->fs, ino);
    int err = inode_read(fs, ei);
    if (err) {
        kfree(ei);
        return err;
    }
    ei->inode.ops = ops_of(ei->inode.mode);
    if (inode_is_regular(&ei->inode))
        pagecache_init(&ei->inode.pages, &ext4_file_pages, ei->inode.size);
    *out = inode_insert(&ei->inode);
    return 0;
}
