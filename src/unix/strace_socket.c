/* SPDX-License-Identifier: Apache-2.0 */
/* strace_socket.c - arguments of calls on sockets. See strace_impl.h. */
#include "fs/local.h"
#include "kernel/uaccess.h"
#include "lib/string.h"
#include "unix/abi.h"
#include "unix/strace_impl.h"

#define AF_INET     2
#define AF_INET6    10
#define ADDRESS_MAX 128u
#define TYPE_MASK   0xfu

/* --- making them ------------------------------------------------------------------------- */

void strace_p_socket_type(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t type = (uint32_t)c->a[i] & TYPE_MASK, flags = (uint32_t)c->a[i] & ~TYPE_MASK;
    if (type)
        text_value(t, &names_socket_types, type);
    else
        text_str(t, "0");
    if (flags) {
        text_str(t, "|");
        text_flags(t, &names_socket_flags, flags);
    }
}

/* Families number their protocols themselves. */
void strace_p_socket_protocol(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t family = (uint32_t)c->a[0];
    if (family == AF_INET || family == AF_INET6)
        text_value(t, &names_ip_protocols, (uint32_t)c->a[i]);
    else
        text_printf(t, "%u", (unsigned)c->a[i]);
}

/* --- addresses --------------------------------------------------------------------------- */

/* Its end is that of the address, if it has no NUL. */
static void print_path(struct text *t, uint64_t va, uint64_t len)
{
    char path[ADDRESS_MAX];
    if (!strace_read(t, va, path, len))
        return;
    text_str(t, "\"");
    text_escaped(t, path, strnlen(path, len), -1);
    text_str(t, "\"");
}

static void print_unix_address(struct text *t, uint64_t va, uint64_t len)
{
    char first;
    if (len <= 2)
        return;
    text_str(t, ", sun_path=");
    if (uaccess_read(&first, va + 2, 1) == 0 && !first) { /* an abstract name */
        text_str(t, "@");
        strace_bytes(t, va + 3, len - 3);
        return;
    }
    print_path(t, va + 2, len - 2);
}

static void print_inet_address(struct text *t, const uint8_t *a, uint64_t len)
{
    if (len >= 8)
        text_printf(t, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")",
                    (unsigned)a[2] << 8 | a[3], a[4], a[5], a[6], a[7]);
}

static void print_address(struct text *t, uint64_t va, uint64_t len)
{
    union {
        uint16_t family;
        uint8_t  bytes[8];
    } a;
    bool given = va && (int)len >= (int)sizeof(a.family);
    len = size_min(len, ADDRESS_MAX);
    if (!given) {
        text_ptr(t, va);
        return;
    }
    if (!strace_read(t, va, &a, size_min(len, sizeof(a))))
        return;
    text_str(t, "{sa_family=");
    text_value(t, &names_socket_families, a.family);
    if (a.family == AF_UNIX) {
        print_unix_address(t, va, len);
    } else if (a.family == AF_INET) {
        print_inet_address(t, a.bytes, len);
    } else if (len > 2) {
        text_str(t, ", sa_data=");
        strace_bytes(t, va + 2, len - 2);
    }
    text_str(t, "}");
}

void strace_p_sockaddr(struct text *t, const struct strace_call *c, unsigned i)
{
    print_address(t, c->a[i], (uint32_t)c->a[i + 1]);
}

/* Of an address that did not fit, what there was room for. */
void strace_p_out_sockaddr(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t len;
    if (c->a[i + 1] && !uaccess_read32(c->a[i + 1], &len))
        print_address(t, c->a[i], size_min(len, c->before));
    else
        text_ptr(t, c->a[i]);
}

/* [110 => 2], or [2] if it is unchanged */
void strace_p_socklen(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t len;
    if (!strace_read(t, c->a[i], &len, sizeof(len)))
        return;
    if (strace_failed(c) || len == c->before)
        text_printf(t, "[%d]", (int)c->before);
    else
        text_printf(t, "[%d => %d]", (int)c->before, (int)len);
}

/* --- messages ---------------------------------------------------------------------------- */

static void print_fd(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_printf(t, "%d", *(const int32_t *)element);
}

static void print_cred(struct text *t, uint64_t va, uint64_t len)
{
    struct local_cred c;
    if (len < sizeof(c))
        text_ptr(t, va);
    else if (strace_read(t, va, &c, sizeof(c)))
        text_printf(t, "{pid=%d, uid=%d, gid=%d}", c.pid, (int)c.uid, (int)c.gid);
}

static void print_control_message(struct text *t, uint64_t va, const struct abi_cmsghdr *m)
{
    uint64_t data = va + sizeof(*m), len = m->len - sizeof(*m);

    text_printf(t, "{cmsg_len=%lu, cmsg_level=", (unsigned long)m->len);
    text_value(t, &names_socket_levels, (uint32_t)m->level);
    if (m->level == SOL_SOCKET && m->type == SCM_RIGHTS) {
        text_str(t, ", cmsg_type=SCM_RIGHTS, cmsg_data=");
        strace_array(t, data, len / sizeof(int32_t), sizeof(int32_t), print_fd, NULL);
    } else if (m->level == SOL_SOCKET && m->type == SCM_CREDENTIALS) {
        text_str(t, ", cmsg_type=SCM_CREDENTIALS, cmsg_data=");
        print_cred(t, data, len);
    } else {
        text_printf(t, ", cmsg_type=%#x", (unsigned)m->type);
    }
    text_str(t, "}");
}

#define CONTROL_SHOWN 256 /* bytes of control messages */

static void print_control(struct text *t, uint64_t va, uint64_t len)
{
    struct abi_cmsghdr m;
    uint64_t           at = va, end = va + size_min(len, CONTROL_SHOWN);

    text_str(t, ", msg_control=");
    if (len < sizeof(m)) {
        text_ptr(t, va);
        return;
    }
    text_str(t, "[");
    while (end - at >= sizeof(m) && !uaccess_read(&m, at, sizeof(m)) && m.len >= sizeof(m)) {
        text_str(t, at == va ? "" : ", ");
        print_control_message(t, at, &m);
        if (m.len > end - at)
            break;
        at += size_min(ALIGN_UP(m.len, 8ul), end - at);
    }
    text_str(t, "]");
}

/* Of what was not received only this is known. */
static void print_no_message(struct text *t, uint64_t va)
{
    struct abi_msghdr m;
    if (strace_read(t, va, &m, sizeof(m)))
        text_printf(t, "{msg_namelen=%d}", m.namelen);
}

static void print_header(struct text *t, const struct abi_msghdr *m, int64_t moved)
{
    text_str(t, "{msg_name=");
    print_address(t, m->name, (uint32_t)m->namelen);
    text_printf(t, ", msg_namelen=%d, msg_iov=", m->namelen);
    strace_iovecs(t, m->iov, m->iovlen, moved);
    text_printf(t, ", msg_iovlen=%lu", (unsigned long)m->iovlen);
    if (m->control && m->controllen)
        print_control(t, m->control, m->controllen);
    text_printf(t, ", msg_controllen=%lu, msg_flags=", (unsigned long)m->controllen);
    text_flags(t, &names_msg_flags, m->flags);
    text_str(t, "}");
}

static void print_message(struct text *t, uint64_t va, int64_t moved)
{
    struct abi_msghdr m;
    if (strace_read(t, va, &m, sizeof(m)))
        print_header(t, &m, moved);
}

/* Of many; each has its length beside it, once it was moved. arg: whether they were. */
static void print_one_of_many(struct text *t, const void *element, void *arg)
{
    const struct abi_mmsghdr *m = element;
    const bool               *moved = arg;
    text_str(t, "{msg_hdr=");
    print_header(t, &m->hdr, *moved ? (int64_t)m->len : INT64_MAX);
    if (*moved)
        text_printf(t, ", msg_len=%u", m->len);
    text_str(t, "}");
}

static void print_many(struct text *t, uint64_t va, uint64_t count, bool moved)
{
    strace_array(t, va, count, sizeof(struct abi_mmsghdr), print_one_of_many, &moved);
}

void strace_p_mmsghdrs(struct text *t, const struct strace_call *c, unsigned i)
{
    bool failed = strace_failed(c);
    print_many(t, c->a[i], failed ? (uint32_t)c->a[i + 1] : (uint64_t)c->result, !failed);
}

void strace_p_out_mmsghdrs(struct text *t, const struct strace_call *c, unsigned i)
{
    if (strace_failed(c))
        text_ptr(t, c->a[i]);
    else
        print_many(t, c->a[i], (uint64_t)c->result, true);
}

void strace_p_msghdr(struct text *t, const struct strace_call *c, unsigned i)
{
    print_message(t, c->a[i], INT64_MAX);
}

void strace_p_out_msghdr(struct text *t, const struct strace_call *c, unsigned i)
{
    if (strace_failed(c))
        print_no_message(t, c->a[i]);
    else
        print_message(t, c->a[i], c->result);
}

/* --- options ----------------------------------------------------------------------------- */

void strace_p_socket_option(struct text *t, const struct strace_call *c, unsigned i)
{
    if ((int)c->a[1] == SOL_SOCKET)
        text_value(t, &names_socket_options, (uint32_t)c->a[i]);
    else
        text_printf(t, "%#x", (unsigned)c->a[i]);
}

#define SO_LINGER   13
#define SO_PEERCRED 17

/* Nearly all options are one int. */
static void print_option(struct text *t, const struct strace_call *c, uint64_t va, uint64_t len)
{
    int32_t value, linger[2];
    bool    socket = (int)c->a[1] == SOL_SOCKET;
    if (socket && (int)c->a[2] == SO_PEERCRED)
        print_cred(t, va, len);
    else if (socket && (int)c->a[2] == SO_LINGER && len == sizeof(linger)) {
        if (strace_read(t, va, linger, sizeof(linger)))
            text_printf(t, "{l_onoff=%d, l_linger=%d}", linger[0], linger[1]);
    } else if (len < sizeof(value))
        text_ptr(t, va);
    else if (len > sizeof(value))
        strace_bytes(t, va, len);
    else if (strace_read(t, va, &value, sizeof(value)))
        text_printf(t, "[%d]", value);
}

void strace_p_option_value(struct text *t, const struct strace_call *c, unsigned i)
{
    print_option(t, c, c->a[i], (uint32_t)c->a[i + 1]);
}

void strace_p_out_option_value(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t len;
    if (c->a[i + 1] && !uaccess_read32(c->a[i + 1], &len))
        print_option(t, c, c->a[i], len);
    else
        text_ptr(t, c->a[i]);
}
