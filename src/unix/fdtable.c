/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.c - file descriptors: see fdtable.h.
 *
 * Files are put back only after the lock is released: the last reference may sleep.
 */
#include "unix/fdtable.h"

#include "fs/filelock.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FIRST_SIZE 64u

void fdtable_init(struct fdtable *t, unsigned limit)
{
    *t = (struct fdtable){.limit = limit};
    spinlock_init(&t->lock, LOCK_PROCESS, "fdtable");
}

static struct fd_slot *slot_of(struct fdtable *t, int fd)
{
    ASSERT(spinlock_held(&t->lock));
    if (fd < 0 || (unsigned)fd >= t->nslots || !t->slots[fd].file)
        return NULL;
    return &t->slots[fd];
}

struct file *fd_get(struct fdtable *t, int fd)
{
    struct file *f = NULL;

    spinlock_acquire(&t->lock);
    if ((unsigned)fd < t->nslots) /* also if it is negative */
        f = t->slots[fd].file;
    if (f)
        file_get(f);
    spinlock_release(&t->lock);
    return f;
}

/* Make room for descriptor fd, which is below FD_MAX. Drops the lock while it allocates. */
static int grow(struct fdtable *t, unsigned fd)
{
    while (fd >= t->nslots) {
        unsigned want = t->nslots ? t->nslots : FIRST_SIZE;
        while (want <= fd)
            want *= 2;
        spinlock_release(&t->lock);
        struct fd_slot *slots = kzalloc(want * sizeof(*slots));
        spinlock_acquire(&t->lock);
        if (!slots)
            return -ENOMEM;
        struct fd_slot *unused = slots;
        if (want > t->nslots) { /* else another thread was faster */
            if (t->nslots)
                memcpy(slots, t->slots, t->nslots * sizeof(*slots));
            unused = t->slots;
            t->slots = slots;
            t->nslots = want;
        }
        kfree(unused);
    }
    return 0;
}

static unsigned find_free(const struct fdtable *t, unsigned min)
{
    unsigned fd = min > t->first_free ? min : t->first_free;
    while (fd < t->nslots && t->slots[fd].file)
        fd++;
    return fd;
}

/* The lowest free descriptor from min on, with a slot. The lock is held, but may have been dropped
 * meanwhile. */
static int claim(struct fdtable *t, unsigned min)
{
    for (;;) {
        unsigned fd = find_free(t, min);
        if (fd >= t->limit)
            return -EMFILE;
        if (fd < t->nslots)
            return (int)fd;
        int err = grow(t, fd);
        if (err)
            return err;
    }
}

int fd_check_room(struct fdtable *t)
{
    spinlock_acquire(&t->lock);
    bool room = find_free(t, 0) < t->limit;
    spinlock_release(&t->lock);
    return room ? 0 : -EMFILE;
}

int fd_install(struct fdtable *t, struct file *f, unsigned min, bool cloexec)
{
    spinlock_acquire(&t->lock);
    int fd = min >= t->limit && min > 0 ? -EINVAL : claim(t, min);
    if (fd >= 0) {
        t->slots[fd] = (struct fd_slot){.file = f, .cloexec = cloexec};
        if (min <= t->first_free)
            t->first_free = (unsigned)fd + 1;
    }
    spinlock_release(&t->lock);
    return fd;
}

/* The table gives f up. With any descriptor of a file goes every record lock that the process has of it,
 * as POSIX has it. */
static void give_up(struct fdtable *t, struct file *f)
{
    if (f && f->inode)
        filelock_release(f->inode, t);
    file_put(f);
}

int fd_replace(struct fdtable *t, int fd, struct file *f, bool cloexec)
{
    struct file *old = NULL;
    spinlock_acquire(&t->lock);
    int err = fd < 0 || (unsigned)fd >= t->limit ? -EBADF : grow(t, (unsigned)fd);
    if (!err) {
        old = t->slots[fd].file;
        t->slots[fd] = (struct fd_slot){.file = f, .cloexec = cloexec};
    }
    spinlock_release(&t->lock);
    give_up(t, old);
    return err;
}

int fd_close(struct fdtable *t, int fd)
{
    struct file *f = NULL;
    spinlock_acquire(&t->lock);
    struct fd_slot *slot = slot_of(t, fd);
    if (slot) {
        f = slot->file;
        *slot = (struct fd_slot){.file = NULL};
        if ((unsigned)fd < t->first_free)
            t->first_free = (unsigned)fd;
    }
    spinlock_release(&t->lock);
    give_up(t, f);
    return f ? 0 : -EBADF;
}

void fd_close_range(struct fdtable *t, unsigned first, unsigned last, bool only_cloexec)
{
    for (unsigned fd = first; fd <= last && fd < t->nslots; fd++) {
        if (only_cloexec)
            fd_set_cloexec(t, (int)fd, true);
        else
            fd_close(t, (int)fd);
    }
}

int fd_get_cloexec(struct fdtable *t, int fd)
{
    spinlock_acquire(&t->lock);
    struct fd_slot *slot = slot_of(t, fd);
    int             result = slot ? slot->cloexec : -EBADF;
    spinlock_release(&t->lock);
    return result;
}

int fd_set_cloexec(struct fdtable *t, int fd, bool cloexec)
{
    spinlock_acquire(&t->lock);
    struct fd_slot *slot = slot_of(t, fd);
    if (slot)
        slot->cloexec = cloexec;
    spinlock_release(&t->lock);
    return slot ? 0 : -EBADF;
}

unsigned fd_table_size(struct fdtable *t)
{
    spinlock_acquire(&t->lock);
    unsigned size = t->nslots;
    spinlock_release(&t->lock);
    return size;
}

void fdtable_set_limit(struct fdtable *t, unsigned limit)
{
    spinlock_acquire(&t->lock);
    t->limit = limit;
    spinlock_release(&t->lock);
}
