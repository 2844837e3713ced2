/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket_option.c - getsockopt and setsockopt, as far as options mean something for local sockets or
 * programs set them on every socket. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/sys_socket.h"
#include "unix/syscall.h"

enum {
    SO_DEBUG = 1,
    SO_REUSEADDR = 2,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_DONTROUTE = 5,
    SO_BROADCAST = 6,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_KEEPALIVE = 9,
    SO_OOBINLINE = 10,
    SO_PRIORITY = 12,
    SO_LINGER = 13,
    SO_REUSEPORT = 15,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVLOWAT = 18,
    SO_SNDLOWAT = 19,
    SO_RCVTIMEO = 20,
    SO_SNDTIMEO = 21,
    SO_ACCEPTCONN = 30,
    SO_SNDBUFFORCE = 32,
    SO_RCVBUFFORCE = 33,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
    SO_RCVTIMEO_NEW = 66,
    SO_SNDTIMEO_NEW = 67,
};

/* Those that are on or off, and of no consequence here. */
#define TOGGLES                                                                      \
    (1u << SO_DEBUG | 1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST | \
     1u << SO_KEEPALIVE | 1u << SO_OOBINLINE)

#define SEND_BUFFER_MIN    4608u /* Linux's least, with what it adds to what is asked for */
#define RECEIVE_BUFFER_MIN 2304u

#define NS_PER_SEC  1000000000ul
#define NS_PER_USEC 1000ul

struct abi_timeval64 {
    int64_t sec, usec;
};

/* The value of any option. */
union value {
    int32_t              number;
    int32_t              linger[2];
    struct local_cred    cred;
    struct abi_timeval64 time;
};

static bool is_toggle(int option)
{
    return option < 32 && TOGGLES >> option & 1;
}

/* --- getting ------------------------------------------------------------------------------- */

static struct abi_timeval64 time_of(uint64_t ns)
{
    if (ns == WAIT_FOREVER)
        return (struct abi_timeval64){0, 0};
    return (struct abi_timeval64){(int64_t)(ns / NS_PER_SEC),
                                  (int64_t)(ns % NS_PER_SEC / NS_PER_USEC)};
}

/* Those that are longer than a number. 0: it is none of them, else its length. */
static size_t get_long(struct file *f, int option, const struct local_options *o, union value *v)
{
    switch (option) {
    case SO_LINGER:
        memcpy(v->linger, o->linger, sizeof(v->linger));
        return sizeof(v->linger);
    case SO_PEERCRED:
        v->cred = local_peer_cred(f);
        return sizeof(v->cred);
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW:
        v->time = time_of(o->receive_ns);
        return sizeof(v->time);
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW:
        v->time = time_of(o->send_ns);
        return sizeof(v->time);
    default:
        return 0;
    }
}

static int get_number(struct file *f, int option, const struct local_options *o, int32_t *value)
{
    switch (option) {
    case SO_TYPE:
        *value = local_type(f);
        return 0;
    case SO_ERROR:
        *value = local_take_error(f);
        return 0;
    case SO_SNDBUF:
        *value = (int32_t)o->send_buffer;
        return 0;
    case SO_RCVBUF:
        *value = (int32_t)o->receive_buffer;
        return 0;
    case SO_PRIORITY:
        *value = o->priority;
        return 0;
    case SO_PASSCRED:
        *value = o->pass_cred;
        return 0;
    case SO_RCVLOWAT:
        *value = o->low_water;
        return 0;
    case SO_SNDLOWAT:
        *value = 1;
        return 0;
    case SO_ACCEPTCONN:
        *value = local_is_listening(f);
        return 0;
    case SO_DOMAIN:
        *value = AF_UNIX;
        return 0;
    case SO_PROTOCOL:
    case SO_REUSEPORT:
        *value = 0;
        return 0;
    default:
        *value = is_toggle(option) ? o->others >> option & 1 : 0;
        return is_toggle(option) ? 0 : -ENOPROTOOPT;
    }
}

static int get_option(struct file *f, int option, union value *v, size_t *len)
{
    struct local_options o;
    local_get_options(f, &o);
    *len = get_long(f, option, &o, v);
    if (*len)
        return 0;
    *len = sizeof(v->number);
    return get_number(f, option, &o, &v->number);
}

static int put_option(struct file *f, int level, int option, vaddr_t va, vaddr_t len_va)
{
    union value v;
    int32_t     room;
    size_t      len;
    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (uaccess_read(&room, len_va, sizeof(room)))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    int err = get_option(f, option, &v, &len);
    if (err)
        return err;
    room = (int32_t)size_min((size_t)room, len);
    if (uaccess_write(va, &v, (size_t)room))
        return -EFAULT;
    return uaccess_write(len_va, &room, sizeof(room));
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

/* --- setting ------------------------------------------------------------------------------- */

/* A limit of no time is none; one below zero does not wait at all, for which there is the shortest one. */
static int set_time(vaddr_t va, size_t len, uint64_t *ns)
{
    struct abi_timeval64 t;
    if (len < sizeof(t))
        return -EINVAL;
    if (uaccess_read(&t, va, sizeof(t)))
        return -EFAULT;
    if (t.usec < 0 || t.usec >= 1000000)
        return -EDOM;
    bool fits = (uint64_t)t.sec < UINT64_MAX / NS_PER_SEC - 1;
    if (t.sec < 0)
        *ns = 0;
    else if ((t.sec == 0 && t.usec == 0) || !fits)
        *ns = WAIT_FOREVER;
    else
        *ns = (uint64_t)t.sec * NS_PER_SEC + (uint64_t)t.usec * NS_PER_USEC;
    return 0;
}

/* Linux counts what messages cost it, and so takes twice what is asked for. */
static uint32_t buffer_size(int32_t value, uint32_t least, uint32_t most)
{
    uint32_t size = (uint32_t)value < most ? (uint32_t)value : most;
    return size * 2 > least ? size * 2 : least;
}

static int set_number(struct local_options *o, int option, int32_t value)
{
    switch (option) {
    case SO_SNDBUF:
        o->send_buffer = buffer_size(value, SEND_BUFFER_MIN, LOCAL_BUFFER);
        return 0;
    case SO_RCVBUF:
        o->receive_buffer = buffer_size(value, RECEIVE_BUFFER_MIN, LOCAL_BUFFER);
        return 0;
    case SO_SNDBUFFORCE:
        o->send_buffer = buffer_size(value < 0 ? 0 : value, SEND_BUFFER_MIN, INT32_MAX / 2);
        return 0;
    case SO_RCVBUFFORCE:
        o->receive_buffer = buffer_size(value < 0 ? 0 : value, RECEIVE_BUFFER_MIN, INT32_MAX / 2);
        return 0;
    case SO_PRIORITY:
        o->priority = value;
        return 0;
    case SO_PASSCRED:
        o->pass_cred = value != 0;
        return 0;
    case SO_RCVLOWAT:
        o->low_water = value < 0 ? INT32_MAX : value ? value : 1;
        return 0;
    case SO_REUSEPORT:
        return value ? -EOPNOTSUPP : 0;
    default:
        if (!is_toggle(option))
            return -ENOPROTOOPT;
        o->others = (o->others & ~(1u << option)) | (uint32_t)(value != 0) << option;
        return 0;
    }
}

static int set_linger(vaddr_t va, size_t len, int32_t linger[2])
{
    int32_t given[2];
    if (len < sizeof(given))
        return -EINVAL;
    if (uaccess_read(given, va, sizeof(given)))
        return -EFAULT;
    linger[0] = given[0] != 0;
    if (given[0])
        linger[1] = given[1];
    return 0;
}

static int set_option(struct local_options *o, int option, vaddr_t va, size_t len)
{
    int32_t value;
    if (len < sizeof(value))
        return -EINVAL;
    if (uaccess_read(&value, va, sizeof(value)))
        return -EFAULT;
    switch (option) {
    case SO_LINGER:
        return set_linger(va, len, o->linger);
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW:
        return set_time(va, len, &o->receive_ns);
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW:
        return set_time(va, len, &o->send_ns);
    default:
        return set_number(o, option, value);
    }
}

static int take_option(struct file *f, int level, int option, vaddr_t va, int len)
{
    struct local_options o;
    if (len < 0)
        return -EINVAL;
    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    local_get_options(f, &o);
    int err = set_option(&o, option, va, (size_t)len);
    if (!err)
        local_set_options(f, &o);
    return err;
}

int64_t sys_setsockopt(const uint64_t *a)
{
    struct file *f;
    int          err = socket_of((int)a[0], &f);
    if (err)
        return err;
    err = take_option(f, (int)a[1], (int)a[2], a[3], (int)a[4]);
    file_put(f);
    return err;
}
