/* SPDX-License-Identifier: Apache-2.0 */
/* sys_inotify.c - system calls on what fs/inotify.c has. */
#include "fs/inotify.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/syscall.h"

#define HOW \
    (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT)
#define VALID (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR | HOW)

int64_t sys_inotify_init1(const uint64_t *a)
{
    unsigned     flags = (unsigned)a[0];
    struct file *f;
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int err = inotify_create(flags & O_NONBLOCK, &f);
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

static int add_watch(struct file *f, vaddr_t path, unsigned mask)
{
    struct inode *inode;
    if ((mask & IN_MASK_ADD && mask & IN_MASK_CREATE) || !inotify_is(f))
        return -EINVAL;
    int err = args_lookup(AT_FDCWD, path, mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &inode);
    if (err)
        return err;
    int wd = mask & IN_ONLYDIR && !inode_is_dir(inode) ? -ENOTDIR : inotify_add(f, inode, mask);
    inode_put(inode);
    return wd;
}

int64_t sys_inotify_add_watch(const uint64_t *a)
{
    unsigned mask = (unsigned)a[2];
    if (!(mask & VALID))
        return -EINVAL;
    struct file *f = args_usable_file((int)a[0]);
    if (!f)
        return -EBADF;
    int wd = add_watch(f, a[1], mask);
    file_put(f);
    return wd;
}

int64_t sys_inotify_rm_watch(const uint64_t *a)
{
    struct file *f = args_usable_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = inotify_is(f) ? inotify_remove(f, (int)a[1]) : -EINVAL;
    file_put(f);
    return err;
}
