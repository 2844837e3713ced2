/* SPDX-License-Identifier: Apache-2.0 */
/* sys_io.c - system calls that move bytes of open files: read, write and their relatives, lseek,
 * sync. */
#include "fs/local.h"
#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* Where bytes go: a file's position or a given place. */
struct place {
    bool     given;
    uint64_t pos;
    unsigned flags; /* RWF_* */
};

/* HIPRI asks for nothing that can be seen. */
#define RWF_HIPRI    0x01u
#define RWF_DSYNC    0x02u
#define RWF_SYNC     0x04u
#define RWF_APPEND   0x10u
#define RWF_NOAPPEND 0x20u
#define RWF_KNOWN    (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_NOAPPEND)

/* Writing where nobody reads any more is told by a signal, too, for the programs that do not look
 * at results; by packets, alone by the result. */
int64_t end_transfer_early(const struct file *f, int64_t result)
{
    if (result == -EPIPE && !(local_is(f) && local_type(f) != SOCK_STREAM))
        signal_pipe();
    bool limited = result == -EINTR && local_is(f) && !local_waits_forever(f);
    return result == -EINTR && !limited ? -ERESTARTSYS : signal_size_limit(result);
}

/* check_access() let f pass. What has no position, and cannot be watched, goes straight to the file's own way of moving
 * bytes. */
static inline int64_t transfer(struct file *f, bool write, struct iobuf *iob, struct place at)
{
    if (at.given)
        return write ? file_pwrite(f, iob, at.pos) : file_pread(f, iob, at.pos);
    if (f->has_position || (f->inode && vfs_is_watched()))
        return write ? file_write(f, iob) : file_read(f, iob);
    ssize_t (*move)(struct file *, struct iobuf *, uint64_t) = write ? f->ops->write : f->ops->read;
    return move ? move(f, iob, 0) : -EINVAL;
}

/* What is wrong with a call whatever the memory is that it names. */
static __attribute__((noinline)) int access_error(const struct file *f, struct place at)
{
    return at.given && !f->seekable && !file_is_path(f) ? -ESPIPE : -EBADF;
}

static inline int check_access(const struct file *f, bool write, struct place at)
{
    bool may = write ? file_writable(f) : file_readable(f);
    return may && (!at.given || f->seekable) ? 0 : access_error(f, at);
}

/* Whether all of [pos, pos + len) has a position. */
static inline bool has_positions(struct place at, size_t len)
{
    return !at.given || (int64_t)(at.pos + len) >= 0;
}

static inline int64_t transfer_of(struct file *f, bool write, vaddr_t buf, size_t len,
                                  struct place at)
{
    struct iobuf iob;
    int64_t      result = check_access(f, write, at);
    if (result)
        return result;
    if (!uaccess_range_ok(buf, len))
        return -EFAULT;
    if (!has_positions(at, len))
        return -EINVAL;
    iobuf_user(&iob, buf, size_min(len, RW_COUNT_MAX));
    return transfer(f, write, &iob, at);
}

/* With a reference on the file: another thread may close it meanwhile. */
static inline __attribute__((always_inline)) int64_t transfer_counted(const uint64_t *a, bool write,
                                                                      struct place at)
{
    struct file *f = fd_get(&the_process.fds, (int)a[0]);
    if (!f)
        return -EBADF;
    int64_t result = end_transfer(f, transfer_of(f, write, a[1], a[2], at));
    file_put(f);
    return result;
}

static __attribute__((noinline)) int64_t read_counted(const uint64_t *a)
{
    return transfer_counted(a, false, (struct place){.given = false});
}

static __attribute__((noinline)) int64_t write_counted(const uint64_t *a)
{
    return transfer_counted(a, true, (struct place){.given = false});
}

static __attribute__((noinline)) int64_t counted_at(const uint64_t *a, bool write)
{
    return transfer_counted(a, write, (struct place){.given = true, .pos = a[3]});
}

/* Functions of their own for reading and for writing, with a place and without. */
static inline __attribute__((always_inline)) int64_t transfer_own(struct file *f, const uint64_t *a,
                                                                  bool write, struct place at)
{
    return end_transfer(f, transfer_of(f, write, a[1], a[2], at));
}

int64_t sys_read(const uint64_t *a)
{
    struct file *f = fd_own(&the_process.fds, (int)a[0]);
    return f ? transfer_own(f, a, false, (struct place){.given = false}) : read_counted(a);
}

int64_t sys_write(const uint64_t *a)
{
    struct file *f = fd_own(&the_process.fds, (int)a[0]);
    return f ? transfer_own(f, a, true, (struct place){.given = false}) : write_counted(a);
}

static inline __attribute__((always_inline)) int64_t transfer_one_at(const uint64_t *a, bool write)
{
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    struct file *f = fd_own(&the_process.fds, (int)a[0]);
    return f ? transfer_own(f, a, write, (struct place){.given = true, .pos = a[3]})
             : counted_at(a, write);
}

int64_t sys_pread64(const uint64_t *a)
{
    return transfer_one_at(a, false);
}

int64_t sys_pwrite64(const uint64_t *a)
{
    return transfer_one_at(a, true);
}

/* --- vectors ----------------------------------------------------------------------------- */

/* Flags of one call that there are, and go together. */
static int check_flags(unsigned flags)
{
    if (flags & ~RWF_KNOWN)
        return -EOPNOTSUPP;
    return flags & RWF_APPEND && flags & RWF_NOAPPEND ? -EINVAL : 0;
}

/* A write with flags of its own. */
static __attribute__((noinline)) int64_t write_as(struct file *f, struct iobuf *iob,
                                                  struct place at)
{
    unsigned flags = atomic_load(&f->flags);

    flags |= (at.flags & RWF_DSYNC ? O_DSYNC : 0) | (at.flags & RWF_SYNC ? O_SYNC : 0) |
             (at.flags & RWF_APPEND ? O_APPEND : 0);
    if (at.flags & RWF_NOAPPEND)
        flags &= ~(unsigned)O_APPEND;
    return at.given ? file_pwrite_as(f, iob, at.pos, flags) : file_write_as(f, iob, flags);
}

static int64_t transfer_segs(struct file *f, bool write, struct iobuf *iob, struct place at)
{
    if (!iob->left)
        return 0;
    if (!has_positions(at, iob->left))
        return -EINVAL;
    if (__builtin_expect(!at.flags, true))
        return transfer(f, write, iob, at);
    int err = check_flags(at.flags);
    if (err)
        return err;
    return write ? write_as(f, iob, at) : transfer(f, false, iob, at);
}

static int64_t transfer_vec(int fd, bool write, vaddr_t vec, size_t nsegs, struct place at)
{
    struct iobuf_seg fast[ARGS_FAST_SEGS], *segs = fast;
    struct iobuf     iob;
    struct file     *f = args_file(fd);
    if (!f)
        return -EBADF;
    int64_t result = check_access(f, write, at);
    if (!result)
        result = args_iovec(vec, nsegs, &segs, &iob);
    if (!result)
        result = transfer_segs(f, write, &iob, at);
    if (segs != fast)
        kfree(segs);
    result = end_transfer(f, result);
    file_put(f);
    return result;
}

int64_t sys_readv(const uint64_t *a)
{
    return transfer_vec((int)a[0], false, a[1], a[2], (struct place){.given = false});
}

int64_t sys_writev(const uint64_t *a)
{
    return transfer_vec((int)a[0], true, a[1], a[2], (struct place){.given = false});
}

static int64_t transfer_vec_at(const uint64_t *a, bool write)
{
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    return transfer_vec((int)a[0], write, a[1], a[2], (struct place){.given = true, .pos = a[3]});
}

int64_t sys_preadv(const uint64_t *a)
{
    return transfer_vec_at(a, false);
}

int64_t sys_pwritev(const uint64_t *a)
{
    return transfer_vec_at(a, true);
}

/* The newer pair: a position of -1 is the file's own. */
static int64_t transfer_vec_flags(const uint64_t *a, bool write)
{
    bool given = (int64_t)a[3] != -1;
    if (given && (int64_t)a[3] < 0)
        return -EINVAL;
    struct place at = {.given = given, .pos = given ? a[3] : 0, .flags = (unsigned)a[5]};
    return transfer_vec((int)a[0], write, a[1], a[2], at);
}

int64_t sys_preadv2(const uint64_t *a)
{
    return transfer_vec_flags(a, false);
}

int64_t sys_pwritev2(const uint64_t *a)
{
    return transfer_vec_flags(a, true);
}

/* --- positions and durability ------------------------------------------------------------ */

int64_t sys_lseek(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int64_t result = file_seek(f, (int64_t)a[1], (unsigned)a[2]);
    file_put(f);
    return result;
}

static int64_t sync_fd(int fd, bool data_only)
{
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int result = file_sync(f, data_only);
    file_put(f);
    return result;
}

int64_t sys_fsync(const uint64_t *a)
{
    return sync_fd((int)a[0], false);
}

int64_t sys_fdatasync(const uint64_t *a)
{
    return sync_fd((int)a[0], true);
}

int64_t sys_sync(const uint64_t *a)
{
    (void)a;
    vfs_sync(NULL); /* sync(2) tells nobody of errors */
    return 0;
}

int64_t sys_syncfs(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int result = file_is_path(f) ? -EBADF : f->inode ? vfs_sync(f->inode->fs) : 0;
    file_put(f);
    return result;
}

/* Advice is checked and then not taken: the page cache reads ahead by what it sees. */
int64_t sys_fadvise64(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int result = (int)a[3] < 0 || (int)a[3] > 5 || (int64_t)a[2] < 0 ? -EINVAL : 0;
    if (!f->seekable)
        result = -ESPIPE;
    file_put(f);
    return result;
}

/* What a range of a file has to be. */
static int check_sync_range(const struct file *f, int64_t off, int64_t len, unsigned flags)
{
    int64_t end;
    if (file_is_path(f))
        return -EBADF;
    if (flags & ~7u || off < 0 || __builtin_add_overflow(off, len, &end) || end < off)
        return -EINVAL;
    bool has_contents = f->inode && (inode_is_regular(f->inode) || inode_is_dir(f->inode) ||
                                     (f->inode->mode & S_IFMT) == S_IFBLK);
    return has_contents ? 0 : -ESPIPE;
}

/* Flags say when to write and what to wait for: all is written, and waited for. */
int64_t sys_sync_file_range(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = check_sync_range(f, (int64_t)a[1], (int64_t)a[2], (unsigned)a[3]);
    if (!err && (unsigned)a[3])
        err = file_sync(f, true);
    file_put(f);
    return err;
}

/* Most that one call reads, and at once. */
#define READAHEAD_PAGES 32u

static void read_ahead(struct pagecache *pages, uint64_t index, uint64_t end)
{
    struct pagecache_run run;
    while (index < end && !pagecache_get(pages, index, end - index, &run)) {
        index += run.npages;
        pagecache_put(&run);
    }
}

int64_t sys_readahead(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int64_t off = (int64_t)a[1];
    int     err = 0;
    if (!file_readable(f))
        err = -EBADF;
    else if (!f->inode || !inode_is_regular(f->inode) || (int64_t)a[2] < 0)
        err = -EINVAL;
    /* Texts of the kernel have no pages. */
    if (!err && off >= 0 && f->inode->pages.ops && f->inode->pages.ops->fill) {
        uint64_t first = (uint64_t)off >> PAGE_SHIFT;
        uint64_t npages = size_min(pages_for(a[2]), READAHEAD_PAGES);
        read_ahead(&f->inode->pages, first,
                   size_min(first + npages, pages_for(f->inode->pages.size)));
    }
    file_put(f);
    return err;
}
