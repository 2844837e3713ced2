/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_open.c - opening inodes, and what open regular files and directories can do. */
#include "fs/dev.h"
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "machine/layout.h"

/* What fcntl(F_GETFL) does not show; the rest of open's flags stays with the file. */
#define OPEN_ONLY_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)

/* --- regular files --------------------------------------------------------------------------- */

static ssize_t regular_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct pagecache *pages = &f->inode->pages;
    ssize_t           done = 0;

    while (iob->left && pos < pages->size) {
        struct pagecache_run run;
        size_t               skip = pos & PAGE_MASK;
        size_t               want = iob->left;
        if (want > pages->size - pos)
            want = pages->size - pos;
        int err = pagecache_get(pages, pos >> PAGE_SHIFT, pages_for(skip + want), &run);
        if (err)
            return done ? done : err;

        size_t  have = size_min(want, (run.npages << PAGE_SHIFT) - skip);
        ssize_t moved = iobuf_put(iob, (const char *)phys_ptr(run.pa) + skip, have);
        pagecache_put(&run);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        pos += (size_t)moved;
        if ((size_t)moved < have)
            break;
    }
    return done;
}

static int regular_mmap(struct file *f, struct pagecache **pages)
{
    *pages = &f->inode->pages;
    return 0;
}

static int regular_sync(struct file *f)
{
    (void)f; /* nothing is written yet that could be late */
    return 0;
}

const struct file_ops regular_file_ops = {
    .read = regular_read,
    .mmap = regular_mmap,
    .sync = regular_sync,
};

/* --- directories ------------------------------------------------------------------------------ */

static ssize_t directory_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)f;
    (void)iob;
    (void)pos;
    return -EISDIR;
}

/* A sink that passes on, and remembers whether it was refused. */
struct watched_sink {
    struct dir_sink  sink;
    struct dir_sink *to;
    bool             full;
};

static bool watched_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                         unsigned type, uint64_t next)
{
    struct watched_sink *w = container_of(sink, struct watched_sink, sink);

    w->full = !w->to->emit(w->to, name, len, ino, type, next);
    return !w->full;
}

/* First what the file system has, then what is mounted on names that it does not have. */
static int directory_readdir(struct file *f, uint64_t *pos, struct dir_sink *sink)
{
    struct inode       *dir = f->inode;
    struct watched_sink w = {.sink = {watched_emit}, .to = sink, .full = false};

    if (*pos < MOUNT_POS) {
        int err = dir->ops->readdir(dir, pos, &w.sink);
        if (err || w.full || dir->nmounts == 0)
            return err;
        *pos = MOUNT_POS;
    }
    return mount_readdir(dir, pos, sink);
}

const struct file_ops directory_file_ops = {
    .read = directory_read,
    .readdir = directory_readdir,
    .sync = regular_sync,
};

/* --- opening ---------------------------------------------------------------------------------- */

static bool wants_write(unsigned flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static int check_write(struct inode *inode)
{
    if (inode_is_dir(inode))
        return -EISDIR;
    return vfs_access(inode, W_OK);
}

/* Ops of f by the kind of its inode. */
static int attach(struct file *f)
{
    struct inode *inode = f->inode;

    switch (inode->mode & S_IFMT) {
    case S_IFREG:
        f->ops = &regular_file_ops;
        f->seekable = true;
        break;
    case S_IFDIR:
        f->ops = &directory_file_ops;
        f->seekable = true;
        break;
    case S_IFCHR:
        return dev_open(f);
    case S_IFLNK:
        return -ELOOP;
    default:
        return -ENXIO;
    }
    return inode->ops->open ? inode->ops->open(inode, f) : 0;
}

static const struct file_ops path_file_ops;

int vfs_open_inode(struct inode *inode, unsigned flags, struct file **out)
{
    bool path_only = flags & O_PATH;
    int  err = wants_write(flags) && !path_only ? check_write(inode) : 0;
    if (err)
        return err;

    struct file *f = file_new(&path_file_ops, NULL, (flags & ~OPEN_ONLY_FLAGS) | O_LARGEFILE);
    if (!f)
        return -ENOMEM;
    f->inode = inode_get(inode);
    err = path_only ? 0 : attach(f);
    if (err) {
        f->ops = &path_file_ops; /* whatever it was to be, it was not opened */
        file_put(f);
        return err;
    }
    *out = f;
    return 0;
}

/* There is no such file, and one is to be made: why not? */
static int create(struct inode *start, const char *path)
{
    struct inode *dir;
    const char   *name;
    size_t        len;
    bool          trailing;

    int err = vfs_lookup_parent(start, path, &dir, &name, &len, &trailing);
    if (err)
        return err;
    inode_put(dir);
    return trailing ? -EISDIR : -EROFS; /* all file systems are read-only */
}

static int check_found(const struct inode *inode, unsigned flags)
{
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (inode_is_link(inode) && !(flags & O_PATH))
        return -ELOOP;
    if ((flags & O_CREAT) && inode_is_dir(inode))
        return -EISDIR;
    return 0;
}

int vfs_open(struct inode *start, const char *path, unsigned flags, unsigned mode,
             struct file **out)
{
    bool     no_follow = (flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    unsigned how = (no_follow ? VFS_NOFOLLOW : 0) | (flags & O_DIRECTORY ? VFS_DIRECTORY : 0);
    struct inode *inode;
    (void)mode;

    if (flags & O_PATH) /* then only these count */
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int err = vfs_lookup(start, path, how, &inode);
    if (err == -ENOENT && (flags & O_CREAT))
        return create(start, path);
    if (err)
        return err;
    err = (flags & O_TMPFILE) == O_TMPFILE ? -EROFS : check_found(inode, flags);
    if (!err)
        err = vfs_open_inode(inode, flags, out);
    inode_put(inode);
    return err;
}
