/* SPDX-License-Identifier: Apache-2.0 */
/* strace_args.c - arguments that are numbers, names, bytes or arrays. See strace_impl.h.
 *
 * A register may hold garbage above an argument of 32 bits: such are cut to their type first.
 */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/abi.h"
#include "unix/strace_impl.h"

#define PATH_SHOWN  4096 /* paths are not shortened */
#define NGROUPS_MAX 65536

/* --- numbers ----------------------------------------------------------------------------- */

void strace_p_nothing(struct text *t, const struct strace_call *c, unsigned i)
{
    (void)t;
    (void)c;
    (void)i;
}

void strace_p_int(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%d", (int)c->a[i]);
}

void strace_p_uint(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%u", (unsigned)c->a[i]);
}

void strace_p_long(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%ld", (long)c->a[i]);
}

void strace_p_size(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%lu", (unsigned long)c->a[i]);
}

void strace_p_hex(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%#lx", (unsigned long)c->a[i]);
}

void strace_p_ptr(struct text *t, const struct strace_call *c, unsigned i)
{
    text_ptr(t, c->a[i]);
}

void strace_p_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%#03o", (unsigned)c->a[i]);
}

/* (uid_t)-1 means none. */
void strace_p_uid(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t id = (uint32_t)c->a[i];
    if (id == UINT32_MAX)
        text_str(t, "-1");
    else
        text_printf(t, "%u", id);
}

/* Only device files have a number. */
void strace_p_dev(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t dev = (uint32_t)c->a[i], type = (uint32_t)c->a[i - 1] & S_IFMT;
    if (type == S_IFCHR || type == S_IFBLK)
        text_dev(t, dev);
}

void strace_p_dirfd(struct text *t, const struct strace_call *c, unsigned i)
{
    if ((int)c->a[i] == AT_FDCWD)
        text_str(t, "AT_FDCWD");
    else
        strace_p_int(t, c, i);
}

void strace_p_signal(struct text *t, const struct strace_call *c, unsigned i)
{
    text_signal(t, (int)c->a[i]);
}

/* --- names ------------------------------------------------------------------------------- */

void strace_p_open_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    text_open_flags(t, (uint32_t)c->a[i]);
}

void strace_p_open_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i - 1];
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
        strace_p_mode(t, c, i);
}

void strace_p_mmap_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i];
    text_value(t, &names_mmap_types, flags & MAP_TYPE);
    if (flags & ~(uint32_t)MAP_TYPE) {
        text_str(t, "|");
        text_flags(t, &names_mmap_flags, flags & ~(uint32_t)MAP_TYPE);
    }
}

void strace_p_ipc_key(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t key = (uint32_t)c->a[i];
    if (key)
        text_printf(t, "%#x", key);
    else
        text_str(t, "IPC_PRIVATE");
}

/* IPC_CREAT|0600 */
void strace_p_ipc_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i], mode = flags & 0777;
    if (flags != mode)
        text_flags(t, &names_ipc_flags, flags & ~0777u);
    if (mode)
        text_printf(t, "%s%#03o", flags != mode ? "|" : "", mode);
    else if (!flags)
        text_str(t, "0");
}

void strace_p_mq_attr(struct text *t, const struct strace_call *c, unsigned i)
{
    int64_t attr[8]; /* struct mq_attr: flags, maximum, size, how many there are */
    if (!strace_read(t, c->a[i], attr, sizeof(attr)))
        return;
    text_str(t, "{mq_flags=");
    text_open_flags(t, (uint32_t)attr[0]);
    text_printf(t, ", mq_maxmsg=%ld, mq_msgsize=%ld, mq_curmsgs=%ld}", (long)attr[1], (long)attr[2],
                (long)attr[3]);
}

void strace_p_open_how(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t how[3]; /* struct open_how: flags, mode, resolve */
    if (!strace_read(t, c->a[i], how, sizeof(how)))
        return;
    text_str(t, "{flags=");
    text_open_flags(t, (uint32_t)how[0]);
    if (how[0] & O_CREAT || (how[0] & O_TMPFILE) == O_TMPFILE)
        text_printf(t, ", mode=%#03o", (unsigned)how[1]);
    text_str(t, ", resolve=");
    text_flags(t, &names_resolve_flags, how[2]);
    text_str(t, "}");
}

static void print_sembuf(struct text *t, const void *element, void *arg)
{
    const uint16_t *op = element; /* struct sembuf: number, operation, flags */
    (void)arg;
    text_printf(t, "{sem_num=%u, sem_op=%d, sem_flg=", op[0], (int16_t)op[1]);
    text_flags(t, &names_sem_flags, op[2]);
    text_str(t, "}");
}

void strace_p_sembufs(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], (uint32_t)c->a[i + 1], 3 * sizeof(uint16_t), print_sembuf, NULL);
}

void strace_p_file_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    text_file_mode(t, (uint32_t)c->a[i]);
}

/* The kind of synchronization is a number among the flags, and 0 has a name. */
void strace_p_statx_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i];
    if (!(flags & AT_STATX_SYNC_TYPE))
        text_str(t, flags ? "AT_STATX_SYNC_AS_STAT|" : "AT_STATX_SYNC_AS_STAT");
    if (flags)
        text_flags(t, &names_statx_flags, flags);
}

/* --- memory ------------------------------------------------------------------------------ */

bool strace_read(struct text *t, uint64_t va, void *dst, size_t len)
{
    if (va && !uaccess_read(dst, va, len))
        return true;
    text_ptr(t, va);
    return false;
}

typedef void escape_fn(struct text *t, const char *s, size_t len);

static void escape_plain(struct text *t, const char *s, size_t len)
{
    text_escaped(t, s, len, -1);
}

static void quote_bytes(struct text *t, uint64_t va, uint64_t len, escape_fn *escape)
{
    char   bytes[STRACE_SHOWN];
    size_t n = size_min(len, sizeof(bytes));

    if (!n && va) {
        text_str(t, "\"\"");
        return;
    }
    if (!strace_read(t, va, bytes, n))
        return;
    text_str(t, "\"");
    escape(t, bytes, n);
    text_str(t, n < len ? "\"..." : "\"");
}

void strace_bytes(struct text *t, uint64_t va, uint64_t len)
{
    quote_bytes(t, va, len, escape_plain);
}

/* Append what is at va up to a NUL or max bytes. Returns how many bytes it was; -EFAULT; or
 * -ENAMETOOLONG: there is more. Pieces overlap by a byte, since an escape depends on what follows. */
static ssize_t append_string(struct text *t, uint64_t va, size_t max)
{
    char    piece[64];
    size_t  done = 0, room;
    ssize_t n;

    for (;;) {
        room = size_min(sizeof(piece), max - done);
        n = uaccess_read_str(piece, va + done, room);
        if (n != -ENAMETOOLONG)
            break;
        bool last = done + room == max;
        text_escaped(t, piece, last ? room : room - 1, last ? -1 : (uint8_t)piece[room - 1]);
        if (last)
            return -ENAMETOOLONG;
        done += room - 1;
    }
    if (n >= 0)
        text_escaped(t, piece, (size_t)n, -1);
    return n;
}

void strace_string(struct text *t, uint64_t va, size_t max)
{
    size_t  len = t->len;
    bool    cut = t->cut;
    ssize_t n = -EFAULT;

    text_str(t, "\"");
    if (va)
        n = append_string(t, va, max);
    if (n == -EFAULT) {
        t->len = len;
        t->cut = cut;
        text_ptr(t, va);
        return;
    }
    text_str(t, n == -ENAMETOOLONG ? "\"..." : "\"");
}

void strace_array(struct text *t, uint64_t va, uint64_t count, size_t size, strace_element *print,
                  void *arg)
{
    uint64_t element[STRACE_ELEMENT / sizeof(uint64_t)]; /* aligned for any */

    if (!va || count > UINT64_MAX / size || (count && uaccess_read(element, va, size))) {
        text_ptr(t, va);
        return;
    }
    text_str(t, "[");
    for (uint64_t i = 0; i < count; i++) {
        text_str(t, i ? ", " : "");
        if (i == STRACE_SHOWN) {
            text_str(t, "...");
            break;
        }
        if (uaccess_read(element, va + i * size, size)) {
            text_printf(t, "... /* %#lx */", (unsigned long)(va + i * size));
            break;
        }
        print(t, element, arg);
    }
    text_str(t, "]");
}

void strace_p_path(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], PATH_SHOWN);
}

/* ["a", "b"] */
void strace_p_argv(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t va = c->a[i], string;
    if (!strace_read(t, va, &string, sizeof(string)))
        return;
    text_str(t, "[");
    for (unsigned n = 0; string; n++) {
        text_str(t, n ? ", " : "");
        if (n == STRACE_SHOWN) {
            text_str(t, "...");
            break;
        }
        strace_string(t, string, STRACE_SHOWN);
        va += sizeof(string);
        if (uaccess_read(&string, va, sizeof(string))) {
            text_printf(t, ", ... /* %#lx */", (unsigned long)va);
            break;
        }
    }
    text_str(t, "]");
}

/* Only how many there are. */
void strace_p_envp(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t string;
    unsigned n = 0;
    if (!strace_read(t, c->a[i], &string, sizeof(string)))
        return;
    while (string && !uaccess_read(&string, c->a[i] + ++n * sizeof(string), sizeof(string))) {
    }
    text_printf(t, "[/* %u var%s */]", n, n == 1 ? "" : "s");
}

void strace_p_str(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], STRACE_SHOWN);
}

void strace_p_bytes(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_bytes(t, c->a[i], c->a[i + 1]);
}

void strace_p_out_bytes(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_bytes(t, c->a[i], size_min((uint64_t)c->result, c->a[i + 1]));
}

void strace_p_out_random(struct text *t, const struct strace_call *c, unsigned i)
{
    quote_bytes(t, c->a[i], (uint64_t)c->result, text_hex_escaped);
}

/* --- numbers in memory ------------------------------------------------------------------- */

static void print_int(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_printf(t, "%d", *(const int32_t *)element);
}

static void print_uint(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_printf(t, "%u", *(const uint32_t *)element);
}

static void print_size(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_printf(t, "%lu", *(const unsigned long *)element);
}

static void print_ptr(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_ptr(t, *(const uint64_t *)element);
}

/* A page's presence. */
static void print_present(struct text *t, const void *element, void *arg)
{
    (void)arg;
    text_printf(t, "%u", *(const uint8_t *)element & 1);
}

void strace_p_in_size(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_size, NULL);
}

/* [3] => [13] */
void strace_p_inout_size(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t now;
    if (!strace_read(t, c->a[i], &now, sizeof(now)))
        return;
    text_printf(t, "[%lu]", (unsigned long)c->before);
    if (!strace_failed(c) && now != c->before)
        text_printf(t, " => [%lu]", (unsigned long)now);
}

void strace_p_in_gids(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t count = (uint32_t)c->a[i - 1];
    if (count <= NGROUPS_MAX)
        strace_array(t, c->a[i], count, sizeof(uint32_t), print_uint, NULL);
    else
        text_ptr(t, c->a[i]); /* the call fails */
}

void strace_p_out_fds(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 2, sizeof(int32_t), print_int, NULL);
}

void strace_p_out_gids(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], (uint64_t)c->result, sizeof(uint32_t), print_uint, NULL);
}

void strace_p_out_int(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint32_t), print_uint, NULL);
}

void strace_p_out_ptr(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_ptr, NULL);
}

void strace_p_out_size(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_size, NULL);
}

void strace_p_out_mincore(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t pages = c->a[1] / PAGE_SIZE + (c->a[1] % PAGE_SIZE != 0);
    strace_array(t, c->a[i], pages, 1, print_present, NULL);
}
