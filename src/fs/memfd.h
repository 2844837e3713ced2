/* SPDX-License-Identifier: Apache-2.0 */
/* memfd.h - files in memory that have no place in the tree, and seals: promises that such a file does
 * not change any more. */
#ifndef FS_MEMFD_H
#define FS_MEMFD_H

#include "fs/vfs.h"

#define MEMFD_NAME_MAX 249u /* bytes */

/* A new, empty file, open for reading and writing. name: for those who look at mappings; copied. mode:
 * permission bits; seals: F_SEAL_*, those it has from the start. -ENOMEM, -ENOSPC. */
int memfd_create(const char *name, unsigned mode, unsigned seals, struct file **out);

/* Held while seals are added, and by who maps a file that may get some: between looking at its seals and the
 * mapping being there none is added. Before inodes' locks. */
extern struct mutex memfd_seal_lock;

/* Whether f is of a file that can have seals: a regular file of a tmpfs. */
bool memfd_has_seals(const struct file *f);

/* F_SEAL_*; -EINVAL: not such a file. */
int memfd_get_seals(const struct file *f);

/* Further seals. is_mapped_writable says, with the inode's lock held, whether a mapping exists through which
 * the file could still be written. -EPERM: f is not open for writing, or sealed against seals; -EINVAL;
 * -EBUSY: F_SEAL_WRITE, and there is such a mapping. */
int memfd_add_seals(struct file *f, unsigned seals,
                    bool (*is_mapped_writable)(const struct inode *inode));

#endif
