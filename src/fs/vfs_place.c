/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_place.c - what files are called that somebody has open or mapped. An inode remembers the directory and
 * the name by which it was opened or renamed last; whether it is still there is asked when somebody
 * wants to know. Of several names it is the last one used, for all who have the file open.
 */
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

/* The root lives as long as the file system, whose part files may be for ever: it is not held. */
static struct inode *held(const struct inode *inode, struct inode *dir)
{
    return dir == inode->fs->root ? NULL : dir;
}

static void set_dir(struct inode *inode, struct inode *dir)
{
    struct inode *old = held(inode, inode->place_dir);

    if (dir && held(inode, dir))
        inode_get(dir);
    inode->place_dir = dir;
    inode_put(old);
}

struct inode *inode_forget_place(struct inode *inode)
{
    kfree(inode->place_name);
    inode->place_name = NULL;
    return held(inode, inode->place_dir);
}

static bool is_place(const struct inode *inode, const struct inode *dir, const char *name,
                     size_t len)
{
    const char *now = inode->place_name;
    size_t      n = 0;

    if (inode->place_dir != dir || !now)
        return false;
    while (n < len && now[n] == name[n]) /* no name has a NUL */
        n++;
    return n == len && !now[n];
}

void inode_set_place_locked(struct inode *inode, struct inode *dir, const char *name, size_t len)
{
    ASSERT(mutex_held(&inode->lock));
    if (is_place(inode, dir, name, len))
        return;
    char *copy = kmalloc(len + 1);
    if (!copy)
        return;
    memcpy(copy, name, len);
    copy[len] = 0;
    kfree(inode->place_name);
    inode->place_name = copy;
    set_dir(inode, dir);
}

void inode_set_place(struct inode *inode, struct inode *dir, const char *name, size_t len)
{
    mutex_lock(&inode->lock);
    inode_set_place_locked(inode, dir, name, len);
    mutex_unlock(&inode->lock);
}

/* text as it stands. */
static ssize_t give(char *buf, size_t size, const char *text)
{
    size_t len = strlcpy(buf, text, size);

    return len < size ? (ssize_t)len : -ENAMETOOLONG;
}

/* dir/name and what follows it. */
static ssize_t give_path(char *buf, size_t size, struct inode *dir, const char *name,
                         const char *suffix)
{
    ssize_t with_nul = dir ? vfs_dir_path(dir, buf, size) : give(buf, size, "/") + 1;
    if (with_nul < 0)
        return with_nul == -ERANGE ? -ENAMETOOLONG : with_nul;

    size_t len = (size_t)with_nul - 1;
    len += fmt_snprintf(buf + len, size - len, "%s%s%s", len > 1 ? "/" : "", name, suffix);
    return len < size ? (ssize_t)len : -ENAMETOOLONG;
}

/* A copy of it. */
struct place {
    struct inode *dir; /* holds a reference, or NULL */
    char          name[VFS_NAME_MAX + 1];
};

static void place_take(struct inode *inode, struct place *p)
{
    mutex_lock(&inode->lock);
    p->dir = inode->place_dir ? inode_get(inode->place_dir) : NULL;
    strlcpy(p->name, inode->place_name ? inode->place_name : "", sizeof(p->name));
    mutex_unlock(&inode->lock);
}

/* Does the name still lead to inode? Some file systems make an inode anew each time that it is looked
 * up. */
static bool still_there(const struct inode *inode, const struct place *p)
{
    struct inode *found;

    if (!p->dir || name_lookup(p->dir, p->name, strlen(p->name), &found))
        return false;
    bool same = found->fs == inode->fs && found->ino == inode->ino;
    inode_put(found);
    return same;
}

static ssize_t describe_directory(struct inode *dir, char *buf, size_t size)
{
    ssize_t len = vfs_dir_path(dir, buf, size);
    if (len == -ENOENT)
        return give(buf, size, "/ (deleted)");
    return len < 0 ? -ENAMETOOLONG : len - 1;
}

/* By a name that was looked up, if it is not where it was last seen. */
static ssize_t describe_elsewhere(struct inode *inode, struct place *p, char *buf, size_t size)
{
    char          name[VFS_NAME_MAX + 1];
    struct inode *dir;
    if (name_of(inode, &dir, name))
        return give_path(buf, size, p->dir, p->name, " (deleted)");

    ssize_t len = give_path(buf, size, dir, name, "");
    inode_put(dir);
    return len;
}

static ssize_t describe_file(struct inode *inode, char *buf, size_t size)
{
    struct place p;

    place_take(inode, &p);
    ssize_t len = still_there(inode, &p) ? give_path(buf, size, p.dir, p.name, "")
                                         : describe_elsewhere(inode, &p, buf, size);
    inode_put(p.dir);
    return len;
}

ssize_t inode_describe(struct inode *inode, char *buf, size_t size)
{
    return inode_is_dir(inode) ? describe_directory(inode, buf, size)
                               : describe_file(inode, buf, size);
}

static ssize_t describe_stream(struct file *f, char *buf, size_t size)
{
    struct vfs_attr attr;
    if (f->ops->label)
        return give(buf, size, f->ops->label);

    file_stat(f, &attr);
    bool   socket = (attr.mode & S_IFMT) == S_IFSOCK;
    size_t len = fmt_snprintf(buf, size, "%s:[%lu]", socket ? "socket" : "pipe",
                              (unsigned long)attr.ino);
    return len < size ? (ssize_t)len : -ENAMETOOLONG;
}

ssize_t file_describe(struct file *f, char *buf, size_t size)
{
    return f->inode ? inode_describe(f->inode, buf, size) : describe_stream(f, buf, size);
}
