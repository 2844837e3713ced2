/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_change.c - making, removing and renaming files.
 *
 * Every operation here goes the same way: walk to the directories, lock them (the order is at struct
 * inode), look the names up, check everything in the order in which Linux does (programs see which of
 * several errors comes first), let the file system do it, tell the cache of names.
 */
#include "fs/vfs_impl.h"
#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Held by a rename between two directories, before their locks. */
static struct mutex rename_lock = MUTEX_INIT(rename_lock);

/* Where a name is, or is to be. */
struct place {
    struct inode   *dir; /* holds a reference */
    struct vfs_name name;
    bool            trailing; /* slashes follow the name */
};

static int place_find(struct inode *start, const char *path, struct place *p)
{
    return vfs_lookup_parent(start, path, &p->dir, &p->name.text, &p->name.len, &p->trailing);
}

/* Does the path end in a name, not in "/", "." or ".."? */
static bool place_is_name(const struct place *p)
{
    return p->name.len && !name_is_dots(&p->name, 1) && !name_is_dots(&p->name, 2);
}

static bool is_mounted_on(const struct place *p)
{
    struct inode *root = mount_lookup(p->dir, p->name.text, p->name.len);

    inode_put(root);
    return root != NULL;
}

/* What is there, under the directory's lock; a mount needs no entry, and is then told as its root. */
static int place_lookup(const struct place *p, struct inode **out)
{
    int err = name_lookup_locked(p->dir, p->name.text, p->name.len, out);
    if (err != -ENOENT)
        return err;
    *out = mount_lookup(p->dir, p->name.text, p->name.len);
    return *out ? 0 : -ENOENT;
}

/* --- making ---------------------------------------------------------------------------------- */

/* A directory hands its group on if it is set-group-id, and that bit to directories below. */
static struct vfs_new inherit(const struct inode *dir, const struct vfs_new *spec)
{
    struct vfs_new with = *spec;

    if (dir->mode & S_ISGID) {
        with.gid = dir->gid;
        if ((spec->mode & S_IFMT) == S_IFDIR)
            with.mode |= S_ISGID;
    }
    return with;
}

int change_create(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                  struct inode **out)
{
    ASSERT(mutex_held(&dir->lock));
    if (dir->nlink == 0)
        return -ENOENT;
    if (dir->fs->read_only)
        return -EROFS;
    if (!dir->ops->create)
        return -EACCES;

    struct vfs_new with = inherit(dir, spec);
    int            err = dir->ops->create(dir, name, &with, out);
    if (!err && name) {
        name_changed(dir, name, *out);
        vfs_tell_entry(dir, name, inode_is_dir(*out), IN_CREATE, 0);
    }
    return err;
}

/* May p get an entry? That one is there is told before the file system is. A slash after the name is fine
 * for a directory alone. */
static int check_absent(const struct place *p, bool directory)
{
    struct inode *there;

    int err = place_lookup(p, &there);
    if (!err) {
        inode_put(there);
        return -EEXIST;
    }
    if (err != -ENOENT)
        return err;
    if (p->dir->nlink == 0 || (p->trailing && !directory))
        return -ENOENT;
    return p->dir->fs->read_only ? -EROFS : 0;
}

static int create_at(const struct place *p, const struct vfs_new *spec, struct inode **out)
{
    if (!place_is_name(p))
        return -EEXIST;

    mutex_lock(&p->dir->lock);
    int err = check_absent(p, (spec->mode & S_IFMT) == S_IFDIR);
    if (!err)
        err = change_create(p->dir, &p->name, spec, out);
    mutex_unlock(&p->dir->lock);
    return err;
}

int vfs_create_inode(struct inode *start, const char *path, const struct vfs_new *spec,
                     struct inode **out)
{
    struct place p;

    int err = place_find(start, path, &p);
    if (err)
        return err;
    err = create_at(&p, spec, out);
    inode_put(p.dir);
    return err;
}

int vfs_create(struct inode *start, const char *path, const struct vfs_new *spec)
{
    struct inode *inode;

    int err = vfs_create_inode(start, path, spec, &inode);
    if (!err)
        inode_put(inode);
    return err;
}

/* Both locks are held. */
static int link_locked(const struct place *p, struct inode *inode)
{
    if (inode->nlink == 0 && !inode->linkable)
        return -ENOENT;

    int err = p->dir->ops->link(p->dir, &p->name, inode);
    if (!err) {
        inode->linkable = false;
        name_changed(p->dir, &p->name, inode);
        vfs_tell_self(inode, IN_ATTRIB);
        vfs_tell_entry(p->dir, &p->name, false, IN_CREATE, 0);
    }
    return err;
}

static int link_at(const struct place *p, struct inode *inode)
{
    if (!place_is_name(p))
        return -EEXIST;

    mutex_lock(&p->dir->lock);
    int err = check_absent(p, false);
    if (!err && inode->fs != p->dir->fs)
        err = -EXDEV;
    if (!err && (inode_is_dir(inode) || !p->dir->ops->link))
        err = -EPERM;
    if (!err) {
        mutex_lock(&inode->lock);
        err = link_locked(p, inode);
        mutex_unlock(&inode->lock);
    }
    mutex_unlock(&p->dir->lock);
    return err;
}

int vfs_link(struct inode *inode, struct inode *start, const char *path)
{
    struct place p;

    int err = place_find(start, path, &p);
    if (err)
        return err;
    err = link_at(&p, inode);
    inode_put(p.dir);
    return err;
}

/* --- removing -------------------------------------------------------------------------------- */

/* May inode, which is p, go as a directory or as another file? */
static int check_victim(const struct inode *inode, bool directory)
{
    if (directory && !inode_is_dir(inode))
        return -ENOTDIR;
    if (!directory && inode_is_dir(inode))
        return -EISDIR;
    return 0;
}

/* The directory's lock is held. */
static int remove_inode(const struct place *p, struct inode *inode, bool directory)
{
    if (!directory && p->trailing)
        return inode_is_dir(inode) ? -EISDIR : -ENOTDIR;
    int err = check_victim(inode, directory);
    if (err)
        return err;
    if (!p->dir->ops->unlink)
        return -EPERM;
    if (is_mounted_on(p))
        return -EBUSY;

    mutex_lock(&inode->lock);
    err = p->dir->ops->unlink(p->dir, &p->name, inode);
    mutex_unlock(&inode->lock);
    if (!err)
        name_changed(p->dir, &p->name, NULL);
    if (!err && directory)
        name_forget_dir(inode);
    if (!err && !directory)
        vfs_tell_self(inode, IN_ATTRIB);
    return err;
}

static int remove_at(const struct place *p, bool directory)
{
    struct inode *inode;
    if (p->dir->fs->read_only)
        return -EROFS;

    mutex_lock(&p->dir->lock);
    int err = place_lookup(p, &inode);
    if (!err)
        err = remove_inode(p, inode, directory);
    else
        inode = NULL;
    mutex_unlock(&p->dir->lock);
    inode_put(inode); /* which may be the last, and takes time */
    if (!err)
        vfs_tell_entry(p->dir, &p->name, directory, IN_DELETE, 0);
    return err;
}

/* Why no path that ends like this can be removed; 0: it ends in a name. */
static int check_ending(const struct place *p, bool directory)
{
    if (place_is_name(p))
        return 0;
    if (!directory)
        return -EISDIR;
    return p->name.len == 0 ? -EBUSY : p->name.len == 1 ? -EINVAL : -ENOTEMPTY;
}

static int remove_path(struct inode *start, const char *path, bool directory)
{
    struct place p;

    int err = place_find(start, path, &p);
    if (err)
        return err;
    err = check_ending(&p, directory);
    if (!err)
        err = remove_at(&p, directory);
    inode_put(p.dir);
    return err;
}

int vfs_unlink(struct inode *start, const char *path)
{
    return remove_path(start, path, false);
}

int vfs_rmdir(struct inode *start, const char *path)
{
    return remove_path(start, path, true);
}

/* --- renaming -------------------------------------------------------------------------------- */

struct renaming {
    struct place from, to;
    unsigned     flags;
    struct inode
        *trap; /* an entry of one directory that leads to the other, with a reference; or NULL */
    struct inode *inode;  /* what from is, with a reference */
    struct inode *target; /* what to is, with a reference; NULL: nothing */
};

#define DEPTH_MAX 65536u /* of directories; a file system that has more of them has a circle */

/* The entry of top that is or holds dir, with a reference; NULL: dir is not below top. No directory moves
 * meanwhile. */
static int entry_above(struct inode *dir, const struct inode *top, struct inode **out)
{
    struct inode *above;
    int           err = 0;
    unsigned      left = DEPTH_MAX;

    inode_get(dir);
    while (!(err = inode_parent(dir, &above)) && above != top && above != dir) {
        inode_put(dir);
        dir = above;
        if (!left--) {
            inode_put(dir);
            return -EIO;
        }
    }
    bool found = !err && above == top && above != dir;
    if (!err)
        inode_put(above);
    *out = found ? dir : NULL;
    if (!found)
        inode_put(dir);
    return err;
}

/* Lock two directories: the one that holds the other first. */
static void lock_both(struct renaming *r, bool to_is_below)
{
    struct inode *first = r->from.dir, *second = r->to.dir;

    if (r->trap ? !to_is_below : first > second) {
        first = r->to.dir;
        second = r->from.dir;
    }
    mutex_lock(&first->lock);
    mutex_lock(&second->lock);
}

static int lock_directories(struct renaming *r)
{
    r->trap = NULL;
    if (r->from.dir == r->to.dir) {
        mutex_lock(&r->from.dir->lock);
        return 0;
    }
    mutex_lock(&rename_lock);
    int  err = entry_above(r->to.dir, r->from.dir, &r->trap);
    bool to_is_below = r->trap != NULL;
    if (!err && !r->trap)
        err = entry_above(r->from.dir, r->to.dir, &r->trap);
    if (err) {
        mutex_unlock(&rename_lock);
        return err;
    }
    lock_both(r, to_is_below);
    return 0;
}

static void unlock_directories(struct renaming *r)
{
    mutex_unlock(&r->from.dir->lock);
    if (r->from.dir != r->to.dir) {
        mutex_unlock(&r->to.dir->lock);
        mutex_unlock(&rename_lock);
    }
    inode_put(r->trap);
}

/* What was found, against what was asked for. */
static int check_found(const struct renaming *r)
{
    bool exchange = r->flags & RENAME_EXCHANGE;

    if (r->flags & RENAME_NOREPLACE && r->target)
        return -EEXIST;
    if (exchange && !r->target)
        return -ENOENT;
    if (exchange && r->to.trailing && !inode_is_dir(r->target))
        return -ENOTDIR;
    if (!inode_is_dir(r->inode) && (r->from.trailing || (r->to.trailing && !exchange)))
        return -ENOTDIR;
    if (r->inode == r->trap) /* it would become its own descendant */
        return -EINVAL;
    if (r->target && r->target == r->trap)
        return exchange ? -EINVAL : -ENOTEMPTY;
    return 0;
}

static int check_rename(const struct renaming *r)
{
    if (!r->target && r->to.dir->nlink == 0)
        return -ENOENT;
    int err = 0;
    if (r->target && !(r->flags & RENAME_EXCHANGE))
        err = check_victim(r->target, inode_is_dir(r->inode));
    if (err)
        return err;
    if (!r->from.dir->ops->rename)
        return -EPERM;
    return is_mounted_on(&r->from) || is_mounted_on(&r->to) ? -EBUSY : 0;
}

/* The locks of the two files themselves: directories first, then by address. */
static void lock_files(const struct renaming *r)
{
    struct inode *first = r->inode, *second = r->target;

    if (second &&
        (inode_is_dir(first) != inode_is_dir(second) ? inode_is_dir(second) : first > second)) {
        first = r->target;
        second = r->inode;
    }
    mutex_lock(&first->lock);
    if (second)
        mutex_lock(&second->lock);
}

static void unlock_files(const struct renaming *r)
{
    mutex_unlock(&r->inode->lock);
    if (r->target)
        mutex_unlock(&r->target->lock);
}

/* A file that was open once has another place now. Its lock is held. */
static void file_moved(struct inode *inode, const struct place *to)
{
    if (inode->place_name && !inode_is_dir(inode))
        inode_set_place_locked(inode, to->dir, to->name.text, to->name.len);
}

/* inode is to now and was from; target, if there was one, is gone. */
static void tell_moved(const struct place *from, const struct place *to, struct inode *inode,
                       struct inode *target)
{
    uint32_t cookie = vfs_next_cookie();

    vfs_tell_entry(from->dir, &from->name, inode_is_dir(inode), IN_MOVED_FROM, cookie);
    vfs_tell_entry(to->dir, &to->name, inode_is_dir(inode), IN_MOVED_TO, cookie);
    if (target)
        vfs_tell_self(target, IN_ATTRIB);
    vfs_tell_self(inode, IN_MOVE_SELF);
}

static int perform(const struct renaming *r)
{
    bool              exchange = r->flags & RENAME_EXCHANGE;
    struct vfs_rename op = {
        .old_dir = r->from.dir,
        .new_dir = r->to.dir,
        .old_name = r->from.name,
        .new_name = r->to.name,
        .inode = r->inode,
        .target = r->target,
        .exchange = exchange,
    };

    lock_files(r);
    int err = r->from.dir->ops->rename(&op);
    if (!err) {
        file_moved(r->inode, &r->to);
        if (exchange)
            file_moved(r->target, &r->from);
    }
    unlock_files(r);
    if (err)
        return err;
    name_changed(r->from.dir, &r->from.name, exchange ? r->target : NULL);
    name_changed(r->to.dir, &r->to.name, r->inode);
    if (!exchange && r->target && inode_is_dir(r->target))
        name_forget_dir(r->target);
    tell_moved(&r->from, &r->to, r->inode, exchange ? NULL : r->target);
    if (exchange)
        tell_moved(&r->to, &r->from, r->target, NULL);
    return 0;
}

/* Directories are locked. */
static int rename_locked(struct renaming *r)
{
    int err = place_lookup(&r->from, &r->inode);
    if (err)
        return err;
    err = place_lookup(&r->to, &r->target);
    if (err && err != -ENOENT)
        return err;
    err = check_found(r);
    if (err || r->inode == r->target) /* two names of one file: nothing happens */
        return err;
    err = check_rename(r);
    return err ? err : perform(r);
}

/* Both ways were walked. */
static int rename_places(struct renaming *r)
{
    if (r->from.dir->fs != r->to.dir->fs)
        return -EXDEV;
    if (!place_is_name(&r->from))
        return -EBUSY;
    if (!place_is_name(&r->to))
        return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    if (r->from.dir->fs->read_only)
        return -EROFS;

    int err = lock_directories(r);
    if (err)
        return err;
    err = rename_locked(r);
    unlock_directories(r);
    inode_put(r->target);
    inode_put(r->inode);
    return err;
}

int vfs_rename(struct inode *old_start, const char *old_path, struct inode *new_start,
               const char *new_path, unsigned flags)
{
    struct renaming r = {.flags = flags};
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;

    int err = place_find(old_start, old_path, &r.from);
    if (err)
        return err;
    err = place_find(new_start, new_path, &r.to);
    if (!err) {
        err = rename_places(&r);
        inode_put(r.to.dir);
    }
    inode_put(r.from.dir);
    return err;
}
