/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.h - the program's file descriptors: small numbers for open files.
 *
 * The table grows by doubling, up to FD_MAX. Each used slot holds one reference on its file.
 */
#ifndef UNIX_FDTABLE_H
#define UNIX_FDTABLE_H

#include "fs/vfs.h"
#include "kernel/spinlock.h"
#include "lib/types.h"

#define FD_MAX 1048576u /* descriptors; more than RLIMIT_NOFILE can be: Linux's fs.nr_open */

struct fd_slot {
    struct file *file; /* NULL: free */
    bool         cloexec;
};

struct fdtable {
    struct spinlock lock; /* LOCK_PROCESS */
    /* lock protects: */
    struct fd_slot *slots;
    unsigned        nslots;
    unsigned        first_free; /* no slot below it is free */
    unsigned        limit;      /* RLIMIT_NOFILE: new descriptors are below it */
};

void fdtable_init(struct fdtable *t, unsigned limit);

/* The file behind fd, with a reference; NULL: fd is not open. */
struct file *fd_get(struct fdtable *t, int fd);

/* Would fd_install() find a descriptor now? Else -EMFILE. For who must not open in vain what opening
 * creates. */
int fd_check_room(struct fdtable *t);

/* Give f, whose reference the table takes over, the lowest free descriptor from min on. Returns it;
 * -EMFILE, -ENOMEM, -EINVAL (min beyond the limit): f stays the caller's. */
int fd_install(struct fdtable *t, struct file *f, unsigned min, bool cloexec);

/* Make fd refer to f, whose reference the table takes over; what it was before is closed. -EBADF
 * (beyond the limit),
 * -ENOMEM: f stays the caller's. */
int fd_replace(struct fdtable *t, int fd, struct file *f, bool cloexec);

int fd_close(struct fdtable *t, int fd); /* -EBADF */

/* Close first..last, both included, as far as they are open; or only mark them to be closed at
 * exec. */
void fd_close_range(struct fdtable *t, unsigned first, unsigned last, bool only_cloexec);

int fd_get_cloexec(struct fdtable *t, int fd); /* 0 or 1; -EBADF */
int fd_set_cloexec(struct fdtable *t, int fd, bool cloexec);

/* No descriptor is open from this number on. */
unsigned fd_table_size(struct fdtable *t);

void fdtable_set_limit(struct fdtable *t, unsigned limit);

#endif
