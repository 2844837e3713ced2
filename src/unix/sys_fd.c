/* SPDX-License-Identifier: Apache-2.0 */
/* sys_fd.c - system calls on descriptors: open, close, dup, fcntl, flock, ioctl. */
#include "fs/eventfd.h"
#include "fs/filelock.h"
#include "fs/memfd.h"
#include "fs/pipe.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* What open takes; other bits are ignored, as Linux does for openat. */
#define OPEN_FLAGS                                                                        \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
     O_DIRECT | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)
/* With O_PATH only these count. */
#define OPEN_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
/* What F_SETFL changes. */
#define SETFL_FLAGS     (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

int fd_install_or_put(struct file *f, bool cloexec)
{
    int fd = fd_install(&the_process.fds, f, 0, cloexec);
    if (fd < 0)
        file_put(f);
    return fd;
}

/* Flags that make no sense together. */
static int check_open_flags(unsigned flags)
{
    if (flags & O_CREAT && flags & O_DIRECTORY)
        return -EINVAL;
    bool nameless = flags & O_TMPFILE & ~(unsigned)O_DIRECTORY;
    if (nameless && (!(flags & O_DIRECTORY) || (flags & O_ACCMODE) == O_RDONLY))
        return -EINVAL;
    return 0;
}

#define SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT)

/* flags, mode: checked. */
static int64_t open_at(int dirfd, vaddr_t path, unsigned flags, unsigned mode, unsigned resolve)
{
    struct path_arg p;
    struct file    *f;
    int             err = args_path(dirfd, path, &p);
    if (err)
        return err;
    err = fd_check_room(&the_process.fds);
    if (!err && resolve & SCOPED)
        err = args_path_anchor(dirfd, &p);
    if (!err)
        err = vfs_open_resolve(p.start, p.path,
                               (flags & ~O_CLOEXEC) | (flags & O_PATH ? 0 : O_LARGEFILE),
                               mode & ~the_process.umask, resolve, &f);
    args_path_put(&p);
    return err == -EINTR ? -ERESTARTSYS : err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

int64_t sys_openat(const uint64_t *a)
{
    unsigned flags = (unsigned)a[2] & OPEN_FLAGS;

    if (flags & O_PATH)
        flags &= OPEN_PATH_FLAGS;
    int err = check_open_flags(flags);
    return err ? err : open_at((int)a[0], a[1], flags, (unsigned)a[3] & 07777, 0);
}

/* --- openat2 ------------------------------------------------------------------------------ */

struct open_how {
    uint64_t flags, mode, resolve;
};

#define RESOLVE_ALL \
    (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | SCOPED | RESOLVE_CACHED)
#define FASYNC 020000u /* known, and nothing comes of it here */

/* What a program says in a structure that may be longer than the one known here, if the rest is zeros. */
static int read_how(vaddr_t va, size_t size, struct open_how *how)
{
    uint64_t word;
    if (size < sizeof(*how))
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    for (size_t at = sizeof(*how); at < size; at += sizeof(word)) {
        word = 0;
        if (uaccess_read(&word, va + at, size_min(sizeof(word), size - at)))
            return -EFAULT;
        if (word)
            return -E2BIG;
    }
    return uaccess_read(how, va, sizeof(*how));
}

/* Unlike openat, it takes nothing that it does not know, or that means nothing. */
static int check_how(const struct open_how *how)
{
    unsigned flags = (unsigned)how->flags;
    bool     creates = flags & (O_CREAT | (O_TMPFILE & ~(unsigned)O_DIRECTORY));
    if (how->flags & ~(uint64_t)(OPEN_FLAGS | FASYNC) || how->resolve & ~(uint64_t)RESOLVE_ALL ||
        (how->resolve & SCOPED) == SCOPED)
        return -EINVAL;
    if (creates ? how->mode & ~(uint64_t)07777 : how->mode)
        return -EINVAL;
    int err = check_open_flags(flags);
    if (err)
        return err;
    return flags & O_PATH && flags & ~(unsigned)OPEN_PATH_FLAGS ? -EINVAL : 0;
}

int64_t sys_openat2(const uint64_t *a)
{
    struct open_how how;
    int             err = read_how(a[2], a[3], &how);
    if (!err)
        err = check_how(&how);
    if (!err && how.resolve & RESOLVE_CACHED)
        err = -EAGAIN; /* nobody can tell, which is an answer */
    if (err)
        return err;
    return open_at((int)a[0], a[1], (unsigned)how.flags & OPEN_FLAGS, (unsigned)how.mode,
                   (unsigned)how.resolve);
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

/* --- locks on files ---------------------------------------------------------------------- */

/* Where a struct flock's range begins, as whence has it. */
static int lock_base(struct file *f, int whence, int64_t *base)
{
    switch (whence) {
    case SEEK_SET:
        *base = 0;
        return 0;
    case SEEK_CUR:
        *base = f->seekable ? file_seek(f, 0, SEEK_CUR) : 0;
        return 0;
    case SEEK_END:
        *base = f->inode ? (int64_t)f->inode->size : 0;
        return 0;
    default:
        return -EINVAL;
    }
}

/* The range of a struct flock, which may lie before its start. */
static int lock_range(struct file *f, const struct abi_flock *fl, struct filelock_spec *spec)
{
    int64_t start;
    int     err = lock_base(f, fl->l_whence, &start);
    if (err)
        return err;
    if (fl->l_start > INT64_MAX - start)
        return -EOVERFLOW;
    start += fl->l_start;
    if (start < 0)
        return -EINVAL;
    if (fl->l_len > 0 && fl->l_len - 1 > INT64_MAX - start)
        return -EOVERFLOW;
    if (fl->l_len < 0 && start + fl->l_len < 0)
        return -EINVAL;
    spec->start = (uint64_t)(fl->l_len < 0 ? start + fl->l_len : start);
    spec->end = fl->l_len > 0   ? (uint64_t)(start + fl->l_len - 1)
                : fl->l_len < 0 ? (uint64_t)(start - 1)
                                : FILELOCK_END;
    return 0;
}

/* What a struct flock asks for. of_file: F_OFD_*. */
static int lock_spec(struct file *f, const struct abi_flock *fl, bool of_file,
                     struct filelock_spec *spec)
{
    *spec = (struct filelock_spec){
        .kind = FILELOCK_RECORD,
        .type = (unsigned)fl->l_type,
        .owner = of_file ? (void *)f : &the_process.fds,
        .of_process = !of_file,
    };
    int err = lock_range(f, fl, spec);
    if (!err && (fl->l_type < F_RDLCK || fl->l_type > F_UNLCK))
        err = -EINVAL;
    return err;
}

static int get_lock(struct file *f, struct abi_flock *fl, bool of_file)
{
    struct filelock_spec spec, found;
    if (!of_file && fl->l_type != F_RDLCK && fl->l_type != F_WRLCK)
        return -EINVAL;
    int err = lock_spec(f, fl, of_file, &spec);
    if (!err && of_file && fl->l_pid)
        err = -EINVAL;
    if (err)
        return err;
    if (!f->inode || !filelock_conflict(f->inode, &spec, &found)) {
        fl->l_type = F_UNLCK;
        return 0;
    }
    fl->l_type = (int16_t)found.type;
    fl->l_whence = SEEK_SET;
    fl->l_start = (int64_t)found.start;
    fl->l_len = found.end == FILELOCK_END ? 0 : (int64_t)(found.end - found.start + 1);
    fl->l_pid = found.of_process ? PROCESS_PID : -1;
    return 0;
}

static int64_t set_lock(struct file *f, const struct abi_flock *fl, bool of_file, bool wait)
{
    struct filelock_spec spec;
    unsigned             access = atomic_load(&f->flags) & O_ACCMODE;

    int err = lock_spec(f, fl, of_file, &spec);
    if (err)
        return err;
    if ((spec.type == F_RDLCK && access == O_WRONLY) ||
        (spec.type == F_WRLCK && access == O_RDONLY))
        return -EBADF;
    if (of_file && fl->l_pid)
        return -EINVAL;
    err = f->inode ? filelock_set(f->inode, &spec, wait) : 0;
    return err == -EINTR ? -ERESTARTSYS : err;
}

static int64_t record_lock(struct file *f, int cmd, vaddr_t va)
{
    struct abi_flock fl;
    bool             of_file = cmd >= F_OFD_GETLK;
    if (uaccess_read(&fl, va, sizeof(fl)))
        return -EFAULT;
    if (cmd != F_GETLK && cmd != F_OFD_GETLK)
        return set_lock(f, &fl, of_file, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
    int err = get_lock(f, &fl, of_file);
    return err ? err : uaccess_write(va, &fl, sizeof(fl));
}

static int flock_type(int op)
{
    switch (op & ~LOCK_NB) {
    case LOCK_SH:
        return F_RDLCK;
    case LOCK_EX:
        return F_WRLCK;
    case LOCK_UN:
        return F_UNLCK;
    default:
        return -EINVAL;
    }
}

int64_t sys_flock(const uint64_t *a)
{
    int type = flock_type((int)a[1]), err = 0;
    if (type < 0)
        return type;
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;

    struct filelock_spec spec = {FILELOCK_FLOCK, (unsigned)type, 0, FILELOCK_END, f, false};
    if (file_is_path(f))
        err = -EBADF;
    else if (f->inode)
        err = filelock_set(f->inode, &spec, !(a[1] & LOCK_NB));
    file_put(f);
    return err == -EINTR ? -ERESTARTSYS : err;
}

/* --- fcntl ------------------------------------------------------------------------------- */

static void set_flags(struct file *f, unsigned changeable, unsigned flags)
{
    unsigned old = atomic_load(&f->flags);
    while (
        !atomic_compare_exchange_weak(&f->flags, &old, (old & ~changeable) | (flags & changeable)))
        ;
}

/* Direct input and output is for files with contents on a disk; a pipe keeps packets apart with it. */
static bool may_be_direct(const struct file *f)
{
    return (f->inode && inode_is_regular(f->inode)) || pipe_is(f);
}

static int64_t set_status(struct file *f, unsigned flags)
{
    if (flags & O_DIRECT && !may_be_direct(f))
        return -EINVAL;
    set_flags(f, SETFL_FLAGS, flags);
    return 0;
}

/* Whether a shared mapping of the inode exists that can be, or become, writable. */
static bool is_mapped_writable(const struct inode *inode)
{
    struct area area = {.end = 0};
    while (!vmspace_find_next(the_process.vmspace, area.end, &area))
        if (area.file == &inode->pages && area.flags & AREA_SHARED &&
            !(area.flags & AREA_READ_ONLY))
            return true;
    return false;
}

/* fcntl on an open file; those on descriptors are done. */
static int64_t fcntl_file(struct file *f, int cmd, uint64_t arg)
{
    if (cmd == F_GETFL)
        return (int64_t)atomic_load(&f->flags);
    if (file_is_path(f))
        return -EBADF;
    switch (cmd) {
    case F_SETFL:
        return set_status(f, (unsigned)arg);
    case F_GETPIPE_SZ:
        return pipe_capacity(f);
    case F_SETPIPE_SZ:
        return pipe_set_capacity(f, (unsigned)arg);
    case F_ADD_SEALS:
        return memfd_add_seals(f, (unsigned)arg, is_mapped_writable);
    case F_GET_SEALS:
        return memfd_get_seals(f);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return record_lock(f, cmd, arg);
    case F_GETOWN:
        return 0;
    default:
        return -EINVAL;
    }
}

/* close gives up the process's locks of a file. It may have come while the lock was waited for, and then
 * must not be undone by it. */
static int64_t undo_if_closed(int fd, struct file *f)
{
    struct file *now = args_file(fd);
    file_put(now);
    if (now == f)
        return 0;
    if (f->inode)
        filelock_release(f->inode, &the_process.fds);
    return -EBADF;
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
    if (cmd == F_DUPFD_QUERY) { /* whether two descriptors are one open file */
        struct file *other = args_file((int)a[2]);
        file_put(other);
        file_put(f);
        return other ? f == other : -EBADF;
    }
    int64_t result = fcntl_file(f, cmd, a[2]);
    if (!result && (cmd == F_SETLK || cmd == F_SETLKW))
        result = undo_if_closed(fd, f);
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

/* What follows in a regular file. */
static int put_readable(struct file *f, vaddr_t arg)
{
    int32_t rest = (int32_t)(f->inode->size - f->pos);
    return uaccess_write(arg, &rest, sizeof(rest));
}

static int ioctl_file(int fd, struct file *f, unsigned cmd, vaddr_t arg)
{
    if (file_is_path(f))
        return -EBADF;
    switch (cmd) {
    case FIOCLEX:
    case FIONCLEX:
        return fd_set_cloexec(&the_process.fds, fd, cmd == FIOCLEX);
    case FIONBIO:
        return set_nonblocking(f, arg);
    case FIONREAD:
        if (f->inode && inode_is_regular(f->inode))
            return put_readable(f, arg);
        return file_ioctl(f, cmd, arg);
    default:
        return file_ioctl(f, cmd, arg);
    }
}

int64_t sys_ioctl(const uint64_t *a)
{
    int          fd = (int)a[0];
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int result = ioctl_file(fd, f, (unsigned)a[1], a[2]);
    file_put(f);
    return result;
}

/* --- pipes and counters ------------------------------------------------------------------ */

/* Hand both ends of something new to the program and tell it their numbers at va, or close them. */
int64_t fd_install_pair(struct file *end[2], bool cloexec, vaddr_t va)
{
    int32_t fd[2];
    fd[0] = fd_install(&the_process.fds, end[0], 0, cloexec);
    if (fd[0] < 0) {
        file_put(end[0]);
        file_put(end[1]);
        return fd[0];
    }
    fd[1] = fd_install(&the_process.fds, end[1], 0, cloexec);
    int err = fd[1] < 0 ? fd[1] : uaccess_write(va, fd, sizeof(fd));
    if (!err)
        return 0;
    fd_close(&the_process.fds, fd[0]);
    if (fd[1] < 0)
        file_put(end[1]);
    else
        fd_close(&the_process.fds, fd[1]);
    return err;
}

int64_t sys_pipe2(const uint64_t *a)
{
    struct file *end[2];
    unsigned     flags = (unsigned)a[1];
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    int err = pipe_create(end, flags);
    return err ? err : fd_install_pair(end, flags & O_CLOEXEC, a[0]);
}

int64_t sys_eventfd2(const uint64_t *a)
{
    struct file *f;
    unsigned     flags = (unsigned)a[1];
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
        return -EINVAL;
    int err = eventfd_create((uint32_t)a[0], flags & EFD_SEMAPHORE, flags & O_NONBLOCK, &f);
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

/* --- files in memory ----------------------------------------------------------------------- */

static int take_name(vaddr_t va, char name[MEMFD_NAME_MAX + 1])
{
    ssize_t len = uaccess_read_str(name, va, MEMFD_NAME_MAX + 1);
    return len == -ENAMETOOLONG ? -EINVAL : len < 0 ? (int)len : 0;
}

int64_t sys_memfd_create(const uint64_t *a)
{
    char         name[MEMFD_NAME_MAX + 1];
    unsigned     flags = (unsigned)a[1];
    struct file *f;
    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC | MFD_HUGETLB) ||
        (flags & MFD_EXEC && flags & MFD_NOEXEC_SEAL))
        return -EINVAL;
    int err = take_name(a[0], name);
    if (!err && flags & MFD_HUGETLB)
        err = -ENOMEM; /* there are no huge pages */
    if (err)
        return err;
    unsigned seals = flags & MFD_NOEXEC_SEAL     ? F_SEAL_EXEC
                     : flags & MFD_ALLOW_SEALING ? 0
                                                 : F_SEAL_SEAL;
    err = memfd_create(name, flags & MFD_NOEXEC_SEAL ? 0666 : 0777, seals, &f);
    return err ? err : fd_install_or_put(f, flags & MFD_CLOEXEC);
}
