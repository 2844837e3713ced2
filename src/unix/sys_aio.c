/* SPDX-License-Identifier: Apache-2.0 */
/* sys_aio.c - io_submit(2) and its kin: requests whose results come as events.
 *
 * A request is carried out when it is submitted, as Linux does with files in its page cache; its event is in
 * the context's ring before io_submit() returns. The ring lies in the program's memory, where libaio looks: the
 * kernel keeps the end at which it adds, and believes nothing of what it reads there.
 */
#include <sys/queue.h>

#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define EVENTS_MAX  65536u /* of one context, and in all: fs.aio-max-nr */
#define RING_MAGIC  0xa10a10a1u
#define IOCB_RESFD  1u
#define IOCB_IOPRIO 2u
#define KEY         0u /* what a request that was submitted has */
#define RW_HIPRI    1u

enum { PREAD, PWRITE, FSYNC, FDSYNC, POLL = 5, NOOP, PREADV, PWRITEV };

struct iocb {
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode;
    int16_t  priority;
    uint32_t fd;
    uint64_t buf, nbytes;
    int64_t  offset;
    uint64_t reserved;
    uint32_t flags, resfd;
};
_Static_assert(sizeof(struct iocb) == 64, "linux/aio_abi.h");

struct event {
    uint64_t data, obj;
    int64_t  res, res2;
};

/* The ring's head, in the program's memory; its events follow. */
struct ring {
    uint32_t id, nr, head, tail, magic, compat, incompat, header_length;
};
_Static_assert(sizeof(struct ring) == 32 && sizeof(struct event) == 32, "libaio looks at both");

struct context {
    vaddr_t  va; /* of the ring: the context's number */
    uint32_t nr; /* events that the ring holds, and one */

    /* protected by aio_mutex: */
    uint32_t tail;
    unsigned users; /* calls, and the list */
    bool     gone;
    LIST_ENTRY(context) link;
};

static struct mutex aio_mutex = MUTEX_INIT(aio_mutex);
/* aio_mutex protects: */
static LIST_HEAD(, context) contexts;
static uint64_t in_all;

/* Who waits for events looks at news first; changed with aio_mutex held, too. */
static struct spinlock news_lock = SPINLOCK_INIT(LOCK_PROCESS, "aio");
static struct waitq    waiters = WAITQ_INIT(waiters);
static uint64_t        news;

static void tell_waiters(void)
{
    spinlock_acquire(&news_lock);
    news++;
    waitq_wake_all(&waiters);
    spinlock_release(&news_lock);
}

/* --- contexts -------------------------------------------------------------------------------- */

/* With a use of it, which context_put() ends; NULL: there is none. */
static struct context *context_get(vaddr_t va)
{
    struct context *c;
    mutex_lock(&aio_mutex);
    LIST_FOREACH(c, &contexts, link)
        if (c->va == va)
            break;
    if (c)
        c->users++;
    mutex_unlock(&aio_mutex);
    return c;
}

static void context_put(struct context *c)
{
    mutex_lock(&aio_mutex);
    bool last = --c->users == 0;
    mutex_unlock(&aio_mutex);
    if (last)
        kfree(c);
}

/* The mutex is held. */
static void unlist(struct context *c)
{
    LIST_REMOVE(c, link);
    c->gone = true;
    in_all -= c->nr;
}

static size_t ring_size(const struct context *c)
{
    return sizeof(struct ring) + c->nr * sizeof(struct event);
}

static vaddr_t event_at(const struct context *c, uint32_t i)
{
    return c->va + sizeof(struct ring) + i * sizeof(struct event);
}

static int map_ring(struct context *c)
{
    const struct area_spec spec = {
        .len = ring_size(c), .prot = PMAP_R | PMAP_W, .name = "/[aio] (deleted)"};
    const struct ring ring = {
        .nr = c->nr, .magic = RING_MAGIC, .compat = 1, .header_length = sizeof(ring)};
    int err = vmspace_map(the_process.vmspace, &spec, &c->va);
    if (!err && uaccess_write(c->va, &ring, sizeof(ring))) {
        vmspace_unmap(the_process.vmspace, c->va, spec.len);
        err = -ENOMEM;
    }
    return err;
}

static int create(unsigned nr, struct context **out)
{
    struct context *c = kzalloc(sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->nr = nr + 1;
    c->users = 2;
    mutex_lock(&aio_mutex);
    int err = in_all + c->nr > EVENTS_MAX ? -EAGAIN : map_ring(c);
    if (!err) {
        LIST_INSERT_HEAD(&contexts, c, link);
        in_all += c->nr;
    }
    mutex_unlock(&aio_mutex);
    if (err)
        kfree(c);
    else
        *out = c;
    return err;
}

/* Take it off the list, if nobody else did: its ring goes, and who waits for its events. */
static int destroy(struct context *c)
{
    mutex_lock(&aio_mutex);
    bool was_there = !c->gone;
    if (was_there) {
        unlist(c);
        c->users--;
    }
    mutex_unlock(&aio_mutex);
    if (!was_there)
        return -EINVAL;
    vmspace_unmap(the_process.vmspace, c->va, ring_size(c));
    tell_waiters();
    return 0;
}

void aio_exec(void)
{
    struct context *c;
    while ((c = LIST_FIRST(&contexts))) {
        unlist(c);
        kfree(c);
    }
}

int64_t sys_io_setup(const uint64_t *a)
{
    struct context *c;
    uint64_t        number;
    unsigned        nr = (unsigned)a[0];
    if (uaccess_read(&number, a[1], sizeof(number)))
        return -EFAULT;
    if (number || !nr || nr > 0x10000000u / sizeof(struct event))
        return -EINVAL;
    if (nr > EVENTS_MAX)
        return -EAGAIN;
    int err = create(nr, &c);
    if (err)
        return err;
    number = c->va;
    err = uaccess_write(a[1], &number, sizeof(number));
    if (err)
        destroy(c);
    context_put(c);
    return err;
}

int64_t sys_io_destroy(const uint64_t *a)
{
    struct context *c = context_get(a[0]);
    if (!c)
        return -EINVAL;
    int err = destroy(c);
    context_put(c);
    return err;
}

/* --- the ring -------------------------------------------------------------------------------- */

/* How many events wait in c's ring, and from where on. The mutex is held. */
static uint32_t pending(const struct context *c, uint32_t *head)
{
    *head = c->tail; /* a ring that cannot be read has none */
    (void)uaccess_read(head, c->va + offsetof(struct ring, head), sizeof(*head));
    *head %= c->nr;
    return (c->tail + c->nr - *head) % c->nr;
}

static bool has_room(struct context *c)
{
    uint32_t head;
    mutex_lock(&aio_mutex);
    bool room = pending(c, &head) < c->nr - 1;
    mutex_unlock(&aio_mutex);
    return room;
}

/* What a program destroys of the ring is its own loss. */
static void add_event(struct context *c, const struct event *e)
{
    mutex_lock(&aio_mutex);
    if (!c->gone && !uaccess_write(event_at(c, c->tail), e, sizeof(*e))) {
        c->tail = (c->tail + 1) % c->nr;
        (void)uaccess_write(c->va + offsetof(struct ring, tail), &c->tail, sizeof(c->tail));
    }
    mutex_unlock(&aio_mutex);
    tell_waiters();
}

/* Move at most max events to va: how many; -EFAULT: none, for want of memory there; -EINVAL: c is gone. */
static int64_t take_events(struct context *c, int64_t max, vaddr_t va)
{
    struct event e;
    uint32_t     head;
    int64_t      n = 0, err = 0;

    mutex_lock(&aio_mutex);
    int64_t there = pending(c, &head);
    if (c->gone)
        err = -EINVAL;
    for (; !err && n < max && n < there; n += !err) {
        if (uaccess_read(&e, event_at(c, head), sizeof(e)) ||
            uaccess_write(va + (uint64_t)n * sizeof(e), &e, sizeof(e)))
            err = -EFAULT;
        else
            head = (head + 1) % c->nr;
    }
    if (n)
        (void)uaccess_write(c->va + offsetof(struct ring, head), &head, sizeof(head));
    mutex_unlock(&aio_mutex);
    return n ? n : err;
}

/* --- requests -------------------------------------------------------------------------------- */

static int check_vector(const struct iocb *r)
{
    struct iobuf_seg fast[ARGS_FAST_SEGS], *segs = fast;
    struct iobuf     iob;
    int              err = args_iovec(r->buf, r->nbytes, &segs, &iob);
    if (segs != fast)
        kfree(segs);
    return err;
}

/* Only memory that is nobody's is told by io_submit() itself. */
static int check_buffer(const struct iocb *r, const struct file *f)
{
    if (!file_is_path(f) && f->inode && inode_is_dir(f->inode))
        return -EINVAL;
    if (r->offset < 0 && f->seekable)
        return -EINVAL;
    if (r->opcode == PREADV || r->opcode == PWRITEV)
        return check_vector(r);
    return uaccess_range_ok(r->buf, r->nbytes) ? 0 : -EFAULT;
}

/* The call that does what r asks for. Streams have no offset. */
static int64_t carry_out(const struct iocb *r, bool seekable)
{
    const uint64_t a[] = {r->fd, r->buf,     r->nbytes, seekable ? (uint64_t)r->offset : UINT64_MAX,
                          0,     r->rw_flags};
    switch (r->opcode) {
    case PREAD:
        return seekable ? sys_pread64(a) : sys_read(a);
    case PWRITE:
        return seekable ? sys_pwrite64(a) : sys_write(a);
    case PREADV:
        return sys_preadv2(a);
    case PWRITEV:
        return sys_pwritev2(a);
    case FSYNC:
        return sys_fsync(a);
    default:
        return sys_fdatasync(a);
    }
}

static int check_request(const struct iocb *r, const struct file *f)
{
    bool writes = r->opcode == PWRITE || r->opcode == PWRITEV;
    switch (r->opcode) {
    case PREAD:
    case PWRITE:
    case PREADV:
    case PWRITEV:
        if (r->rw_flags & ~RW_HIPRI)
            return -EOPNOTSUPP;
        if (writes ? !file_writable(f) : !file_readable(f))
            return -EBADF;
        return check_buffer(r, f);
    case FSYNC:
    case FDSYNC:
        if (!f->ops->sync && !(f->inode && inode_is_regular(f->inode)))
            return -EINVAL;
        return r->buf || r->offset || r->nbytes || r->rw_flags ? -EINVAL : 0;
    default:
        return -EINVAL;
    }
}

static void signal_event(struct file *counter)
{
    uint64_t     one = 1;
    struct iobuf iob;
    iobuf_kernel(&iob, &one, sizeof(one));
    (void)file_write(counter, &iob);
}

static bool is_counter(const struct file *f)
{
    return f->ops->label && !strcmp(f->ops->label, "anon_inode:[eventfd]");
}

/* What a call gives that a signal has ended. */
static int64_t settle(int64_t result)
{
    return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK ? -EINTR : result;
}

/* r, which is at va, with its files, counter NULL: it wants none. */
static int submit_checked(struct context *c, const struct iocb *r, vaddr_t va, struct file *f,
                          struct file *counter)
{
    const uint32_t key = KEY;
    if (counter && !is_counter(counter))
        return -EINVAL;
    if (uaccess_write(va + offsetof(struct iocb, key), &key, sizeof(key)))
        return -EFAULT;
    int err = check_request(r, f);
    if (err)
        return err;
    const struct event e = {.data = r->data, .obj = va, .res = settle(carry_out(r, f->seekable))};
    add_event(c, &e);
    if (counter)
        signal_event(counter);
    return 0;
}

static int submit(struct context *c, vaddr_t va)
{
    struct iocb r;
    if (uaccess_read(&r, va, sizeof(r)))
        return -EFAULT;
    if (r.reserved || (int64_t)r.nbytes < 0)
        return -EINVAL;
    if (!has_room(c))
        return -EAGAIN;
    struct file *f = args_usable_file((int)r.fd);
    struct file *counter = f && r.flags & IOCB_RESFD ? args_usable_file((int)r.resfd) : NULL;
    int          err = -EBADF;
    if (f && (counter || !(r.flags & IOCB_RESFD)))
        err = submit_checked(c, &r, va, f, counter);
    file_put(counter);
    file_put(f);
    return err;
}

int64_t sys_io_submit(const uint64_t *a)
{
    int64_t  nr = (int64_t)a[1], n = 0;
    uint64_t va;
    int      err = 0;
    if (nr < 0)
        return -EINVAL;
    struct context *c = context_get(a[0]);
    if (!c)
        return -EINVAL;
    for (; n < nr && n < c->nr; n++) {
        err = uaccess_read(&va, a[2] + (uint64_t)n * sizeof(va), sizeof(va)) ? -EFAULT
                                                                             : submit(c, va);
        if (err)
            break;
    }
    context_put(c);
    return n ? n : err;
}

/* No request is ever under way for another call to see. */
int64_t sys_io_cancel(const uint64_t *a)
{
    uint32_t key;
    return uaccess_read(&key, a[1] + offsetof(struct iocb, key), sizeof(key)) ? -EFAULT : -EINVAL;
}

/* --- events ---------------------------------------------------------------------------------- */

/* Until there is news since seen. */
static int wait_for_news(uint64_t seen, uint64_t deadline)
{
    int err = 0;
    spinlock_acquire(&news_lock);
    while (news == seen && !err)
        err = waitq_sleep_until(&waiters, &news_lock, deadline, true);
    spinlock_release(&news_lock);
    return err;
}

static int64_t collect(struct context *c, int64_t min, int64_t max, vaddr_t va, uint64_t deadline)
{
    int64_t n = 0;
    int     err = 0;
    for (;;) {
        uint64_t seen = __atomic_load_n(&news, __ATOMIC_ACQUIRE);
        int64_t  got = take_events(c, max - n, va + (uint64_t)n * sizeof(struct event));
        if (got < 0)
            return n ? n : got;
        n += got;
        if (n >= min || err)
            return n || err != -EINTR ? n : -EINTR;
        err = wait_for_news(seen, deadline);
    }
}

/* A time that makes no sense is none to wait. */
static int take_timeout(vaddr_t va, uint64_t *deadline)
{
    struct abi_timespec ts;
    *deadline = WAIT_FOREVER;
    if (!va)
        return 0;
    if (uaccess_read(&ts, va, sizeof(ts)))
        return -EFAULT;
    if (args_timeout(va, deadline))
        *deadline = 0;
    return 0;
}

static int64_t get_events(const uint64_t *a)
{
    uint64_t deadline;
    int64_t  min = (int64_t)a[1], max = (int64_t)a[2];
    int      err = take_timeout(a[4], &deadline);
    if (err)
        return err;
    struct context *c = context_get(a[0]);
    if (!c)
        return -EINVAL;
    int64_t result = min < 0 || min > max ? -EINVAL : collect(c, min, max, a[3], deadline);
    context_put(c);
    return result;
}

int64_t sys_io_getevents(const uint64_t *a)
{
    return get_events(a);
}

int64_t sys_io_pgetevents(const uint64_t *a)
{
    struct {
        uint64_t mask, size;
    } sig = {0, 0};
    if (a[5] && uaccess_read(&sig, a[5], sizeof(sig)))
        return -EFAULT;
    int err = args_swap_mask(sig.mask, sig.size);
    if (err)
        return err;
    int64_t result = get_events(a);
    if (result == -EINTR)
        return -ERESTARTNOHAND;
    signal_unswap_mask(uthread_self());
    return result;
}
