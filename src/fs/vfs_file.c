/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_file.c - open files: references, position, and the way to each op. */
#include "fs/filelock.h"
#include "fs/vfs_impl.h"
#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Files that are no more: without references, linked by private. What was a file once stays the memory of one, so that
 * file_try_get() may look at the references of what has just gone. */
static struct spinlock spare_lock = SPINLOCK_INIT(LOCK_HEAP, "spare files");
static struct file    *spares; /* spare_lock */

/* One more, without a lock. Acquire and release: who uses it next comes after who used it last. */
static _Atomic(struct file *) spare;

static struct file *take_spare(void)
{
    struct file *f = atomic_exchange_explicit(&spare, NULL, memory_order_acquire);
    if (f)
        return f;
    spinlock_acquire(&spare_lock);
    f = spares;
    if (f)
        spares = f->private;
    spinlock_release(&spare_lock);
    return f;
}

static void make_spare(struct file *f)
{
    f = atomic_exchange_explicit(&spare, f, memory_order_acq_rel);
    if (!f)
        return;
    spinlock_acquire(&spare_lock);
    f->private = spares;
    spares = f;
    spinlock_release(&spare_lock);
}

void file_cache_drop(void)
{
    struct file *f;
    while ((f = take_spare()))
        kfree(f);
}

/* An access mode of 3, which only Linux has, lets do both. */
static unsigned may_of(unsigned flags)
{
    unsigned read = (flags & O_ACCMODE) != O_WRONLY ? FILE_READ : 0;
    unsigned write = (flags & O_ACCMODE) != O_RDONLY ? FILE_WRITE : 0;
    return flags & O_PATH ? 0 : read | write;
}

struct file *file_new(const struct file_ops *ops, void *private, unsigned flags)
{
    struct file *f = take_spare();
    if (!f)
        f = kzalloc(sizeof(*f));
    if (!f)
        return NULL;
    f->ops = ops;
    f->inode = NULL;
    f->private = private;
    f->may = (uint8_t)may_of(flags);
    f->seekable = f->has_position = f->writes = false;
    atomic_store_explicit(&f->flags, flags & ~(unsigned)O_CLOEXEC, memory_order_relaxed);
    mutex_init(&f->lock);
    f->pos = 0;
    LIST_INIT(&f->watches);
    f->gone = NULL;
    atomic_store_explicit(&f->refs, 1, memory_order_release); /* file_try_get() */
    return f;
}

struct file *file_get(struct file *f)
{
    unsigned before = atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    ASSERT(before > 0);
    return f;
}

static const struct file_ops no_ops;

void file_abandon(struct file *f)
{
    if (!f)
        return;
    f->ops = &no_ops;
    file_put(f);
}

static __attribute__((noinline)) void close_file(struct file *f)
{
    if (f->gone)
        f->gone(f);
    if (!file_is_path(f))
        vfs_used(f->inode, file_writable(f) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    if (f->ops->release)
        f->ops->release(f);
    if (f->inode)
        filelock_release(f->inode, f);
    if (f->writes)
        attr_end_write(f->inode);
    inode_put(f->inode);
    make_spare(f);
}

void file_put(struct file *f)
{
    if (!f)
        return;
    unsigned before = atomic_fetch_sub(&f->refs, 1);
    ASSERT(before > 0);
    if (before == 1)
        close_file(f);
}

/* --- reading and writing ----------------------------------------------------------------------- */

/* No byte is beyond the largest offset; of files that have offsets. */
static bool beyond(const struct file *f, const struct iobuf *iob, uint64_t pos)
{
    return f->seekable && (pos > VFS_OFFSET_MAX || iob->left > VFS_OFFSET_MAX - pos);
}

static __attribute__((noinline)) ssize_t read_watched(struct file *f, struct iobuf *iob,
                                                      uint64_t pos)
{
    ssize_t n = f->ops->read(f, iob, pos);
    if (n > 0)
        vfs_used(f->inode, IN_ACCESS);
    return n;
}

static ssize_t do_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    if (!file_readable(f))
        return -EBADF;
    if (!f->ops->read || beyond(f, iob, pos))
        return -EINVAL;
    return vfs_is_watched() ? read_watched(f, iob, pos) : f->ops->read(f, iob, pos);
}

/* A regular file is written under its inode's lock, and at its end if it was opened for appending: *pos
 * is then where that was. */
static ssize_t write_regular(struct file *f, struct iobuf *iob, uint64_t *pos, unsigned flags)
{
    struct inode *inode = f->inode;

    mutex_lock(&inode->lock);
    if (flags & O_APPEND)
        *pos = inode->size;
    ssize_t n = f->ops->write(f, iob, *pos);
    mutex_unlock(&inode->lock);
    return n;
}

/* Of what is no regular file. */
static ssize_t write_stream(struct file *f, struct iobuf *iob, uint64_t pos)
{
    if (!file_writable(f))
        return -EBADF;
    if (!f->ops->write || beyond(f, iob, pos))
        return -EINVAL;
    if (!vfs_is_watched())
        return f->ops->write(f, iob, pos);
    ssize_t n = f->ops->write(f, iob, pos);
    if (n > 0)
        vfs_used(f->inode, IN_MODIFY);
    return n;
}

/* flags: O_APPEND, O_DSYNC and O_SYNC as f's, or instead of them. */
static ssize_t do_write(struct file *f, struct iobuf *iob, uint64_t *pos, unsigned flags)
{
    if (!f->inode || !inode_is_regular(f->inode))
        return write_stream(f, iob, *pos);
    if (!file_writable(f))
        return -EBADF;
    if (beyond(f, iob, *pos) || !f->ops->write)
        return -EINVAL;

    vfs_make_room();
    ssize_t n = write_regular(f, iob, pos, flags);
    if (n > 0)
        vfs_used(f->inode, IN_MODIFY);
    int err = n > 0 && flags & O_DSYNC ? file_sync(f, (flags & O_SYNC) != O_SYNC) : 0;
    return err ? err : n;
}

ssize_t file_read(struct file *f, struct iobuf *iob)
{
    if (!f->has_position)
        return do_read(f, iob, 0);

    mutex_lock(&f->lock);
    ssize_t n = do_read(f, iob, f->pos);
    if (n > 0)
        f->pos += (uint64_t)n;
    mutex_unlock(&f->lock);
    return n;
}

ssize_t file_write(struct file *f, struct iobuf *iob)
{
    return file_write_as(f, iob, atomic_load_explicit(&f->flags, memory_order_relaxed));
}

ssize_t file_write_as(struct file *f, struct iobuf *iob, unsigned flags)
{
    if (!f->has_position)
        return write_stream(f, iob, 0);

    mutex_lock(&f->lock);
    uint64_t pos = f->pos;
    ssize_t  n = do_write(f, iob, &pos, flags);
    if (n > 0)
        f->pos = pos + (uint64_t)n;
    mutex_unlock(&f->lock);
    return n;
}

static int check_offset(struct file *f, uint64_t pos)
{
    if (file_is_path(f))
        return -EBADF;
    if (!f->seekable)
        return -ESPIPE;
    return pos > VFS_OFFSET_MAX ? -EINVAL : 0;
}

ssize_t file_pread(struct file *f, struct iobuf *iob, uint64_t pos)
{
    int err = check_offset(f, pos);

    return err ? err : do_read(f, iob, pos);
}

ssize_t file_pwrite(struct file *f, struct iobuf *iob, uint64_t pos)
{
    return file_pwrite_as(f, iob, pos, atomic_load_explicit(&f->flags, memory_order_relaxed));
}

ssize_t file_pwrite_as(struct file *f, struct iobuf *iob, uint64_t pos, unsigned flags)
{
    int err = check_offset(f, pos);

    return err ? err : do_write(f, iob, &pos, flags);
}

int file_read_exact(struct file *f, void *buf, size_t len, uint64_t pos)
{
    struct iobuf iob;

    iobuf_kernel(&iob, buf, len);
    while (iob.left) {
        ssize_t n = file_pread(f, &iob, pos);
        if (n <= 0)
            return n ? (int)n : -EIO;
        pos += (uint64_t)n;
    }
    return 0;
}

/* --- position ----------------------------------------------------------------------------------- */

/* SEEK_DATA and SEEK_HOLE. What does not know holes is all data up to its end. */
static int64_t seek_extent(const struct file *f, int64_t offset, bool hole)
{
    struct inode *inode = f->inode;
    if (!inode || !inode_is_regular(inode))
        return -EINVAL;

    mutex_lock(&inode->lock);
    int64_t target = hole ? (int64_t)inode->size : offset;
    if (offset < 0 || (uint64_t)offset >= inode->size)
        target = -ENXIO;
    else if (inode->ops->seek)
        target = inode->ops->seek(inode, (uint64_t)offset, hole);
    mutex_unlock(&inode->lock);
    return target;
}

/* The position behind the last byte that a file can have. */
static int64_t seek_limit(const struct file *f)
{
    bool limited = f->inode && inode_is_regular(f->inode) && f->inode->fs->max_size;

    return limited ? (int64_t)f->inode->fs->max_size : INT64_MAX;
}

/* Where whence and offset lead. */
static int64_t seek_target(const struct file *f, int64_t offset, unsigned whence)
{
    uint64_t base = 0;

    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = f->pos;
        break;
    case SEEK_END:
        base = f->inode && inode_is_regular(f->inode) ? f->inode->size : 0;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        return seek_extent(f, offset, whence == SEEK_HOLE);
    default:
        return -EINVAL;
    }
    int64_t target;
    bool    wraps = __builtin_add_overflow((int64_t)base, offset, &target);
    return wraps || target < 0 || target > seek_limit(f) ? -EINVAL : target;
}

int64_t file_seek(struct file *f, int64_t offset, unsigned whence)
{
    if (file_is_path(f))
        return -EBADF;
    if (whence > SEEK_HOLE)
        return -EINVAL;
    if (f->ops->seek)
        return f->ops->seek(f, offset, whence);
    if (!f->seekable)
        return -ESPIPE;

    mutex_lock(&f->lock);
    int64_t target = seek_target(f, offset, whence);
    if (target >= 0)
        f->pos = (uint64_t)target;
    mutex_unlock(&f->lock);
    return target;
}

/* --- size and space -------------------------------------------------------------------------- */

int file_truncate(struct file *f, uint64_t size)
{
    if (file_is_path(f))
        return -EBADF;
    if (!f->inode || !inode_is_regular(f->inode) || !file_writable(f))
        return -EINVAL;

    mutex_lock(&f->inode->lock);
    int err = attr_resize(f->inode, size, true);
    mutex_unlock(&f->inode->lock);
    if (!err)
        vfs_altered(f->inode, IN_MODIFY);
    return err;
}

/* Is that a request that a regular file could fulfil? */
static int check_allocate(const struct file *f, unsigned mode, int64_t off, int64_t len)
{
    if (off < 0 || len <= 0)
        return -EINVAL;
    if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE &&
        mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
        return -EOPNOTSUPP;
    if (!file_writable(f))
        return -EBADF;
    if (!f->inode || (f->inode->mode & S_IFMT) == S_IFIFO)
        return -ESPIPE;
    if (inode_is_dir(f->inode))
        return -EISDIR;
    if (!inode_is_regular(f->inode))
        return -ENODEV;
    return off > INT64_MAX - len ? -EFBIG : 0;
}

static int allocate(struct inode *inode, unsigned mode, uint64_t off, uint64_t len)
{
    bool punch = mode & FALLOC_FL_PUNCH_HOLE;
    if (punch ? !inode->ops->punch : !inode->ops->allocate)
        return -EOPNOTSUPP;
    if (!punch && off + len > inode->size && off + len > attr_size_limit())
        return -EFBIG;
    if (punch && inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    if (!punch && inode->seals & F_SEAL_GROW && off + len > inode->size)
        return -EPERM;

    int err = punch ? inode->ops->punch(inode, off, len) : inode->ops->allocate(inode, off, len);
    if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && off + len > inode->size)
        err = inode->ops->resize(inode, off + len);
    if (!err)
        inode_modified(inode);
    return err;
}

int file_allocate(struct file *f, unsigned mode, int64_t off, int64_t len)
{
    if (file_is_path(f))
        return -EBADF;
    int err = check_allocate(f, mode, off, len);
    if (err)
        return err;
    mutex_lock(&f->inode->lock);
    err = allocate(f->inode, mode, (uint64_t)off, (uint64_t)len);
    mutex_unlock(&f->inode->lock);
    if (!err)
        vfs_used(f->inode, IN_MODIFY);
    return err;
}

/* --- the rest ------------------------------------------------------------------------------------ */

int file_readdir(struct file *f, struct dir_sink *sink)
{
    if (file_is_path(f))
        return -EBADF;
    if (!f->ops->readdir)
        return -ENOTDIR;

    mutex_lock(&f->lock);
    int err = f->ops->readdir(f, &f->pos, sink);
    mutex_unlock(&f->lock);
    if (!err)
        vfs_used(f->inode, IN_ACCESS);
    return err;
}

int file_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    if (file_is_path(f))
        return -EBADF;
    return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

unsigned file_poll(struct file *f, struct pollq **q)
{
    if (q)
        *q = NULL;
    if (file_is_path(f))
        return POLLNVAL;
    if (!f->ops->poll)
        return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return f->ops->poll(f, q);
}

int file_mmap(struct file *f, struct pagecache **pages)
{
    if (file_is_path(f))
        return -EBADF;
    if (!file_readable(f))
        return -EACCES;
    return f->ops->mmap ? f->ops->mmap(f, pages) : -ENODEV;
}

int file_sync(struct file *f, bool data_only)
{
    if (file_is_path(f))
        return -EBADF;
    return f->ops->sync ? f->ops->sync(f, data_only) : -EINVAL;
}

void file_getattr_anonymous(struct file *f, struct vfs_attr *attr)
{
    (void)f;
    attr->mode = 0600;
    attr->dev = vfs_mkdev(0, 14);
    attr->ino = 1;
}

void file_stat(struct file *f, struct vfs_attr *attr)
{
    if (f->inode) {
        vfs_stat(f->inode, attr);
        return;
    }
    memset(attr, 0, sizeof(*attr));
    attr->blksize = PAGE_SIZE;
    attr->nlink = 1;
    if (f->ops->getattr)
        f->ops->getattr(f, attr);
}
