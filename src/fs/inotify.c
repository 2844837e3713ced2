/* SPDX-License-Identifier: Apache-2.0 */
/* inotify.c - see inotify.h. The watches are vfs_notify.c's; here is the queue of what they told. The lock
 * is theirs, too: vfs_watch_lock. */
#include "fs/inotify.h"

#include "fs/pseudo.h"
#include "fs/vfs_notify.h"
#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"

/* What a program reads; the name follows, and NULs that fill it up to a multiple of EVENT_ALIGN. */
struct inotify_event {
    int32_t  wd;
    uint32_t mask, cookie, len;
};
#define EVENT_ALIGN sizeof(struct inotify_event)

struct queued {
    TAILQ_ENTRY(queued) link;
    struct inotify_event event;
    char                 name[]; /* event.len bytes */
};

struct inotify {
    struct vfs_watcher watcher;
    struct pollq       pollers;
    /* vfs_watch_lock protects: */
    struct waitq waiters;
    TAILQ_HEAD(queued_list, queued) queue;
    unsigned      nqueued;
    uint32_t      bytes;    /* all that is there to read */
    bool          overflow; /* is on the queue */
    struct queued lost;     /* IN_Q_OVERFLOW; without a name */
};

static atomic_uint instances;

/* --- the queue: the lock is held ------------------------------------------------------------- */

static void append(struct inotify *in, struct queued *q)
{
    TAILQ_INSERT_TAIL(&in->queue, q, link);
    in->nqueued++;
    in->bytes += (uint32_t)sizeof(q->event) + q->event.len;
    waitq_wake_all(&in->waiters);
    pollq_notify(&in->pollers, POLLIN | POLLRDNORM);
}

static void append_overflow(struct inotify *in)
{
    if (in->overflow)
        return;
    in->overflow = true;
    in->lost.event = (struct inotify_event){.wd = -1, .mask = IN_Q_OVERFLOW};
    append(in, &in->lost);
}

static struct queued *take_first(struct inotify *in)
{
    struct queued *q = TAILQ_FIRST(&in->queue);

    TAILQ_REMOVE(&in->queue, q, link);
    in->nqueued--;
    in->bytes -= (uint32_t)sizeof(q->event) + q->event.len;
    if (q == &in->lost)
        in->overflow = false;
    return q;
}

/* Is it the newest already? Then it is told once. */
static bool repeats(const struct inotify *in, const struct inotify_event *event, const char *name)
{
    const struct queued *last = TAILQ_LAST(&in->queue, queued_list);

    return last && !(event->mask & IN_IGNORED) && last->event.mask == event->mask &&
           last->event.wd == event->wd && last->event.len == event->len &&
           (!name || strcmp(last->name, name) == 0);
}

/* vfs_watcher.tell. That a directory was moved or removed is told as of any file. */
static void inotify_tell(struct vfs_watcher *to, int wd, unsigned mask, uint32_t cookie,
                         const struct vfs_name *name)
{
    struct inotify      *in = container_of(to, struct inotify, watcher);
    struct inotify_event event = {.wd = wd, .mask = mask, .cookie = cookie};

    if (mask & (IN_MOVE_SELF | IN_DELETE_SELF))
        event.mask &= ~(uint32_t)IN_ISDIR;
    if (name)
        event.len = (uint32_t)ALIGN_UP(name->len + 1, EVENT_ALIGN);
    struct queued *q = in->nqueued < INOTIFY_EVENTS_MAX ? kzalloc(sizeof(*q) + event.len) : NULL;
    if (!q) {
        append_overflow(in);
        return;
    }
    q->event = event;
    if (name)
        memcpy(q->name, name->text, name->len);
    if (repeats(in, &event, name ? q->name : NULL))
        kfree(q);
    else
        append(in, q);
}

/* --- as a file ------------------------------------------------------------------------------- */

/* The next event if it fits in room bytes. -EAGAIN: there is none, and wait is false; -EINVAL, -EINTR. */
static int next_event(struct inotify *in, size_t room, bool wait, struct queued **out)
{
    int err = 0;

    spinlock_acquire(&vfs_watch_lock);
    while (TAILQ_EMPTY(&in->queue) && !err)
        err = wait ? waitq_sleep_until(&in->waiters, &vfs_watch_lock, WAIT_FOREVER, true) : -EAGAIN;
    if (!TAILQ_EMPTY(&in->queue))
        err = room < sizeof((*out)->event) + TAILQ_FIRST(&in->queue)->event.len ? -EINVAL : 0;
    if (!err)
        *out = take_first(in);
    spinlock_release(&vfs_watch_lock);
    return err;
}

static ssize_t put_event(struct inotify *in, struct queued *q, struct iobuf *iob)
{
    size_t  len = sizeof(q->event) + q->event.len;
    ssize_t n = iobuf_put(iob, &q->event, len);

    if (q != &in->lost)
        kfree(q);
    return n == (ssize_t)len ? n : -EFAULT;
}

/* As many events as fit. One that cannot be stored is gone. */
static ssize_t inotify_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct inotify *in = f->private;
    bool            wait = !(atomic_load(&f->flags) & O_NONBLOCK);
    struct queued  *q;
    ssize_t         done = 0;
    (void)pos;

    for (;;) {
        int err = next_event(in, iob->left, wait && !done, &q);
        if (err)
            return done ? done : err;
        ssize_t n = put_event(in, q, iob);
        if (n < 0)
            return n;
        done += n;
    }
}

static unsigned inotify_poll(struct file *f, struct pollq **q)
{
    struct inotify *in = f->private;

    if (q)
        *q = &in->pollers;
    spinlock_acquire(&vfs_watch_lock);
    bool ready = !TAILQ_EMPTY(&in->queue);
    spinlock_release(&vfs_watch_lock);
    return ready ? POLLIN | POLLRDNORM : 0;
}

static int inotify_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    struct inotify *in = f->private;
    if (cmd != FIONREAD)
        return -ENOTTY;

    spinlock_acquire(&vfs_watch_lock);
    uint32_t bytes = in->bytes;
    spinlock_release(&vfs_watch_lock);
    return uaccess_write(arg, &bytes, sizeof(bytes));
}

static int64_t inotify_seek(struct file *f, int64_t offset, unsigned whence)
{
    (void)f;
    (void)offset;
    (void)whence;
    return 0;
}

static void inotify_release(struct file *f)
{
    struct inotify *in = f->private;

    vfs_watch_remove_all(&in->watcher);
    while (!TAILQ_EMPTY(&in->queue)) {
        struct queued *q = take_first(in);
        if (q != &in->lost)
            kfree(q);
    }
    kfree(in);
    atomic_fetch_sub(&instances, 1);
}

static const struct file_ops inotify_ops = {
    .read = inotify_read,
    .seek = inotify_seek,
    .ioctl = inotify_ioctl,
    .poll = inotify_poll,
    .getattr = file_getattr_anonymous,
    .release = inotify_release,
    .label = "anon_inode:inotify",
};

static struct file *open_new(unsigned flags)
{
    struct inotify *in = kzalloc(sizeof(*in));
    if (!in)
        return NULL;
    in->watcher.tell = inotify_tell;
    LIST_INIT(&in->watcher.watches);
    pollq_init(&in->pollers);
    waitq_init(&in->waiters);
    TAILQ_INIT(&in->queue);
    struct file *f = file_new(&inotify_ops, in, O_RDONLY | flags);
    if (!f)
        kfree(in);
    return f;
}

int inotify_create(unsigned flags, struct file **out)
{
    bool room = atomic_fetch_add(&instances, 1) < INOTIFY_INSTANCES_MAX;
    if (room && (*out = open_new(flags)))
        return 0;
    atomic_fetch_sub(&instances, 1);
    return room ? -ENOMEM : -EMFILE;
}

bool inotify_is(const struct file *f)
{
    return f->ops == &inotify_ops;
}

/* A watch keeps an inode, but no file open: it might be that of the watch itself. */
int inotify_add(struct file *f, struct inode *inode, unsigned mask)
{
    struct inotify *in = f->private;

    pseudo_let_go(inode);
    return vfs_watch_add(&in->watcher, inode, mask);
}

int inotify_remove(struct file *f, int wd)
{
    struct inotify *in = f->private;

    return vfs_watch_remove(&in->watcher, wd);
}
