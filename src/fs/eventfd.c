/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.c - see eventfd.h.
 *
 * The counter is changed without a lock. Who finds that it does not allow what he wants becomes a sleeper,
 * and looks again; who has changed it looks for sleepers. Of the two at least one sees the other:
 * between what each writes and what he looks at stands a full fence. Pollers are found the same way (pollq.h).
 * The lock, LOCK_DEVICE, is for sleepers alone.
 */
#include "fs/eventfd.h"

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "lib/errno.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    bool         semaphore; /* constant */
    atomic_ulong count;
    atomic_uint  sleepers;
    struct pollq pollers;

    struct spinlock lock; /* LOCK_DEVICE */
    /* lock protects: */
    struct waitq waiters;
};

static bool nonblocking(struct file *f)
{
    return atomic_load_explicit(&f->flags, memory_order_relaxed) & O_NONBLOCK;
}

/* --- the counter --------------------------------------------------------------------------- */

/* Take what a read gets, into *value; false: there is nothing. */
static bool take(struct eventfd *e, uint64_t *value)
{
    uint64_t count = atomic_load_explicit(&e->count, memory_order_relaxed);
    do {
        if (!count)
            return false;
        *value = e->semaphore ? 1 : count;
    } while (!atomic_compare_exchange_weak_explicit(&e->count, &count, count - *value,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return true;
}

/* Add *value; false: it does not fit. */
static bool give(struct eventfd *e, uint64_t *value)
{
    uint64_t count = atomic_load_explicit(&e->count, memory_order_relaxed);
    do {
        if (COUNT_MAX - count < *value)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&e->count, &count, count + *value,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return true;
}

static __attribute__((noinline)) void wake(struct eventfd *e)
{
    spinlock_acquire(&e->lock);
    waitq_wake_all(&e->waiters);
    spinlock_release(&e->lock);
}

/* The counter was changed, which made events ready. */
static inline void changed(struct eventfd *e, unsigned events)
{
    atomic_thread_fence(memory_order_seq_cst); /* the change comes before both looks */
    if (atomic_load_explicit(&e->sleepers, memory_order_relaxed))
        wake(e);
    pollq_notify(&e->pollers, events);
}

typedef bool change_fn(struct eventfd *e, uint64_t *value);

/* Sleep until change can be made, and make it. */
static __attribute__((noinline)) int wait_and(struct eventfd *e, change_fn *change, uint64_t *value)
{
    int  err = 0;
    bool done;

    spinlock_acquire(&e->lock);
    atomic_fetch_add_explicit(&e->sleepers, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* being seen comes before the look at the counter */
    while (!(done = change(e, value)) && !err)
        err = waitq_sleep_until(&e->waiters, &e->lock, WAIT_FOREVER, true);
    atomic_fetch_sub_explicit(&e->sleepers, 1, memory_order_relaxed);
    spinlock_release(&e->lock);
    return done ? 0 : err;
}

/* --- as a file ----------------------------------------------------------------------------- */

static ssize_t eventfd_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct eventfd *e = f->private;
    uint64_t        value = 0;
    int             err = 0;
    (void)pos;
    if (iob->left < sizeof(value))
        return -EINVAL;
    if (!take(e, &value))
        err = nonblocking(f) ? -EAGAIN : wait_and(e, take, &value);
    if (err)
        return err;
    changed(e, POLLOUT);
    return iobuf_put_few(iob, &value, sizeof(value)) == sizeof(value) ? (ssize_t)sizeof(value)
                                                                      : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct eventfd *e = f->private;
    uint64_t        value;
    int             err = 0;
    (void)pos;
    if (iob->left != sizeof(value))
        return -EINVAL;
    if (iobuf_take_few(iob, &value, sizeof(value)) != sizeof(value))
        return -EFAULT;
    if (value > COUNT_MAX)
        return -EINVAL;
    if (!give(e, &value))
        err = nonblocking(f) ? -EAGAIN : wait_and(e, give, &value);
    if (err)
        return err;
    changed(e, POLLIN);
    return sizeof(value);
}

static unsigned eventfd_poll(struct file *f, struct pollq **q)
{
    struct eventfd *e = f->private;
    if (q)
        *q = &e->pollers;
    uint64_t count = atomic_load_explicit(&e->count, memory_order_relaxed);
    return (count ? POLLIN : 0) | (count < COUNT_MAX ? POLLOUT : 0);
}

static void eventfd_release(struct file *f)
{
    kfree(f->private);
}

static const struct file_ops eventfd_ops = {
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .getattr = file_getattr_anonymous,
    .release = eventfd_release,
    .label = "anon_inode:[eventfd]",
};

int eventfd_create(uint64_t count, bool semaphore, unsigned flags, struct file **out)
{
    struct eventfd *e = kzalloc(sizeof(*e));
    if (!e)
        return -ENOMEM;
    spinlock_init(&e->lock, LOCK_DEVICE, "eventfd");
    waitq_init(&e->waiters);
    pollq_init(&e->pollers);
    atomic_init(&e->count, count);
    e->semaphore = semaphore;
    *out = file_new(&eventfd_ops, e, O_RDWR | flags);
    if (!*out)
        kfree(e);
    return *out ? 0 : -ENOMEM;
}
