/* SPDX-License-Identifier: Apache-2.0 */
/* xattr.c - see xattr.h. An inode's attributes in memory are a list, the last name first as
 * Linux lists them, under its lock. */
#include "fs/xattr.h"

#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

struct xattr {
    LIST_ENTRY(xattr) link;
    size_t  size;   /* bytes of the value */
    size_t  npages; /* taken of the quota */
    char   *name;   /* behind the value */
    uint8_t value[];
};

static bool begins(const char *name, const char *prefix)
{
    return !strncmp(name, prefix, strlen(prefix));
}

/* --- who may use which name ------------------------------------------------------------------ */

static const char *const prefixes[] = {"security.", "trusted.", "user."};

static bool is_acl(const char *name)
{
    return !strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default");
}

/* Whether the file system can have an attribute of that name: 0, -EINVAL: a prefix alone, -EOPNOTSUPP. */
static int check_name(const struct inode *inode, const char *name)
{
    if (!inode || !inode->fs->has_xattrs)
        return -EOPNOTSUPP;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (begins(name, prefixes[i]))
            return name[strlen(prefixes[i])] ? 0 : -EINVAL;
    return -EOPNOTSUPP;
}

/* The rights that a name needs. Reading without them finds nothing. */
static int check_right(const struct inode *inode, const char *name, bool write, bool privileged)
{
    bool contents = inode && (inode_is_regular(inode) || inode_is_dir(inode));
    bool allowed = begins(name, "trusted.") ? privileged : !begins(name, "user.") || contents;
    return allowed ? 0 : write ? -EPERM : -ENODATA;
}

/* --- the list: the inode's lock is held --------------------------------------------------------- */

/* The attribute, or NULL; *before: the one that it follows. */
static struct xattr *find(struct inode *inode, const char *name, struct xattr **before)
{
    struct xattr *x;
    *before = NULL;
    LIST_FOREACH(x, &inode->xattrs, link) {
        int order = strcmp(x->name, name);
        if (order <= 0)
            return order ? NULL : x;
        *before = x;
    }
    return NULL;
}

static struct xattr *xattr_new(struct inode *inode, const char *name, const void *value,
                               size_t size, int *err)
{
    size_t        len = strlen(name) + 1, npages = pages_for(sizeof(struct xattr) + size + len);
    struct xattr *x = NULL;
    *err = pagecache_quota_take(inode->fs->xattr_quota, npages) ? -ENOMEM : -ENOSPC;
    if (*err == -ENOMEM)
        x = kmalloc(sizeof(*x) + size + len);
    if (!x) {
        if (*err == -ENOMEM)
            pagecache_quota_give(inode->fs->xattr_quota, npages);
        return NULL;
    }
    x->size = size;
    x->npages = npages;
    x->name = (char *)x->value + size;
    memcpy(x->value, value, size);
    memcpy(x->name, name, len);
    *err = 0;
    return x;
}

static void drop(struct inode *inode, struct xattr *x)
{
    LIST_REMOVE(x, link);
    pagecache_quota_give(inode->fs->xattr_quota, x->npages);
    kfree(x);
}

void xattr_free_all(struct inode *inode)
{
    struct xattr *x;
    while ((x = LIST_FIRST(&inode->xattrs)))
        drop(inode, x);
}

/* Put x where it belongs, or (NULL) nothing in the place of old. */
static void replace(struct inode *inode, struct xattr *before, struct xattr *old, struct xattr *x)
{
    if (old)
        drop(inode, old);
    if (x && before)
        LIST_INSERT_AFTER(before, x, link);
    else if (x)
        LIST_INSERT_HEAD(&inode->xattrs, x, link);
    inode->ctime = vfs_now();
}

static int set(struct inode *inode, const char *name, const void *value, size_t size,
               unsigned flags)
{
    struct xattr *before, *x = NULL, *old = find(inode, name, &before);
    int           err = 0;
    if (old && flags & XATTR_CREATE)
        return -EEXIST;
    if (!old && (flags & XATTR_REPLACE || !value))
        return -ENODATA;
    if (value && !(x = xattr_new(inode, name, value, size, &err)))
        return err;
    replace(inode, before, old, x);
    return 0;
}

/* --- what programs ask ------------------------------------------------------------------------ */

static ssize_t get(struct inode *inode, const char *name, void *buf, size_t size)
{
    struct xattr *before, *x = find(inode, name, &before);
    if (!x)
        return -ENODATA;
    if (size && x->size > size)
        return -ERANGE;
    if (size)
        memcpy(buf, x->value, x->size);
    return (ssize_t)x->size;
}

ssize_t xattr_get(struct inode *inode, const char *name, void *buf, size_t size, bool privileged)
{
    if (is_acl(name)) /* there are no lists of rights */
        return inode && inode->fs->has_xattrs && !inode_is_link(inode) ? -ENODATA : -EOPNOTSUPP;
    int err = check_right(inode, name, false, privileged);
    if (!err)
        err = check_name(inode, name);
    if (err)
        return err;
    mutex_lock(&inode->lock);
    bool    stored = inode->fs->ops->xattr_get;
    ssize_t n = stored ? inode->fs->ops->xattr_get(inode, name, buf, size)
                       : get(inode, name, buf, size);
    mutex_unlock(&inode->lock);
    return n;
}

int xattr_set(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags,
              bool privileged)
{
    int err = is_acl(name) ? 0 : check_right(inode, name, true, privileged);
    if (!err)
        err = check_name(inode, name);
    bool stored = !err && inode->fs->ops->xattr_set;
    if (!err && !stored && !inode->fs->xattr_quota)
        err = -EOPNOTSUPP;
    if (err)
        return err;
    mutex_lock(&inode->lock);
    err = stored ? inode->fs->ops->xattr_set(inode, name, value, size, flags)
                 : set(inode, name, value, size, flags);
    mutex_unlock(&inode->lock);
    if (!err)
        vfs_altered(inode, IN_ATTRIB);
    return err;
}

void xattr_names_add(struct xattr_names *names, const char *prefix, const char *name, size_t len)
{
    size_t before = strlen(prefix), at = names->used;

    if (!names->privileged && begins(*prefix ? prefix : name, "trusted."))
        return;
    names->used += before + len + 1;
    if (!names->size)
        return;
    names->fits &= names->used <= names->size;
    if (!names->fits)
        return;
    memcpy(names->buf + at, prefix, before);
    memcpy(names->buf + at + before, name, len);
    names->buf[names->used - 1] = '\0';
}

ssize_t xattr_list(struct inode *inode, char *buf, size_t size, bool privileged)
{
    struct xattr_names names = {buf, size, 0, true, privileged};
    struct xattr      *x;
    int                err = 0;
    if (!inode)
        return 0;
    mutex_lock(&inode->lock);
    if (inode->fs->ops->xattr_list)
        err = inode->fs->ops->xattr_list(inode, &names);
    LIST_FOREACH(x, &inode->xattrs, link)
        xattr_names_add(&names, "", x->name, strlen(x->name));
    mutex_unlock(&inode->lock);
    if (err)
        return err;
    return names.fits ? (ssize_t)names.used : -ERANGE;
}
