/* SPDX-License-Identifier: Apache-2.0 */
/* local.c - sockets within the machine: see local.h.
 *
 * One lock for all: what is sent goes from one socket to another, and nobody copies to or from a
 * program while holding it. A message is copied into kernel memory first and then queued. Receivers of a
 * socket take turns, by a mutex that none holds while it waits for a message: each copies the first
 * message out while it stays in the queue, so that nobody finds the queue empty before it is.
 */
#include "fs/local.h"

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/uaccess.h"
#include "lib/assert.h"
#include "lib/errno.h"

#define CHUNK      ((size_t)32768) /* of a stream, in one message */
#define POLL_READ  (POLLIN | POLLRDNORM)
#define POLL_WRITE (POLLOUT | POLLWRNORM | POLLWRBAND)

/* What a message takes of a socket's buffer beyond its bytes, and at least, so that many small ones do
 * not fill the memory. As Linux's do, where programs can count how many fit. */
#define MESSAGE_COST 576u
#define MESSAGE_MIN  768u

#define SHUT_RECEIVE 1u
#define SHUT_SEND    2u

struct message {
    TAILQ_ENTRY(message) link;
    size_t  len, used; /* bytes; those that a stream's reader has had */
    uint8_t bytes[];
};

struct local {
    int      type; /* constant, as is the next */
    uint64_t ino;

    struct mutex receiving; /* who holds it may take messages off the queue */

    /* protected by local_lock: */
    struct local *peer; /* NULL: none (any more) */
    bool          was_connected;
    unsigned      shut;    /* SHUT_* */
    int           error;   /* positive, told once */
    size_t        queued;  /* bytes */
    size_t        charged; /* what the messages take of LOCAL_BUFFER */
    TAILQ_HEAD(, message) queue;
    struct waitq waiters; /* for a message, or for room in this queue */

    struct pollq pollers;
};

static struct spinlock local_lock = SPINLOCK_INIT(LOCK_DEVICE, "local sockets");
static atomic_ulong    next_ino = 1;

static size_t cost_of(size_t len)
{
    return size_max(len + MESSAGE_COST, MESSAGE_MIN);
}

/* Whether all room for what goes to s is taken. The last message may take more than was left. */
static bool is_full(const struct local *s)
{
    return s->charged >= LOCAL_BUFFER;
}

static bool is_stream(const struct local *s)
{
    return s->type == SOCK_STREAM;
}

static bool is_datagram(const struct local *s)
{
    return s->type == SOCK_DGRAM;
}

static bool blocks(struct file *f, unsigned flags)
{
    return !(flags & MSG_DONTWAIT) && !(atomic_load(&f->flags) & O_NONBLOCK);
}

/* Something changed for those who wait at s. The lock is held, which keeps s. */
static void wake(struct local *s)
{
    waitq_wake_all(&s->waiters);
    pollq_notify(&s->pollers, 0);
}

/* The error that waits to be told: negative, or 0. The lock is held. */
static int take_error(struct local *s)
{
    int error = s->error;
    s->error = 0;
    return -error;
}

/* --- sending ----------------------------------------------------------------------------- */

/* Why s cannot send now: 0, -EAGAIN (no room), or for good. The lock is held. */
static int send_error(struct local *s)
{
    if (!s->peer && !s->was_connected)
        return -ENOTCONN;
    int err = is_stream(s) ? 0 : take_error(s);
    if (err)
        return err;
    if (!s->peer && !is_datagram(s))
        return -EPIPE;
    if (!s->peer) {
        s->was_connected = false; /* told once */
        return -ECONNREFUSED;
    }
    if (s->shut & SHUT_SEND || s->peer->shut & SHUT_RECEIVE)
        return -EPIPE;
    return is_full(s->peer) ? -EAGAIN : 0;
}

/* Queue m at the other end, once there is room. */
static int deliver(struct local *s, struct message *m, bool block)
{
    int err;
    spinlock_acquire(&local_lock);
    while ((err = send_error(s)) == -EAGAIN && block) {
        err = waitq_sleep_until(&s->peer->waiters, &local_lock, WAIT_FOREVER, true);
        if (err)
            break;
    }
    if (!err) {
        TAILQ_INSERT_TAIL(&s->peer->queue, m, link);
        s->peer->queued += m->len;
        s->peer->charged += cost_of(m->len);
        wake(s->peer);
    }
    spinlock_release(&local_lock);
    return err;
}

/* Send the next len bytes of iob as one message. */
static ssize_t send_message(struct local *s, struct iobuf *iob, size_t len, bool block)
{
    struct message *m = kmalloc(sizeof(*m) + len);
    if (!m)
        return -ENOMEM;
    m->len = len;
    m->used = 0;
    ssize_t n = iobuf_take(iob, m->bytes, len);
    int     err = n < 0 || (size_t)n < len ? -EFAULT : deliver(s, m, block);
    if (err)
        kfree(m);
    return err ? err : (ssize_t)len;
}

static int check_send(struct local *s)
{
    spinlock_acquire(&local_lock);
    int err = send_error(s);
    spinlock_release(&local_lock);
    return err == -EAGAIN ? 0 : err;
}

ssize_t local_send(struct file *f, struct iobuf *iob, unsigned flags)
{
    struct local *s = f->private;
    bool          block = blocks(f, flags);
    ssize_t       done = 0;
    int           err = check_send(s);
    if (err)
        return err;
    if (!is_stream(s))
        return iob->left > LOCAL_BUFFER - 32 ? -EMSGSIZE : send_message(s, iob, iob->left, block);
    while (iob->left) {
        ssize_t n = send_message(s, iob, size_min(iob->left, CHUNK), block);
        if (n < 0)
            return done ? done : n;
        done += n;
    }
    return done;
}

/* --- receiving --------------------------------------------------------------------------- */

/* The message behind m, or the first one. Who receives keeps it where it is. */
static struct message *message_after(struct local *s, struct message *m)
{
    ASSERT(mutex_held(&s->receiving));
    spinlock_acquire(&local_lock);
    m = m ? TAILQ_NEXT(m, link) : TAILQ_FIRST(&s->queue);
    spinlock_release(&local_lock);
    return m;
}

/* len bytes of m, the first message, were received: a stream goes on behind them, of a packet the rest
 * is lost. */
static void consume(struct local *s, struct message *m, size_t len)
{
    bool gone = !is_stream(s) || m->used + len == m->len;
    spinlock_acquire(&local_lock);
    s->queued -= gone ? m->len - m->used : len;
    m->used += len;
    if (gone) {
        TAILQ_REMOVE(&s->queue, m, link);
        s->charged -= cost_of(m->len);
        wake(s);
        if (s->peer)
            pollq_notify(&s->peer->pollers, 0); /* there may be room for what it sends */
    }
    spinlock_release(&local_lock);
    if (gone)
        kfree(m);
}

/* Copy m into iob. */
static ssize_t use_message(struct local *s, struct message *m, struct iobuf *iob, unsigned flags,
                           size_t *cut)
{
    size_t rest = m->len - m->used, len = size_min(rest, iob->left);
    if (cut)
        *cut = rest > len ? rest : 0;
    ssize_t n = iobuf_put(iob, m->bytes + m->used, len);
    if (n < 0 || (size_t)n < len) {
        if (!is_stream(s)) /* as on Linux */
            consume(s, m, 0);
        return -EFAULT;
    }
    if (!(flags & MSG_PEEK))
        consume(s, m, len);
    return n;
}

/* Receive what is there, of packets one. *found: there was something. */
static ssize_t drain(struct local *s, struct iobuf *iob, unsigned flags, size_t *cut, bool *found)
{
    ssize_t         done = 0;
    struct message *m = NULL;
    *found = false;
    mutex_lock(&s->receiving);
    do {
        m = message_after(s, flags & MSG_PEEK ? m : NULL);
        if (!m)
            break;
        *found = true;
        ssize_t n = use_message(s, m, iob, flags, cut);
        if (n < 0) {
            done = done ? done : n;
            break;
        }
        done += n;
    } while (is_stream(s) && iob->left);
    mutex_unlock(&s->receiving);
    return done;
}

/* Sleep until there is a message: 1. 0: none will come; or a negative errno. */
static int wait_for_message(struct local *s, bool block)
{
    int err = 0;
    spinlock_acquire(&local_lock);
    while (!err && TAILQ_EMPTY(&s->queue)) {
        err = take_error(s);
        if (err || s->shut & SHUT_RECEIVE || (!s->peer && !is_datagram(s)))
            break;
        err = block ? waitq_sleep_until(&s->waiters, &local_lock, WAIT_FOREVER, true) : -EAGAIN;
    }
    if (!TAILQ_EMPTY(&s->queue))
        err = 1;
    spinlock_release(&local_lock);
    return err;
}

/* Whether receiving makes sense at all. An error comes before packets, but after a stream's bytes. */
static int check_receive(struct local *s)
{
    spinlock_acquire(&local_lock);
    int err = s->was_connected || is_datagram(s) ? 0 : is_stream(s) ? -EINVAL : -ENOTCONN;
    if (!err && !is_stream(s))
        err = take_error(s);
    spinlock_release(&local_lock);
    return err;
}

ssize_t local_receive(struct file *f, struct iobuf *iob, unsigned flags, size_t *cut)
{
    struct local *s = f->private;
    ssize_t       done = 0;
    bool          found, all = is_stream(s) && flags & MSG_WAITALL && !(flags & MSG_PEEK);
    int           err = check_receive(s);
    if (cut)
        *cut = 0;
    if (err)
        return err;
    if (is_stream(s) && !iob->left)
        return 0;
    do {
        ssize_t n = drain(s, iob, flags, cut, &found);
        if (n < 0)
            return done ? done : n;
        done += n;
        if (found && (!all || !iob->left))
            return done;
        err = wait_for_message(s, blocks(f, flags));
    } while (err > 0);
    return done ? done : err;
}

/* --- as files ---------------------------------------------------------------------------- */

static ssize_t socket_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)pos;
    return iob->left ? local_receive(f, iob, 0, NULL) : 0;
}

static ssize_t socket_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)pos;
    return local_send(f, iob, 0);
}

static unsigned socket_poll(struct file *f, struct pollq **q)
{
    struct local *s = f->private;
    unsigned      ready = 0;
    if (q)
        *q = &s->pollers;
    spinlock_acquire(&local_lock);
    bool gone = !is_datagram(s) && s->was_connected && !s->peer;
    bool no_more = s->shut & SHUT_RECEIVE || gone;
    if (s->error)
        ready |= POLLERR;
    if (no_more)
        ready |= POLLRDHUP | POLL_READ;
    if ((no_more && (s->shut & SHUT_SEND || gone)) || (!is_datagram(s) && !s->was_connected))
        ready |= POLLHUP;
    if (!TAILQ_EMPTY(&s->queue))
        ready |= POLL_READ;
    if (!s->peer || s->peer->charged * 4 <= LOCAL_BUFFER)
        ready |= POLL_WRITE;
    spinlock_release(&local_lock);
    return ready;
}

/* What is there to be read: of datagrams only the first counts. */
static int readable_bytes(struct local *s)
{
    spinlock_acquire(&local_lock);
    struct message *first = TAILQ_FIRST(&s->queue);
    size_t          n = !is_datagram(s) ? s->queued : first ? first->len : 0;
    spinlock_release(&local_lock);
    return (int)n;
}

/* What of the buffer is taken by what is sent and not yet read. */
static int unread_bytes(struct local *s)
{
    spinlock_acquire(&local_lock);
    size_t n = s->peer ? s->peer->charged : 0;
    spinlock_release(&local_lock);
    return (int)n;
}

static int socket_ioctl(struct file *f, unsigned cmd, uintptr_t arg)
{
    int32_t value;
    switch (cmd) {
    case FIONREAD: /* SIOCINQ */
        value = readable_bytes(f->private);
        break;
    case TIOCOUTQ: /* SIOCOUTQ */
        value = unread_bytes(f->private);
        break;
    default:
        return -ENOTTY;
    }
    return uaccess_write(arg, &value, sizeof(value));
}

static void socket_getattr(struct file *f, struct vfs_attr *attr)
{
    const struct local *s = f->private;
    attr->mode = S_IFSOCK | 0777;
    attr->dev = vfs_mkdev(0, 8);
    attr->ino = s->ino;
}

/* Separate s from its other end, for which that is an error if there was something to read here. */
static void part(struct local *s)
{
    struct local *peer = s->peer;
    s->peer = NULL;
    if (!peer)
        return;
    if (peer->peer == s) {
        peer->peer = NULL;
        if (!is_datagram(peer) && !TAILQ_EMPTY(&s->queue))
            peer->error = ECONNRESET;
    }
    waitq_wake_all(&s->waiters); /* those of the other end who wait for room here */
    wake(peer);
}

static void socket_release(struct file *f)
{
    struct local   *s = f->private;
    struct message *m;
    spinlock_acquire(&local_lock);
    part(s);
    spinlock_release(&local_lock);
    while ((m = TAILQ_FIRST(&s->queue))) { /* nobody knows s any more */
        TAILQ_REMOVE(&s->queue, m, link);
        kfree(m);
    }
    kfree(s);
}

static const struct file_ops socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
    .getattr = socket_getattr,
    .release = socket_release,
};

/* --- the rest ---------------------------------------------------------------------------- */

bool local_is(const struct file *f)
{
    return f->ops == &socket_ops;
}

int local_type(const struct file *f)
{
    const struct local *s = f->private;
    return s->type;
}

bool local_is_connected(const struct file *f)
{
    const struct local *s = f->private;
    spinlock_acquire(&local_lock);
    bool connected = s->peer || (s->was_connected && !is_datagram(s));
    spinlock_release(&local_lock);
    return connected;
}

void local_disconnect(struct file *f)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    part(s);
    s->was_connected = false;
    spinlock_release(&local_lock);
}

void local_shutdown(struct file *f, unsigned how)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    s->shut |= how;
    if (s->peer && !is_datagram(s)) { /* the other end cannot do what this one does not want */
        s->peer->shut |= (how & SHUT_RECEIVE ? SHUT_SEND : 0) |
                         (how & SHUT_SEND ? SHUT_RECEIVE : 0);
        wake(s->peer);
    }
    wake(s);
    spinlock_release(&local_lock);
}

int local_take_error(struct file *f)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    int error = -take_error(s);
    spinlock_release(&local_lock);
    return error;
}

int local_create(int type, unsigned flags, struct file **out)
{
    struct local *s = kzalloc(sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->type = type;
    s->ino = atomic_fetch_add(&next_ino, 1);
    TAILQ_INIT(&s->queue);
    mutex_init(&s->receiving);
    waitq_init(&s->waiters);
    pollq_init(&s->pollers);
    *out = file_new(&socket_ops, s, O_RDWR | flags);
    if (!*out)
        kfree(s);
    return *out ? 0 : -ENOMEM;
}

int local_create_pair(int type, unsigned flags, struct file *out[2])
{
    int err = local_create(type, flags, &out[0]);
    if (err)
        return err;
    err = local_create(type, flags, &out[1]);
    if (err) {
        file_put(out[0]);
        return err;
    }
    struct local *one = out[0]->private, *other = out[1]->private;
    one->peer = other;
    other->peer = one;
    one->was_connected = other->was_connected = true;
    return 0;
}
