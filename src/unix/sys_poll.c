/* SPDX-License-Identifier: Apache-2.0 */
/* sys_poll.c - ppoll and pselect6: waiting for any of many files.
 *
 * One poller per call hangs an entry on the queue of each file, then looks at all of them, and
 * sleeps while none is ready. A change between looking and sleeping is not lost: it sets
 * `changed`, which is looked at under the lock that the sleep releases.
 */
#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

struct poller {
    struct spinlock lock; /* LOCK_WAITQ: taken below a pollq's lock */
    /* lock protects: */
    bool         changed;
    struct waitq waiters;
};

/* One file of the many. */
struct poll_item {
    struct file       *file; /* holds a reference; NULL: not open, or not asked for */
    unsigned           wanted, ready;
    struct poller     *poller;
    struct pollq_entry entry;
};

/* Told whatever is asked for. */
#define ALWAYS (POLLERR | POLLHUP)

static void poll_changed(struct pollq_entry *entry, unsigned events)
{
    struct poll_item *item = container_of(entry, struct poll_item, entry);
    struct poller    *p = item->poller;
    if (events && !(events & (item->wanted | ALWAYS)))
        return;
    spinlock_acquire(&p->lock);
    p->changed = true;
    waitq_wake_all(&p->waiters);
    spinlock_release(&p->lock);
}

/* Register with every file that can change. */
static void watch(struct poller *p, struct poll_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct poll_item *item = &items[i];
        struct pollq     *queue = NULL;
        item->poller = p;
        item->entry = (struct pollq_entry){.notify = poll_changed};
        if (item->file)
            file_poll(item->file, &queue);
        if (queue)
            pollq_add(queue, &item->entry);
    }
}

static void unwatch(struct poll_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pollq_remove(&items[i].entry);
}

/* Look at all files; how many are ready. */
static unsigned look(struct poll_item *items, size_t n)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++) {
        struct poll_item *item = &items[i];
        if (item->file)
            item->ready = file_poll(item->file, NULL) & (item->wanted | ALWAYS);
        count += item->ready != 0;
    }
    return count;
}

/* 0: something changed; -ETIMEDOUT, -EINTR. */
static int poll_sleep(struct poller *p, uint64_t deadline)
{
    int err = 0;
    spinlock_acquire(&p->lock);
    while (!p->changed && !err)
        err = waitq_sleep_until(&p->waiters, &p->lock, deadline, true);
    p->changed = false;
    spinlock_release(&p->lock);
    return err;
}

/* Wait until one is ready: how many are; 0: the deadline passed; -EINTR. */
static int poll_items(struct poll_item *items, size_t n, uint64_t deadline)
{
    struct poller p = {.changed = false};
    spinlock_init(&p.lock, LOCK_WAITQ, "poll");
    waitq_init(&p.waiters);

    watch(&p, items, n);
    int      err = 0;
    unsigned count;
    while ((count = look(items, n)) == 0 && !err)
        err = cpu_time() >= deadline ? -ETIMEDOUT : poll_sleep(&p, deadline);
    unwatch(items, n);
    return count ? (int)count : err == -ETIMEDOUT ? 0 : err;
}

static void put_items(struct poll_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        file_put(items[i].file);
    kfree(items);
}

/* --- what both calls share --------------------------------------------------------------- */

/* The signal mask that is in force while the call waits; va 0: the current one. */
static int swap_mask(vaddr_t va, size_t size)
{
    uint64_t mask;
    if (!va)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (uaccess_read(&mask, va, sizeof(mask)))
        return -EFAULT;
    signal_swap_mask(uthread_self(), mask);
    return 0;
}

/* Tell how much of the timeout is left, as Linux does; that it cannot be told is no error. */
static void put_remaining(vaddr_t timeout, uint64_t deadline)
{
    uint64_t now = cpu_time();
    uint64_t ticks = deadline > now ? deadline - now : 0;
    uint64_t hz = time_hz();
    if (timeout)
        (void)args_put_timespec(timeout, ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz);
}

/* --- ppoll ------------------------------------------------------------------------------- */

static void take_pollfds(struct poll_item *items, struct abi_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        items[i].wanted = fds[i].events;
        items[i].file = fds[i].fd < 0 ? NULL : args_file(fds[i].fd);
        if (fds[i].fd >= 0 && !items[i].file)
            items[i].ready = POLLNVAL;
    }
}

static int64_t poll_fds(struct poll_item *items, struct abi_pollfd *fds, size_t n, vaddr_t va,
                        uint64_t deadline)
{
    if (uaccess_read(fds, va, n * sizeof(*fds)))
        return -EFAULT;
    take_pollfds(items, fds, n);
    int result = poll_items(items, n, deadline);
    for (size_t i = 0; i < n; i++)
        fds[i].revents = (uint16_t)items[i].ready;
    if (result >= 0 && uaccess_write(va, fds, n * sizeof(*fds)))
        return -EFAULT;
    return result;
}

int64_t sys_ppoll(const uint64_t *a)
{
    size_t   n = (unsigned)a[1];
    uint64_t deadline;
    int      err = args_timeout(a[2], &deadline);
    if (!err && n > the_process.fds.limit)
        err = -EINVAL;
    if (!err)
        err = swap_mask(a[3], a[4]);
    if (err)
        return err;
    struct poll_item  *items = kzalloc((n + 1) * sizeof(*items));
    struct abi_pollfd *fds = kmalloc((n + 1) * sizeof(*fds));
    int64_t            result = items && fds ? poll_fds(items, fds, n, a[0], deadline) : -ENOMEM;
    kfree(fds);
    if (items)
        put_items(items, n);
    put_remaining(a[2], deadline);
    return result;
}

/* --- pselect6 ---------------------------------------------------------------------------- */

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

#define SELECT_MAX  1024u /* descriptors; larger numbers cannot be in an fd_set */
#define SELECT_SIZE (SELECT_MAX / 8)

struct select_sets {
    vaddr_t va[SETS]; /* 0: none */
    uint8_t bits[SETS][SELECT_SIZE];
    size_t  len; /* bytes of each that count: whole words */
};

/* What poll says, in the terms of select(2). */
static const unsigned set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND,
    POLLOUT | POLLWRNORM | POLLWRBAND,
    POLLPRI,
};
static const unsigned set_ready[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
    POLLPRI,
};

static bool in_set(const struct select_sets *s, unsigned set, size_t fd)
{
    return s->bits[set][fd / 8] >> (fd % 8) & 1;
}

static int read_sets(struct select_sets *s)
{
    for (unsigned set = 0; set < SETS; set++) {
        memset(s->bits[set], 0, SELECT_SIZE);
        if (s->va[set] && uaccess_read(s->bits[set], s->va[set], s->len))
            return -EFAULT;
    }
    return 0;
}

static int write_sets(const struct select_sets *s)
{
    for (unsigned set = 0; set < SETS; set++) {
        if (s->va[set] && uaccess_write(s->va[set], s->bits[set], s->len))
            return -EFAULT;
    }
    return 0;
}

static int take_selected(struct poll_item *items, const struct select_sets *s, size_t n)
{
    for (size_t fd = 0; fd < n; fd++) {
        for (unsigned set = 0; set < SETS; set++)
            items[fd].wanted |= in_set(s, set, fd) ? set_events[set] : 0;
        if (!items[fd].wanted)
            continue;
        items[fd].file = args_file((int)fd);
        if (!items[fd].file)
            return -EBADF;
    }
    return 0;
}

/* Leave those bits set that are ready; how many. */
static int keep_ready(const struct poll_item *items, struct select_sets *s, size_t n)
{
    int count = 0;
    for (size_t fd = 0; fd < n; fd++) {
        for (unsigned set = 0; set < SETS; set++) {
            if (!in_set(s, set, fd))
                continue;
            if (items[fd].ready & set_ready[set])
                count++;
            else
                s->bits[set][fd / 8] &= (uint8_t) ~(1u << fd % 8);
        }
    }
    return count;
}

static int64_t select_items(struct poll_item *items, struct select_sets *s, size_t n,
                            uint64_t deadline)
{
    int result = read_sets(s);
    if (!result)
        result = take_selected(items, s, n);
    if (!result)
        result = poll_items(items, n, deadline);
    if (result < 0)
        return result;
    result = keep_ready(items, s, n);
    return write_sets(s) ? -EFAULT : result;
}

int64_t sys_pselect6(const uint64_t *a)
{
    struct {
        uint64_t mask, size;
    } sig = {0, 0};
    uint64_t deadline;
    int      n = (int)a[0];
    if (n < 0)
        return -EINVAL;
    n = n > (int)SELECT_MAX ? (int)SELECT_MAX : n;
    if (a[5] && uaccess_read(&sig, a[5], sizeof(sig)))
        return -EFAULT;
    int err = args_timeout(a[4], &deadline);
    if (!err)
        err = swap_mask(sig.mask, sig.size);
    if (err)
        return err;
    struct select_sets s = {.va = {a[1], a[2], a[3]}, .len = ((size_t)n + 63) / 64 * 8};
    struct poll_item  *items = kzalloc(((size_t)n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    int64_t result = select_items(items, &s, (size_t)n, deadline);
    put_items(items, (size_t)n);
    put_remaining(a[4], deadline);
    return result;
}
