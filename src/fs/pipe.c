/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c - pipes: see pipe.h; locks are in pipe_impl.h. */
#include "fs/pipe_impl.h"

#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"

#define DEFAULT_SLOTS 16u
#define MAX_SLOTS     (1u << 19) /* 2 GiB: sizes are ints */

static atomic_ulong next_ino = 1;

/* --- slots: the mutex is held ------------------------------------------------------------ */

static size_t bytes_inside(struct pipe *p)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < p->used; i++)
        sum += slot_at(p, i)->len;
    return sum;
}

static __attribute__((noinline)) void wake(struct pipe *p)
{
    spinlock_acquire(&p->lock);
    waitq_wake_all(&p->waiters);
    spinlock_release(&p->lock);
}

/* Tell pollers that bytes came, or room. Out of the way of pipe_publish(), which needs no stack then. */
static __attribute__((noinline)) void tell(struct pipe *p, bool added, bool freed)
{
    const unsigned out = POLLOUT | POLLWRNORM;

    if (added)
        pollq_notify(&p->readable, POLLIN | POLLRDNORM);
    if (freed)
        pollq_notify(&p->writable, out);
    if (freed && p->shared)
        pollq_notify(&p->readable, out);
}

static __attribute__((noinline)) void wake_and_tell(struct pipe *p, bool added, bool freed)
{
    wake(p);
    tell(p, added, freed);
}

static inline bool is_polled(const struct pipe *p)
{
    return atomic_load_explicit(&p->readable.count, memory_order_relaxed) |
           atomic_load_explicit(&p->writable.count, memory_order_relaxed);
}

void pipe_publish(struct pipe *p)
{
    bool added = p->added, full = p->used == p->nslots;
    bool freed = !full && atomic_load_explicit(&p->full, memory_order_relaxed);

    p->added = false;
    atomic_store_explicit(&p->empty, p->used == 0, memory_order_relaxed);
    atomic_store_explicit(&p->full, full, memory_order_relaxed);
    atomic_thread_fence(
        memory_order_seq_cst); /* what is published comes before the looks at who wants it */
    if (__builtin_expect(atomic_load_explicit(&p->sleepers, memory_order_relaxed), false))
        wake_and_tell(p, added, freed);
    else if (is_polled(p))
        tell(p, added, freed);
}

/* Bytes out of the oldest slot, which is free afterwards if they were all. A packet's rest is lost;
 * what cannot be stored as a whole stays. */
static ssize_t take_slot(struct pipe *p, struct iobuf *iob)
{
    struct slot *s = slot_at(p, 0);
    size_t       len = size_min(s->len, iob->left);
    ssize_t      n = iobuf_put_few(iob, s->page + s->start, len);
    if (n < 0 || (size_t)n < len)
        return -EFAULT;
    s->start += (uint32_t)n;
    s->len -= (uint32_t)n;
    if (s->len == 0 || s->packet) {
        p->head = (p->head + 1) & (p->nslots - 1);
        p->used--;
    }
    return n;
}

/* Add to the newest slot, if all that iob has left beyond whole slots fits. 0: it does not. */
static ssize_t append(struct pipe *p, struct iobuf *iob, size_t len)
{
    struct slot *s = p->used ? slot_at(p, p->used - 1) : NULL;
    if (!s || !len || s->packet || s->closed || s->start + s->len + len > SLOT_SIZE)
        return 0;
    ssize_t n = iobuf_take_few(iob, s->page + s->start + s->len, len);
    if (n < 0 || (size_t)n < len)
        return -EFAULT;
    s->len += (uint32_t)n;
    p->added = true;
    return n;
}

/* Begin a slot: there is a free one. What cannot be read as a whole is not begun. */
static ssize_t begin_slot(struct pipe *p, struct iobuf *iob, bool packet)
{
    struct slot *s = slot_at(p, p->used);
    size_t       len = size_min(iob->left, SLOT_SIZE);
    if (!s->page && !(s->page = kmalloc(SLOT_SIZE)))
        return -ENOMEM;
    ssize_t n = iobuf_take_few(iob, s->page, len);
    if (n < 0 || (size_t)n < len)
        return -EFAULT;
    s->start = 0;
    s->len = (uint32_t)n;
    s->packet = packet;
    s->closed = false;
    p->used++;
    p->added = true;
    return n;
}

/* --- reading and writing ----------------------------------------------------------------- */

static bool nonblocking(struct file *f)
{
    return atomic_load_explicit(&f->flags, memory_order_relaxed) & O_NONBLOCK;
}

/* As much as is there, into iob. */
static __attribute__((noinline)) ssize_t drain(struct pipe *p, struct iobuf *iob)
{
    ssize_t done = 0;
    mutex_lock(&p->mutex);
    while (iob->left && p->used) {
        bool    packet = slot_at(p, 0)->packet;
        ssize_t n = take_slot(p, iob);
        if (n < 0) {
            done = done ? done : n;
            break;
        }
        done += n;
        if (packet)
            break;
    }
    pipe_publish(p);
    mutex_unlock(&p->mutex);
    return done;
}

int pipe_wait_while(struct pipe *p, const atomic_bool *flag, const atomic_uint *others)
{
    int err = 0;
    spinlock_acquire(&p->lock);
    atomic_fetch_add_explicit(&p->sleepers, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* being seen comes before the look */
    while (atomic_load_explicit(flag, memory_order_relaxed) &&
           atomic_load_explicit(others, memory_order_relaxed) && !err)
        err = waitq_sleep_until(&p->waiters, &p->lock, WAIT_FOREVER, true);
    atomic_fetch_sub_explicit(&p->sleepers, 1, memory_order_relaxed);
    spinlock_release(&p->lock);
    return err;
}

/* The pipe was empty, and had writers. */
static __attribute__((noinline)) ssize_t read_later(struct file *f, struct iobuf *iob)
{
    struct pipe *p = f->private;
    ssize_t      n = 0;
    for (bool last = false; !n && !last;) {
        if (nonblocking(f))
            return -EAGAIN;
        int err = pipe_wait_while(p, &p->empty, &p->writers);
        if (err)
            return err;
        last = !pipe_count(&p->writers); /* before looking: what they wrote is there */
        n = drain(p, iob);
    }
    return n;
}

static ssize_t pipe_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct pipe *p = f->private;
    (void)pos;
    if (!iob->left)
        return 0;
    bool    last = !pipe_count(&p->writers); /* before looking, as above */
    bool    empty = atomic_load_explicit(&p->empty, memory_order_relaxed);
    ssize_t n = empty ? 0 : drain(p, iob);
    if (!n && !last)
        n = read_later(f, iob);
    if (n > 0 && f->inode)
        inode_accessed(f->inode);
    return n;
}

/* As much as fits. first: the beginning of a write, whose odd part goes behind what is there. */
static __attribute__((noinline)) ssize_t fill(struct pipe *p, struct iobuf *iob, bool packet,
                                              bool first)
{
    ssize_t done = 0, n = 0;
    mutex_lock(&p->mutex);
    if (first && !packet)
        n = append(p, iob, iob->left % SLOT_SIZE);
    while (n >= 0) {
        done += n;
        if (!iob->left || p->used == p->nslots)
            break;
        n = begin_slot(p, iob, packet);
    }
    pipe_publish(p);
    mutex_unlock(&p->mutex);
    return n < 0 && !done ? n : done;
}

static ssize_t write_now(struct file *f, struct iobuf *iob, bool first)
{
    struct pipe *p = f->private;
    bool         packet = atomic_load_explicit(&f->flags, memory_order_relaxed) & O_DIRECT;
    return pipe_count(&p->readers) ? fill(p, iob, packet, first) : -EPIPE;
}

/* The pipe is full; done bytes were written. */
static __attribute__((noinline)) ssize_t write_later(struct file *f, struct iobuf *iob,
                                                     ssize_t done)
{
    struct pipe *p = f->private;
    ssize_t      n = 0;
    while (iob->left && n >= 0) {
        n = nonblocking(f) ? -EAGAIN : pipe_wait_while(p, &p->full, &p->readers);
        if (!n)
            n = write_now(f, iob, false);
        done += n > 0 ? n : 0;
    }
    return done ? done : n;
}

static ssize_t pipe_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)pos;
    if (!iob->left)
        return 0;
    ssize_t n = write_now(f, iob, true);
    if (n >= 0 && iob->left)
        n = write_later(f, iob, n);
    if (n > 0 && f->inode && !f->inode->fs->read_only) {
        mutex_lock(&f->inode->lock);
        inode_modified(f->inode);
        mutex_unlock(&f->inode->lock);
    }
    return n;
}

/* --- the rest of a file ------------------------------------------------------------------ */

/* Who opened a pipe with a name before any writer did has not lost one: pos is how many there had been. */
static bool has_lost_writers(const struct pipe *p, const struct file *f)
{
    return !pipe_count(&p->writers) && !(f->inode && f->pos == p->had_writers);
}

static unsigned pipe_poll(struct file *f, struct pollq **q)
{
    struct pipe *p = f->private;
    unsigned     ready = 0;
    if (q)
        *q = file_readable(f) ? &p->readable : &p->writable;
    if (file_readable(f) && has_lost_writers(p, f)) /* before looking: what they wrote is there */
        ready |= POLLHUP;
    if (file_readable(f) && !atomic_load_explicit(&p->empty, memory_order_relaxed))
        ready |= POLLIN | POLLRDNORM;
    if (file_writable(f) && !atomic_load_explicit(&p->full, memory_order_relaxed))
        ready |= POLLOUT | POLLWRNORM;
    if (file_writable(f) && !pipe_count(&p->readers))
        ready |= POLLERR;
    return ready;
}

static int pipe_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    struct pipe *p = f->private;
    if (cmd != FIONREAD)
        return -ENOTTY;
    mutex_lock(&p->mutex);
    int32_t inside = (int32_t)bytes_inside(p);
    mutex_unlock(&p->mutex);
    return uaccess_write(arg, &inside, sizeof(inside));
}

static void pipe_getattr(struct file *f, struct vfs_attr *attr)
{
    struct pipe *p = f->private;
    attr->mode = S_IFIFO | 0600;
    attr->ino = p->ino;
    attr->dev = vfs_mkdev(0, 13);
}

void pipe_free(struct pipe *p)
{
    for (uint32_t i = 0; i < p->nslots; i++)
        kfree(p->slots[i].page);
    kfree(p->slots);
    kfree(p);
}

void pipe_leave(struct pipe *p, const struct file *f)
{
    spinlock_acquire(&p->lock);
    p->readers -= file_readable(f);
    p->writers -= file_writable(f);
    waitq_wake_all(&p->waiters);
    spinlock_release(&p->lock);
    if (file_readable(f))
        pollq_notify(&p->writable, 0);
    if (file_writable(f))
        pollq_notify(&p->readable, 0);
}

static void pipe_release(struct file *f)
{
    struct pipe *p = f->private;
    pipe_leave(p, f);
    if (f->inode)
        pipe_fifo_release(f->inode);
    else if (atomic_fetch_sub(&p->refs, 1) == 1)
        pipe_free(p);
}

/* Any end, without waiting for another one. f's reference keeps the pipe. */
static int pipe_reopen(struct file *f, struct file *again)
{
    struct pipe *p = f->private;

    atomic_fetch_add(&p->refs, 1);
    again->private = p;
    again->ops = &pipe_ops;
    spinlock_acquire(&p->lock);
    p->readers += file_readable(again);
    p->writers += file_writable(again);
    p->shared |= file_readable(again) && file_writable(again);
    spinlock_release(&p->lock);
    return 0;
}

const struct file_ops pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .getattr = pipe_getattr,
    .release = pipe_release,
    .reopen = pipe_reopen,
};

/* --- creation and size ------------------------------------------------------------------- */

struct pipe *pipe_new(void)
{
    struct pipe *p = kzalloc(sizeof(*p));
    struct slot *slots = kzalloc(DEFAULT_SLOTS * sizeof(*slots));
    if (!p || !slots) {
        kfree(p);
        kfree(slots);
        return NULL;
    }
    mutex_init(&p->mutex);
    spinlock_init(&p->lock, LOCK_DEVICE, "pipe");
    waitq_init(&p->waiters);
    pollq_init(&p->readable);
    pollq_init(&p->writable);
    p->slots = slots;
    p->nslots = DEFAULT_SLOTS;
    p->empty = true;
    p->ino = atomic_fetch_add(&next_ino, 1);
    return p;
}

int pipe_create(struct file *end[2], unsigned flags)
{
    struct pipe *p = pipe_new();
    if (!p)
        return -ENOMEM;
    end[0] = file_new(&pipe_ops, p, O_RDONLY | (flags & O_NONBLOCK));
    end[1] = end[0] ? file_new(&pipe_ops, p, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT))) : NULL;
    if (!end[1]) {
        file_abandon(end[0]);
        pipe_free(p);
        return -ENOMEM;
    }
    p->readers = p->writers = 1;
    atomic_store(&p->refs, 2);
    return 0;
}

bool pipe_is(const struct file *f)
{
    return f->ops == &pipe_ops;
}

int pipe_capacity(struct file *f)
{
    struct pipe *p = f->private;
    if (!pipe_is(f))
        return -EBADF;
    mutex_lock(&p->mutex);
    uint32_t n = p->nslots;
    mutex_unlock(&p->mutex);
    return (int)(n * SLOT_SIZE);
}

/* Move what is in the pipe to a new array, its oldest slot first. */
static int resize(struct pipe *p, uint32_t nslots)
{
    if (nslots < p->used)
        return -EBUSY;
    struct slot *slots = kzalloc(nslots * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->nslots; i++) {
        struct slot *s = slot_at(p, i);
        if (i < p->used)
            slots[i] = *s;
        else
            kfree(s->page);
    }
    kfree(p->slots);
    p->slots = slots;
    p->nslots = nslots;
    p->head = 0;
    pipe_publish(p);
    return (int)(nslots * SLOT_SIZE);
}

int pipe_set_capacity(struct file *f, unsigned size)
{
    struct pipe *p = f->private;
    uint32_t     nslots = 1;
    if (!pipe_is(f))
        return -EBADF;
    if (size > INT32_MAX)
        return -EINVAL;
    while ((size_t)nslots * SLOT_SIZE < size)
        nslots *= 2;
    if (nslots >= MAX_SLOTS)
        return -EINVAL;
    mutex_lock(&p->mutex);
    int result = resize(p, nslots);
    mutex_unlock(&p->mutex);
    return result;
}
