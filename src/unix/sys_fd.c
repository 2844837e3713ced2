/* SPDX-License-Identifier: Apache-2.0 */
/* sys_fd.c - system calls on descriptors: open, close, dup, fcntl, ioctl. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* What open takes; other bits are ignored, as Linux does for openat. */
#define OPEN_FLAGS                                                                        \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
     O_DIRECT | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)
/* With O_PATH only these count. */
#define OPEN_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
/* What F_SETFL changes. */
#define SETFL_FLAGS     (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/* Hand f to the program; without room it is closed. */
static int64_t install(struct file *f, bool cloexec)
{
    int fd = fd_install(&the_process.fds, f, 0, cloexec);
    if (fd < 0)
        file_put(f);
    return fd;
}

int64_t sys_openat(const uint64_t *a)
{
    unsigned        flags = (unsigned)a[2] & OPEN_FLAGS;
    unsigned        mode = (unsigned)a[3] & 07777 & ~the_process.umask;
    struct path_arg p;
    struct file    *f;

    if (flags & O_PATH)
        flags &= OPEN_PATH_FLAGS;
    if ((flags & O_TMPFILE) == O_TMPFILE && !(flags & O_ACCMODE))
        return -EINVAL;
    int err = args_path((int)a[0], a[1], &p);
    if (err)
        return err;
    err = vfs_open(p.start, p.path, (flags & ~O_CLOEXEC) | O_LARGEFILE, mode, &f);
    args_path_put(&p);
    return err ? err : install(f, flags & O_CLOEXEC);
}

int64_t sys_close(const uint64_t *a)
{
    return fd_close(&the_process.fds, (int)a[0]);
}

int64_t sys_close_range(const uint64_t *a)
{
    unsigned first = (unsigned)a[0], last = (unsigned)a[1], flags = (unsigned)a[2];
    if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
        return -EINVAL;
    fd_close_range(&the_process.fds, first, last, flags & CLOSE_RANGE_CLOEXEC);
    return 0;
}

/* --- dup --------------------------------------------------------------------------------- */

static int64_t dup_from(int fd, unsigned min, bool cloexec)
{
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int result = fd_install(&the_process.fds, f, min, cloexec);
    if (result < 0)
        file_put(f);
    return result;
}

int64_t sys_dup(const uint64_t *a)
{
    return dup_from((int)a[0], 0, false);
}

int64_t sys_dup3(const uint64_t *a)
{
    int from = (int)a[0], to = (int)a[1], flags = (int)a[2];
    if (flags & ~O_CLOEXEC || from == to)
        return -EINVAL;
    struct file *f = args_file(from);
    if (!f)
        return -EBADF;
    int err = fd_replace(&the_process.fds, to, f, flags & O_CLOEXEC);
    if (err)
        file_put(f);
    return err ? err : to;
}

/* --- fcntl ------------------------------------------------------------------------------- */

static void set_flags(struct file *f, unsigned changeable, unsigned flags)
{
    unsigned old = atomic_load(&f->flags);
    while (
        !atomic_compare_exchange_weak(&f->flags, &old, (old & ~changeable) | (flags & changeable)))
        ;
}

/* Record locks keep processes apart, and there is one: none is ever in the way. */
static int64_t record_lock(struct file *f, int cmd, vaddr_t va)
{
    struct abi_flock lock;
    unsigned         access = atomic_load(&f->flags) & O_ACCMODE;
    if (uaccess_read(&lock, va, sizeof(lock)))
        return -EFAULT;
    if (lock.l_type < 0 || lock.l_type > F_UNLCK || lock.l_whence < 0 || lock.l_whence > SEEK_END)
        return -EINVAL;
    if (cmd == F_GETLK) {
        lock.l_type = F_UNLCK;
        return uaccess_write(va, &lock, sizeof(lock));
    }
    bool shared = lock.l_type == 0, exclusive = lock.l_type == 1;
    if ((shared && access == O_WRONLY) || (exclusive && access == O_RDONLY))
        return -EBADF;
    return 0;
}

/* fcntl on an open file; those on descriptors are done. */
static int64_t fcntl_file(struct file *f, int cmd, uint64_t arg)
{
    switch (cmd) {
    case F_GETFL:
        return (int64_t)atomic_load(&f->flags);
    case F_SETFL:
        set_flags(f, SETFL_FLAGS, (unsigned)arg);
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        return record_lock(f, cmd, arg);
    case F_GETOWN:
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t sys_fcntl(const uint64_t *a)
{
    int fd = (int)a[0], cmd = (int)a[1];
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return dup_from(fd, (unsigned)a[2], cmd == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_get_cloexec(&the_process.fds, fd);
    case F_SETFD:
        return fd_set_cloexec(&the_process.fds, fd, a[2] & FD_CLOEXEC);
    default:
        break;
    }
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int64_t result = fcntl_file(f, cmd, a[2]);
    file_put(f);
    return result;
}

/* --- ioctl ------------------------------------------------------------------------------- */

static int set_nonblocking(struct file *f, vaddr_t arg)
{
    uint32_t on;
    if (uaccess_read(&on, arg, sizeof(on)))
        return -EFAULT;
    set_flags(f, O_NONBLOCK, on ? O_NONBLOCK : 0);
    return 0;
}

int64_t sys_ioctl(const uint64_t *a)
{
    int      fd = (int)a[0];
    unsigned cmd = (unsigned)a[1];
    if (cmd == FIOCLEX || cmd == FIONCLEX)
        return fd_set_cloexec(&the_process.fds, fd, cmd == FIOCLEX);
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int result = cmd == FIONBIO ? set_nonblocking(f, a[2]) : file_ioctl(f, cmd, a[2]);
    file_put(f);
    return result;
}
