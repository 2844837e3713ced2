/* SPDX-License-Identifier: Apache-2.0 */
/* local_send.c - sending through local sockets. See local_impl.h.
 *
 * A message counts against the buffer of the socket that sent it until it is received. Datagrams moreover
 * wait while too many from others are at where they go.
 */
#include "fs/local_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"

#define CHUNK ((size_t)32768) /* of a stream, in one message */

/* What a message takes of a socket's buffer beyond its bytes, and at least, so that many small ones do
 * not fill the memory. As Linux's do, where programs can count how many fit. */
#define MESSAGE_COST 576u
#define MESSAGE_MIN  768u

/* Of what one message may have, and of what a stream puts into one. */
#define PACKET_SPARE 32u
#define STREAM_SPARE 64u

/* Who sent, if nobody wanted to know when it was sent. */
static const struct local_cred unknown = {0, 65534, 65534};

size_t local_cost(size_t len)
{
    return size_max(len + MESSAGE_COST, MESSAGE_MIN);
}

/* --- messages ---------------------------------------------------------------------------- */

#define SMALL ((size_t)64) /* bytes that every message has room for */

/* A message without more room that nobody uses; NULL: none. Small ones that come one at a time need no memory. Acquire
 * and release: who uses it next comes after who used it last. */
static _Atomic(struct message *) spare;

static struct message *message_alloc(size_t len)
{
    struct message *m = NULL;
    if (len <= SMALL)
        m = atomic_exchange_explicit(&spare, NULL, memory_order_acquire);
    if (!m)
        m = kmalloc(sizeof(*m) + size_max(len, SMALL));
    if (m)
        m->len = len;
    return m;
}

void local_message_free(struct message *m)
{
    if (m->len <= SMALL)
        m = atomic_exchange_explicit(&spare, m, memory_order_acq_rel);
    kfree(m);
}

static void message_free(struct message *m)
{
    local_files_put(m->files);
    local_message_free(m);
}

/* The next len bytes of iob. -ENOMEM, -EFAULT. */
static int message_new(struct iobuf *iob, size_t len, const struct local_sending *how,
                       struct message **out)
{
    struct message *m = message_alloc(len);
    if (!m)
        return -ENOMEM;
    ssize_t n = iobuf_take(iob, m->bytes, len);
    if (n < 0 || (size_t)n < len) {
        local_message_free(m);
        return -EFAULT;
    }
    m->used = 0;
    m->files = NULL;
    m->cred = how->cred ? *how->cred : unknown;
    *out = m;
    return 0;
}

/* m is on its way to `to`. The lock is held. */
static void enqueue(struct local *s, struct local *to, struct message *m, struct local_sending *how)
{
    m->sender = local_get(s);
    m->files = how->files;
    how->files = NULL;
    if (m->files)
        local_flight_begin(m->files);
    if (!how->cred && (s->options.pass_cred || to->options.pass_cred || !to->file))
        m->cred = local_real;
    s->charged += local_cost(m->len);
    TAILQ_INSERT_TAIL(&to->queue, m, link);
    to->queued += m->len;
    to->nmessages++;
    local_wake_readers(to);
}

/* Why nothing can be added to the buffer of s: 0, -EAGAIN (there is no room), or for good. The lock is
 * held. */
static int room_error(struct local *s)
{
    int err = local_error(s);
    if (err)
        return err;
    if (s->shut & SHUT_SEND)
        return -EPIPE;
    return s->charged >= s->options.send_buffer ? -EAGAIN : 0;
}

/* --- streams ----------------------------------------------------------------------------- */

/* As room_error(). */
static int stream_error(struct local *s)
{
    if (!s->peer)
        return -ENOTCONN;
    if (s->shut & SHUT_SEND || s->peer->shut & SHUT_RECEIVE)
        return -EPIPE;
    return room_error(s);
}

/* What speaks against sending, whatever the program's memory is like. */
static int check_stream(struct local *s, uint64_t deadline)
{
    spinlock_acquire(&local_lock);
    int err = stream_error(s);
    spinlock_release(&local_lock);
    return err == -EAGAIN && deadline ? 0 : err;
}

static int deliver_stream(struct local *s, struct message *m, struct local_sending *how,
                          uint64_t deadline)
{
    int err;
    spinlock_acquire(&local_lock);
    while ((err = stream_error(s)) == -EAGAIN) {
        err = local_sleep(&s->writers, deadline);
        if (err)
            break;
    }
    if (!err)
        enqueue(s, s->peer, m, how);
    spinlock_release(&local_lock);
    return err;
}

/* The next len bytes of iob as one message. What memory does not give is not told before what the socket
 * says. */
static int send_piece(struct local *s, struct iobuf *iob, size_t len, struct local_sending *how,
                      uint64_t deadline)
{
    struct message *m;
    int             err = message_new(iob, len, how, &m);
    if (err) {
        int first = check_stream(s, deadline);
        return first ? first : err;
    }
    err = deliver_stream(s, m, how, deadline);
    if (err)
        message_free(m);
    return err;
}

static ssize_t send_stream(struct file *f, struct iobuf *iob, struct local_sending *how)
{
    struct local *s = f->private;
    uint64_t      deadline = local_deadline(f, how->flags, s->options.send_ns);
    size_t        most = size_min(CHUNK, s->options.send_buffer / 2 - STREAM_SPARE);
    ssize_t       done = 0;
    int           err = iob->left ? 0 : check_stream(s, deadline);
    while (!err && iob->left) {
        size_t len = size_min(iob->left, most);
        err = send_piece(s, iob, len, how, deadline);
        if (!err)
            done += (ssize_t)len;
    }
    return done ? done : err;
}

/* --- packets ----------------------------------------------------------------------------- */

/* Wait until s may have one more message on its way. */
static int wait_for_room(struct local *s, uint64_t deadline)
{
    int err;
    spinlock_acquire(&local_lock);
    while ((err = room_error(s)) == -EAGAIN) {
        err = local_sleep(&s->writers, deadline);
        if (err)
            break;
    }
    spinlock_release(&local_lock);
    return err;
}

/* Why `to` takes nothing from s: as room_error(). The lock is held. */
static int packet_error(struct local *s, struct local *to)
{
    if (to->peer && to->peer != s)
        return -EPERM;
    if (to->dead)
        return local_is_datagram(s) ? -ECONNREFUSED : -EPIPE;
    if (to->shut & SHUT_RECEIVE)
        return -EPIPE;
    return to != s && to->peer != s && to->nmessages > LOCAL_CROWD ? -EAGAIN : 0;
}

/* Where s sends is gone, which is told once. The lock is held. True: it lost its other end. */
static bool forget_dead(struct local *s, struct local *to)
{
    if (!local_is_datagram(s) || !to->dead || s->peer != to)
        return false;
    local_set_peer(s, NULL);
    s->state = LOCAL_CLOSED;
    return true;
}

static int deliver_packet(struct local *s, struct local *to, struct message *m,
                          struct local_sending *how, uint64_t deadline)
{
    int err;
    spinlock_acquire(&local_lock);
    while ((err = packet_error(s, to)) == -EAGAIN) {
        err = local_sleep(&to->crowd, deadline);
        if (err)
            break;
    }
    if (!err)
        enqueue(s, to, m, how);
    bool lost = err && forget_dead(s, to);
    spinlock_release(&local_lock);
    if (lost)
        local_lose_messages(s, to);
    return err;
}

/* The other end, with a reference. */
static int take_peer(struct local *s, struct local **out)
{
    spinlock_acquire(&local_lock);
    int err = s->peer ? 0 : local_is_datagram(s) ? -ENOTCONN : -EPIPE;
    if (!err)
        *out = local_get(s->peer);
    spinlock_release(&local_lock);
    return err;
}

/* What speaks against sending before the program's memory is looked at. */
static int check_packet(struct local *s, const struct local_sending *how, size_t len)
{
    int err = 0;
    spinlock_acquire(&local_lock);
    if (!local_is_datagram(s))
        err = local_error(s);
    if (!err && (local_is_datagram(s) ? !s->peer && !how->to : s->state != LOCAL_CONNECTED))
        err = -ENOTCONN;
    if (!err && len > s->options.send_buffer - PACKET_SPARE)
        err = -EMSGSIZE;
    spinlock_release(&local_lock);
    return err;
}

static int send_to(struct local *s, struct message *m, struct local_sending *how, uint64_t deadline)
{
    struct local *to;
    bool          named = how->to && local_is_datagram(s);
    int           err = named ? local_find(how->to, how->place, s->type, &to) : take_peer(s, &to);
    if (err)
        return err;
    err = deliver_packet(s, to, m, how, deadline);
    local_put(to);
    return err;
}

static ssize_t send_packet(struct file *f, struct iobuf *iob, struct local_sending *how)
{
    struct local   *s = f->private;
    struct message *m;
    size_t          len = iob->left;
    uint64_t        deadline = local_deadline(f, how->flags, s->options.send_ns);
    int             err = check_packet(s, how, len);
    if (!err)
        err = local_name_sender(s);
    if (!err)
        err = wait_for_room(s, deadline);
    if (!err)
        err = message_new(iob, len, how, &m);
    if (err)
        return err;
    err = send_to(s, m, how, deadline);
    if (err)
        message_free(m);
    return err ? err : (ssize_t)len;
}

ssize_t local_send(struct file *f, struct iobuf *iob, struct local_sending *how)
{
    if (how->files)
        local_flight_collect(false);
    return local_is_stream(f->private) ? send_stream(f, iob, how) : send_packet(f, iob, how);
}
