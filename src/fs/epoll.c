/* SPDX-License-Identifier: Apache-2.0 */
/* epoll.c - see epoll.h.
 *
 * A watch hangs an entry on its file's pollq. When the file notifies it, the watch goes to the epoll's
 * ready list (readylist.h), whatever the file's state is by then; who waits takes the list's watches one by
 * one, asks each file for its state, and tells what is ready. A level-triggered watch that was told goes back
 * to the end of the list, to be asked again the next time; so many ready files take turns.
 *
 * Locks, outermost first:
 *   graph_lock   mutex: which epoll watches which files, and with it the life of watches
 *   epoll.mutex  what watches want, the list's [look] half; held while files are asked and
 *                events are stored. Of an epoll that watches another one the first comes before the second:
 *                the graph has no cycles.
 *   a pollq's    LOCK_POLL, then LOCK_POLL_NESTED where one epoll tells the next
 *   epoll.lock   LOCK_EPOLL: the list's [spin] half, sleepers
 *
 * A watch holds no reference on its file: the file's last file_put() takes the watch away, before the
 * file is released (file.gone). Meanwhile the file may be asked, having no references, by
 * who holds epoll.mutex: it cannot go before that is let go.
 *
 * Who sleeps found the list empty while he held the mutex, and is counted before he lets go of it. So
 * whoever appends sees the sleeper, and whoever leaves something on the list at the end of a look does, too,
 * and passes the wake-up on: one event wakes one sleeper, and nothing stays on the list of which
 * no sleeper knows.
 */
#include "fs/epoll.h"

#include "fs/readylist.h"
#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/uaccess.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* Told of every file, asked for or not. */
#define ALWAYS (POLLERR | POLLHUP)

/* Of what a program asks for: how it wants to be told, not what. */
#define HOW (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

/* Edges from the first epoll to the last one of a row. */
#define NEST_MAX 4u

struct epoll {
    struct file *file; /* constant: itself */
    struct pollq pollers;

    struct mutex     mutex;
    struct spinlock  lock; /* LOCK_EPOLL */
    struct readylist list; /* [look] is mutex, [spin] is lock */

    /* lock protects: */
    atomic_uint  sleepers; /* may be read with mutex alone: one is counted with both */
    struct waitq waiters;

    /* graph_lock protects: */
    LIST_HEAD(, epoll_watch) watches;
    unsigned nested;   /* how many of them watch an epoll */
    uint64_t measured; /* the measurement that found depth */
    unsigned depth;
};

struct epoll_watch {
    struct epoll *ep; /* constant, as are the next two */
    struct file  *file;
    int           fd;

    struct pollq_entry entry;
    struct ready_entry ready;

    /* ep->mutex protects: */
    atomic_uint wanted; /* POLL* and HOW; entry's function reads it without */
    uint64_t    data;

    /* graph_lock protects: */
    LIST_ENTRY(epoll_watch) of_epoll;
    LIST_ENTRY(epoll_watch) of_file;
};

static struct mutex graph_lock = MUTEX_INIT(graph_lock);

static unsigned wanted_of(const struct epoll_watch *w)
{
    return atomic_load_explicit(&w->wanted, memory_order_relaxed);
}

/* --- what became ready --------------------------------------------------------------------- */

/* w was marked: put it on the list and wake one. Whether one slept. */
static bool arrive(struct epoll_watch *w)
{
    struct epoll *ep = w->ep;

    spinlock_acquire(&ep->lock);
    readylist_append(&ep->list, &w->ready);
    bool sleeps = atomic_load_explicit(&ep->sleepers, memory_order_relaxed);
    if (sleeps)
        waitq_wake_one(&ep->waiters);
    spinlock_release(&ep->lock);
    return sleeps;
}

/* Whether one who waits for wanted takes care of events, so that other exclusive ones need not. */
static bool takes_care(unsigned wanted, unsigned events)
{
    unsigned way = events & (POLLIN | POLLOUT);
    return !way || (way != (POLLIN | POLLOUT) && way & wanted);
}

static bool watch_notified(struct pollq_entry *entry, unsigned events)
{
    struct epoll_watch *w = container_of(entry, struct epoll_watch, entry);
    unsigned            wanted = wanted_of(w);
    if (!(wanted & ~HOW) || (events && !(events & wanted)))
        return false; /* a one-shot that was told, or nothing that is asked for */
    bool woke = readylist_mark(&w->ready) && arrive(w);
    /* Also if it is no news here: to those who watch this epoll each change is an edge. */
    pollq_notify(&w->ep->pollers, POLLIN);
    return woke && takes_care(wanted, events);
}

/* --- looking: the mutex is held ------------------------------------------------------------ */

static void gather(struct epoll *ep)
{
    if (!readylist_arrived(&ep->list))
        return;
    spinlock_acquire(&ep->lock);
    readylist_gather(&ep->list);
    spinlock_release(&ep->lock);
}

static unsigned ask(const struct epoll_watch *w)
{
    return w->file->ops->poll(w->file, NULL) & wanted_of(w);
}

/* The events of a watch on the list, which leaves it unless it is level-triggered and ready: that one is asked where it
 * is, and stays marked, as it would be again. */
static unsigned look(struct epoll *ep, struct epoll_watch *w, bool *stays)
{
    unsigned events = wanted_of(w) & (EPOLLONESHOT | EPOLLET) ? 0 : ask(w);

    *stays = events;
    if (events)
        return events;
    readylist_take(&ep->list, &w->ready); /* what becomes so from now on marks it again */
    return ask(w);
}

/* w's events were told. Whether it is on the list, behind all others. */
static bool settle(struct epoll_watch *w, bool stays)
{
    if (stays) {
        readylist_defer(&w->ep->list, &w->ready);
        return true;
    }
    unsigned wanted = wanted_of(w);
    if (wanted & EPOLLONESHOT)
        atomic_store_explicit(&w->wanted, wanted & HOW, memory_order_relaxed);
    else if (!(wanted & EPOLLET))
        return readylist_return(&w->ep->list, &w->ready);
    return false;
}

static bool store(vaddr_t va, unsigned events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data = data};
    return uaccess_write_some(va, &event, sizeof(event)) == sizeof(event);
}

/* Store the events of what is ready, up to max, asking each watch once. How many, or -EFAULT. */
static int collect(struct epoll *ep, vaddr_t va, unsigned max)
{
    struct ready_entry *e, *told = NULL; /* the first that went back */
    unsigned            n = 0;

    gather(ep);
    while (n < max && (e = readylist_first(&ep->list)) && e != told) {
        struct epoll_watch *w = container_of(e, struct epoll_watch, ready);
        bool                stays;
        unsigned            events = look(ep, w, &stays);
        if (!events)
            continue;
        if (!store(va + n * sizeof(struct epoll_event), events, w->data)) {
            if (!stays)
                readylist_return_first(&ep->list, e);
            return n ? (int)n : -EFAULT;
        }
        n++;
        if (settle(w, stays) && !told)
            told = e;
    }
    return (int)n;
}

/* Is anything ready? What is not leaves the list. */
static bool any_ready(struct epoll *ep)
{
    struct ready_entry *e;

    gather(ep);
    while ((e = readylist_first(&ep->list))) {
        readylist_take(&ep->list, e);
        if (ask(container_of(e, struct epoll_watch, ready))) {
            readylist_return_first(&ep->list, e);
            return true;
        }
    }
    return false;
}

/* --- waiting ------------------------------------------------------------------------------- */

/* Sleep until something arrives, or is left by somebody else. The mutex is held, but not meanwhile;
 * the list is empty. */
static __attribute__((noinline)) int sleep_until(struct epoll *ep, uint64_t deadline)
{
    int err = 0;

    spinlock_acquire(&ep->lock);
    atomic_fetch_add_explicit(&ep->sleepers, 1, memory_order_relaxed);
    mutex_unlock(&ep->mutex);
    if (!readylist_arrived(&ep->list))
        err = waitq_sleep_until(&ep->waiters, &ep->lock, deadline, true);
    atomic_fetch_sub_explicit(&ep->sleepers, 1, memory_order_relaxed);
    spinlock_release(&ep->lock);
    mutex_lock(&ep->mutex);
    return err;
}

/* What is left on the list is for the next one who sleeps. */
static void pass_on(struct epoll *ep)
{
    if (!atomic_load_explicit(&ep->sleepers, memory_order_relaxed) || !readylist_first(&ep->list))
        return;
    spinlock_acquire(&ep->lock);
    waitq_wake_one(&ep->waiters);
    spinlock_release(&ep->lock);
}

int epoll_wait(struct file *f, vaddr_t va, unsigned max, uint64_t deadline)
{
    struct epoll *ep = f->private;
    int           err = 0, n;

    mutex_lock(&ep->mutex);
    while (!(n = collect(ep, va, max)) && !err && cpu_time() < deadline)
        err = sleep_until(ep, deadline);
    pass_on(ep);
    mutex_unlock(&ep->mutex);
    return n ? n : err == -EINTR ? -EINTR : 0;
}

/* --- the graph: graph_lock is held --------------------------------------------------------- */

static struct epoll_watch *find(const struct epoll *ep, const struct file *f, int fd)
{
    struct epoll_watch *w;

    LIST_FOREACH(w, &f->watches, of_file) { /* rarely more than one */
        if (w->ep == ep && w->fd == fd)
            return w;
    }
    return NULL;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static uint64_t measurement;

/* The edges from ep down to the last epoll; too many if there is a way to target. Rows are
 * short, or they would not be there, so this ends soon; each epoll is measured once. */
static unsigned depth_below(struct epoll *ep, const struct epoll *target)
{
    struct epoll_watch *w;
    unsigned            depth = 0;

    if (ep == target)
        return NEST_MAX + 1;
    if (ep->measured == measurement || !ep->nested)
        return ep->nested ? ep->depth : 0;
    LIST_FOREACH(w, &ep->watches, of_epoll) {
        if (epoll_is(w->file))
            depth = larger(depth, depth_below(w->file->private, target) + 1);
    }
    ep->measured = measurement;
    ep->depth = depth;
    return depth;
}

/* The edges from the first epoll down to ep. */
static unsigned depth_above(struct epoll *ep)
{
    struct epoll_watch *w;
    unsigned            depth = 0;

    if (ep->measured == measurement)
        return ep->depth;
    LIST_FOREACH(w, &ep->file->watches, of_file)
        depth = larger(depth, depth_above(w->ep) + 1);
    ep->measured = measurement;
    ep->depth = depth;
    return depth;
}

/* May ep watch f? */
static int check_row(struct epoll *ep, const struct file *f)
{
    if (!epoll_is(f))
        return 0;
    measurement++;
    unsigned below = depth_below(f->private, ep);
    measurement++;
    return below + 1 + depth_above(ep) > NEST_MAX ? -ELOOP : 0;
}

/* --- watches: graph_lock and ep->mutex are held -------------------------------------------- */

static void forget_watches(struct file *f);

static void set_wanted(struct epoll_watch *w, const struct epoll_event *event)
{
    unsigned wanted = event->events | ALWAYS;
    atomic_store_explicit(&w->wanted, wanted & ~EPOLLWAKEUP, memory_order_relaxed);
    w->data = event->data;
}

static void link_watch(struct epoll_watch *w)
{
    LIST_INSERT_HEAD(&w->ep->watches, w, of_epoll);
    LIST_INSERT_HEAD(&w->file->watches, w, of_file);
    w->file->gone = forget_watches;
    w->ep->nested += epoll_is(w->file);
}

/* Put w on the list if its file is ready now. */
static void look_at(struct epoll_watch *w)
{
    if (!ask(w) || !readylist_mark(&w->ready))
        return;
    arrive(w);
    pollq_notify(&w->ep->pollers, POLLIN);
}

/* From now on the file's changes are known; what is so already is found by asking. */
static void begin(struct epoll_watch *w)
{
    struct pollq *q;
    file_poll(w->file, &q);
    if (q)
        pollq_add(q, &w->entry);
    look_at(w);
}

static void remove_watch(struct epoll_watch *w)
{
    struct epoll *ep = w->ep;

    ASSERT(mutex_held(&graph_lock) && mutex_held(&ep->mutex));
    pollq_remove(&w->entry); /* nobody marks w after this */
    spinlock_acquire(&ep->lock);
    readylist_forget(&ep->list, &w->ready);
    spinlock_release(&ep->lock);
    LIST_REMOVE(w, of_epoll);
    LIST_REMOVE(w, of_file);
    ep->nested -= epoll_is(w->file);
    kfree(w);
}

static int add_watch(struct epoll *ep, struct file *f, int fd, const struct epoll_event *event)
{
    struct epoll_watch *w = kzalloc(sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->ep = ep;
    w->file = f;
    w->fd = fd;
    w->entry.notify = watch_notified;
    w->entry.exclusive = event->events & EPOLLEXCLUSIVE;
    set_wanted(w, event);
    link_watch(w);
    begin(w);
    return 0;
}

/* --- control ------------------------------------------------------------------------------- */

/* Both locks, and the watch of f by fd, if there is one. */
static struct epoll_watch *lock_watch(struct epoll *ep, const struct file *f, int fd)
{
    mutex_lock(&graph_lock);
    mutex_lock(&ep->mutex);
    return find(ep, f, fd);
}

static void unlock_watch(struct epoll *ep)
{
    mutex_unlock(&ep->mutex);
    mutex_unlock(&graph_lock);
}

int epoll_add(struct file *epf, struct file *f, int fd, const struct epoll_event *event)
{
    struct epoll       *ep = epf->private;
    struct epoll_watch *w = lock_watch(ep, f, fd);
    int                 err = check_row(ep, f);
    if (!err)
        err = w ? -EEXIST : add_watch(ep, f, fd, event);
    unlock_watch(ep);
    return err;
}

int epoll_modify(struct file *epf, struct file *f, int fd, const struct epoll_event *event)
{
    struct epoll       *ep = epf->private;
    struct epoll_watch *w = lock_watch(ep, f, fd);
    int                 err = !w ? -ENOENT : w->entry.exclusive ? -EINVAL : 0;
    if (!err) {
        set_wanted(
            w, event); /* who notifies sees this, or the file is asked after the change: pollq.h */
        look_at(w);
    }
    unlock_watch(ep);
    return err;
}

int epoll_remove(struct file *epf, struct file *f, int fd)
{
    struct epoll       *ep = epf->private;
    struct epoll_watch *w = lock_watch(ep, f, fd);
    if (w)
        remove_watch(w);
    unlock_watch(ep);
    return w ? 0 : -ENOENT;
}

/* file.gone: the last descriptor of a watched file was closed. */
static void forget_watches(struct file *f)
{
    struct epoll_watch *w;

    mutex_lock(&graph_lock);
    while ((w = LIST_FIRST(&f->watches))) {
        struct epoll *ep = w->ep;
        mutex_lock(&ep->mutex);
        remove_watch(w);
        mutex_unlock(&ep->mutex);
    }
    mutex_unlock(&graph_lock);
}

/* --- as a file ----------------------------------------------------------------------------- */

static unsigned epoll_poll(struct file *f, struct pollq **q)
{
    struct epoll *ep = f->private;
    if (q)
        *q = &ep->pollers;
    mutex_lock(&ep->mutex);
    bool any = any_ready(ep);
    mutex_unlock(&ep->mutex);
    return any ? POLLIN | POLLRDNORM : 0;
}

/* There is nothing to set: what Linux has here is about busy polling of network devices. */
static int epoll_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    (void)f;
    (void)cmd;
    (void)arg;
    return -EINVAL;
}

static void epoll_release(struct file *f)
{
    struct epoll       *ep = f->private;
    struct epoll_watch *w;

    mutex_lock(&graph_lock);
    mutex_lock(&ep->mutex);
    while ((w = LIST_FIRST(&ep->watches)))
        remove_watch(w);
    unlock_watch(ep);
    kfree(ep);
}

const struct file_ops epoll_ops = {
    .poll = epoll_poll,
    .ioctl = epoll_ioctl,
    .getattr = file_getattr_anonymous,
    .release = epoll_release,
    .label = "anon_inode:[eventpoll]",
};

int epoll_create(struct file **out)
{
    struct epoll *ep = kzalloc(sizeof(*ep));
    if (!ep)
        return -ENOMEM;
    mutex_init(&ep->mutex);
    spinlock_init(&ep->lock, LOCK_EPOLL, "epoll");
    readylist_init(&ep->list);
    waitq_init(&ep->waiters);
    pollq_init_nested(&ep->pollers);
    ep->file = *out = file_new(&epoll_ops, ep, O_RDWR);
    if (!*out)
        kfree(ep);
    return *out ? 0 : -ENOMEM;
}
