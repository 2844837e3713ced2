/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs.h - a file system in memory: what is in it is gone when the machine stops.
 *
 * Everything that Linux's tmpfs does for one user: all kinds of files, sparse contents, files that are
 * open without a name. Contents lie in the page cache, and are limited, as are files in number: who
 * writes too much is told -ENOSPC while there is still memory for everybody else.
 */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include "fs/vfs.h"

struct tmpfs_options {
    size_t   max_pages; /* of contents */
    size_t   max_files; /* names and files without one */
    uint32_t mode;      /* permissions of the root directory */
};

/* A new, empty one. The caller owns it, and mounts it. -ENOMEM. */
int tmpfs_create(const struct tmpfs_options *opt, struct fs **out);

bool tmpfs_is(const struct fs *fs);

/* Limits as Linux chooses them: half of the memory, a file for each such page. */
struct tmpfs_options tmpfs_defaults(uint32_t mode);

/* Undo tmpfs_create(), with everything in it. It is not mounted, and no inode of it is referenced but
 * by itself. */
void tmpfs_destroy(struct fs *fs);

#endif
