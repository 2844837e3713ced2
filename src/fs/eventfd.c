/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.c - see eventfd.h. */
#include "fs/eventfd.h"

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "lib/errno.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    bool semaphore; /* constant */

    struct spinlock lock; /* LOCK_DEVICE */
    /* lock protects: */
    uint64_t     count;
    struct waitq waiters;

    struct pollq pollers;
};

static bool nonblocking(struct file *f)
{
    return atomic_load(&f->flags) & O_NONBLOCK;
}

/* Take what a read gets; 0: there is nothing. The lock is held. */
static uint64_t take(struct eventfd *e)
{
    uint64_t taken = e->semaphore && e->count ? 1 : e->count;
    e->count -= taken;
    return taken;
}

static ssize_t eventfd_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct eventfd *e = f->private;
    uint64_t        value;
    int             err = 0;
    (void)pos;
    if (iob->left < sizeof(value))
        return -EINVAL;
    spinlock_acquire(&e->lock);
    while (!(value = take(e)) && !err)
        err = nonblocking(f) ? -EAGAIN
                             : waitq_sleep_until(&e->waiters, &e->lock, WAIT_FOREVER, true);
    if (value)
        waitq_wake_all(&e->waiters);
    spinlock_release(&e->lock);
    if (!value)
        return err;
    pollq_notify(&e->pollers, POLLOUT);
    return iobuf_put(iob, &value, sizeof(value)) == sizeof(value) ? (ssize_t)sizeof(value)
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
    if (iobuf_take(iob, &value, sizeof(value)) != sizeof(value))
        return -EFAULT;
    if (value > COUNT_MAX)
        return -EINVAL;
    spinlock_acquire(&e->lock);
    while (COUNT_MAX - e->count < value && !err)
        err = nonblocking(f) ? -EAGAIN
                             : waitq_sleep_until(&e->waiters, &e->lock, WAIT_FOREVER, true);
    bool fits = COUNT_MAX - e->count >= value;
    if (fits) {
        e->count += value;
        waitq_wake_all(&e->waiters);
    }
    spinlock_release(&e->lock);
    if (fits)
        pollq_notify(&e->pollers, POLLIN);
    return fits ? (ssize_t)sizeof(value) : err;
}

static unsigned eventfd_poll(struct file *f, struct pollq **q)
{
    struct eventfd *e = f->private;
    if (q)
        *q = &e->pollers;
    spinlock_acquire(&e->lock);
    uint64_t count = e->count;
    spinlock_release(&e->lock);
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
};

int eventfd_create(uint64_t count, bool semaphore, unsigned flags, struct file **out)
{
    struct eventfd *e = kzalloc(sizeof(*e));
    if (!e)
        return -ENOMEM;
    spinlock_init(&e->lock, LOCK_DEVICE, "eventfd");
    waitq_init(&e->waiters);
    pollq_init(&e->pollers);
    e->count = count;
    e->semaphore = semaphore;
    *out = file_new(&eventfd_ops, e, O_RDWR | flags);
    if (!*out)
        kfree(e);
    return *out ? 0 : -ENOMEM;
}
