/* SPDX-License-Identifier: Apache-2.0 */
/* sys_stat.c - stat and statx. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/syscall.h"

#define STAT_FLAGS  (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)
#define STATX_FLAGS (STAT_FLAGS | AT_STATX_SYNC_TYPE)

/* The attributes of what a path, or with AT_EMPTY_PATH a descriptor, stands for. */
static int attr_at(int dirfd, vaddr_t path, unsigned flags, struct vfs_attr *attr)
{
    struct inode *inode;
    char          c;
    bool empty = flags & AT_EMPTY_PATH && (!path || (!uaccess_read(&c, path, 1) && c == '\0'));
    if (empty && dirfd >= 0) {
        struct file *f = args_file(dirfd); /* which need not have an inode */
        if (!f)
            return -EBADF;
        file_stat(f, attr);
        file_put(f);
        return 0;
    }
    int err = args_lookup(dirfd, path, flags, &inode);
    if (err)
        return err;
    vfs_stat(inode, attr);
    inode_put(inode);
    return 0;
}

static int put_stat(const struct vfs_attr *attr, vaddr_t to)
{
    struct abi_stat out = {
        .st_dev = attr->dev,
        .st_ino = attr->ino,
        .st_mode = attr->mode,
        .st_nlink = attr->nlink,
        .st_uid = attr->uid,
        .st_gid = attr->gid,
        .st_rdev = attr->rdev,
        .st_size = (int64_t)attr->size,
        .st_blksize = (int32_t)attr->blksize,
        .st_blocks = (int64_t)attr->blocks,
        .st_atime_sec = attr->atime.sec,
        .st_atime_nsec = attr->atime.nsec,
        .st_mtime_sec = attr->mtime.sec,
        .st_mtime_nsec = attr->mtime.nsec,
        .st_ctime_sec = attr->ctime.sec,
        .st_ctime_nsec = attr->ctime.nsec,
    };
    return uaccess_write(to, &out, sizeof(out));
}

int64_t sys_newfstatat(const uint64_t *a)
{
    struct vfs_attr attr;
    if ((unsigned)a[3] & ~(unsigned)STAT_FLAGS)
        return -EINVAL;
    int err = attr_at((int)a[0], a[1], (unsigned)a[3], &attr);
    return err ? err : put_stat(&attr, a[2]);
}

int64_t sys_fstat(const uint64_t *a)
{
    struct vfs_attr attr;
    struct file    *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    file_stat(f, &attr);
    file_put(f);
    return put_stat(&attr, a[1]);
}

/* --- statx ------------------------------------------------------------------------------- */

static struct abi_statx_time statx_time(struct vfs_time t)
{
    return (struct abi_statx_time){.tv_sec = t.sec, .tv_nsec = t.nsec};
}

static uint32_t dev_major(uint64_t dev)
{
    return (uint32_t)(dev >> 8 & 0xfff);
}

static uint32_t dev_minor(uint64_t dev)
{
    return (uint32_t)((dev & 0xff) | (dev >> 12 & ~0xffull));
}

/* The time of birth is told if it is asked for and known, the rest always. A file system is mounted
 * once: its device's number tells mounts apart. */
static int put_statx(const struct vfs_attr *attr, unsigned asked, vaddr_t to)
{
    bool             known = attr->btime.sec || attr->btime.nsec;
    bool             born = known && asked & STATX_BTIME;
    struct abi_statx out = {
        .stx_mask = STATX_BASIC_STATS | STATX_MNT_ID | (born ? STATX_BTIME : 0),
        .stx_blksize = attr->blksize,
        .stx_nlink = attr->nlink,
        .stx_uid = attr->uid,
        .stx_gid = attr->gid,
        .stx_mode = (uint16_t)attr->mode,
        .stx_ino = attr->ino,
        .stx_size = attr->size,
        .stx_blocks = attr->blocks,
        .stx_atime = statx_time(attr->atime),
        .stx_btime = born ? statx_time(attr->btime) : (struct abi_statx_time){0},
        .stx_ctime = statx_time(attr->ctime),
        .stx_mtime = statx_time(attr->mtime),
        .stx_rdev_major = dev_major(attr->rdev),
        .stx_rdev_minor = dev_minor(attr->rdev),
        .stx_dev_major = dev_major(attr->dev),
        .stx_dev_minor = dev_minor(attr->dev),
        .stx_mnt_id = attr->dev,
    };
    return uaccess_write(to, &out, sizeof(out));
}

int64_t sys_statx(const uint64_t *a)
{
    unsigned        flags = (unsigned)a[2], mask = (unsigned)a[3];
    struct vfs_attr attr;
    if (mask & STATX_RESERVED || flags & ~(unsigned)STATX_FLAGS)
        return -EINVAL;
    if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
        return -EINVAL;
    int err = attr_at((int)a[0], a[1], flags, &attr);
    return err ? err : put_statx(&attr, mask, a[4]);
}
