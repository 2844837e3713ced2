/* SPDX-License-Identifier: Apache-2.0 */
/* sys_change.c - system calls that change the tree of files. File systems are read-only: what is
 * left to do is to give the error that Linux gives on a read-only file system, in Linux's order of
 * checks. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/syscall.h"

#define UTIME_NOW  ((1l << 30) - 1)
#define UTIME_OMIT ((1l << 30) - 2)

/* A new name: what is there already is told before the file system is. */
static int refuse_new(int dirfd, vaddr_t path)
{
    struct path_arg p;
    struct inode   *dir, *there;
    const char     *name;
    size_t          len;
    bool            trailing;

    int err = args_path(dirfd, path, &p);
    if (err)
        return err;
    err = vfs_lookup_parent(p.start, p.path, &dir, &name, &len, &trailing);
    if (!err) {
        inode_put(dir);
        err = -EROFS;
        if (vfs_lookup(p.start, p.path, VFS_NOFOLLOW, &there) == 0) {
            inode_put(there);
            err = -EEXIST;
        }
    }
    args_path_put(&p);
    return err;
}

/* A name that goes: only the way to it is looked at. */
static int refuse_removal(int dirfd, vaddr_t path)
{
    struct path_arg p;
    struct inode   *dir;
    const char     *name;
    size_t          len;
    bool            trailing;

    int err = args_path(dirfd, path, &p);
    if (err)
        return err;
    err = vfs_lookup_parent(p.start, p.path, &dir, &name, &len, &trailing);
    if (!err)
        inode_put(dir);
    args_path_put(&p);
    return err ? err : -EROFS;
}

/* A file that is there. */
static int refuse_change(int dirfd, vaddr_t path, unsigned at_flags)
{
    struct inode *inode;
    int           err = args_lookup(dirfd, path, at_flags, &inode);
    if (!err)
        inode_put(inode);
    return err ? err : -EROFS;
}

static int refuse_change_fd(int fd)
{
    struct file *f = args_file(fd);
    file_put(f);
    return f ? -EROFS : -EBADF;
}

int64_t sys_mkdirat(const uint64_t *a)
{
    return refuse_new((int)a[0], a[1]);
}

int64_t sys_mknodat(const uint64_t *a)
{
    return refuse_new((int)a[0], a[1]);
}

int64_t sys_symlinkat(const uint64_t *a)
{
    char c;
    if (uaccess_read(&c, a[0], 1))
        return -EFAULT;
    return c ? refuse_new((int)a[1], a[2]) : -ENOENT;
}

int64_t sys_linkat(const uint64_t *a)
{
    unsigned flags = (unsigned)a[4];
    if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    unsigned follow = flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    int      err = refuse_change((int)a[0], a[1], follow | (flags & AT_EMPTY_PATH));
    return err == -EROFS ? refuse_new((int)a[2], a[3]) : err;
}

int64_t sys_unlinkat(const uint64_t *a)
{
    if ((unsigned)a[2] & ~(unsigned)AT_REMOVEDIR)
        return -EINVAL;
    return refuse_removal((int)a[0], a[1]);
}

int64_t sys_renameat2(const uint64_t *a)
{
    unsigned flags = (unsigned)a[4];
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
        return -EINVAL;
    if (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))
        return -EINVAL;
    int err = refuse_removal((int)a[0], a[1]);
    return err == -EROFS ? refuse_removal((int)a[2], a[3]) : err;
}

/* --- contents and attributes ------------------------------------------------------------- */

int64_t sys_truncate(const uint64_t *a)
{
    struct inode *inode;
    if ((int64_t)a[1] < 0)
        return -EINVAL;
    int err = args_lookup(AT_FDCWD, a[0], 0, &inode);
    if (err)
        return err;
    err = inode_is_dir(inode) ? -EISDIR : inode_is_regular(inode) ? -EROFS : -EINVAL;
    inode_put(inode);
    return err;
}

/* No regular file can be open for writing. */
int64_t sys_ftruncate(const uint64_t *a)
{
    struct file *f;
    if ((int64_t)a[1] < 0)
        return -EINVAL;
    f = args_file((int)a[0]);
    file_put(f);
    return f ? -EINVAL : -EBADF;
}

int64_t sys_fchmod(const uint64_t *a)
{
    return refuse_change_fd((int)a[0]);
}

int64_t sys_fchmodat(const uint64_t *a)
{
    return refuse_change((int)a[0], a[1], 0);
}

int64_t sys_fchown(const uint64_t *a)
{
    return refuse_change_fd((int)a[0]);
}

int64_t sys_fchownat(const uint64_t *a)
{
    unsigned flags = (unsigned)a[4];
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    return refuse_change((int)a[0], a[1], flags);
}

/* Both times of utimensat: -EINVAL when one is not normalised; 1: both are to stay as they are. */
static int check_times(vaddr_t va)
{
    struct abi_timespec times[2];
    if (!va)
        return 0;
    if (uaccess_read(times, va, sizeof(times)))
        return -EFAULT;
    unsigned omitted = 0;
    for (unsigned i = 0; i < 2; i++) {
        int64_t nsec = times[i].tv_nsec;
        if (nsec != UTIME_NOW && nsec != UTIME_OMIT && (nsec < 0 || nsec >= 1000000000))
            return -EINVAL;
        omitted += nsec == UTIME_OMIT;
    }
    return omitted == 2;
}

int64_t sys_utimensat(const uint64_t *a)
{
    unsigned flags = (unsigned)a[3];
    int      result = check_times(a[2]);
    if (result)
        return result < 0 ? result : 0;
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (!a[1])
        return refuse_change_fd((int)a[0]);
    return refuse_change((int)a[0], a[1], flags);
}
