/* SPDX-License-Identifier: Apache-2.0 */
/* filelock.h - advisory locks on files: fcntl's record locks of a process or of an open file, and flock's.
 *
 * A lock belongs to an owner, an address that only is compared: the process's descriptor table, or an
 * open file. Locks of one owner never conflict with each other: a new one takes the place of what it
 * overlaps. flock's are kept apart from the others and cover the whole file.
 */
#ifndef FS_FILELOCK_H
#define FS_FILELOCK_H

#include "fs/vfs.h"

enum filelock_kind { FILELOCK_RECORD, FILELOCK_FLOCK };

#define FILELOCK_END ((uint64_t)INT64_MAX) /* last byte of any file */

struct filelock_spec {
    enum filelock_kind kind;
    unsigned           type;       /* F_RDLCK, F_WRLCK; F_UNLCK: none */
    uint64_t           start, end; /* bytes, both included */
    const void        *owner;
    bool               of_process; /* or of an open file: GETLK tells who */
};

/* Take the lock, or give it up. -EAGAIN: in conflict with another owner's, and !wait; -EINTR, -ENOMEM. */
int filelock_set(struct inode *inode, const struct filelock_spec *spec, bool wait);

/* Is there a lock that spec conflicts with? *found is a copy of it. */
bool filelock_conflict(struct inode *inode, const struct filelock_spec *spec,
                       struct filelock_spec *found);

/* Give up everything that owner has of inode. */
void filelock_release(struct inode *inode, const void *owner);

#endif
