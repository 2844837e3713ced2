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
    unsigned           wanted;
    unsigned           ready; /* without file: what to say of it */
    struct poller     *poller;
    struct pollq_entry entry;
};

/* Told whatever is asked for. */
#define ALWAYS (POLLERR | POLLHUP)

static bool poll_changed(struct pollq_entry *entry, unsigned events)
{
    struct poll_item *item = container_of(entry, struct poll_item, entry);
    struct poller    *p = item->poller;
    if (events && !(events & (item->wanted | ALWAYS)))
        return false;
    spinlock_acquire(&p->lock);
    p->changed = true;
    waitq_wake_all(&p->waiters);
    spinlock_release(&p->lock);
    return true;
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

/* Wait until one is ready: how many are; 0: the deadline passed; -ERESTARTNOHAND: a signal came. */
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
    if (count)
        return (int)count;
    return err == -ETIMEDOUT && !signal_pending(uthread_self()) ? 0 : -ERESTARTNOHAND;
}

static void put_items(struct poll_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        file_put(items[i].file);
    kfree(items);
}

/* --- what both calls share --------------------------------------------------------------- */

/* The timeout argument. */
struct timeout {
    vaddr_t  va;       /* 0: none */
    uint64_t ns;       /* what it says */
    uint64_t deadline; /* ticks */
};

static int take_timeout(vaddr_t va, struct timeout *t)
{
    *t = (struct timeout){.va = va, .deadline = WAIT_FOREVER};
    int err = va ? args_timespec(va, &t->ns) : 0;
    if (va && !err)
        t->deadline = time_ns_to_deadline(t->ns);
    return err;
}

/* A call ends. Tell how much of the timeout is left, as Linux does: a call that starts anew waits only
 * for that. Where it cannot be told, which alone is no error, the call cannot start anew either. */
static int64_t finish(int64_t result, const struct timeout *t)
{
    if (result != -ERESTARTNOHAND)
        signal_unswap_mask(uthread_self());
    if (!t->va || !t->ns)
        return result;
    uint64_t now = cpu_time();
    uint64_t left = t->deadline > now ? time_ticks_to_ns(t->deadline - now) : 0;
    if (args_put_timespec(t->va, left) && result == -ERESTARTNOHAND)
        return -EINTR;
    return result;
}

/* --- ppoll ------------------------------------------------------------------------------- */

static void take_pollfds(struct poll_item *items, const struct abi_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct file *f = fds[i].fd < 0 ? NULL : args_file(fds[i].fd);
        items[i].wanted = fds[i].events;
        if (f && !file_is_path(f)) {
            items[i].file = f;
            continue;
        }
        items[i].ready = fds[i].fd < 0 ? 0 : POLLNVAL;
        file_put(f);
    }
}

static int put_revents(const struct poll_item *items, size_t n, vaddr_t va)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t revents = (uint16_t)items[i].ready;
        vaddr_t  at = va + i * sizeof(struct abi_pollfd) + offsetof(struct abi_pollfd, revents);
        if (uaccess_write(at, &revents, sizeof(revents)))
            return -EFAULT;
    }
    return 0;
}

static int64_t poll_fds(struct poll_item *items, struct abi_pollfd *fds, size_t n, vaddr_t va,
                        uint64_t deadline)
{
    if (uaccess_read(fds, va, n * sizeof(*fds)))
        return -EFAULT;
    take_pollfds(items, fds, n);
    int result = poll_items(items, n, deadline);
    return put_revents(items, n, va) ? -EFAULT : result;
}

/* ppoll with its timeout and mask in force. */
static int64_t poll_many(vaddr_t va, size_t n, uint64_t deadline)
{
    if (n > the_process.limits[RLIMIT_NOFILE].cur)
        return -EINVAL;
    struct poll_item  *items = kzalloc((n + 1) * sizeof(*items));
    struct abi_pollfd *fds = kmalloc((n + 1) * sizeof(*fds));
    int64_t            result = items && fds ? poll_fds(items, fds, n, va, deadline) : -ENOMEM;
    kfree(fds);
    if (items)
        put_items(items, n);
    return result;
}

int64_t sys_ppoll(const uint64_t *a)
{
    struct timeout t;
    int            err = take_timeout(a[2], &t);
    if (!err)
        err = args_swap_mask(a[3], a[4]);
    return err ? err : finish(poll_many(a[0], (unsigned)a[1], t.deadline), &t);
}

/* --- pselect6 ---------------------------------------------------------------------------- */

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

struct select_sets {
    vaddr_t  va[SETS];   /* 0: none */
    uint8_t *bits[SETS]; /* kernel copies, one allocation */
    size_t   len;        /* bytes of each: whole words */
};

/* What poll says, in the terms of select(2). */
static const unsigned set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND,
    POLLOUT | POLLWRNORM | POLLWRBAND,
    POLLPRI,
};
static const unsigned set_ready[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR | POLLNVAL,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR | POLLNVAL,
    POLLPRI | POLLNVAL,
};

static bool in_set(const struct select_sets *s, unsigned set, size_t fd)
{
    return s->bits[set][fd / 8] >> (fd % 8) & 1;
}

static int read_sets(struct select_sets *s)
{
    for (unsigned set = 0; set < SETS; set++) {
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
        struct file *f = args_file((int)fd);
        if (!f)
            return -EBADF;
        if (!file_is_path(f)) {
            items[fd].file = f;
            continue;
        }
        items[fd].ready = POLLNVAL;
        file_put(f);
    }
    return 0;
}

/* Leave those bits set that are ready; how many. What was not asked for but shares a word with it is
 * cleared. */
static int keep_ready(const struct poll_item *items, struct select_sets *s, size_t n)
{
    int count = 0;
    for (size_t fd = 0; fd < s->len * 8; fd++) {
        for (unsigned set = 0; set < SETS; set++) {
            if (!in_set(s, set, fd))
                continue;
            if (fd < n && items[fd].ready & set_ready[set])
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

/* pselect6 with its timeout and mask in force. Descriptors beyond the table are not looked at, as in
 * Linux. */
static int64_t select_many(int want, const vaddr_t *va, uint64_t deadline)
{
    if (want < 0)
        return -EINVAL;
    size_t             n = size_min((size_t)want, fd_table_size(&the_process.fds));
    struct select_sets s = {.len = (n + 63) / 64 * 8};
    struct poll_item  *items = kzalloc((n + 1) * sizeof(*items));
    uint8_t           *bits = kzalloc(SETS * s.len + 1);
    for (unsigned set = 0; set < SETS; set++) {
        s.va[set] = va[set];
        s.bits[set] = bits + set * s.len;
    }
    int64_t result = items && bits ? select_items(items, &s, n, deadline) : -ENOMEM;
    kfree(bits);
    if (items)
        put_items(items, n);
    return result;
}

int64_t sys_pselect6(const uint64_t *a)
{
    struct {
        uint64_t mask, size;
    } sig = {0, 0};
    struct timeout t;
    if (a[5] && uaccess_read(&sig, a[5], sizeof(sig)))
        return -EFAULT;
    int err = take_timeout(a[4], &t);
    if (!err)
        err = args_swap_mask(sig.mask, sig.size);
    return err ? err : finish(select_many((int)a[0], &a[1], t.deadline), &t);
}
