/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_super.c - is there an ext4 file system that we can read, and where are its parts?
 *
 * Everything that the other files divide by, shift by or index with is bounded here, once.
 */
#include <stdarg.h>

#include "fs/ext4.h"
#include "fs/ext4_alloc.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_impl.h"
#include "fs/ext4_journal.h"
#include "fs/ext4_resize.h"
#include "fs/ext4_txn.h"
#include "fs/ext4_xattr.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define COMPLAINTS_MAX 20u

int ext4_damaged(struct ext4_fs *fs, const char *fmt, ...)
{
    char    text[160];
    va_list ap;
    va_start(ap, fmt);
    fmt_vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    /* A read that failed is tried again in smaller pieces, and finds the same. */
    uint32_t crc = ext4_crc32c(EXT4_CSUM_START, text, strlen(text));
    if (atomic_exchange(&fs->last_complaint, crc) == crc)
        return -EIO;
    unsigned nth = atomic_fetch_add(&fs->complaints, 1);
    if (nth >= COMPLAINTS_MAX)
        return -EIO;
    log_error("ext4 on %s: %s%s", fs->dev->name, text,
              nth + 1 == COMPLAINTS_MAX ? " (no more of these are shown)" : "");
    return -EIO;
}

/* --- features ---------------------------------------------------------------------------- */

/* Names of the incompatible features, by bit, as mke2fs and dumpe2fs call them. */
static const char *const incompat_names[32] = {
    [0] = "compression", [1] = "filetype",     [2] = "needs_recovery", [3] = "journal_dev",
    [4] = "meta_bg",     [6] = "extent",       [7] = "64bit",          [8] = "mmp",
    [9] = "flex_bg",     [10] = "ea_inode",    [12] = "dirdata",       [13] = "metadata_csum_seed",
    [14] = "large_dir",  [15] = "inline_data", [16] = "encrypt",       [17] = "casefold",
};

#define INCOMPAT_SUPPORTED                                                    \
    (EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_EXTENTS | \
     EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_FLEX_BG)

/* "a, b, bit 20" of the features in set. */
static void feature_list(const char *const names[32], uint32_t set, char *buf, size_t size)
{
    size_t len = 0;

    for (unsigned bit = 0; bit < 32; bit++) {
        if (!(set >> bit & 1))
            continue;
        const char *comma = len ? ", " : "";
        size_t      room = size - size_min(len, size);
        char       *end = buf + size_min(len, size);
        if (names[bit])
            len += fmt_snprintf(end, room, "%s%s", comma, names[bit]);
        else
            len += fmt_snprintf(end, room, "%snumber %u", comma, bit);
    }
}

/* Names of the read-only compatible ones. */
static const char *const ro_compat_names[32] = {
    [0] = "sparse_super",    [1] = "large_file", [2] = "btree_dir",      [3] = "huge_file",
    [4] = "uninit_bg",       [5] = "dir_nlink",  [6] = "extra_isize",    [7] = "snapshot",
    [8] = "quota",           [9] = "bigalloc",   [10] = "metadata_csum", [11] = "replica",
    [12] = "read-only",      [13] = "project",   [14] = "shared_blocks", [15] = "verity",
    [16] = "orphan_present",
};

#define RO_COMPAT_SUPPORTED                                                               \
    (EXT4_RO_COMPAT_SPARSE_SUPER | EXT4_RO_COMPAT_LARGE_FILE | EXT4_RO_COMPAT_HUGE_FILE | \
     EXT4_RO_COMPAT_GDT_CSUM | EXT4_RO_COMPAT_DIR_NLINK | EXT4_RO_COMPAT_EXTRA_ISIZE |    \
     EXT4_RO_COMPAT_METADATA_CSUM)

int ext4_features_check_write(struct ext4_fs *fs)
{
    char     list[256];
    uint32_t unknown = fs->ro_compat & ~(uint32_t)RO_COMPAT_SUPPORTED;

    if (!unknown)
        return 0;
    feature_list(ro_compat_names, unknown, list, sizeof(list));
    log_warn(
        "ext4 on %s: it can only be read: it has features that are not supported for writing: %s",
        fs->dev->name, list);
    return -EROFS;
}

static int features_check(const struct blk_device *dev, const struct ext4_super *sb)
{
    uint32_t unknown = ext4_le32(sb->feature_incompat) & ~(uint32_t)INCOMPAT_SUPPORTED;
    if (!unknown)
        return 0;

    char list[256];
    feature_list(incompat_names, unknown, list, sizeof(list));
    log_error("ext4 on %s: not mounted: it uses features that are not supported: %s", dev->name,
              list);
    return -EINVAL;
}

/* --- superblock -------------------------------------------------------------------------- */

static int refuse(const struct blk_device *dev, const char *what, uint64_t value)
{
    log_error("ext4 on %s: not mounted: %s (%llu)", dev->name, what, (unsigned long long)value);
    return -EINVAL;
}

static int csum_check(struct ext4_fs *fs, const struct ext4_super *sb)
{
    fs->has_csum = ext4_le32(sb->feature_ro_compat) & EXT4_RO_COMPAT_METADATA_CSUM;
    if (!fs->has_csum)
        return 0;
    if (sb->checksum_type != EXT4_CHECKSUM_CRC32C)
        return refuse(fs->dev, "unknown kind of checksum", sb->checksum_type);

    uint32_t crc = ext4_crc32c(EXT4_CSUM_START, sb, offsetof(struct ext4_super, checksum));
    if (crc != ext4_le32(sb->checksum)) {
        log_error("ext4 on %s: not mounted: wrong checksum of the superblock", fs->dev->name);
        return -EIO;
    }
    fs->csum_seed = ext4_crc32c(EXT4_CSUM_START, sb->uuid, sizeof(sb->uuid));
    return 0;
}

static int blocks_check(struct ext4_fs *fs, const struct ext4_super *sb)
{
    uint32_t log = ext4_le32(sb->log_block_size);
    if (log > 6)
        return refuse(fs->dev, "block size is not in 1 to 64 KiB: log2 of KiB is", log);
    fs->block_shift = 10 + log;
    fs->block_size = 1u << fs->block_shift;
    fs->fs.max_size = (uint64_t)UINT32_MAX << fs->block_shift; /* extents count blocks in 32 bits */

    fs->first_data_block = ext4_le32(sb->first_data_block);
    if (fs->first_data_block != (log == 0))
        return refuse(fs->dev, "bad first data block", fs->first_data_block);

    bool     wide = ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_64BIT;
    uint64_t have = fs->dev->nsectors >> (fs->block_shift - 9);
    fs->nblocks = ext4_le32(sb->blocks_count_lo);
    if (wide)
        fs->nblocks = ext4_le64(sb->blocks_count_lo, sb->blocks_count_hi);
    if (fs->nblocks > have) {
        log_error("ext4 on %s: not mounted: it has %llu blocks, but the disk only %llu",
                  fs->dev->name, (unsigned long long)fs->nblocks, (unsigned long long)have);
        return -EINVAL;
    }
    if (fs->nblocks <= fs->first_data_block + 1)
        return refuse(fs->dev, "bad number of blocks", fs->nblocks);
    return 0;
}

static bool power_of_two(uint32_t v)
{
    return v && !(v & (v - 1));
}

static int groups_check(struct ext4_fs *fs, const struct ext4_super *sb)
{
    uint32_t per_group = ext4_le32(sb->blocks_per_group);
    if (per_group == 0)
        return refuse(fs->dev, "bad number of blocks in a group", per_group);
    uint64_t ngroups = (fs->nblocks - fs->first_data_block + per_group - 1) / per_group;

    fs->blocks_per_group = per_group;
    fs->group_size = EXT4_GROUP_SIZE_MIN;
    if (ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_64BIT)
        fs->group_size = ext4_le16(sb->desc_size);
    if (!power_of_two(fs->group_size) || fs->group_size < EXT4_GROUP_SIZE_MIN ||
        fs->group_size > 1024)
        return refuse(fs->dev, "bad size of group descriptors", fs->group_size);

    uint64_t table_blocks = (ngroups * fs->group_size + fs->block_size - 1) >> fs->block_shift;
    if (ngroups > UINT32_MAX || !ext4_blocks_ok(fs, fs->first_data_block + 1, table_blocks))
        return refuse(fs->dev, "group descriptors do not fit: groups", ngroups);
    fs->ngroups = (uint32_t)ngroups;
    fs->gdt_blocks = (uint32_t)table_blocks;
    return 0;
}

static int inodes_check(struct ext4_fs *fs, const struct ext4_super *sb)
{
    bool old = ext4_le32(sb->rev_level) == 0;
    fs->inode_size = old ? EXT4_INODE_SIZE_MIN : ext4_le16(sb->inode_size);
    fs->first_ino = old ? 11 : ext4_le32(sb->first_ino);
    if (!power_of_two(fs->inode_size) || fs->inode_size < EXT4_INODE_SIZE_MIN ||
        fs->inode_size > fs->block_size)
        return refuse(fs->dev, "bad inode size", fs->inode_size);

    fs->inodes_per_group = ext4_le32(sb->inodes_per_group);
    if (fs->inodes_per_group == 0 || fs->inodes_per_group > fs->block_size * 8)
        return refuse(fs->dev, "bad number of inodes in a group", fs->inodes_per_group);

    fs->itable_blocks = (uint32_t)(((uint64_t)fs->inodes_per_group * fs->inode_size +
                                    fs->block_size - 1) >>
                                   fs->block_shift);
    fs->ninodes = ext4_le32(sb->inodes_count);
    if (fs->ninodes < EXT4_ROOT_INO || fs->ninodes > (uint64_t)fs->inodes_per_group * fs->ngroups)
        return refuse(fs->dev, "bad number of inodes", fs->ninodes);
    return 0;
}

static void state_report(const struct ext4_fs *fs, const struct ext4_super *sb)
{
    uint32_t state = ext4_le16(sb->state);

    if (state & EXT4_STATE_ERRORS)
        log_warn("ext4 on %s: it is marked as damaged: run e2fsck", fs->dev->name);
    else if (!(state & EXT4_STATE_CLEAN))
        log_warn("ext4 on %s: it was not unmounted cleanly: run e2fsck", fs->dev->name);
}

/* What only writing needs. */
static void layout_take(struct ext4_fs *fs, const struct ext4_super *sb)
{
    uint32_t ro = ext4_le32(sb->feature_ro_compat);
    uint32_t want = ext4_le16(sb->want_extra_isize);
    uint32_t most = fs->inode_size - EXT4_INODE_SIZE_MIN;

    fs->ro_compat = ro;
    fs->has_extents = ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_EXTENTS;
    memcpy(fs->uuid, sb->uuid, sizeof(fs->uuid));
    fs->has_gdt_csum = ro & EXT4_RO_COMPAT_GDT_CSUM;
    fs->sparse_super = ro & EXT4_RO_COMPAT_SPARSE_SUPER;
    fs->has_huge_file = ro & EXT4_RO_COMPAT_HUGE_FILE;
    fs->has_dir_nlink = ro & EXT4_RO_COMPAT_DIR_NLINK;
    fs->sparse_super2 = ext4_le32(sb->feature_compat) & EXT4_COMPAT_SPARSE_SUPER2;
    fs->backup_bgs[0] = ext4_le32(sb->backup_bgs[0]);
    fs->backup_bgs[1] = ext4_le32(sb->backup_bgs[1]);
    fs->reserved_gdt_blocks = ext4_le16(sb->reserved_gdt_blocks);
    fs->extra_isize = (uint32_t)size_min(want >= 4 && want % 4 == 0 ? want : 32, most);
    if (!(ro & EXT4_RO_COMPAT_LARGE_FILE))
        fs->fs.max_size = INT32_MAX;
}

/* The rest, which any value of is fine. */
static void super_take(struct ext4_fs *fs, const struct ext4_super *sb)
{
    fs->has_filetype = ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_FILETYPE;
    for (unsigned i = 0; i < ARRAY_LEN(fs->hash_seed); i++)
        fs->hash_seed[i] = ext4_le32(sb->hash_seed[i]);
    if (ext4_le32(sb->feature_compat) & EXT4_COMPAT_HAS_JOURNAL)
        fs->journal_ino = ext4_le32(sb->journal_inum);
    fs->needs_recovery = ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_RECOVER;
    fs->has_dir_index = ext4_le32(sb->feature_compat) & EXT4_COMPAT_DIR_INDEX;
    fs->hash_version = sb->def_hash_version;
    fs->hash_unsigned = ext4_le32(sb->flags) & EXT4_SUPER_UNSIGNED_HASH;

    fs->free_blocks = ext4_le64(sb->free_blocks_count_lo, sb->free_blocks_count_hi);
    fs->overhead = size_min(ext4_le32(sb->overhead_clusters), fs->nblocks);
    fs->reserved_blocks = ext4_le64(sb->r_blocks_count_lo, sb->r_blocks_count_hi);
    fs->free_inodes = ext4_le32(sb->free_inodes_count);
    layout_take(fs, sb);
}

static int super_check(struct ext4_fs *fs, const struct ext4_super *sb)
{
    if (ext4_le16(sb->magic) != EXT4_MAGIC)
        return refuse(fs->dev, "no ext4 file system: magic number", ext4_le16(sb->magic));

    int err = features_check(fs->dev, sb);
    if (!err)
        err = csum_check(fs, sb);
    if (!err)
        err = blocks_check(fs, sb);
    if (!err)
        err = groups_check(fs, sb);
    if (!err)
        err = inodes_check(fs, sb);
    if (err)
        return err;
    super_take(fs, sb);
    state_report(fs, sb);
    return 0;
}

static int super_read(struct ext4_fs *fs)
{
    if (fs->dev->nsectors < (EXT4_SUPER_OFFSET + EXT4_SUPER_SIZE) / BLK_SECTOR)
        return refuse(fs->dev, "the disk is too small: sectors", fs->dev->nsectors);

    struct ext4_super *sb = kmalloc(sizeof(*sb));
    if (!sb)
        return -ENOMEM;
    int err = blk_read(fs->dev, EXT4_SUPER_OFFSET / BLK_SECTOR, sb, sizeof(*sb));
    if (!err)
        err = super_check(fs, sb);
    kfree(sb);
    return err;
}

/* --- mounting ---------------------------------------------------------------------------- */

/* Linux keeps these back for allocations that must not fail. */
static uint64_t kept_back(const struct ext4_fs *fs)
{
    return size_min(fs->nblocks / 50, 4096);
}

static int ext4_statfs(struct fs *fs, struct vfs_statfs *out)
{
    const struct ext4_fs *efs = ext4_fs_of(fs);
    uint64_t              held = efs->reserved_blocks + kept_back(efs);

    *out = (struct vfs_statfs){
        .type = EXT4_SUPER_MAGIC,
        .bsize = efs->block_size,
        .blocks = efs->nblocks - efs->overhead,
        .bfree = efs->free_blocks,
        .bavail = efs->free_blocks > held ? efs->free_blocks - held : 0,
        .files = efs->ninodes,
        .ffree = efs->free_inodes,
        .fsid = efs->csum_seed,
        .namelen = VFS_NAME_MAX,
        .read_only = fs->read_only,
    };
    return 0;
}

static int ext4_sync_fs(struct fs *fs)
{
    return ext4_sync(ext4_fs_of(fs));
}

static void ext4_stop(struct fs *fs)
{
    ext4_txn_stop(ext4_fs_of(fs));
}

static void ext4_forget_blocks(struct fs *fs)
{
    ext4_settle(ext4_fs_of(fs));
    ext4_cache_drop(ext4_fs_of(fs));
}

static const struct fs_ops ext4_ops = {
    .type = "ext4",
    .statfs = ext4_statfs,
    .sync = ext4_sync_fs,
    .stop = ext4_stop,
    .sync_inode = ext4_sync_inode,
    .xattr_get = ext4_xattr_get,
    .xattr_set = ext4_xattr_set,
    .xattr_list = ext4_xattr_list,
    .clean = ext4_clean,
    .forget = ext4_forget_blocks,
};

static int root_get(struct ext4_fs *fs)
{
    int err = ext4_inode_get(fs, EXT4_ROOT_INO, &fs->fs.root);
    if (err)
        return err;
    if (inode_is_dir(fs->fs.root))
        return 0;
    inode_put(fs->fs.root);
    return ext4_damaged(fs, "the root is not a directory");
}

/* Bring what is on the disk to the state of the last commit, and look at it again. */
static int recover(struct ext4_fs *fs)
{
    if (fs->dev->read_only) {
        log_error(
            "ext4 on %s: not mounted: its journal has to be written to it first, and the disk is "
            "read-only",
            fs->dev->name);
        return -EINVAL;
    }
    if (!fs->journal_ino)
        return refuse(fs->dev, "its journal is not in it", 0);
    int err = ext4_journal_recover(fs);
    ext4_cache_drop(fs);
    return err ? err : super_read(fs);
}

int ext4_mount(struct blk_device *dev, bool writable, struct fs **out)
{
    struct ext4_fs *fs = kzalloc(sizeof(*fs));
    if (!fs)
        return -ENOMEM;
    fs->fs.ops = &ext4_ops;
    fs->fs.has_xattrs = true;
    fs->fs.read_only = true;
    fs->fs.dev = vfs_mkdev(254, 0);
    fs->fs.source = "/dev/vda";
    fs->fs.cache_names = true;
    fs->dev = dev;

    mutex_init(&fs->alloc.lock);
    mutex_init(&fs->orphans.lock);
    TAILQ_INIT(&fs->orphans.list);

    ext4_csum_init();
    int err = super_read(fs);
    if (err)
        goto out_free;
    ext4_cache_init(fs);
    ext4_txn_init(fs);
    if (fs->needs_recovery)
        err = recover(fs);
    if (!err && writable)
        err = ext4_txn_start(fs);
    if (err && err != -EROFS) /* what cannot be written can be read */
        goto out_cache;
    err = root_get(fs);
    if (!err)
        err = ext4_orphans_clean(fs);
    if (err)
        goto out_txn;
    *out = &fs->fs;
    return 0;

out_txn:
    ext4_txn_stop(fs);
    ext4_txn_drop(fs);
out_cache:
    ext4_alloc_stop(fs);
    ext4_cache_destroy(fs);
out_free:
    kfree(fs);
    return err;
}

void ext4_unmount(struct fs *fs)
{
    struct ext4_fs *efs = ext4_fs_of(fs);

    inode_put(fs->root);
    ext4_txn_stop(efs);
    ext4_txn_drop(efs);
    ext4_alloc_stop(efs);
    ext4_cache_destroy(efs);
    kfree(efs);
}
