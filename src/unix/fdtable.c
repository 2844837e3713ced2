/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.c - file descriptors: see fdtable.h.
 *
 * Files are put back only after the lock is released: the last reference may sleep.
 *
 * fd_get() takes no lock. It may look at an array that was replaced by a larger one, so those stay (all of them
 * together are smaller than the one in use), and at a file that has just gone, whose memory stays a file's
 * (file_try_get()). A slot is emptied before the reference that it held is given up: who then still finds the
 * file there, and takes a reference, does not find it there when he looks again.
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

/* --- with the lock held ---------------------------------------------------------------------- */

static struct fd_array *slots_of(const struct fdtable *t)
{
    return atomic_load_explicit(&t->slots, memory_order_relaxed);
}

static unsigned count_of(const struct fdtable *t)
{
    return slots_of(t) ? slots_of(t)->n : 0;
}

static struct fd_slot *slot_at(const struct fdtable *t, unsigned fd)
{
    return &slots_of(t)->slot[fd];
}

static struct file *file_at(const struct fdtable *t, unsigned fd)
{
    return atomic_load_explicit(&slot_at(t, fd)->file, memory_order_relaxed);
}

/* Release: who sees f sees it whole. */
static inline void set(struct fd_slot *slot, struct file *f, bool cloexec)
{
    slot->cloexec = cloexec;
    atomic_store_explicit(&slot->file, f, memory_order_release);
}

static inline struct fd_slot *slot_of(struct fdtable *t, int fd)
{
    ASSERT(spinlock_held(&t->lock));
    return fd >= 0 && (unsigned)fd < count_of(t) && file_at(t, (unsigned)fd)
               ? slot_at(t, (unsigned)fd)
               : NULL;
}

/* Make room for descriptor fd, which is below FD_MAX. Drops the lock while it allocates. */
static int grow(struct fdtable *t, unsigned fd)
{
    while (fd >= count_of(t)) {
        unsigned want = count_of(t) ? count_of(t) : FIRST_SIZE;
        while (want <= fd)
            want *= 2;
        spinlock_release(&t->lock);
        struct fd_array *slots = kzalloc(sizeof(*slots) + want * sizeof(slots->slot[0]));
        spinlock_acquire(&t->lock);
        if (!slots)
            return -ENOMEM;
        if (want > count_of(t)) {
            if (count_of(t))
                memcpy(slots->slot, slot_at(t, 0), count_of(t) * sizeof(slots->slot[0]));
            slots->n = want;
            atomic_store_explicit(&t->slots, slots, memory_order_release);
            t->own = t->shared ? NULL : slots;
        } else { /* another thread was faster */
            kfree(slots);
        }
    }
    return 0;
}

struct file *fd_get_again(struct fdtable *t, int fd, struct file *other)
{
    file_put(other);
    spinlock_acquire(&t->lock);
    struct fd_slot *slot = slot_of(t, fd);
    struct file    *f = slot ? file_get(file_at(t, (unsigned)fd)) : NULL;
    spinlock_release(&t->lock);
    return f;
}

static unsigned find_free(const struct fdtable *t, unsigned min)
{
    const struct fd_array *slots = slots_of(t);
    unsigned               fd = min > t->first_free ? min : t->first_free;
    while (slots && fd < slots->n &&
           atomic_load_explicit(&slots->slot[fd].file, memory_order_relaxed))
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
        if (fd < count_of(t))
            return (int)fd;
        int err = grow(t, fd);
        if (err)
            return err;
    }
}

/* Without the lock: it may be otherwise by the time that it is told, anyway. */
int fd_check_room(struct fdtable *t)
{
    return find_free(t, 0) < t->limit ? 0 : -EMFILE;
}

int fd_install(struct fdtable *t, struct file *f, unsigned min, bool cloexec)
{
    spinlock_acquire(&t->lock);
    int fd = min >= t->limit && min > 0 ? -EINVAL : claim(t, min);
    if (fd >= 0) {
        set(slot_at(t, (unsigned)fd), f, cloexec);
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
        old = file_at(t, (unsigned)fd);
        set(slot_at(t, (unsigned)fd), f, cloexec);
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
        f = atomic_load_explicit(&slot->file, memory_order_relaxed);
        set(slot, NULL, false);
        if ((unsigned)fd < t->first_free)
            t->first_free = (unsigned)fd;
    }
    spinlock_release(&t->lock);
    give_up(t, f);
    return f ? 0 : -EBADF;
}

void fd_close_range(struct fdtable *t, unsigned first, unsigned last, bool only_cloexec)
{
    for (unsigned fd = first; fd <= last && fd < count_of(t); fd++) {
        if (only_cloexec)
            fd_set_cloexec(t, (int)fd, true);
        else
            fd_close(t, (int)fd);
    }
}

void fd_close_marked(struct fdtable *t)
{
    for (unsigned fd = 0; fd < count_of(t); fd++)
        if (fd_get_cloexec(t, (int)fd) == 1)
            fd_close(t, (int)fd);
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
    unsigned size = count_of(t);
    spinlock_release(&t->lock);
    return size;
}

void fdtable_set_limit(struct fdtable *t, unsigned limit)
{
    spinlock_acquire(&t->lock);
    t->limit = limit;
    spinlock_release(&t->lock);
}
