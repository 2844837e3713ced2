/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_open.c - opening: by path, which may make the file, or an inode; and what open directories can do. */
#include "fs/dev.h"
#include "fs/pipe.h"
#include "fs/vfs_impl.h"
#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

/* What fcntl(F_GETFL) does not show; the rest of open's flags stays with the file. */
#define OPEN_ONLY_FLAGS (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)

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
        mutex_lock(&dir->lock);
        int err = dir->nlink ? dir->ops->readdir(dir, pos, &w.sink) : -ENOENT;
        mutex_unlock(&dir->lock);
        inode_accessed(dir);
        if (err || w.full || dir->nmounts == 0)
            return err;
        *pos = MOUNT_POS;
    }
    return mount_readdir(dir, pos, sink);
}

/* Entries are in their place when a call that made them returns. */
static int directory_sync(struct file *f, bool data_only)
{
    const struct fs_ops *ops = f->inode->fs->ops;

    return ops->sync_inode ? ops->sync_inode(f->inode, data_only) : 0;
}

const struct file_ops directory_file_ops = {
    .read = directory_read,
    .readdir = directory_readdir,
    .sync = directory_sync,
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

/* f, open for writing if flags say so, counts among those that write its inode. */
static int join_writers(struct file *f)
{
    int err = file_writable(f) ? attr_begin_write(f->inode) : 0;

    f->writes = !err && file_writable(f);
    return err;
}

/* Ops of f by the kind of its inode. */
static int attach(struct file *f)
{
    struct inode *inode = f->inode;
    int           err;

    switch (inode->mode & S_IFMT) {
    case S_IFREG:
        err = join_writers(f);
        if (err)
            return err;
        f->ops = &regular_file_ops;
        f->seekable = f->has_position = true;
        f->error_seen = pagecache_error_start(&inode->pages);
        break;
    case S_IFDIR:
        f->ops = &directory_file_ops;
        f->seekable = f->has_position = true;
        break;
    case S_IFCHR:
        return dev_open(f);
    case S_IFIFO:
        return inode->ops->open ? inode->ops->open(inode, f) : pipe_open_fifo(f);
    case S_IFLNK:
        return -ELOOP;
    default:
        if (!inode->ops->open)
            return -ENXIO;
    }
    return inode->ops->open ? inode->ops->open(inode, f) : 0;
}

static const struct file_ops path_file_ops;

/* An open file of inode, after every check. */
static int open_checked(struct inode *inode, unsigned flags, struct file **out)
{
    struct file *f = file_new(&path_file_ops, NULL, flags & ~OPEN_ONLY_FLAGS);
    if (!f)
        return -ENOMEM;
    f->inode = inode_get(inode);
    int err = flags & O_PATH ? 0 : attach(f);
    if (err) {
        f->ops = &path_file_ops; /* whatever it was to be, it was not opened */
        f->may = 0;
        file_put(f);
        return err;
    }
    *out = f;
    return 0;
}

/* O_TRUNC, which goes without opening for writing, too. */
static int empty(struct inode *inode)
{
    int err = attr_begin_write(inode);
    if (err)
        return err;
    mutex_lock(&inode->lock);
    err = attr_resize(inode, 0, true);
    mutex_unlock(&inode->lock);
    attr_end_write(inode);
    return err;
}

int vfs_open_inode(struct inode *inode, unsigned flags, struct file **out)
{
    bool path_only = flags & O_PATH;
    int  err = wants_write(flags) && !path_only ? check_write(inode) : 0;
    if (err)
        return err;

    err = open_checked(inode, flags, out);
    if (err || path_only || !(flags & O_TRUNC) || !inode_is_regular(inode))
        return err;
    err = empty(inode);
    if (err)
        file_put(*out);
    return err;
}

/* --- opening by path, possibly making the file --------------------------------------------------- */

/* What open_last() came to. */
struct opened {
    struct inode *inode;   /* with a reference */
    bool          created; /* just now */
    struct inode *dir;     /* where it was found, with a reference; NULL: by no name */
    size_t        len;
    char          name[VFS_NAME_MAX + 1];
};

static void set_opened_place(struct opened *o, struct inode *dir, const char *name, size_t len)
{
    o->dir = inode_get(dir);
    o->len = len;
    memcpy(o->name, name, len);
}

/* What last stands for in w->at, mounts and dots considered, or a new file if there is none. */
static int find_or_create(struct path_walk *w, const struct vfs_name *last,
                          const struct vfs_new *spec, struct opened *o)
{
    o->created = false;
    if (last->len == 0 || name_is_dots(last, 1)) {
        o->inode = inode_get(w->at);
        return 0;
    }
    if (name_is_dots(last, 2))
        return path_walk_up(w, &o->inode);
    o->inode = mount_lookup(w->at, last->text, last->len);
    if (o->inode)
        return path_walk_check(w, o->inode);

    mutex_lock(&w->at->lock);
    int err = name_lookup_locked(w->at, last->text, last->len, &o->inode);
    o->created = err == -ENOENT;
    if (o->created)
        err = change_create(w->at, last, spec, &o->inode);
    mutex_unlock(&w->at->lock);
    return err;
}

/* A slash after a name that is to be created asks for a directory, which this does not make. */
static bool names_directory(const struct path_walk *w, const struct vfs_name *last)
{
    return w->must_dir && last->len && !name_is_dots(last, 1) && !name_is_dots(last, 2);
}

/* The file that w leads to, made if need be; the last name may be a link to where it is to be made. */
static int walk_or_create(struct path_walk *w, bool follow, const struct vfs_new *spec,
                          struct opened *o)
{
    for (;;) {
        struct vfs_name last;
        int             err = path_walk_to_last(w, &last);
        if (!err && names_directory(w, &last))
            err = -EISDIR;
        if (!err)
            err = find_or_create(w, &last, spec, o);
        if (err)
            return err;
        if (!inode_is_link(o->inode) || !follow) {
            if (!inode_is_dir(o->inode) && last.len)
                set_opened_place(o, w->at, last.text, last.len);
            return 0;
        }
        err = path_walk_follow(w, o->inode);
        inode_put(o->inode);
        if (err)
            return err;
    }
}

static int open_or_create(struct inode *start, const char *path, unsigned mode, bool follow,
                          unsigned resolve, struct opened *o)
{
    struct vfs_new   spec = {.mode = S_IFREG | (mode & 07777)};
    struct path_walk w;

    o->dir = NULL;
    int err = path_walk_begin(&w, start, path, WALK_RESOLVE(resolve));
    if (err)
        return err;
    err = walk_or_create(&w, follow, &spec, o);
    path_walk_end(&w);
    return err;
}

/* Why may a file that was there not be opened with O_CREAT, or a link not at all? */
static int check_found(const struct inode *inode, unsigned flags)
{
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if ((flags & O_CREAT) && inode_is_dir(inode))
        return -EISDIR;
    if (inode_is_link(inode) && !(flags & O_PATH))
        return -ELOOP;
    return 0;
}

/* As Linux calls a file without a name. */
static void set_nameless_place(struct inode *inode, struct inode *dir)
{
    char name[24];

    size_t len = fmt_snprintf(name, sizeof(name), "#%lu", (unsigned long)inode->ino);
    inode_set_place(inode, dir, name, len);
}

/* O_TMPFILE: a file without a name in directory dir. */
static int open_nameless(struct inode *dir, unsigned flags, unsigned mode, struct file **out)
{
    struct vfs_new spec = {.mode = S_IFREG | (mode & 07777)};
    struct inode  *inode;

    mutex_lock(&dir->lock);
    int err = change_create(dir, NULL, &spec, &inode);
    mutex_unlock(&dir->lock);
    if (err)
        return err == -EACCES && !dir->ops->create ? -EOPNOTSUPP : err;
    inode->linkable = !(flags & O_EXCL);
    err = open_checked(inode, flags, out);
    if (!err)
        set_nameless_place(inode, dir);
    inode_put(inode);
    return err;
}

/* Tell of f, which was just opened, and emptied if it was there. */
static void tell_opened(struct file *f, unsigned flags, bool created)
{
    if (flags & O_PATH)
        return;
    vfs_used(f->inode, IN_OPEN);
    if (flags & O_TRUNC && !created && f->inode && inode_is_regular(f->inode))
        vfs_altered(f->inode, IN_MODIFY);
}

/* The end of every way to open by a path, with err. */
static int opened_end(struct opened *o, int err, struct file *f, unsigned flags)
{
    if (!err && o->dir)
        inode_set_place(o->inode, o->dir, o->name, o->len);
    if (!err)
        tell_opened(f, flags, o->created);
    inode_put(o->dir);
    inode_put(o->inode);
    return err;
}

/* The file that path leads to, and if it is no directory, where it was found. */
static int find_existing(struct inode *start, const char *path, unsigned flags, unsigned resolve,
                         struct opened *o)
{
    unsigned how = VFS_KEEP_NAME | (flags & O_NOFOLLOW ? VFS_NOFOLLOW : 0) |
                   (flags & O_DIRECTORY ? VFS_DIRECTORY : 0) | WALK_RESOLVE(resolve);
    struct path_walk w;

    int err = path_walk_begin(&w, start, path, how);
    if (err)
        return err;
    err = path_walk_to_end(&w);
    if (!err) {
        o->inode = inode_get(w.at);
        if (w.file_dir && !inode_is_dir(w.at))
            set_opened_place(o, w.file_dir, w.file_name, w.file_len);
    }
    path_walk_end(&w);
    return err;
}

static int open_existing(struct inode *start, const char *path, unsigned flags, unsigned mode,
                         unsigned resolve, struct file **out)
{
    struct opened o;

    o.dir = NULL;
    o.created = false;
    int err = find_existing(start, path, flags, resolve, &o);
    if (err)
        return err;
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        err = open_nameless(o.inode, flags, mode, out);
    } else {
        err = check_found(o.inode, flags);
        if (!err)
            err = vfs_open_inode(o.inode, flags, out);
    }
    return opened_end(&o, err, err ? NULL : *out, flags);
}

int vfs_open_resolve(struct inode *start, const char *path, unsigned flags, unsigned mode,
                     unsigned resolve, struct file **out)
{
    struct opened o;

    if (flags & O_PATH) /* then only these count */
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (!(flags & O_CREAT))
        return open_existing(start, path, flags, mode, resolve, out);

    int err = open_or_create(start, path, mode, !(flags & (O_NOFOLLOW | O_EXCL)), resolve, &o);
    if (err)
        return err;
    if (o.created) { /* whatever its permissions say */
        err = open_checked(o.inode, flags, out);
    } else {
        err = check_found(o.inode, flags);
        if (!err)
            err = vfs_open_inode(o.inode, flags, out);
    }
    return opened_end(&o, err, err ? NULL : *out, flags);
}

int vfs_open(struct inode *start, const char *path, unsigned flags, unsigned mode,
             struct file **out)
{
    return vfs_open_resolve(start, path, flags, mode, 0, out);
}
