/* SPDX-License-Identifier: Apache-2.0 */
/* local_receive.c - receiving from local sockets. See local_impl.h. */
#include "fs/local_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* One call's. */
struct intake {
    struct local          *s;
    struct iobuf          *iob;
    unsigned               flags;
    struct local_received *received;
    bool                   any;  /* there was a message */
    bool                   stop; /* what follows is another call's: it came with something else */
};

/* --- messages leave the queue ------------------------------------------------------------------ */

/* The sender has so much of its buffer back. Who waits for it is told only when there is plenty, as on
 * Linux. */
static void discharge(struct local *sender, size_t cost)
{
    bool was_scarce = sender->charged * 4 > sender->options.send_buffer;
    sender->charged -= cost;
    if (was_scarce && sender->charged * 4 <= sender->options.send_buffer) {
        waitq_wake_all(&sender->writers);
        pollq_notify(&sender->pollers, POLL_WRITE);
    }
}

/* Those that found too many messages here. */
static void admit_crowd(struct local *s)
{
    struct local *client;
    waitq_wake_all(&s->crowd);
    LIST_FOREACH(client, &s->clients, client_link)
        pollq_notify(&client->pollers, POLL_WRITE);
}

void local_take_off(struct local *s, struct message *m)
{
    ASSERT(spinlock_held(&local_lock));
    TAILQ_REMOVE(&s->queue, m, link);
    s->queued -= m->len - m->used;
    s->nmessages--;
    if (m->files)
        local_flight_end(m->files);
    discharge(m->sender, local_cost(m->len));
    if (!local_is_stream(s) && s->nmessages == LOCAL_CROWD)
        admit_crowd(s);
}

void local_take_all(struct local *s, struct message_list *out)
{
    struct message *m;
    while ((m = TAILQ_FIRST(&s->queue))) {
        local_take_off(s, m);
        TAILQ_INSERT_TAIL(out, m, link);
    }
}

void local_lose_messages(struct local *s, struct local *other)
{
    struct message_list lost = TAILQ_HEAD_INITIALIZER(lost);

    mutex_lock(&s->receiving);
    spinlock_acquire(&local_lock);
    bool any = !TAILQ_EMPTY(&s->queue);
    local_take_all(s, &lost);
    if (any && !other->dead && other->peer == s) {
        other->error = ECONNRESET;
        local_wake_all(other);
    }
    spinlock_release(&local_lock);
    mutex_unlock(&s->receiving);
    local_dispose(&lost);
}

/* --- one message: the mutex is held ------------------------------------------------------------- */

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
 * is lost. Its files were taken. */
static void consume(struct local *s, struct message *m, size_t len)
{
    bool gone = !local_is_stream(s) || m->used + len == m->len;
    spinlock_acquire(&local_lock);
    s->queued -= len;
    m->used += len;
    if (gone)
        local_take_off(s, m);
    spinlock_release(&local_lock);
    if (!gone)
        return;
    local_files_put(m->files);
    local_put(m->sender);
    local_message_free(m);
}

/* The same files once more. NULL: no memory, or none. */
static struct local_files *files_copy(const struct local_files *files)
{
    struct local_files *copy = files ? local_files_new(files->count) : NULL;
    if (!copy)
        return NULL;
    for (unsigned i = 0; i < files->count; i++)
        copy->file[i] = file_get(files->file[i]);
    copy->count = files->count;
    return copy;
}

static struct local_files *take_files(struct message *m)
{
    struct local_files *files = m->files;
    spinlock_acquire(&local_lock);
    local_flight_end(files);
    m->files = NULL;
    spinlock_release(&local_lock);
    return files;
}

static void note_sender(const struct message *m, struct local_address *from)
{
    spinlock_acquire(&local_lock);
    if (m->sender->name)
        *from = m->sender->name->address;
    spinlock_release(&local_lock);
}

/* Take over what comes with m; the first message of a call says who sent. */
static void note(struct intake *in, struct message *m)
{
    struct local_received *r = in->received;
    if (!in->any) {
        r->cred = m->cred;
        if (r->from)
            note_sender(m, r->from);
    }
    if (m->files) {
        r->files = in->flags & MSG_PEEK ? files_copy(m->files) : take_files(m);
        in->stop = true;
    }
    in->any = true;
}

static bool same_cred(const struct local_cred *a, const struct local_cred *b)
{
    return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* Does m belong to another call than what this one has received? */
static bool is_separate(const struct intake *in, const struct message *m)
{
    return in->any && in->s->options.pass_cred && !same_cred(&in->received->cred, &m->cred);
}

/* Copy m into iob. */
static ssize_t use_message(struct intake *in, struct message *m)
{
    struct local *s = in->s;
    size_t        rest = m->len - m->used, len = size_min(rest, in->iob->left);

    in->received->cut = rest > len ? rest : 0;
    ssize_t n = iobuf_put(in->iob, m->bytes + m->used, len);
    if (n < 0 || (size_t)n < len) {
        if (!local_is_stream(s)) /* as on Linux */
            consume(s, m, 0);
        return -EFAULT;
    }
    note(in, m);
    if (!(in->flags & MSG_PEEK))
        consume(s, m, len);
    return n;
}

/* --- a call ---------------------------------------------------------------------------------------- */

/* Receive what is there, of packets one. */
static ssize_t drain(struct intake *in)
{
    struct local   *s = in->s;
    struct message *m = NULL;
    ssize_t         done = 0;

    mutex_lock(&s->receiving);
    do {
        m = message_after(s, in->flags & MSG_PEEK ? m : NULL);
        if (!m)
            break;
        if (is_separate(in, m)) {
            in->stop = true;
            break;
        }
        ssize_t n = use_message(in, m);
        if (n < 0) {
            done = done ? done : n;
            in->stop = true;
            break;
        }
        done += n;
    } while (local_is_stream(s) && in->iob->left && !in->stop);
    mutex_unlock(&s->receiving);
    return done;
}

/* Why receiving makes no sense at all: there never was anybody to receive from. The lock is held. */
static int state_error(const struct local *s)
{
    if (s->state == LOCAL_CONNECTED || local_is_datagram(s))
        return 0;
    return local_is_stream(s) ? -EINVAL : -ENOTCONN;
}

/* Why no message will come: an error, or 0 with *over. The lock is held. A datagram socket that
 * receives nothing any more says so only to those who would wait. */
static int end_error(struct local *s, uint64_t deadline, bool *over)
{
    int err = state_error(s);
    if (!err)
        err = local_error(s);
    *over = !err && s->shut & SHUT_RECEIVE && (deadline || !local_is_datagram(s));
    return err;
}

/* Sleep until there is a message: 1. 0: none will come; or a negative errno. first: nothing was received
 * yet. An error comes before packets, but after a stream's bytes. */
static int wait_for_message(struct local *s, uint64_t deadline, bool first)
{
    bool over = false;
    int  err = 0;
    spinlock_acquire(&local_lock);
    if (first && !local_is_stream(s))
        err = end_error(s, deadline, &over);
    over = false;
    while (!err && TAILQ_EMPTY(&s->queue)) {
        err = end_error(s, deadline, &over);
        if (over)
            break;
        if (!err)
            err = local_sleep(&s->readers, deadline);
    }
    if (!err && !over)
        err = 1;
    spinlock_release(&local_lock);
    return err;
}

/* The bytes that a stream's call waits for; of packets, any number. */
static size_t wanted(const struct intake *in)
{
    bool peek = in->flags & MSG_PEEK;
    if (!local_is_stream(in->s))
        return 0;
    if (in->flags & MSG_WAITALL && !peek)
        return in->iob->left;
    return peek ? 1 : size_min((size_t)in->s->options.low_water, in->iob->left);
}

/* A stream's call for no bytes. */
static int receive_nothing(struct local *s)
{
    spinlock_acquire(&local_lock);
    int err = state_error(s);
    spinlock_release(&local_lock);
    return err;
}

ssize_t local_receive(struct file *f, struct iobuf *iob, unsigned flags,
                      struct local_received *received)
{
    struct local *s = f->private;
    struct intake in = {.s = s, .iob = iob, .flags = flags, .received = received};
    uint64_t      deadline = local_deadline(f, flags, s->options.receive_ns);
    size_t        want = wanted(&in), done = 0;
    int           err;
    if (local_is_stream(s) && !iob->left)
        return receive_nothing(s);
    if (received->from)
        received->from->len = 0;
    while ((err = wait_for_message(s, deadline, !in.any)) > 0) {
        ssize_t n = drain(&in);
        if (n < 0)
            return done ? (ssize_t)done : n;
        done += (size_t)n;
        if (in.stop || (in.any && done >= want))
            return (ssize_t)done;
    }
    return done ? (ssize_t)done : err;
}
