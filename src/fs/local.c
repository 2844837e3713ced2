/* SPDX-License-Identifier: Apache-2.0 */
/* local.c - sockets within the machine: their life, what they do as open files, and their options. See
 * local.h, and local_impl.h for the lock.
 */
#include "fs/local_impl.h"

#include "kernel/heap.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/assert.h"
#include "lib/errno.h"

struct spinlock   local_lock = SPINLOCK_INIT(LOCK_DEVICE, "local sockets");
struct local_cred local_real = {.pid = 1}, local_effective = {.pid = 1};

static const struct local_cred nobody = {0, UINT32_MAX, UINT32_MAX};
static atomic_ulong            next_ino = 1;

void local_identify(const struct local_cred *real, const struct local_cred *effective)
{
    spinlock_acquire(&local_lock);
    local_real = *real;
    local_effective = *effective;
    spinlock_release(&local_lock);
}

/* --- references -------------------------------------------------------------------------- */

struct local *local_get(struct local *s)
{
    unsigned before = atomic_fetch_add(&s->refs, 1);
    ASSERT(before > 0);
    return s;
}

/* A peer that is left is a dead one's, which refers to nobody: no chain follows. */
void local_put(struct local *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    ASSERT(s->dead && !s->peer && !s->inode && LIST_EMPTY(&s->clients));
    local_name_put(s->name);
    kfree(s);
}

struct local *local_new(int type)
{
    struct local *s = kzalloc(sizeof(*s));
    if (!s)
        return NULL;
    s->type = type;
    s->ino = atomic_fetch_add(&next_ino, 1);
    s->peer_cred = nobody;
    s->options = (struct local_options){
        .send_buffer = LOCAL_BUFFER,
        .receive_buffer = LOCAL_BUFFER,
        .send_ns = WAIT_FOREVER,
        .receive_ns = WAIT_FOREVER,
        .low_water = 1,
    };
    atomic_store(&s->refs, 1);
    TAILQ_INIT(&s->queue);
    TAILQ_INIT(&s->pending);
    LIST_INIT(&s->clients);
    mutex_init(&s->receiving);
    waitq_init(&s->readers);
    waitq_init(&s->writers);
    waitq_init(&s->crowd);
    pollq_init(&s->pollers);
    spinlock_acquire(&local_lock);
    local_flight_register(s);
    spinlock_release(&local_lock);
    return s;
}

void local_set_peer(struct local *s, struct local *peer)
{
    ASSERT(spinlock_held(&local_lock));
    struct local *old = s->peer;
    if (old)
        LIST_REMOVE(s, client_link);
    s->peer = peer;
    if (peer) {
        local_get(peer);
        LIST_INSERT_HEAD(&peer->clients, s, client_link);
    }
    local_put(old);
}

/* --- waiting ----------------------------------------------------------------------------- */

void local_wake_readers(struct local *s)
{
    waitq_wake_all(&s->readers);
    pollq_notify(&s->pollers, POLL_READ);
}

void local_wake_all(struct local *s)
{
    waitq_wake_all(&s->readers);
    waitq_wake_all(&s->writers);
    pollq_notify(&s->pollers, 0);
}

int local_error(struct local *s)
{
    int error = s->error;
    s->error = 0;
    return -error;
}

uint64_t local_deadline(struct file *f, unsigned flags, uint64_t limit_ns)
{
    if (flags & MSG_DONTWAIT || atomic_load(&f->flags) & O_NONBLOCK)
        return 0;
    return limit_ns == WAIT_FOREVER ? WAIT_FOREVER : time_ns_to_deadline(limit_ns);
}

int local_sleep(struct waitq *q, uint64_t deadline)
{
    if (!deadline)
        return -EAGAIN;
    int err = waitq_sleep_until(q, &local_lock, deadline, true);
    return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* --- the end ------------------------------------------------------------------------------ */

/* The other end of a connection sees that this one goes: as an error, if something was not read. */
static void part(struct local *s)
{
    struct local *peer = s->peer;
    if (!peer)
        return;
    if (!local_is_datagram(s)) {
        peer->shut = SHUT_RECEIVE | SHUT_SEND;
        if (!TAILQ_EMPTY(&s->queue) || !s->file)
            peer->error = ECONNRESET;
        local_wake_all(peer);
    }
    local_set_peer(s, NULL);
}

/* Close the connections that nobody accepted. */
static void refuse_pending(struct local *s)
{
    struct local *waiting;
    spinlock_acquire(&local_lock);
    while ((waiting = TAILQ_FIRST(&s->pending))) {
        TAILQ_REMOVE(&s->pending, waiting, pending_link);
        spinlock_release(&local_lock);
        local_close(waiting);
        spinlock_acquire(&local_lock);
    }
    spinlock_release(&local_lock);
}

void local_close(struct local *s)
{
    struct message_list unread = TAILQ_HEAD_INITIALIZER(unread);
    struct local       *client;

    spinlock_acquire(&local_lock);
    s->dead = true;
    s->shut = SHUT_RECEIVE | SHUT_SEND;
    s->state = LOCAL_CLOSED;
    struct inode *inode = local_unbind(s);
    part(s);
    s->file = NULL;
    local_take_all(s, &unread);
    local_flight_unregister(s);
    waitq_wake_all(&s->crowd);
    LIST_FOREACH(client, &s->clients, client_link)
        pollq_notify(&client->pollers, POLL_WRITE);
    spinlock_release(&local_lock);

    refuse_pending(s);
    inode_put(inode);
    local_dispose(&unread);
    local_put(s);
}

/* --- as files ---------------------------------------------------------------------------- */

static ssize_t socket_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct local_received received = {.from = NULL};
    (void)pos;
    ssize_t n = iob->left ? local_receive(f, iob, 0, &received) : 0;
    local_files_put(received.files);
    return n;
}

static ssize_t socket_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct local_sending sending = {.flags = 0};
    (void)pos;
    return local_send(f, iob, &sending);
}

/* Programs can go on writing until the buffer is full; they are told so again when three quarters of it
 * are free. */
static bool is_writable(const struct local *s)
{
    bool crowded = !local_is_stream(s) && s->peer && s->peer->peer != s && !s->peer->dead &&
                   s->peer->nmessages > LOCAL_CROWD;
    return s->state != LOCAL_LISTENING && s->charged * 4 <= s->options.send_buffer && !crowded;
}

static unsigned socket_poll(struct file *f, struct pollq **q)
{
    struct local *s = f->private;
    unsigned      ready = 0;
    if (q)
        *q = &s->pollers;
    spinlock_acquire(&local_lock);
    if (s->error)
        ready |= POLLERR;
    if (s->shut & SHUT_RECEIVE)
        ready |= POLLRDHUP | POLL_READ;
    if (s->shut == (SHUT_RECEIVE | SHUT_SEND))
        ready |= POLLHUP;
    if (!local_is_datagram(s) && s->state == LOCAL_CLOSED)
        ready |= POLLHUP;
    if (!TAILQ_EMPTY(&s->queue) || !TAILQ_EMPTY(&s->pending))
        ready |= POLL_READ;
    if (is_writable(s))
        ready |= POLL_WRITE;
    spinlock_release(&local_lock);
    return ready;
}

/* What is there to be read: of datagrams only the first counts. */
static int readable_bytes(struct local *s)
{
    spinlock_acquire(&local_lock);
    struct message *first = TAILQ_FIRST(&s->queue);
    size_t          n = !local_is_datagram(s) ? s->queued : first ? first->len : 0;
    int             result = s->state == LOCAL_LISTENING ? -EINVAL : (int)n;
    spinlock_release(&local_lock);
    return result;
}

/* What of the buffer is taken by what is sent and not yet read. */
static int unread_bytes(struct local *s)
{
    spinlock_acquire(&local_lock);
    size_t n = s->charged;
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
    return value < 0 ? value : uaccess_write(arg, &value, sizeof(value));
}

static void socket_getattr(struct file *f, struct vfs_attr *attr)
{
    const struct local *s = f->private;
    attr->mode = S_IFSOCK | 0777;
    attr->dev = vfs_mkdev(0, 8);
    attr->ino = s->ino;
}

static void socket_release(struct file *f)
{
    local_close(f->private);
    local_flight_collect(true);
}

static const struct file_ops socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
    .getattr = socket_getattr,
    .release = socket_release,
};

/* --- making ------------------------------------------------------------------------------ */

int local_open(struct local *s, unsigned flags, struct file **out)
{
    struct file *f = file_new(&socket_ops, s, O_RDWR | flags);
    if (!f)
        return -ENOMEM;
    spinlock_acquire(&local_lock);
    s->file = f;
    spinlock_release(&local_lock);
    *out = f;
    return 0;
}

int local_create(int type, unsigned flags, struct file **out)
{
    struct local *s = local_new(type);
    int           err = s ? local_open(s, flags, out) : -ENOMEM;
    if (s && err)
        local_close(s);
    return err;
}

/* One end knows the other, which was there at the same time. */
static void join(struct local *s, struct local *peer)
{
    local_set_peer(s, peer);
    s->state = LOCAL_CONNECTED;
    s->peer_cred = local_effective;
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
    spinlock_acquire(&local_lock);
    join(out[0]->private, out[1]->private);
    join(out[1]->private, out[0]->private);
    spinlock_release(&local_lock);
    return 0;
}

/* --- what a socket is ---------------------------------------------------------------------- */

bool local_is(const struct file *f)
{
    return f->ops == &socket_ops;
}

int local_type(const struct file *f)
{
    const struct local *s = f->private;
    return s->type;
}

static enum local_state state_of(const struct file *f)
{
    const struct local *s = f->private;
    spinlock_acquire(&local_lock);
    enum local_state state = s->state;
    spinlock_release(&local_lock);
    return state;
}

bool local_is_connected(const struct file *f)
{
    return state_of(f) == LOCAL_CONNECTED;
}

bool local_is_listening(const struct file *f)
{
    return state_of(f) == LOCAL_LISTENING;
}

struct local_cred local_peer_cred(const struct file *f)
{
    const struct local *s = f->private;
    spinlock_acquire(&local_lock);
    struct local_cred cred = s->peer_cred;
    spinlock_release(&local_lock);
    return cred;
}

void local_get_options(const struct file *f, struct local_options *out)
{
    const struct local *s = f->private;
    spinlock_acquire(&local_lock);
    *out = s->options;
    spinlock_release(&local_lock);
}

void local_set_options(struct file *f, const struct local_options *options)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    s->options = *options;
    local_wake_all(s);
    spinlock_release(&local_lock);
}

bool local_waits_forever(const struct file *f)
{
    const struct local *s = f->private;
    spinlock_acquire(&local_lock);
    bool forever = s->options.send_ns == WAIT_FOREVER && s->options.receive_ns == WAIT_FOREVER;
    spinlock_release(&local_lock);
    return forever;
}

/* The other end of a connection cannot do what this one does not want. */
void local_shutdown(struct file *f, unsigned how)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    s->shut |= how;
    if (s->peer && !local_is_datagram(s)) {
        s->peer->shut |= (how & SHUT_RECEIVE ? SHUT_SEND : 0) |
                         (how & SHUT_SEND ? SHUT_RECEIVE : 0);
        local_wake_all(s->peer);
    }
    waitq_wake_all(&s->crowd);
    local_wake_all(s);
    spinlock_release(&local_lock);
}

int local_take_error(struct file *f)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    int error = -local_error(s);
    spinlock_release(&local_lock);
    return error;
}

void local_set_error(struct file *f, int error)
{
    struct local *s = f->private;
    spinlock_acquire(&local_lock);
    s->error = error;
    local_wake_all(s);
    spinlock_release(&local_lock);
}
