/* SPDX-License-Identifier: Apache-2.0 */
/* sys_change.c - system calls that change the tree of files, their attributes and sizes. Arguments are
 * checked here, in Linux's order; what depends on the files is checked by the VFS. */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define UTIME_NOW  ((1l << 30) - 1)
#define UTIME_OMIT ((1l << 30) - 2)

/* --- making ---------------------------------------------------------------------------------- */

static int create(int dirfd, vaddr_t path, const struct vfs_new *spec)
{
    struct path_arg p;

    int err = args_path(dirfd, path, &p);
    if (err)
        return err;
    err = vfs_create(p.start, p.path, spec);
    args_path_put(&p);
    return err;
}

static uint32_t masked(uint64_t mode)
{
    return (uint32_t)mode & 07777 & ~the_process.umask;
}

int64_t sys_mkdirat(const uint64_t *a)
{
    /* The set-id bits are not taken from here. */
    struct vfs_new spec = {.mode = S_IFDIR | (masked(a[2]) & (0777 | S_ISVTX))};

    return create((int)a[0], a[1], &spec);
}

/* The device number as Linux passes it in 32 bits: as vfs_mkdev() packs it. */
int64_t sys_mknodat(const uint64_t *a)
{
    uint32_t       type = (uint32_t)a[2] & S_IFMT;
    struct vfs_new spec = {.mode = (type ? type : S_IFREG) | masked(a[2])};

    switch (type) {
    case S_IFCHR:
    case S_IFBLK:
        spec.rdev = (uint32_t)a[3];
        break;
    case 0:
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        break;
    default:
        return type == S_IFDIR ? -EPERM : -EINVAL;
    }
    return create((int)a[0], a[1], &spec);
}

int64_t sys_symlinkat(const uint64_t *a)
{
    char *target = kmalloc(VFS_PATH_MAX);
    if (!target)
        return -ENOMEM;

    ssize_t        len = uaccess_read_str(target, a[0], VFS_PATH_MAX);
    struct vfs_new spec = {.mode = S_IFLNK | 0777, .target = target};
    int            err = len > 0 ? create((int)a[1], a[2], &spec) : len < 0 ? (int)len : -ENOENT;
    kfree(target);
    return err;
}

int64_t sys_linkat(const uint64_t *a)
{
    unsigned        flags = (unsigned)a[4];
    unsigned        follow = flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    struct inode   *inode;
    struct path_arg p;
    if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;

    int err = args_lookup((int)a[0], a[1], follow | (flags & AT_EMPTY_PATH), &inode);
    if (err)
        return err;
    err = args_path((int)a[2], a[3], &p);
    if (!err) {
        err = vfs_link(inode, p.start, p.path);
        args_path_put(&p);
    }
    inode_put(inode);
    return err;
}

/* --- removing and renaming ------------------------------------------------------------------- */

int64_t sys_unlinkat(const uint64_t *a)
{
    unsigned        flags = (unsigned)a[2];
    struct path_arg p;
    if (flags & ~(unsigned)AT_REMOVEDIR)
        return -EINVAL;

    int err = args_path((int)a[0], a[1], &p);
    if (err)
        return err;
    err = flags & AT_REMOVEDIR ? vfs_rmdir(p.start, p.path) : vfs_unlink(p.start, p.path);
    args_path_put(&p);
    return err;
}

/* Whether there is a way to p's last name comes before what is wrong with the other path: err. */
static int way_first(const struct path_arg *p, int err)
{
    struct inode *dir;
    const char   *name;
    size_t        len;
    bool          trailing;

    int first = vfs_lookup_parent(p->start, p->path, &dir, &name, &len, &trailing);
    if (first)
        return first;
    inode_put(dir);
    return err;
}

int64_t sys_renameat2(const uint64_t *a)
{
    unsigned        flags = (unsigned)a[4];
    struct path_arg from, to;
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;

    int err = args_path((int)a[0], a[1], &from);
    if (err)
        return err;
    err = args_path((int)a[2], a[3], &to);
    if (err) {
        err = way_first(&from, err);
    } else {
        err = vfs_rename(from.start, from.path, to.start, to.path, flags);
        args_path_put(&to);
    }
    args_path_put(&from);
    return err;
}

/* --- sizes ----------------------------------------------------------------------------------- */

int64_t sys_truncate(const uint64_t *a)
{
    struct inode *inode;
    if ((int64_t)a[1] < 0)
        return -EINVAL;
    int err = args_lookup(AT_FDCWD, a[0], 0, &inode);
    if (err)
        return err;
    err = vfs_truncate(inode, a[1]);
    inode_put(inode);
    return signal_size_limit(err);
}

int64_t sys_ftruncate(const uint64_t *a)
{
    if ((int64_t)a[1] < 0)
        return -EINVAL;
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = file_truncate(f, a[1]);
    file_put(f);
    return signal_size_limit(err);
}

int64_t sys_fallocate(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = file_allocate(f, (unsigned)a[1], (int64_t)a[2], (int64_t)a[3]);
    file_put(f);
    return signal_size_limit(err);
}

/* --- attributes ------------------------------------------------------------------------------ */

static int change_at(int dirfd, vaddr_t path, unsigned at_flags, const struct vfs_setattr *set)
{
    struct inode *inode;

    int err = args_lookup(dirfd, path, at_flags, &inode);
    if (err)
        return err;
    err = vfs_setattr(inode, set);
    inode_put(inode);
    return err;
}

static int change_fd(int fd, const struct vfs_setattr *set)
{
    struct file *f = args_usable_file(fd);
    if (!f)
        return -EBADF;
    int err = f->inode ? vfs_setattr(f->inode, set) : -EOPNOTSUPP;
    file_put(f);
    return err;
}

static struct vfs_setattr new_mode(uint64_t mode)
{
    return (struct vfs_setattr){.what = VFS_SET_MODE, .mode = (uint32_t)mode & 07777};
}

int64_t sys_fchmod(const uint64_t *a)
{
    struct vfs_setattr set = new_mode(a[1]);

    return change_fd((int)a[0], &set);
}

int64_t sys_fchmodat(const uint64_t *a)
{
    struct vfs_setattr set = new_mode(a[2]);

    return change_at((int)a[0], a[1], 0, &set);
}

int64_t sys_fchmodat2(const uint64_t *a)
{
    struct vfs_setattr set = new_mode(a[2]);
    unsigned           flags = (unsigned)a[3];

    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    return change_at((int)a[0], a[1], flags, &set);
}

static struct vfs_setattr new_owner(uint64_t uid, uint64_t gid)
{
    return (struct vfs_setattr){.what = VFS_SET_OWNER, .uid = (uint32_t)uid, .gid = (uint32_t)gid};
}

int64_t sys_fchown(const uint64_t *a)
{
    struct vfs_setattr set = new_owner(a[1], a[2]);

    return change_fd((int)a[0], &set);
}

int64_t sys_fchownat(const uint64_t *a)
{
    struct vfs_setattr set = new_owner(a[2], a[3]);
    unsigned           flags = (unsigned)a[4];

    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    return change_at((int)a[0], a[1], flags, &set);
}

/* --- times ----------------------------------------------------------------------------------- */

static bool valid_nsec(int64_t nsec)
{
    return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < 1000000000);
}

/* What one time of utimensat asks for; *what gets bit, or not. */
static struct vfs_time new_time(const struct abi_timespec *ts, unsigned bit, unsigned *what)
{
    if (ts->tv_nsec == UTIME_OMIT)
        return (struct vfs_time){0};
    *what |= bit;
    if (ts->tv_nsec == UTIME_NOW)
        return vfs_now();
    return (struct vfs_time){ts->tv_sec, (uint32_t)ts->tv_nsec};
}

/* The inode that utimensat is about, with a reference. */
static int times_inode(int dirfd, vaddr_t path, unsigned flags, struct inode **out)
{
    if (!path && dirfd != AT_FDCWD) {
        if (flags)
            return -EINVAL;
        struct file *f = args_usable_file(dirfd);
        if (!f)
            return -EBADF;
        *out = f->inode ? inode_get(f->inode) : NULL;
        file_put(f);
        return *out ? 0 : -EOPNOTSUPP;
    }
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    return args_lookup(dirfd, path, flags, out);
}

static int set_times(struct inode *inode, const struct abi_timespec times[2])
{
    struct vfs_setattr set = {.what = 0};

    if (!valid_nsec(times[0].tv_nsec) || !valid_nsec(times[1].tv_nsec))
        return -EINVAL;
    set.atime = new_time(&times[0], VFS_SET_ATIME, &set.what);
    set.mtime = new_time(&times[1], VFS_SET_MTIME, &set.what);
    return vfs_setattr(inode, &set);
}

int64_t sys_utimensat(const uint64_t *a)
{
    struct abi_timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    struct inode       *inode;
    if (a[2] && uaccess_read(times, a[2], sizeof(times)))
        return -EFAULT;
    if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return 0; /* not even the path is looked at */

    int err = times_inode((int)a[0], a[1], (unsigned)a[3], &inode);
    if (err)
        return err;
    err = set_times(inode, times);
    inode_put(inode);
    return err;
}
