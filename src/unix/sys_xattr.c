/* SPDX-License-Identifier: Apache-2.0 */
/* sys_xattr.c - extended attributes, by a path, a path whose last link is not followed, or a
 * descriptor. */
#include "fs/xattr.h"
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/syscall.h"

enum how { FOLLOW, NOFOLLOW, DESCRIPTOR };

/* The inode that the first argument names, with a reference; NULL: the file has none. */
static int target_of(enum how how, uint64_t arg, struct inode **out)
{
    if (how != DESCRIPTOR)
        return args_lookup(AT_FDCWD, arg, how == NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, out);
    struct file *f = args_file((int)arg);
    if (!f)
        return -EBADF;
    bool usable = !(atomic_load(&f->flags) & O_PATH);
    *out = usable && f->inode ? inode_get(f->inode) : NULL;
    file_put(f);
    return usable ? 0 : -EBADF;
}

static int take_name(vaddr_t va, char name[XATTR_NAME_SIZE])
{
    ssize_t len = uaccess_read_str(name, va, XATTR_NAME_SIZE);
    if (len == 0 || len == -ENAMETOOLONG)
        return -ERANGE;
    return len < 0 ? (int)len : 0;
}

static int check_writable(const struct inode *inode)
{
    return inode && inode->fs->read_only ? -EROFS : 0;
}

/* --- setting and removing ---------------------------------------------------------------------- */

/* What is to be set, taken over before the file is looked for. */
struct change {
    char     name[XATTR_NAME_SIZE];
    void    *value; /* of the heap; NULL: remove it */
    size_t   size;
    unsigned flags;
};

static int take_value(struct change *c, vaddr_t va, size_t size)
{
    if (size > XATTR_SIZE_MAX)
        return -E2BIG;
    c->size = size;
    c->value = kmalloc(size_max(size, 1));
    if (!c->value)
        return -ENOMEM;
    return uaccess_read(c->value, va, size);
}

static int make_change(enum how how, uint64_t file, const struct change *c)
{
    struct inode *inode;
    int           err = target_of(how, file, &inode);
    if (err)
        return err;
    err = check_writable(inode);
    if (!err)
        err = xattr_set(inode, c->name, c->value, c->size, c->flags, cred_privileged());
    inode_put(inode);
    return err;
}

static int64_t set_value(enum how how, const uint64_t *a)
{
    struct change c = {.value = NULL, .flags = (unsigned)a[4]};
    if (c.flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    int err = take_name(a[1], c.name);
    if (!err)
        err = take_value(&c, a[2], a[3]);
    if (!err)
        err = make_change(how, a[0], &c);
    kfree(c.value);
    return err;
}

static int64_t remove_value(enum how how, const uint64_t *a)
{
    struct change c = {.value = NULL, .flags = XATTR_REPLACE};
    int           err = take_name(a[1], c.name);
    return err ? err : make_change(how, a[0], &c);
}

int64_t sys_setxattr(const uint64_t *a)
{
    return set_value(FOLLOW, a);
}

int64_t sys_lsetxattr(const uint64_t *a)
{
    return set_value(NOFOLLOW, a);
}

int64_t sys_fsetxattr(const uint64_t *a)
{
    return set_value(DESCRIPTOR, a);
}

int64_t sys_removexattr(const uint64_t *a)
{
    return remove_value(FOLLOW, a);
}

int64_t sys_lremovexattr(const uint64_t *a)
{
    return remove_value(NOFOLLOW, a);
}

int64_t sys_fremovexattr(const uint64_t *a)
{
    return remove_value(DESCRIPTOR, a);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* What name says, or (NULL) all names, to the program's memory. */
static int64_t give(struct inode *inode, const char *name, vaddr_t to, size_t size)
{
    size_t room = size_min(size, XATTR_SIZE_MAX);
    char  *buf = kmalloc(size_max(room, 1));
    if (!buf)
        return -ENOMEM;
    ssize_t n = name ? xattr_get(inode, name, buf, room, cred_privileged())
                     : xattr_list(inode, buf, room, cred_privileged());
    if (n == -ERANGE && size >= XATTR_SIZE_MAX)
        n = -E2BIG;
    if (n > 0 && size && uaccess_write(to, buf, (size_t)n))
        n = -EFAULT;
    kfree(buf);
    return n;
}

static int64_t get_value(enum how how, const uint64_t *a)
{
    char          name[XATTR_NAME_SIZE];
    struct inode *inode;
    int           err = target_of(how, a[0], &inode);
    if (err)
        return err;
    err = take_name(a[1], name);
    int64_t result = err ? err : give(inode, name, a[2], a[3]);
    inode_put(inode);
    return result;
}

static int64_t list_names(enum how how, const uint64_t *a)
{
    struct inode *inode;
    int           err = target_of(how, a[0], &inode);
    if (err)
        return err;
    int64_t result = give(inode, NULL, a[1], a[2]);
    inode_put(inode);
    return result;
}

int64_t sys_getxattr(const uint64_t *a)
{
    return get_value(FOLLOW, a);
}

int64_t sys_lgetxattr(const uint64_t *a)
{
    return get_value(NOFOLLOW, a);
}

int64_t sys_fgetxattr(const uint64_t *a)
{
    return get_value(DESCRIPTOR, a);
}

int64_t sys_listxattr(const uint64_t *a)
{
    return list_names(FOLLOW, a);
}

int64_t sys_llistxattr(const uint64_t *a)
{
    return list_names(NOFOLLOW, a);
}

int64_t sys_flistxattr(const uint64_t *a)
{
    return list_names(DESCRIPTOR, a);
}
