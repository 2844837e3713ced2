/* SPDX-License-Identifier: Apache-2.0 */
/* timerfd.c - see timerfd.h.
 *
 * How often a timer was due follows from the clock whenever somebody asks. The kernel's timer is armed only
 * to wake who waits: while there is something to read it rests, however short the interval.
 */
#include "fs/timerfd.h"

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/timer.h"
#include "lib/errno.h"

struct timerfd {
    bool         wall; /* constant */
    struct timer timer;

    struct spinlock lock; /* LOCK_DEVICE */
    /* lock protects: */
    enum timer_clock clock;    /* of expires */
    uint64_t         expires;  /* nanoseconds; 0: off */
    uint64_t         interval; /* nanoseconds; 0: once */
    uint64_t         times;    /* it was due since the last read */
    bool             was_due;  /* the same, and not only cancelled */
    bool             may_cancel;
    bool             cancelled; /* wall time was set since; times is not 0 because of it */
    struct waitq     waiters;

    struct pollq pollers;

    LIST_ENTRY(timerfd) link; /* all; protected by all_mutex */
};

static struct mutex all_mutex = MUTEX_INIT(all_mutex);
/* all_mutex protects: */
static LIST_HEAD(, timerfd) all = LIST_HEAD_INITIALIZER(all);

/* Bring expires and times up to date. The lock is held. */
static void advance(struct timerfd *e)
{
    uint64_t now = timer_now(e->clock);
    if (!e->expires || e->expires > now)
        return;
    e->times += timer_forward(&e->expires, e->interval, now);
    e->was_due = true;
}

/* Have the kernel's timer do what is to be done. The lock is held. */
static void rearm(struct timerfd *e)
{
    if (e->expires && !e->times)
        timer_arm(&e->timer, e->clock, e->expires);
    else
        timer_disarm(&e->timer);
}

static void wake(struct timerfd *e)
{
    waitq_wake_all(&e->waiters);
    spinlock_release(&e->lock);
    pollq_notify(&e->pollers, POLLIN);
    spinlock_acquire(&e->lock);
}

static void due(struct timer *t)
{
    struct timerfd *e = (struct timerfd *)((char *)t - offsetof(struct timerfd, timer));
    spinlock_acquire(&e->lock);
    bool told = e->times != 0;
    advance(e);
    if (e->times && !told)
        wake(e);
    else
        rearm(e); /* it was set anew meanwhile */
    spinlock_release(&e->lock);
}

void timerfd_wall_changed(void)
{
    struct timerfd *e;
    mutex_lock(&all_mutex);
    LIST_FOREACH(e, &all, link) {
        spinlock_acquire(&e->lock);
        if (e->may_cancel) {
            e->cancelled = true;
            e->times++;
            wake(e);
        }
        spinlock_release(&e->lock);
    }
    mutex_unlock(&all_mutex);
}

/* --- the file ---------------------------------------------------------------------------- */

/* What a read gets: *times, or -ECANCELED. The lock is held, and there is something. */
static int take(struct timerfd *e, uint64_t *times)
{
    bool cancelled = e->may_cancel && e->cancelled;
    if (cancelled) {
        e->cancelled = false;
        if (e->was_due)
            e->expires = 0; /* what was due is not continued, as in Linux */
    }
    *times = e->times;
    e->times = 0;
    e->was_due = false;
    rearm(e);
    return cancelled ? -ECANCELED : 0;
}

static ssize_t timerfd_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct timerfd *e = f->private;
    uint64_t        times;
    int             err = 0;
    (void)pos;
    if (iob->left < sizeof(times))
        return -EINVAL;
    spinlock_acquire(&e->lock);
    advance(e);
    while (!e->times && !err) {
        err = atomic_load(&f->flags) & O_NONBLOCK
                  ? -EAGAIN
                  : waitq_sleep_until(&e->waiters, &e->lock, WAIT_FOREVER, true);
        advance(e);
    }
    if (e->times)
        err = take(e, &times);
    spinlock_release(&e->lock);
    if (err)
        return err;
    return iobuf_put(iob, &times, sizeof(times)) == sizeof(times) ? (ssize_t)sizeof(times)
                                                                  : -EFAULT;
}

static unsigned timerfd_poll(struct file *f, struct pollq **q)
{
    struct timerfd *e = f->private;
    if (q)
        *q = &e->pollers;
    spinlock_acquire(&e->lock);
    advance(e);
    unsigned events = e->times ? POLLIN : 0;
    spinlock_release(&e->lock);
    return events;
}

/* There is no place to go to, and nobody says so, as in Linux. */
static int64_t timerfd_seek(struct file *f, int64_t offset, unsigned whence)
{
    (void)f;
    (void)offset;
    (void)whence;
    return 0;
}

static void timerfd_getattr(struct file *f, struct vfs_attr *attr)
{
    (void)f;
    attr->mode = 0600; /* no kind of file at all */
    attr->dev = vfs_mkdev(0, 14);
    attr->ino = 1;
}

static void timerfd_release(struct file *f)
{
    struct timerfd *e = f->private;
    mutex_lock(&all_mutex);
    LIST_REMOVE(e, link);
    mutex_unlock(&all_mutex);
    timer_stop(&e->timer);
    kfree(e);
}

static const struct file_ops timerfd_ops = {
    .read = timerfd_read,
    .seek = timerfd_seek,
    .poll = timerfd_poll,
    .getattr = timerfd_getattr,
    .release = timerfd_release,
    .label = "anon_inode:[timerfd]",
};

int timerfd_create(bool wall, unsigned flags, struct file **out)
{
    if (timer_prepare())
        return -ENOMEM;
    struct timerfd *e = kzalloc(sizeof(*e));
    if (!e)
        return -ENOMEM;
    e->wall = wall;
    spinlock_init(&e->lock, LOCK_DEVICE, "timerfd");
    waitq_init(&e->waiters);
    pollq_init(&e->pollers);
    timer_init(&e->timer, due);
    *out = file_new(&timerfd_ops, e, O_RDWR | flags);
    if (!*out) {
        kfree(e);
        return -ENOMEM;
    }
    mutex_lock(&all_mutex);
    LIST_INSERT_HEAD(&all, e, link);
    mutex_unlock(&all_mutex);
    return 0;
}

/* --- the timer --------------------------------------------------------------------------- */

static struct timerfd_time left_of(const struct timerfd *e)
{
    uint64_t now = timer_now(e->clock);
    return (struct timerfd_time){e->expires > now ? e->expires - now : 0, e->interval};
}

int timerfd_get(struct file *f, struct timerfd_time *out)
{
    struct timerfd *e = f->private;
    if (f->ops != &timerfd_ops)
        return -EINVAL;
    spinlock_acquire(&e->lock);
    advance(e);
    *out = left_of(e);
    spinlock_release(&e->lock);
    return 0;
}

/* Start anew as new says. The lock is held. */
static void restart(struct timerfd *e, unsigned flags, const struct timerfd_time *new)
{
    bool absolute = flags & TIMERFD_ABSOLUTE;
    e->clock = absolute && e->wall ? TIMER_WALL : TIMER_MONOTONIC;
    e->times = 0;
    e->was_due = false;
    e->interval = new->interval;
    e->expires = new->value;
    if (new->value && !absolute)
        e->expires += timer_now(e->clock);
    rearm(e);
}

int timerfd_set(struct file *f, unsigned flags, const struct timerfd_time *new,
                struct timerfd_time *old)
{
    struct timerfd *e = f->private;
    if (f->ops != &timerfd_ops)
        return -EINVAL;
    spinlock_acquire(&e->lock);
    e->may_cancel = e->wall && flags & TIMERFD_ABSOLUTE && flags & TIMERFD_CANCEL_ON_SET;
    advance(e);
    *old = left_of(e);
    restart(e, flags, new);
    bool cancelled = new->value && e->may_cancel && e->cancelled;
    if (cancelled)
        e->cancelled = false;
    spinlock_release(&e->lock);
    return cancelled ? -ECANCELED : 0;
}
