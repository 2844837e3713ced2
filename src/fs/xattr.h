/* SPDX-License-Identifier: Apache-2.0 */
/* xattr.h - extended attributes: named bytes that go with an inode.
 *
 * They are the file system's (struct fs_ops), or kept with the inode in memory (fs->xattr_quota). The rights
 * that Linux asks for by a name's prefix are checked here. A file without an inode, a pipe or a socket, is
 * NULL. Everything may sleep.
 */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include "fs/vfs.h"

#define XATTR_NAME_SIZE 256u   /* bytes of a name with its NUL */
#define XATTR_SIZE_MAX  65536u /* bytes of a value, and of a list of names */

#define XATTR_CREATE  1u
#define XATTR_REPLACE 2u

/* The value of name into buf; its length. size 0: only the length. -ERANGE: longer than size; -ENODATA:
 * there is none; -EOPNOTSUPP, -EINVAL: no such name can be; of a disk -EUCLEAN, -EBADMSG: what is there is damaged. privileged:
 * the program is root. */
ssize_t xattr_get(struct inode *inode, const char *name, void *buf, size_t size, bool privileged);

/* value NULL: remove it. flags: XATTR_CREATE: -EEXIST, XATTR_REPLACE: -ENODATA. Besides -EPERM, -ENOSPC,
 * -ENOMEM. That the file system can be written was checked. */
int xattr_set(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags,
              bool privileged);

/* All names, each with its NUL. As xattr_get(). */
ssize_t xattr_list(struct inode *inode, char *buf, size_t size, bool privileged);

/* A list that is being made: what a file system adds to is here, a prefix and the rest of a name, of len bytes. */
struct xattr_names {
    char  *buf;
    size_t size, used;
    bool   fits, privileged;
};

void xattr_names_add(struct xattr_names *names, const char *prefix, const char *name, size_t len);

/* Nobody uses the inode any more. */
void xattr_free_all(struct inode *inode);

#endif
