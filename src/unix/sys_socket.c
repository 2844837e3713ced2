/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket.c - system calls that make, name and connect sockets. What a socket does is fs/local.h's; here
 * are the checks, in Linux's order, and the addresses.
 */
#include "unix/sys_socket.h"

#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define SOCK_TYPE_MASK 0xfu
#define SOCK_TYPES     11 /* numbers below are types, known to a family or not */
#define FAMILIES       46
#define SOCK_FLAGS     (O_NONBLOCK | O_CLOEXEC) /* SOCK_NONBLOCK, SOCK_CLOEXEC */
#define BACKLOG_MAX    4096u                    /* Linux's net.core.somaxconn */

/* --- arguments --------------------------------------------------------------------------- */

int socket_of(int fd, struct file **out)
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

int socket_read_address(vaddr_t va, int len, struct local_address *out)
{
    char bytes[SOCKADDR_MAX];
    if (len < 0 || len > SOCKADDR_MAX)
        return -EINVAL;
    if (uaccess_read(bytes, va, (size_t)len))
        return -EFAULT;
    *out = (struct local_address){.family = AF_UNSPEC};
    out->len = size_min((size_t)len, LOCAL_ADDRESS_MAX);
    memcpy(out->bytes, bytes, out->len);
    out->bytes[out->len] = 0; /* a path need not have it */
    return 0;
}

int socket_check_address(const struct local_address *addr, int len)
{
    bool fits = len > (int)LOCAL_PATH_OFFSET && len <= (int)LOCAL_ADDRESS_MAX;
    return fits && addr->family == AF_UNIX ? 0 : -EINVAL;
}

int socket_put_address_part(const struct local_address *addr, vaddr_t va, int room)
{
    if (room < 0)
        return -EINVAL;
    return uaccess_write(va, addr->bytes, size_min((size_t)room, addr->len)) ? -EFAULT : 0;
}

int socket_put_address(const struct local_address *addr, vaddr_t va, vaddr_t len_va)
{
    int32_t room, full = (int32_t)addr->len;
    if (uaccess_read(&room, len_va, sizeof(room)))
        return -EFAULT;
    int err = socket_put_address_part(addr, va, room);
    return err ? err : uaccess_write(len_va, &full, sizeof(full));
}

struct local_place socket_place(void)
{
    return (struct local_place){.cwd = process_cwd(), .umask = the_process.umask};
}

void socket_place_put(struct local_place *place)
{
    inode_put(place->cwd);
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
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
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

/* The end of a call that waited: where the socket has a time limit, nothing starts anew after a signal. */
static int64_t waited(const struct file *f, int64_t result)
{
    return result == -EINTR && local_waits_forever(f) ? -ERESTARTSYS : result;
}

/* Forgetting a datagram socket's other end takes less of an address than a name does. */
static bool means_nobody(const struct file *f, const struct local_address *addr, int len)
{
    return local_type(f) == SOCK_DGRAM && len >= (int)sizeof(addr->family) &&
           addr->family == AF_UNSPEC;
}

static int64_t connect_to(struct file *f, const struct local_address *addr, int len)
{
    int err = means_nobody(f, addr, len) ? 0 : socket_check_address(addr, len);
    if (err)
        return err;
    struct local_place place = socket_place();
    err = local_connect(f, addr, &place);
    socket_place_put(&place);
    return waited(f, err);
}

int64_t sys_connect(const uint64_t *a)
{
    struct local_address addr;
    struct file         *f = args_file((int)a[0]);
    int                  len = (int)a[2];
    if (!f || atomic_load(&f->flags) & O_PATH) {
        file_put(f);
        return -EBADF;
    }
    int64_t result = socket_read_address(a[1], len, &addr);
    if (!result)
        result = local_is(f) ? connect_to(f, &addr, len) : -ENOTSOCK;
    file_put(f);
    return result;
}

/* Without a path or a name, just the family, any name is asked for. */
static int bind_to(struct file *f, const struct local_address *addr, int len)
{
    bool any = len == (int)LOCAL_PATH_OFFSET && addr->family == AF_UNIX;
    int  err = any ? 0 : socket_check_address(addr, len);
    if (err)
        return err;
    struct local_place place = socket_place();
    err = local_bind(f, addr, &place);
    socket_place_put(&place);
    return err;
}

int64_t sys_bind(const uint64_t *a)
{
    struct local_address addr;
    struct file         *f;
    int                  len = (int)a[2], err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = socket_read_address(a[1], len, &addr);
    if (!err)
        err = bind_to(f, &addr, len);
    file_put(f);
    return err;
}

int64_t sys_listen(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    unsigned backlog = (unsigned)a[1];
    err = local_listen(f, backlog < BACKLOG_MAX ? backlog : BACKLOG_MAX);
    file_put(f);
    return err;
}

/* The new file gets a descriptor last: on Linux one that cannot be had leaves the connection where it is. */
static int64_t accept_one(struct file *f, vaddr_t addr_va, vaddr_t len_va, unsigned flags)
{
    struct local_address addr;
    struct file         *end;
    int                  err = fd_check_room(&the_process.fds);
    if (!err)
        err = local_accept(f, flags & O_NONBLOCK, &end);
    if (err)
        return waited(f, err);
    if (addr_va) {
        err = local_peer_name(end, &addr) ? -ECONNABORTED : 0;
        if (!err)
            err = socket_put_address(&addr, addr_va, len_va);
    }
    if (!err)
        return fd_install_or_put(end, flags & O_CLOEXEC);
    file_put(end);
    return err;
}

static int64_t accept(const uint64_t *a, unsigned flags)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err != -EBADF && flags & ~(unsigned)SOCK_FLAGS) {
        if (!err)
            file_put(f);
        return -EINVAL;
    }
    if (err)
        return err;
    int64_t result = accept_one(f, a[1], a[2], flags);
    file_put(f);
    return result;
}

int64_t sys_accept(const uint64_t *a)
{
    return accept(a, 0);
}

int64_t sys_accept4(const uint64_t *a)
{
    return accept(a, (unsigned)a[3]);
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

/* --- names ------------------------------------------------------------------------------- */

int64_t sys_getsockname(const uint64_t *a)
{
    struct local_address addr;
    struct file         *f;
    int                  err = socket_of((int)a[0], &f);
    if (err)
        return err;
    local_name(f, &addr);
    file_put(f);
    return socket_put_address(&addr, a[1], a[2]);
}

int64_t sys_getpeername(const uint64_t *a)
{
    struct local_address addr;
    struct file         *f;
    int                  err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = local_peer_name(f, &addr);
    file_put(f);
    return err ? err : socket_put_address(&addr, a[1], a[2]);
}
