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
    _Atomic(struct file *) file; /* NULL: free */
    bool                   cloexec;
};

struct fd_array {
    unsigned       n; /* constant */
    struct fd_slot slot[];
};

struct fdtable {
    struct spinlock lock; /* LOCK_PROCESS */
    /* lock protects (fd_get() reads slots, and files, without): */
    _Atomic(struct fd_array *) slots;      /* NULL: none yet */
    unsigned                   first_free; /* no slot below it is free */
    unsigned                   limit;      /* RLIMIT_NOFILE: new descriptors are below it */

    /* For fd_own(): slots, or NULL once threads share the table. */
    struct fd_array *own;
    bool             shared;
};

void fdtable_init(struct fdtable *t, unsigned limit);

/* The only thread there is does this before it starts another one; it stays so for good. */
static inline void fdtable_share(struct fdtable *t)
{
    t->shared = true;
    t->own = NULL;
}

/* fd_get() where it did not get the file at once, but perhaps a reference on what has another place. */
struct file *fd_get_again(struct fdtable *t, int fd, struct file *other);

/* The file behind fd, with a reference; NULL: fd is not open. Takes no lock. What the array and the file hold was
 * stored before the pointers to them, with release, and is loaded through those: loads that depend on each other by
 * address keep their order (RVWMO, rule 9). */
static inline struct file *fd_get(struct fdtable *t, int fd)
{
    struct fd_array *slots = atomic_load_explicit(&t->slots, memory_order_relaxed);
    if (!slots || (unsigned)fd >= slots->n) /* also if it is negative */
        return NULL;
    struct file *f = atomic_load_explicit(&slots->slot[fd].file, memory_order_relaxed);
    if (!f)
        return NULL;
    if (__builtin_expect(!file_try_get(f), false))
        return fd_get_again(t, fd, NULL);
    if (__builtin_expect(atomic_load_explicit(&slots->slot[fd].file, memory_order_relaxed) == f &&
                             atomic_load_explicit(&t->slots, memory_order_relaxed) == slots,
                         true))
        return f;
    return fd_get_again(t, fd, f);
}

/* The file behind fd for the length of one system call that closes no descriptor, without a reference: while one thread
 * is all there is, nobody else closes any, so the table's does. NULL: fd_get() has to be asked. */
static inline struct file *fd_own(struct fdtable *t, int fd)
{
    struct fd_array *own = t->own;
    if (!own || (unsigned)fd >= own->n)
        return NULL;
    return atomic_load_explicit(&own->slot[fd].file, memory_order_relaxed);
}

/* Either of the two. */
struct fd_use {
    struct file *file; /* NULL: the descriptor is not open */
    bool         counted;
};

static inline struct fd_use fd_use(struct fdtable *t, int fd)
{
    struct file *own = fd_own(t, fd);
    return own ? (struct fd_use){own, false} : (struct fd_use){fd_get(t, fd), true};
}

static inline void fd_used(struct fd_use use)
{
    if (use.counted)
        file_put(use.file); /* which may be NULL */
}

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

/* Close those that are marked to be closed at exec. */
void fd_close_marked(struct fdtable *t);

int fd_get_cloexec(struct fdtable *t, int fd); /* 0 or 1; -EBADF */
int fd_set_cloexec(struct fdtable *t, int fd, bool cloexec);

/* No descriptor is open from this number on. */
unsigned fd_table_size(struct fdtable *t);

void fdtable_set_limit(struct fdtable *t, unsigned limit);

#endif
