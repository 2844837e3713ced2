/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_file.c - open files: references, position, and the way to each op. */
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define OFFSET_MAX ((uint64_t)INT64_MAX)

struct file *file_new(const struct file_ops *ops, void *private, unsigned flags)
{
    struct file *f = kzalloc(sizeof(*f));
    if (!f)
        return NULL;
    f->ops = ops;
    f->private = private;
    atomic_store(&f->refs, 1);
    atomic_store(&f->flags, flags & ~(unsigned)O_CLOEXEC);
    mutex_init(&f->lock);
    return f;
}

struct file *file_get(struct file *f)
{
    unsigned before = atomic_fetch_add(&f->refs, 1);
    ASSERT(before > 0);
    return f;
}

void file_put(struct file *f)
{
    if (!f)
        return;
    unsigned before = atomic_fetch_sub(&f->refs, 1);
    ASSERT(before > 0);
    if (before > 1)
        return;
    if (f->ops->release)
        f->ops->release(f);
    inode_put(f->inode);
    kfree(f);
}

/* --- reading and writing ----------------------------------------------------------------------- */

static bool may_read(const struct file *f)
{
    unsigned flags = atomic_load(&f->flags);

    return !(flags & O_PATH) && (flags & O_ACCMODE) != O_WRONLY;
}

static bool may_write(const struct file *f)
{
    unsigned flags = atomic_load(&f->flags);

    return !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
}

typedef ssize_t transfer(struct file *f, struct iobuf *iob, uint64_t pos);

static ssize_t do_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    if (!may_read(f))
        return -EBADF;
    return f->ops->read ? f->ops->read(f, iob, pos) : -EINVAL;
}

static ssize_t do_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    if (!may_write(f))
        return -EBADF;
    return f->ops->write ? f->ops->write(f, iob, pos) : -EINVAL;
}

/* At the position, which moves by what was transferred. */
static ssize_t at_position(struct file *f, struct iobuf *iob, transfer *op)
{
    if (!f->seekable)
        return op(f, iob, 0);

    mutex_lock(&f->lock);
    ssize_t n = op(f, iob, f->pos);
    if (n > 0)
        f->pos += (uint64_t)n;
    mutex_unlock(&f->lock);
    return n;
}

ssize_t file_read(struct file *f, struct iobuf *iob)
{
    return at_position(f, iob, do_read);
}

ssize_t file_write(struct file *f, struct iobuf *iob)
{
    return at_position(f, iob, do_write);
}

static ssize_t at_offset(struct file *f, struct iobuf *iob, uint64_t pos, transfer *op)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    if (!f->seekable)
        return -ESPIPE;
    if (pos > OFFSET_MAX)
        return -EINVAL;
    return op(f, iob, pos);
}

ssize_t file_pread(struct file *f, struct iobuf *iob, uint64_t pos)
{
    return at_offset(f, iob, pos, do_read);
}

ssize_t file_pwrite(struct file *f, struct iobuf *iob, uint64_t pos)
{
    return at_offset(f, iob, pos, do_write);
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

/* Where whence and offset lead. size: of a regular file. */
static int64_t seek_target(const struct file *f, int64_t offset, unsigned whence, uint64_t size)
{
    uint64_t base = whence == SEEK_CUR ? f->pos : size;
    int64_t  target;

    switch (whence) {
    case SEEK_SET:
        return offset < 0 ? -EINVAL : offset;
    case SEEK_CUR:
    case SEEK_END:
        if (__builtin_add_overflow((int64_t)base, offset, &target))
            return -EOVERFLOW;
        return target < 0 ? -EINVAL : target;
    case SEEK_DATA: /* a file may be told to be all data, with a hole behind its end */
    case SEEK_HOLE:
        if (offset < 0 || (uint64_t)offset >= size)
            return -ENXIO;
        return whence == SEEK_DATA ? offset : (int64_t)size;
    default:
        return -EINVAL;
    }
}

int64_t file_seek(struct file *f, int64_t offset, unsigned whence)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    if (!f->seekable)
        return -ESPIPE;

    uint64_t size = f->inode && inode_is_regular(f->inode) ? f->inode->size : 0;
    mutex_lock(&f->lock);
    int64_t target = seek_target(f, offset, whence, size);
    if (target >= 0)
        f->pos = (uint64_t)target;
    mutex_unlock(&f->lock);
    return target;
}

/* --- the rest ------------------------------------------------------------------------------------ */

int file_readdir(struct file *f, struct dir_sink *sink)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    if (!f->ops->readdir)
        return -ENOTDIR;

    mutex_lock(&f->lock);
    int err = f->ops->readdir(f, &f->pos, sink);
    mutex_unlock(&f->lock);
    return err;
}

int file_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

unsigned file_poll(struct file *f, struct pollq **q)
{
    if (q)
        *q = NULL;
    if (atomic_load(&f->flags) & O_PATH)
        return POLLNVAL;
    if (!f->ops->poll)
        return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return f->ops->poll(f, q);
}

int file_mmap(struct file *f, struct pagecache **pages)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    if (!may_read(f))
        return -EACCES;
    return f->ops->mmap ? f->ops->mmap(f, pages) : -ENODEV;
}

int file_sync(struct file *f)
{
    if (atomic_load(&f->flags) & O_PATH)
        return -EBADF;
    return f->ops->sync ? f->ops->sync(f) : -EINVAL;
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
