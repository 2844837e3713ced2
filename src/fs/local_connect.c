/* SPDX-License-Identifier: Apache-2.0 */
/* local_connect.c - listening, connecting, accepting.
 *
 * Who connects makes the other end himself and leaves it with the listener: the connection is there, and
 * can be written to, before anybody accepts it.
 */
#include "fs/local_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"

int local_listen(struct file *f, unsigned backlog)
{
    struct local *s = f->private;
    if (local_is_datagram(s))
        return -EOPNOTSUPP;
    spinlock_acquire(&local_lock);
    int err = s->name && s->state != LOCAL_CONNECTED ? 0 : -EINVAL;
    if (!err) {
        s->state = LOCAL_LISTENING;
        s->backlog = backlog;
        s->peer_cred = local_effective;
        waitq_wake_all(&s->crowd);
        pollq_notify(&s->pollers, 0);
    }
    spinlock_release(&local_lock);
    return err;
}

/* --- streams and packets --------------------------------------------------------------------- */

/* May s connect to other? -EAGAIN: when somebody has accepted. The lock is held. */
static int check_connect(const struct local *s, const struct local *other)
{
    if (other->dead || other->state != LOCAL_LISTENING || other->shut & SHUT_RECEIVE)
        return -ECONNREFUSED;
    if (other->npending > other->backlog)
        return -EAGAIN;
    if (s->state == LOCAL_CONNECTED)
        return -EISCONN;
    return s->state == LOCAL_LISTENING ? -EINVAL : 0;
}

/* s has end as its other end, which waits at the listener. The lock is held. */
static void join(struct local *s, struct local *end, struct local *listener)
{
    end->name = listener->name;
    atomic_fetch_add(&end->name->refs, 1);
    end->peer_cred = local_effective;
    s->peer_cred = listener->peer_cred;
    end->state = s->state = LOCAL_CONNECTED;
    local_set_peer(s, end);
    local_set_peer(end, s);
    TAILQ_INSERT_TAIL(&listener->pending, end, pending_link);
    listener->npending++;
    local_wake_readers(listener);
    pollq_notify(&s->pollers, 0);
}

static int join_when_possible(struct file *f, struct local *end, struct local *listener)
{
    struct local *s = f->private;
    uint64_t      deadline = local_deadline(f, 0, s->options.send_ns);
    int           err;
    spinlock_acquire(&local_lock);
    while ((err = check_connect(s, listener)) == -EAGAIN) {
        err = local_sleep(&listener->crowd, deadline);
        if (err)
            break;
    }
    if (!err)
        join(s, end, listener);
    spinlock_release(&local_lock);
    return err;
}

static int connect_stream(struct file *f, const struct local_address *addr,
                          const struct local_place *place)
{
    struct local *s = f->private, *listener;
    int           err = local_name_sender(s);
    if (!err)
        err = local_find(addr, place, s->type, &listener);
    if (err)
        return err;
    struct local *end = local_new(s->type);
    err = end ? join_when_possible(f, end, listener) : -ENOMEM;
    if (end && err)
        local_close(end);
    local_put(listener);
    return err;
}

/* --- datagrams --------------------------------------------------------------------------------- */

/* peer NULL: nobody. */
static int set_destination(struct local *s, struct local *peer)
{
    struct local *lost = NULL;
    spinlock_acquire(&local_lock);
    int err = peer && peer->dead                      ? -ECONNREFUSED
              : peer && peer->peer && peer->peer != s ? -EPERM
                                                      : 0;
    if (!err) {
        lost = s->peer && s->peer != peer ? local_get(s->peer) : NULL;
        local_set_peer(s, peer);
        s->state = peer ? LOCAL_CONNECTED : LOCAL_CLOSED;
        pollq_notify(&s->pollers, 0);
    }
    spinlock_release(&local_lock);
    if (lost)
        local_lose_messages(s, lost);
    local_put(lost);
    return err;
}

static int connect_datagram(struct local *s, const struct local_address *addr,
                            const struct local_place *place)
{
    struct local *peer;
    if (addr->family == AF_UNSPEC)
        return set_destination(s, NULL);
    int err = local_name_sender(s);
    if (!err)
        err = local_find(addr, place, s->type, &peer);
    if (err)
        return err;
    err = set_destination(s, peer);
    local_put(peer);
    return err;
}

int local_connect(struct file *f, const struct local_address *addr, const struct local_place *place)
{
    struct local *s = f->private;
    return local_is_datagram(s) ? connect_datagram(s, addr, place) : connect_stream(f, addr, place);
}

/* --- accepting --------------------------------------------------------------------------------- */

/* The next connection, with the reference that the listener had. One that does not listen any more says so
 * only to those who would wait. */
static int take_pending(struct local *s, uint64_t deadline, struct local **out)
{
    int err = 0;
    spinlock_acquire(&local_lock);
    while (!err && TAILQ_EMPTY(&s->pending)) {
        err = local_error(s);
        if (!err)
            err = s->shut & SHUT_RECEIVE && deadline ? -EINVAL : local_sleep(&s->readers, deadline);
    }
    if (!err) {
        *out = TAILQ_FIRST(&s->pending);
        TAILQ_REMOVE(&s->pending, *out, pending_link);
        (*out)->taken = true; /* what the other end sent is not lost meanwhile */
        s->npending--;
        waitq_wake_all(&s->crowd);
    }
    spinlock_release(&local_lock);
    return err;
}

int local_accept(struct file *f, unsigned flags, struct file **out)
{
    struct local *s = f->private, *end;
    if (local_is_datagram(s))
        return -EOPNOTSUPP;
    if (!local_is_listening(f))
        return -EINVAL;
    int err = take_pending(s, local_deadline(f, 0, s->options.receive_ns), &end);
    if (err)
        return err;
    err = local_open(end, flags, out);
    if (err)
        local_close(end);
    return err;
}
