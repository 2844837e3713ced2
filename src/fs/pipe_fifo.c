/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_fifo.c - pipes with a name: what opening one waits for. See pipe.h.
 *
 * The pipe is there as long as somebody has the inode open: what is in it is lost with the last one.
 */
#include "fs/pipe_impl.h"
#include "kernel/waitq.h"
#include "lib/errno.h"

/* Protects inodes' fifo, and refs of those pipes. */
static struct mutex fifo_lock = MUTEX_INIT(fifo_lock);

/* The pipe of an inode, made if need be; one more has it open. NULL: no memory. */
static struct pipe *join(struct inode *inode)
{
    mutex_lock(&fifo_lock);
    if (!inode->fifo)
        inode->fifo = pipe_new();
    if (inode->fifo)
        atomic_fetch_add(&inode->fifo->refs, 1);
    mutex_unlock(&fifo_lock);
    return inode->fifo;
}

void pipe_fifo_release(struct inode *inode)
{
    struct pipe *p = inode->fifo;
    mutex_lock(&fifo_lock);
    bool last = atomic_fetch_sub(&p->refs, 1) == 1;
    if (last)
        inode->fifo = NULL;
    mutex_unlock(&fifo_lock);
    if (last)
        pipe_free(p);
}

/* Sleep until somebody opens the other end, who may be gone again then. The lock is held. */
static int wait_for_other(struct pipe *p, const unsigned *had)
{
    unsigned before = *had;
    int      err = 0;
    while (*had == before && !err)
        err = waitq_sleep_until(&p->waiters, &p->lock, WAIT_FOREVER, true);
    return *had == before ? err : 0;
}

static void count_end(struct pipe *p, bool reads, bool writes)
{
    p->readers += reads;
    p->had_readers += reads;
    p->writers += writes;
    p->had_writers += writes;
    waitq_wake_all(&p->waiters);
}

/* The rules of opening. The lock is held. */
static int open_end(struct pipe *p, struct file *f)
{
    unsigned access = atomic_load(&f->flags) & O_ACCMODE;
    bool     wait = !(atomic_load(&f->flags) & O_NONBLOCK);

    if (access == O_WRONLY && !wait && !p->readers)
        return -ENXIO;
    p->shared |= access == O_RDWR;
    count_end(p, access != O_WRONLY, access != O_RDONLY);
    if (access == O_RDONLY && !p->writers && !wait)
        f->pos = p->had_writers; /* its poll tells nothing before a writer came */
    if (access == O_RDONLY && !p->writers && wait)
        return wait_for_other(p, &p->had_writers);
    if (access == O_WRONLY && !p->readers)
        return wait_for_other(p, &p->had_readers);
    return 0;
}

int pipe_open_fifo(struct file *f)
{
    struct pipe *p = join(f->inode);
    if (!p)
        return -ENOMEM;
    f->private = p;
    f->pos = UINT64_MAX;
    spinlock_acquire(&p->lock);
    int err = open_end(p, f);
    spinlock_release(&p->lock);
    pollq_notify(&p->readable, 0);
    pollq_notify(&p->writable, 0);
    if (err == -EINTR) /* it had been counted */
        pipe_leave(p, f);
    if (err)
        pipe_fifo_release(f->inode);
    else
        f->ops = &pipe_ops;
    return err;
}
