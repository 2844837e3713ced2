/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_attr.c - attributes of inodes: telling and changing them, times, sizes.
 *
 * The program is root: no permission bits stop it but a missing execute bit. What does is a file system
 * that is read-only.
 */
#include "fs/vfs_impl.h"
#include "fs/vfs_notify.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* --- telling ------------------------------------------------------------------------------- */

void vfs_stat(struct inode *inode, struct vfs_attr *attr)
{
    mutex_lock(&inode->lock); /* times are two words each */
    *attr = (struct vfs_attr){
        .dev = inode->fs->dev,
        .rdev = inode->rdev,
        .ino = inode->ino,
        .mode = inode->mode,
        .nlink = inode->nlink,
        .uid = inode->uid,
        .gid = inode->gid,
        .size = inode->size,
        .blocks = inode->blocks,
        .blksize = PAGE_SIZE,
        .atime = inode->atime,
        .mtime = inode->mtime,
        .ctime = inode->ctime,
        .btime = inode->btime,
    };
    if (inode->ops->getattr)
        inode->ops->getattr(inode, attr);
    mutex_unlock(&inode->lock);
}

int vfs_statfs(struct inode *inode, struct vfs_statfs *out)
{
    return inode->fs->ops->statfs(inode->fs, out);
}

ssize_t vfs_readlink(struct inode *link, char *buf, size_t size)
{
    if (!inode_is_link(link))
        return -EINVAL;
    ssize_t len = link->ops->readlink(link, buf, size);
    if (len >= 0)
        inode_accessed(link);
    return len;
}

static bool is_device(const struct inode *inode)
{
    unsigned type = inode->mode & S_IFMT;

    return type == S_IFCHR || type == S_IFBLK || type == S_IFIFO || type == S_IFSOCK;
}

int vfs_access(struct inode *inode, unsigned mask)
{
    if ((mask & W_OK) && inode->fs->read_only && !is_device(inode))
        return -EROFS;
    if ((mask & X_OK) && !inode_is_dir(inode) && !(inode->mode & 0111))
        return -EACCES;
    return 0;
}

/* --- programs are not written while they run ----------------------------------------------- */

/* Count one more of a kind, if there are none of the other: step is 1 or -1. */
static int count_writer(struct inode *inode, int step)
{
    int n = atomic_load_explicit(&inode->writers, memory_order_relaxed);

    do {
        if (step > 0 ? n < 0 : n > 0)
            return -ETXTBSY;
    } while (!atomic_compare_exchange_weak(&inode->writers, &n, n + step));
    return 0;
}

int attr_begin_write(struct inode *inode)
{
    return count_writer(inode, 1);
}

void attr_end_write(struct inode *inode)
{
    atomic_fetch_sub(&inode->writers, 1);
}

int inode_deny_write(struct inode *inode)
{
    return count_writer(inode, -1);
}

void inode_allow_write(struct inode *inode)
{
    atomic_fetch_add(&inode->writers, 1);
}

/* --- times --------------------------------------------------------------------------------- */

#define NS_PER_SEC  1000000000u
#define SEC_PER_DAY (24 * 60 * 60)

struct vfs_time vfs_now(void)
{
    uint64_t ns = time_wall_ns();

    return (struct vfs_time){(int64_t)(ns / NS_PER_SEC), (uint32_t)(ns % NS_PER_SEC)};
}

static bool time_after(struct vfs_time a, struct vfs_time b)
{
    return a.sec != b.sec ? a.sec > b.sec : a.nsec > b.nsec;
}

static void dirtied(struct inode *inode)
{
    if (inode->ops->dirtied)
        inode->ops->dirtied(inode);
}

void inode_modified(struct inode *inode)
{
    ASSERT(mutex_held(&inode->lock));
    inode->mtime = inode->ctime = vfs_now();
    dirtied(inode);
}

/* relatime: programs that ask whether a file was read since it was changed get an answer, and a file
 * that is read often is not written for it. */
static bool access_matters(const struct inode *inode, struct vfs_time now)
{
    return !time_after(inode->atime, inode->mtime) || !time_after(inode->atime, inode->ctime) ||
           now.sec - inode->atime.sec >= SEC_PER_DAY;
}

void inode_accessed(struct inode *inode)
{
    if (inode->fs->read_only)
        return;
    struct vfs_time now = vfs_now();
    if (!access_matters(inode, now)) /* looked at without the lock: it is asked again */
        return;
    mutex_lock(&inode->lock);
    if (access_matters(inode, now)) {
        inode->atime = now;
        dirtied(inode);
    }
    mutex_unlock(&inode->lock);
}

/* --- changing ------------------------------------------------------------------------------- */

static void set_mode(struct inode *inode, uint32_t mode)
{
    inode->mode = (inode->mode & S_IFMT) | (mode & ~(uint32_t)S_IFMT);
}

/* A file that changes hands does not go on acting for its old owner. Set-group-id without the group's
 * execute bit means something else, and stays. */
static void set_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
    uint32_t lost = S_ISUID | (inode->mode & S_IXGRP ? S_ISGID : 0);

    if (uid != VFS_KEEP_ID)
        inode->uid = uid;
    if (gid != VFS_KEEP_ID)
        inode->gid = gid;
    if (!inode_is_dir(inode))
        inode->mode &= ~lost;
}

static void set_fields(struct inode *inode, const struct vfs_setattr *set)
{
    if (set->what & VFS_SET_MODE)
        set_mode(inode, set->mode);
    if (set->what & VFS_SET_OWNER)
        set_owner(inode, set->uid, set->gid);
    if (set->what & VFS_SET_ATIME)
        inode->atime = set->atime;
    if (set->what & VFS_SET_MTIME)
        inode->mtime = set->mtime;
    inode->ctime = vfs_now();
    dirtied(inode);
}

/* As what a watcher sees a change: one of the times alone looks like what sets it otherwise. */
static unsigned event_of(const struct vfs_setattr *set)
{
    unsigned times = set->what & (VFS_SET_ATIME | VFS_SET_MTIME);

    if (set->what & VFS_SET_MODE || times == (VFS_SET_ATIME | VFS_SET_MTIME))
        return IN_ATTRIB;
    if (set->what & VFS_SET_OWNER && (set->uid != VFS_KEEP_ID || set->gid != VFS_KEEP_ID))
        return IN_ATTRIB;
    return times & VFS_SET_ATIME ? IN_ACCESS : times ? IN_MODIFY : 0;
}

int vfs_setattr(struct inode *inode, const struct vfs_setattr *set)
{
    if (inode->fs->read_only)
        return -EROFS;
    if (set->what & VFS_SET_MODE && inode_is_link(inode))
        return -EOPNOTSUPP;

    mutex_lock(&inode->lock);
    bool sealed = set->what & VFS_SET_MODE && inode->seals & F_SEAL_EXEC &&
                  (inode->mode ^ set->mode) & 0111;
    if (!sealed)
        set_fields(inode, set);
    mutex_unlock(&inode->lock);
    if (!sealed)
        vfs_altered(inode, event_of(set));
    return sealed ? -EPERM : 0;
}

/* --- size ------------------------------------------------------------------------------------ */

static _Atomic uint64_t size_limit = VFS_OFFSET_MAX;

void vfs_set_size_limit(uint64_t bytes)
{
    atomic_store(&size_limit, bytes < VFS_OFFSET_MAX ? bytes : VFS_OFFSET_MAX);
}

uint64_t attr_size_limit(void)
{
    return atomic_load_explicit(&size_limit, memory_order_relaxed);
}

int attr_resize(struct inode *inode, uint64_t size, bool always)
{
    ASSERT(mutex_held(&inode->lock));
    if (size > VFS_OFFSET_MAX || (size > inode->size && size > attr_size_limit()))
        return -EFBIG;

    if (inode->seals & (size < inode->size ? F_SEAL_SHRINK : size > inode->size ? F_SEAL_GROW : 0))
        return -EPERM;
    bool changes = size != inode->size;
    int  err = !changes ? 0 : inode->ops->resize ? inode->ops->resize(inode, size) : -EPERM;
    if (!err && (changes || always))
        inode_modified(inode);
    return err;
}

int vfs_truncate(struct inode *inode, uint64_t size)
{
    if (inode_is_dir(inode))
        return -EISDIR;
    if (!inode_is_regular(inode))
        return -EINVAL;
    if (inode->fs->read_only)
        return -EROFS;
    int err = attr_begin_write(inode);
    if (err)
        return err;

    mutex_lock(&inode->lock);
    err = attr_resize(inode, size, false);
    mutex_unlock(&inode->lock);
    attr_end_write(inode);
    if (!err)
        vfs_altered(inode, IN_MODIFY);
    return err;
}
