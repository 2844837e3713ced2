/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket_io.c - system calls that move bytes and messages through sockets. */
#include "kernel/heap.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/sys_socket.h"
#include "unix/syscall.h"

/* Messages with up to so many segments need no memory for them. */
#define FAST_SEGS 4u

/* --- sending and receiving one ------------------------------------------------------------- */

/* The end of a call that moved bytes: where the socket has a time limit, nothing starts anew. */
static int64_t moved(const struct file *f, int64_t result)
{
    return result == -EINTR && local_waits_forever(f) ? -ERESTARTSYS : result;
}

static int64_t sent(const struct file *f, int64_t result, unsigned flags)
{
    if (result == -EPIPE && !(flags & MSG_NOSIGNAL) && local_type(f) == SOCK_STREAM)
        signal_pipe();
    return moved(f, result);
}

/* A stream has its one way, and so have packets in sequence, for which an address does not count. */
static int check_destination(struct file *f, const struct local_address *addr, int len)
{
    switch (local_type(f)) {
    case SOCK_STREAM:
        return local_is_connected(f) ? -EISCONN : -EOPNOTSUPP;
    case SOCK_SEQPACKET:
        return local_is_connected(f) ? 0 : -ENOTCONN;
    default:
        return socket_check_address(addr, len);
    }
}

/* Send to the address that *how has, of len bytes as the program gave it, if any. */
static int64_t send_to(struct file *f, struct iobuf *iob, struct local_sending *how, int len,
                       unsigned flags)
{
    how->flags = flags;
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    int err = how->to ? check_destination(f, how->to, len) : 0;
    if (err || !how->to)
        return err ? err : sent(f, local_send(f, iob, how), flags);

    struct local_place place = socket_place();
    how->place = &place;
    int64_t result = sent(f, local_send(f, iob, how), flags);
    socket_place_put(&place);
    return result;
}

/* Of a packet that was longer than there was room, its length, where that is asked for. */
static int64_t receive(struct file *f, struct iobuf *iob, unsigned flags,
                       struct local_received *received)
{
    if (flags & MSG_OOB)
        return local_type(f) == SOCK_STREAM && local_is_connected(f) ? -EINVAL : -EOPNOTSUPP;
    int64_t n = local_receive(f, iob, flags, received);
    if (n >= 0 && flags & MSG_TRUNC && received->cut && local_type(f) != SOCK_STREAM)
        return (int64_t)received->cut;
    return moved(f, n);
}

/* --- sendto, recvfrom ---------------------------------------------------------------------- */

/* The arguments that both begin with: a descriptor, whose file gets a reference, and a buffer of the
 * program. */
static int socket_and_buffer(const uint64_t *a, struct file **f, struct iobuf *iob)
{
    size_t len = size_min(a[2], RW_COUNT_MAX);
    if (!uaccess_range_ok(a[1], len))
        return -EFAULT;
    int err = socket_of((int)a[0], f);
    if (!err)
        iobuf_user(iob, a[1], len);
    return err;
}

int64_t sys_sendto(const uint64_t *a)
{
    struct local_address addr;
    struct local_sending how = {.to = NULL};
    struct iobuf         iob;
    struct file         *f;
    int                  len = (int)a[5], err = socket_and_buffer(a, &f, &iob);
    if (err)
        return err;
    int64_t result = a[4] ? socket_read_address(a[4], len, &addr) : 0;
    if (a[4] && len)
        how.to = &addr;
    if (!result)
        result = send_to(f, &iob, &how, len, (unsigned)a[3]);
    file_put(f);
    return result;
}

int64_t sys_recvfrom(const uint64_t *a)
{
    struct local_address  from;
    struct local_received received = {.from = a[4] ? &from : NULL};
    struct iobuf          iob;
    struct file          *f;
    int                   err = socket_and_buffer(a, &f, &iob);
    if (err)
        return err;
    int64_t result = receive(f, &iob, (unsigned)a[3], &received);
    local_files_put(received.files);
    file_put(f);
    if (result >= 0 && a[4] && (err = socket_put_address(&from, a[4], a[5])))
        return err;
    return result;
}

/* --- messages ---------------------------------------------------------------------------- */

/* A message of the program's. */
struct message_arg {
    struct abi_msghdr h;
    struct iobuf      iob;
    struct iobuf_seg *segs;
    struct iobuf_seg  fast[FAST_SEGS];
};

/* put_message() is needed whatever this returns. */
static int take_message(vaddr_t va, struct message_arg *m)
{
    m->segs = m->fast;
    if (uaccess_read(&m->h, va, sizeof(m->h)))
        return -EFAULT;
    if (!m->h.name)
        m->h.namelen = 0;
    if (m->h.namelen < 0)
        return -EINVAL;
    if (m->h.iovlen > IOV_MAX)
        return -EMSGSIZE;
    if (m->h.iovlen > FAST_SEGS)
        m->segs = kmalloc(m->h.iovlen * sizeof(*m->segs));
    if (!m->segs)
        return -ENOMEM;
    if (uaccess_read(m->segs, m->h.iov, m->h.iovlen * sizeof(*m->segs)))
        return -EFAULT;
    return iobuf_user_vec(&m->iob, m->segs, m->h.iovlen);
}

static void put_message(struct message_arg *m)
{
    if (m->segs != m->fast)
        kfree(m->segs);
}

static int64_t send_taken(struct file *f, struct message_arg *m, unsigned flags)
{
    struct local_address addr;
    struct local_cred    cred;
    struct local_sending how = {.to = NULL};
    int                  len = m->h.namelen < SOCKADDR_MAX ? m->h.namelen : SOCKADDR_MAX;
    int64_t              result = len ? socket_read_address(m->h.name, len, &addr) : 0;
    if (!result)
        result = control_read(&m->h, &how, &cred);
    if (len)
        how.to = &addr;
    if (!result)
        result = send_to(f, &m->iob, &how, len, flags);
    local_files_put(how.files);
    return result;
}

static int64_t send_message(struct file *f, vaddr_t va, unsigned flags)
{
    struct message_arg m;
    int64_t            result = take_message(va, &m);
    if (!result)
        result = send_taken(f, &m, flags);
    put_message(&m);
    return result;
}

/* Where in the header what was received is told. */
static int tell_header(vaddr_t va, const struct abi_msghdr *h, const struct abi_msghdr *before)
{
    uint64_t used = h->control - before->control;
    if (uaccess_write(va + offsetof(struct abi_msghdr, flags), &h->flags, sizeof(h->flags)))
        return -EFAULT;
    return uaccess_write(va + offsetof(struct abi_msghdr, controllen), &used, sizeof(used));
}

static int tell_sender(vaddr_t va, const struct abi_msghdr *h, const struct local_address *from)
{
    if (!h->name)
        return 0;
    int32_t len = (int32_t)from->len;
    int     err = socket_put_address_part(from, h->name, h->namelen);
    return err ? err : uaccess_write(va + offsetof(struct abi_msghdr, namelen), &len, sizeof(len));
}

static bool wants_cred(struct file *f)
{
    struct local_options options;
    local_get_options(f, &options);
    return options.pass_cred;
}

static int64_t receive_taken(struct file *f, struct message_arg *m, vaddr_t va, unsigned flags)
{
    struct local_address  from;
    struct local_received received = {.from = m->h.name ? &from : NULL};
    struct abi_msghdr     before = m->h;
    int64_t               result = receive(f, &m->iob, flags, &received);
    if (result < 0) {
        local_files_put(received.files);
        return result;
    }
    m->h.flags = flags & MSG_CMSG_CLOEXEC;
    if (received.cut && local_type(f) != SOCK_STREAM)
        m->h.flags |= MSG_TRUNC;
    control_write(&m->h, &received, wants_cred(f), flags);
    int err = tell_sender(va, &before, &from);
    if (!err)
        err = tell_header(va, &m->h, &before);
    return err ? err : result;
}

static int64_t receive_message(struct file *f, vaddr_t va, unsigned flags)
{
    struct message_arg m;
    int64_t            result = take_message(va, &m);
    if (!result)
        result = receive_taken(f, &m, va, flags);
    put_message(&m);
    return result;
}

int64_t sys_sendmsg(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    int64_t result = send_message(f, a[1], (unsigned)a[2]);
    file_put(f);
    return result;
}

int64_t sys_recvmsg(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    int64_t result = receive_message(f, a[1], (unsigned)a[2]);
    file_put(f);
    return result;
}

/* --- many messages ----------------------------------------------------------------------- */

static vaddr_t nth_message(vaddr_t va, unsigned n)
{
    return va + n * sizeof(struct abi_mmsghdr);
}

/* How much of it was moved. */
static int tell_length(vaddr_t va, int64_t len)
{
    const uint32_t value = (uint32_t)len;
    return uaccess_write(va + offsetof(struct abi_mmsghdr, len), &value, sizeof(value));
}

/* Send n of them: how many were sent, or why the first was not. */
static int64_t send_many(struct file *f, vaddr_t va, unsigned n, unsigned flags)
{
    for (unsigned i = 0; i < n; i++) {
        int64_t result = send_message(f, nth_message(va, i), flags);
        if (result >= 0 && tell_length(nth_message(va, i), result))
            result = -EFAULT;
        if (result < 0)
            return i ? (int64_t)i : result;
    }
    return (int64_t)n;
}

int64_t sys_sendmmsg(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    unsigned n = (unsigned)a[2] < IOV_MAX ? (unsigned)a[2] : IOV_MAX;
    int64_t  result = send_many(f, a[1], n, (unsigned)a[3]);
    file_put(f);
    return result;
}

/* What ends a row of messages is told by the next call, unless it was that none is there. */
static int64_t received_many(struct file *f, unsigned n, int64_t why)
{
    bool passing = why == -EAGAIN || why == -ERESTARTSYS || why == -EINTR;
    if (!n)
        return why;
    if (why < 0 && !passing)
        local_set_error(f, (int)-why);
    return (int64_t)n;
}

/* The deadline is looked at after each message, as on Linux, and not waited for. */
static int64_t receive_many(struct file *f, vaddr_t va, unsigned n, unsigned flags,
                            uint64_t deadline)
{
    unsigned done = 0;
    int64_t  result = -local_take_error(f);
    while (result >= 0 && done < n) {
        vaddr_t at = nth_message(va, done);
        result = receive_message(f, at, flags & ~MSG_WAITFORONE);
        if (result >= 0 && tell_length(at, result))
            result = -EFAULT;
        if (result < 0)
            break;
        done++;
        if (flags & MSG_WAITFORONE)
            flags |= MSG_DONTWAIT;
        if (cpu_time() >= deadline)
            break;
    }
    return received_many(f, done, result < 0 ? result : 0);
}

/* What is left of the timeout is stored where it was. */
static int64_t receive_until(struct file *f, const uint64_t *a, uint64_t deadline)
{
    int64_t n = receive_many(f, a[1], (unsigned)a[2], (unsigned)a[3], deadline);
    if (!a[4] || n <= 0)
        return n;
    uint64_t now = cpu_time();
    return args_put_timespec(a[4], deadline > now ? time_ticks_to_ns(deadline - now) : 0) ? -EFAULT
                                                                                          : n;
}

int64_t sys_recvmmsg(const uint64_t *a)
{
    struct file *f;
    uint64_t     deadline;
    int          err = args_timeout(a[4], &deadline);
    if (!err)
        err = socket_of((int)a[0], &f);
    if (err)
        return err;
    int64_t result = receive_until(f, a, deadline);
    file_put(f);
    return result;
}
