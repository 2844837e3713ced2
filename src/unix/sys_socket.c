/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket.c - system calls on sockets. What a socket does is fs/local.h's; here are the checks,
 * in Linux's order, and the addresses.
 *
 * No socket has a name. So nobody listens: connecting walks the path, for the error that Linux
 * gives, and is refused.
 */
#include "fs/local.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define SOCK_TYPE_MASK 0xfu
#define SOCK_TYPES     11 /* numbers below are types, known to a family or not */
#define FAMILIES       46
#define SOCK_FLAGS     (O_NONBLOCK | O_CLOEXEC) /* SOCK_NONBLOCK, SOCK_CLOEXEC */

#define ADDRESS_MAX 128 /* bytes of any family's */
#define PATH_OFFSET 2   /* of sun_path */

#define MSG_OOB      0x1u
#define MSG_NOSIGNAL 0x4000u

/* An address that the program gave. */
union address {
    uint16_t family;
    char     bytes[ADDRESS_MAX + 1]; /* a path in it ends in NUL */
};

/* --- arguments --------------------------------------------------------------------------- */

/* The socket behind fd, with a reference. -EBADF, -ENOTSOCK. */
static int socket_of(int fd, struct file **out)
{
    struct file *f = args_file(fd);
    if (!f || atomic_load(&f->flags) & O_PATH || !local_is(f)) {
        int err = !f || atomic_load(&f->flags) & O_PATH ? -EBADF : -ENOTSOCK;
        file_put(f);
        return err;
    }
    *out = f;
    return 0;
}

static int read_address(vaddr_t va, int len, union address *out)
{
    *out = (union address){.family = AF_UNSPEC};
    if (len < 0 || len > ADDRESS_MAX)
        return -EINVAL;
    return uaccess_read(out->bytes, va, (size_t)len);
}

/* Store len bytes of an address where va and the length at len_va leave room for them. */
static int put_address(const void *address, int len, vaddr_t va, vaddr_t len_va)
{
    int32_t room, full = len;
    if (uaccess_read(&room, len_va, sizeof(room)))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if (uaccess_write(va, address, size_min((size_t)room, (size_t)len)))
        return -EFAULT;
    return uaccess_write(len_va, &full, sizeof(full));
}

/* What every socket here is called. */
static int put_no_name(vaddr_t va, vaddr_t len_va)
{
    const uint16_t family = AF_UNIX;
    return put_address(&family, sizeof(family), va, len_va);
}

/* --- making them ------------------------------------------------------------------------- */

/* The kind of socket asked for; *type is then one that exists. */
static int check_kind(int family, int *type, int protocol)
{
    if ((unsigned)family >= FAMILIES)
        return -EAFNOSUPPORT;
    if (*type < 0 || *type >= SOCK_TYPES)
        return -EINVAL;
    if (family != AF_UNIX)
        return -EAFNOSUPPORT;
    if (protocol && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    if (*type == SOCK_RAW)
        *type = SOCK_DGRAM;
    return *type == SOCK_STREAM || *type == SOCK_DGRAM || *type == SOCK_SEQPACKET
               ? 0
               : -ESOCKTNOSUPPORT;
}

static int split_type(unsigned arg, int *type, unsigned *flags)
{
    *type = (int)(arg & SOCK_TYPE_MASK);
    *flags = arg & ~SOCK_TYPE_MASK;
    return *flags & ~(unsigned)SOCK_FLAGS ? -EINVAL : 0;
}

int64_t sys_socket(const uint64_t *a)
{
    struct file *f;
    unsigned     flags;
    int          type, err = split_type((unsigned)a[1], &type, &flags);
    if (!err)
        err = check_kind((int)a[0], &type, (int)a[2]);
    if (!err)
        err = local_create(type, flags & O_NONBLOCK, &f);
    if (err)
        return err;
    int fd = fd_install(&the_process.fds, f, 0, flags & O_CLOEXEC);
    if (fd < 0)
        file_put(f);
    return fd;
}

int64_t sys_socketpair(const uint64_t *a)
{
    struct file *f[2];
    unsigned     flags;
    int          type, err = split_type((unsigned)a[1], &type, &flags);
    if (!err)
        err = check_kind((int)a[0], &type, (int)a[2]);
    if (!err)
        err = local_create_pair(type, flags & O_NONBLOCK, f);
    return err ? err : fd_install_pair(f, flags & O_CLOEXEC, a[3]);
}

/* --- connecting -------------------------------------------------------------------------- */

/* Why nobody is reached at that address, which is len bytes. */
static int refuse(const union address *addr, int len)
{
    const int     longest = PATH_OFFSET + 108;
    struct inode *inode, *cwd;
    if (len <= PATH_OFFSET || len > longest || addr->family != AF_UNIX)
        return -EINVAL;
    if (!addr->bytes[PATH_OFFSET]) /* a name that is no path: nobody has it */
        return -ECONNREFUSED;
    cwd = process_cwd();
    int err = vfs_lookup(cwd, addr->bytes + PATH_OFFSET, 0, &inode);
    inode_put(cwd);
    if (err)
        return err;
    err = vfs_access(inode, W_OK);
    inode_put(inode);
    return err ? err : -ECONNREFUSED;
}

static int connect_to(struct file *f, const union address *addr, int len)
{
    if (local_type(f) == SOCK_DGRAM) {
        if (len < (int)sizeof(addr->family))
            return -EINVAL;
        if (addr->family == AF_UNSPEC) {
            local_disconnect(f);
            return 0;
        }
    }
    int err = refuse(addr, len);
    return err == -ECONNREFUSED && local_type(f) != SOCK_DGRAM && local_is_connected(f) ? -EISCONN
                                                                                        : err;
}

int64_t sys_connect(const uint64_t *a)
{
    union address addr;
    struct file  *f = args_file((int)a[0]);
    int           len = (int)a[2];
    if (!f || atomic_load(&f->flags) & O_PATH) {
        file_put(f);
        return -EBADF;
    }
    int err = read_address(a[1], len, &addr);
    if (!err)
        err = local_is(f) ? connect_to(f, &addr, len) : -ENOTSOCK;
    file_put(f);
    return err;
}

int64_t sys_bind(const uint64_t *a)
{
    static atomic_uint told;
    union address      addr;
    struct file       *f;
    int                len = (int)a[2], err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = read_address(a[1], len, &addr);
    file_put(f);
    if (!err && (len < PATH_OFFSET || len > PATH_OFFSET + 108 || addr.family != AF_UNIX))
        err = -EINVAL;
    if (err)
        return err;
    if (!atomic_exchange(&told, 1))
        log_warn("the program wants to name a socket: none is reached by a name");
    return -EOPNOTSUPP;
}

int64_t sys_listen(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = local_type(f) == SOCK_DGRAM ? -EOPNOTSUPP : -EINVAL; /* without a name */
    file_put(f);
    return err;
}

static int64_t accept(int fd, unsigned flags)
{
    struct file *f;
    int          err = socket_of(fd, &f);
    if (err != -EBADF && flags & ~(unsigned)SOCK_FLAGS) {
        if (!err)
            file_put(f);
        return -EINVAL;
    }
    if (err)
        return err;
    err = local_type(f) == SOCK_DGRAM ? -EOPNOTSUPP : -EINVAL; /* it does not listen */
    file_put(f);
    return err;
}

int64_t sys_accept(const uint64_t *a)
{
    return accept((int)a[0], 0);
}

int64_t sys_accept4(const uint64_t *a)
{
    return accept((int)a[0], (unsigned)a[3]);
}

/* --- names ------------------------------------------------------------------------------- */

int64_t sys_getsockname(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    file_put(f);
    return put_no_name(a[1], a[2]);
}

int64_t sys_getpeername(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = local_is_connected(f) ? put_no_name(a[1], a[2]) : -ENOTCONN;
    file_put(f);
    return err;
}

/* --- moving bytes ------------------------------------------------------------------------ */

/* The end of a call that sent. */
static int64_t sent(const struct file *f, int64_t result, unsigned flags)
{
    if (result == -EPIPE && !(flags & MSG_NOSIGNAL) && local_type(f) == SOCK_STREAM)
        signal_pipe();
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* Why a message cannot go to an address: a stream has its one way, and nobody has a name. */
static int check_destination(struct file *f, const union address *addr, int len)
{
    if (local_type(f) == SOCK_STREAM)
        return local_is_connected(f) ? -EISCONN : -EOPNOTSUPP;
    if (local_type(f) == SOCK_SEQPACKET)
        return local_is_connected(f) ? 0 : -ENOTCONN; /* where the address does not count */
    return refuse(addr, len);
}

static int64_t send_to(struct file *f, struct iobuf *iob, unsigned flags, vaddr_t addr_va, int len)
{
    union address addr;
    int           err = 0;
    if (addr_va)
        err = read_address(addr_va, len, &addr);
    if (!err && flags & MSG_OOB && local_type(f) != SOCK_STREAM)
        err = -EOPNOTSUPP;
    if (!err && addr_va && len)
        err = check_destination(f, &addr, len);
    return err ? err : sent(f, local_send(f, iob, flags), flags);
}

/* The arguments that sendto and recvfrom begin with: a descriptor, whose file gets a reference, and a
 * buffer of the program. */
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
    struct iobuf iob;
    struct file *f;
    int          err = socket_and_buffer(a, &f, &iob);
    if (err)
        return err;
    int64_t result = send_to(f, &iob, (unsigned)a[3], a[4], (int)a[5]);
    file_put(f);
    return result;
}

/* Receive; *cut as local_receive() has it. */
static int64_t receive(struct file *f, struct iobuf *iob, unsigned flags, size_t *cut)
{
    int64_t n = local_receive(f, iob, flags, cut);
    if (n >= 0 && flags & MSG_TRUNC && *cut && local_type(f) != SOCK_STREAM)
        return (int64_t)*cut;
    return n == -EINTR ? -ERESTARTSYS : n;
}

int64_t sys_recvfrom(const uint64_t *a)
{
    struct iobuf  iob;
    struct file  *f;
    size_t        cut;
    const int32_t none = 0;
    int           err = socket_and_buffer(a, &f, &iob);
    if (err)
        return err;
    int64_t result = receive(f, &iob, (unsigned)a[3], &cut);
    file_put(f);
    if (result >= 0 && a[4] && uaccess_write(a[5], &none, sizeof(none)))
        return -EFAULT; /* nobody who sends has a name */
    return result;
}

/* --- messages ---------------------------------------------------------------------------- */

/* A message's header and its segments; *segs is the caller's to free. */
static int read_message(vaddr_t va, struct abi_msghdr *h, struct iobuf_seg **segs,
                        struct iobuf *iob)
{
    *segs = NULL;
    if (uaccess_read(h, va, sizeof(*h)))
        return -EFAULT;
    if (h->namelen < 0)
        return -EINVAL;
    if (h->iovlen > IOV_MAX)
        return -EMSGSIZE;
    *segs = kmalloc((h->iovlen + 1) * sizeof(**segs));
    if (!*segs)
        return -ENOMEM;
    if (uaccess_read(*segs, h->iov, h->iovlen * sizeof(**segs)))
        return -EFAULT;
    return iobuf_user_vec(iob, *segs, h->iovlen);
}

int64_t sys_sendmsg(const uint64_t *a)
{
    struct abi_msghdr h;
    struct iobuf_seg *segs;
    struct iobuf      iob;
    struct file      *f;
    int               err = socket_of((int)a[0], &f);
    if (err)
        return err;
    int64_t result = read_message(a[1], &h, &segs, &iob);
    if (!result && h.controllen) /* files and identities are not passed on */
        result = -EOPNOTSUPP;
    if (!result)
        result = send_to(f, &iob, (unsigned)a[2], h.name, h.namelen);
    kfree(segs);
    file_put(f);
    return result;
}

int64_t sys_recvmsg(const uint64_t *a)
{
    struct abi_msghdr h;
    struct iobuf_seg *segs;
    struct iobuf      iob;
    struct file      *f;
    size_t            cut;
    int               err = socket_of((int)a[0], &f);
    if (err)
        return err;
    int64_t result = read_message(a[1], &h, &segs, &iob);
    if (!result)
        result = receive(f, &iob, (unsigned)a[2], &cut);
    if (result >= 0) {
        h.namelen = 0;
        h.controllen = 0;
        h.flags = cut && local_type(f) != SOCK_STREAM ? MSG_TRUNC : 0;
        if (uaccess_write(a[1], &h, sizeof(h)))
            result = -EFAULT;
    }
    kfree(segs);
    file_put(f);
    return result;
}

int64_t sys_shutdown(const uint64_t *a)
{
    struct file *f;
    int          how = (int)a[1], err = socket_of((int)a[0], &f);
    if (err)
        return err;
    if (how < 0 || how > 2)
        err = -EINVAL;
    else
        local_shutdown(f, (unsigned)how + 1); /* 0 receive, 1 send, 2 both */
    file_put(f);
    return err;
}

/* --- options ----------------------------------------------------------------------------- */

enum {
    SO_DEBUG = 1,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_ACCEPTCONN = 30,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
};

/* An option that is a number. -ENOPROTOOPT: unknown. */
static int get_option(struct file *f, int option, int32_t *value)
{
    switch (option) {
    case SO_TYPE:
        *value = local_type(f);
        return 0;
    case SO_ERROR:
        *value = local_take_error(f);
        return 0;
    case SO_SNDBUF:
    case SO_RCVBUF:
        *value = LOCAL_BUFFER;
        return 0;
    case SO_DOMAIN:
        *value = AF_UNIX;
        return 0;
    case SO_DEBUG:
    case SO_PASSCRED:
    case SO_ACCEPTCONN:
    case SO_PROTOCOL:
        *value = 0;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int put_option(struct file *f, int level, int option, vaddr_t va, vaddr_t len_va)
{
    int32_t value, len;
    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (uaccess_read(&len, len_va, sizeof(len)))
        return -EFAULT;
    if (len < 0)
        return -EINVAL;
    int err = get_option(f, option, &value);
    if (err)
        return err;
    len = len < (int32_t)sizeof(value) ? len : (int32_t)sizeof(value);
    if (uaccess_write(va, &value, (size_t)len))
        return -EFAULT;
    return uaccess_write(len_va, &len, sizeof(len));
}

int64_t sys_getsockopt(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = put_option(f, (int)a[1], (int)a[2], a[3], a[4]);
    file_put(f);
    return err;
}

/* The sizes of buffers are hints; nothing else can be set. */
int64_t sys_setsockopt(const uint64_t *a)
{
    struct file *f;
    int32_t      value;
    int          option = (int)a[2], err = socket_of((int)a[0], &f);
    if (err)
        return err;
    file_put(f);
    if ((int)a[4] < 0)
        return -EINVAL;
    if ((int)a[1] != SOL_SOCKET)
        return -EOPNOTSUPP;
    if ((int)a[4] < (int)sizeof(value))
        return -EINVAL;
    if (uaccess_read(&value, a[3], sizeof(value)))
        return -EFAULT;
    return option == SO_SNDBUF || option == SO_RCVBUF ? 0 : -ENOPROTOOPT;
}
