/* SPDX-License-Identifier: Apache-2.0 */
/* strace_args.c - one printer for each kind of argument: the table at the end. Numbers, names, bytes
 * and arrays are printed here, what has parts of its own in the files that strace_impl.h lists.
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

static void p_nothing(struct text *t, const struct strace_call *c, unsigned i)
{
    (void)t;
    (void)c;
    (void)i;
}

static void p_int(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%d", (int)c->a[i]);
}

static void p_uint(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%u", (unsigned)c->a[i]);
}

static void p_long(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%ld", (long)c->a[i]);
}

static void p_size(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%lu", (unsigned long)c->a[i]);
}

static void p_hex(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%#lx", (unsigned long)c->a[i]);
}

static void p_ptr(struct text *t, const struct strace_call *c, unsigned i)
{
    text_ptr(t, c->a[i]);
}

static void p_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    text_printf(t, "%#03o", (unsigned)c->a[i]);
}

/* (uid_t)-1 means none. */
static void p_uid(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t id = (uint32_t)c->a[i];
    if (id == UINT32_MAX)
        text_str(t, "-1");
    else
        text_printf(t, "%u", id);
}

/* Only device files have a number. */
static void p_dev(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t dev = (uint32_t)c->a[i], type = (uint32_t)c->a[i - 1] & S_IFMT;
    if (type == S_IFCHR || type == S_IFBLK)
        text_dev(t, dev);
}

static void p_dirfd(struct text *t, const struct strace_call *c, unsigned i)
{
    if ((int)c->a[i] == AT_FDCWD)
        text_str(t, "AT_FDCWD");
    else
        p_int(t, c, i);
}

static void p_signal(struct text *t, const struct strace_call *c, unsigned i)
{
    text_signal(t, (int)c->a[i]);
}

/* --- names ------------------------------------------------------------------------------- */

static void p_open_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    text_open_flags(t, (uint32_t)c->a[i]);
}

static void p_open_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i - 1];
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
        p_mode(t, c, i);
}

static void p_mmap_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t flags = (uint32_t)c->a[i];
    text_value(t, &names_mmap_types, flags & MAP_TYPE);
    if (flags & ~(uint32_t)MAP_TYPE) {
        text_str(t, "|");
        text_flags(t, &names_mmap_flags, flags & ~(uint32_t)MAP_TYPE);
    }
}

static void p_file_mode(struct text *t, const struct strace_call *c, unsigned i)
{
    text_file_mode(t, (uint32_t)c->a[i]);
}

/* The kind of synchronization is a number among the flags, and 0 has a name. */
static void p_statx_flags(struct text *t, const struct strace_call *c, unsigned i)
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

static void p_path(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], PATH_SHOWN);
}

static void p_str(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_string(t, c->a[i], STRACE_SHOWN);
}

static void p_bytes(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_bytes(t, c->a[i], c->a[i + 1]);
}

static void p_out_bytes(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_bytes(t, c->a[i], size_min((uint64_t)c->result, c->a[i + 1]));
}

static void p_out_random(struct text *t, const struct strace_call *c, unsigned i)
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

static void p_in_size(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_size, NULL);
}

/* [3] => [13] */
static void p_inout_size(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t now;
    if (!strace_read(t, c->a[i], &now, sizeof(now)))
        return;
    text_printf(t, "[%lu]", (unsigned long)c->before);
    if (!strace_failed(c) && now != c->before)
        text_printf(t, " => [%lu]", (unsigned long)now);
}

static void p_in_gids(struct text *t, const struct strace_call *c, unsigned i)
{
    uint32_t count = (uint32_t)c->a[i - 1];
    if (count <= NGROUPS_MAX)
        strace_array(t, c->a[i], count, sizeof(uint32_t), print_uint, NULL);
    else
        text_ptr(t, c->a[i]); /* the call fails */
}

static void p_out_fds(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 2, sizeof(int32_t), print_int, NULL);
}

static void p_out_gids(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], (uint64_t)c->result, sizeof(uint32_t), print_uint, NULL);
}

static void p_out_int(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint32_t), print_uint, NULL);
}

static void p_out_ptr(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_ptr, NULL);
}

static void p_out_size(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 1, sizeof(uint64_t), print_size, NULL);
}

static void p_out_mincore(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t pages = c->a[1] / PAGE_SIZE + (c->a[1] % PAGE_SIZE != 0);
    strace_array(t, c->a[i], pages, 1, print_present, NULL);
}

/* --- the table --------------------------------------------------------------------------- */

static void p_flags(struct text *t, const struct strace_call *c, unsigned i);
static void p_value(struct text *t, const struct strace_call *c, unsigned i);

enum when {
    BEFORE,   /* when the call begins */
    AFTER,    /* when it is over */
    IF_FILLED /* then, and by its address if the call failed */
};

struct kind {
    strace_printer     *print;
    const struct names *names; /* for p_flags and p_value */
    enum when           when;
    strace_predicate   *late; /* if not NULL: says whether it is AFTER in this call, else BEFORE */
};

#define VALUE(list)                          \
    {                                        \
        p_value, &names_##list, BEFORE, NULL \
    }
#define FLAGS(list)                          \
    {                                        \
        p_flags, &names_##list, BEFORE, NULL \
    }
#define IN(printer)                 \
    {                               \
        printer, NULL, BEFORE, NULL \
    }
#define LATE(printer)              \
    {                              \
        printer, NULL, AFTER, NULL \
    }
#define OUT(printer)                   \
    {                                  \
        printer, NULL, IF_FILLED, NULL \
    }
#define DEPENDS(printer, late)      \
    {                               \
        printer, NULL, BEFORE, late \
    }

static const struct kind kinds[A_KINDS] = {
    [A_INT] = IN(p_int),
    [A_UINT] = IN(p_uint),
    [A_LONG] = IN(p_long),
    [A_SIZE] = IN(p_size),
    [A_HEX] = IN(p_hex),
    [A_OCTAL] = IN(p_mode),
    [A_PTR] = IN(p_ptr),
    [A_UID] = IN(p_uid),
    [A_DEV] = IN(p_dev),
    [A_FD] = IN(p_int),
    [A_DIRFD] = IN(p_dirfd),
    [A_SIGNAL] = IN(p_signal),
    [A_SKIP] = IN(p_nothing),

    [A_ACCESS_FLAGS] = FLAGS(access_flags),
    [A_ACCESS_MODE] = FLAGS(access_modes),
    [A_AT_FLAGS] = FLAGS(at_flags),
    [A_CLOCK] = VALUE(clocks),
    [A_CLONE_FLAGS] = FLAGS(clone_flags),
    [A_CLOSE_RANGE_FLAGS] = FLAGS(close_range_flags),
    [A_DUP_FLAGS] = FLAGS(open_flags),
    [A_EPOLL_FLAGS] = FLAGS(epoll_flags),
    [A_EPOLL_OP] = VALUE(epoll_ops),
    [A_EVENTFD_FLAGS] = FLAGS(eventfd_flags),
    [A_FADVICE] = VALUE(fadvices),
    [A_FALLOC_MODE] = FLAGS(falloc_modes),
    [A_FCNTL_CMD] = VALUE(fcntl_cmds),
    [A_FILE_MODE] = IN(p_file_mode),
    [A_FLOCK_OP] = FLAGS(flock_ops),
    [A_FUTEX_OP] = IN(strace_p_futex_op),
    [A_GETRANDOM_FLAGS] = FLAGS(getrandom_flags),
    [A_IOCTL_CMD] = IN(strace_p_ioctl_cmd),
    [A_ITIMER] = VALUE(itimers),
    [A_ID_TYPE] = VALUE(id_types),
    [A_MADVICE] = VALUE(madvices),
    [A_MCL_FLAGS] = FLAGS(mcl_flags),
    [A_MEMBARRIER_CMD] = VALUE(membarrier_cmds),
    [A_MEMFD_FLAGS] = FLAGS(memfd_flags),
    [A_MLOCK_FLAGS] = FLAGS(mlock_flags),
    [A_MMAP_FLAGS] = IN(p_mmap_flags),
    [A_MODE] = IN(p_mode),
    [A_MREMAP_FLAGS] = FLAGS(mremap_flags),
    [A_MSG_FLAGS] = FLAGS(msg_flags),
    [A_MSYNC_FLAGS] = FLAGS(msync_flags),
    [A_OPEN_FLAGS] = IN(p_open_flags),
    [A_OPEN_MODE] = IN(p_open_mode),
    [A_PRCTL_OP] = VALUE(prctl_ops),
    [A_PRIORITY_WHICH] = VALUE(priority_whichs),
    [A_PROT] = FLAGS(prot_flags),
    [A_RENAME_FLAGS] = FLAGS(rename_flags),
    [A_RLIMIT] = VALUE(rlimits),
    [A_RUSAGE_WHO] = VALUE(rusage_whos),
    [A_RWF_FLAGS] = FLAGS(rwf_flags),
    [A_SCHED_POLICY] = VALUE(sched_policies),
    [A_SHUTDOWN_HOW] = VALUE(shutdown_hows),
    [A_SIG_HOW] = VALUE(sig_hows),
    [A_SOCKET_FAMILY] = VALUE(socket_families),
    [A_SOCKET_FLAGS] = FLAGS(socket_flags),
    [A_SOCKET_LEVEL] = VALUE(socket_levels),
    [A_SOCKET_OPTION] = IN(strace_p_socket_option),
    [A_SOCKET_PROTOCOL] = IN(strace_p_socket_protocol),
    [A_SOCKET_TYPE] = IN(strace_p_socket_type),
    [A_STATX_FLAGS] = IN(p_statx_flags),
    [A_STATX_MASK] = FLAGS(statx_masks),
    [A_TIMER_FLAGS] = FLAGS(timer_flags),
    [A_UNLINK_FLAGS] = FLAGS(unlink_flags),
    [A_WAIT_OPTIONS] = FLAGS(wait_options),
    [A_WHENCE] = VALUE(whences),

    [A_PATH] = IN(p_path),
    [A_STR] = IN(p_str),
    [A_BYTES] = IN(p_bytes),
    [A_OUT_BYTES] = OUT(p_out_bytes),
    [A_OUT_RANDOM] = OUT(p_out_random),
    [A_OUT_STR] = OUT(p_path),
    [A_IOVEC] = IN(strace_p_iovec),
    [A_OUT_IOVEC] = LATE(strace_p_out_iovec),

    [A_IN_GIDS] = IN(p_in_gids),
    [A_IN_SIZE] = IN(p_in_size),
    [A_INOUT_SIZE] = LATE(p_inout_size),
    [A_OUT_FDS] = OUT(p_out_fds),
    [A_OUT_GIDS] = OUT(p_out_gids),
    [A_OUT_INT] = OUT(p_out_int),
    [A_OUT_PTR] = OUT(p_out_ptr),
    [A_OUT_SIZE] = OUT(p_out_size),
    [A_OUT_MINCORE] = OUT(p_out_mincore),
    [A_CPUS] = IN(strace_p_cpus),
    [A_OUT_CPUS] = OUT(strace_p_cpus),

    [A_CLONE_ARGS] = LATE(strace_p_clone_args),
    [A_FDSET] = IN(strace_p_fdset),
    [A_ITIMERVAL] = IN(strace_p_itimerval),
    [A_MSGHDR] = IN(strace_p_msghdr),
    [A_OUT_DIRENTS] = OUT(strace_p_dirents),
    [A_OUT_ITIMERVAL] = OUT(strace_p_itimerval),
    [A_OUT_MSGHDR] = LATE(strace_p_out_msghdr),
    [A_OUT_RLIMIT] = OUT(strace_p_rlimit),
    [A_OUT_RUSAGE] = OUT(strace_p_rusage),
    [A_OUT_SIGACTION] = OUT(strace_p_sigaction),
    [A_OUT_SIGINFO] = OUT(strace_p_siginfo),
    [A_OUT_SIGSET] = OUT(strace_p_sigset),
    [A_OUT_SIGSTACK] = OUT(strace_p_sigstack),
    [A_OUT_SOCKADDR] = OUT(strace_p_out_sockaddr),
    [A_OUT_STAT] = OUT(strace_p_stat),
    [A_OUT_STATFS] = OUT(strace_p_statfs),
    [A_OUT_STATX] = OUT(strace_p_statx),
    [A_OUT_SYSINFO] = OUT(strace_p_sysinfo),
    [A_OUT_TIMESPEC] = OUT(strace_p_timespec),
    [A_OUT_TIMEVAL] = OUT(strace_p_timeval),
    [A_OUT_TMS] = OUT(strace_p_tms),
    [A_OUT_UTSNAME] = OUT(strace_p_utsname),
    [A_POLLFDS] = IN(strace_p_pollfds),
    [A_RLIMIT_VALUE] = IN(strace_p_rlimit),
    [A_SELECT_MASK] = IN(strace_p_select_mask),
    [A_SIGACTION] = IN(strace_p_sigaction),
    [A_SIGINFO] = IN(strace_p_siginfo),
    [A_SIGSET] = IN(strace_p_sigset),
    [A_SIGSTACK] = IN(strace_p_sigstack),
    [A_SOCKADDR] = IN(strace_p_sockaddr),
    [A_SOCKLEN] = LATE(strace_p_socklen),
    [A_TIMESPEC] = IN(strace_p_timespec),
    [A_TIMESPECS] = IN(strace_p_timespecs),
    [A_TIMEVAL] = IN(strace_p_timeval),

    [A_CLONE] = LATE(strace_p_clone),
    [A_FCNTL_ARG] = DEPENDS(strace_p_fcntl_arg, strace_fcntl_fills),
    [A_FUTEX_PTR2] = IN(strace_p_futex_ptr2),
    [A_FUTEX_TIMEOUT] = IN(strace_p_futex_timeout),
    [A_FUTEX_VALUE] = IN(strace_p_futex_value),
    [A_FUTEX_VALUE3] = IN(strace_p_futex_value3),
    [A_IOCTL_ARG] = DEPENDS(strace_p_ioctl_arg, strace_ioctl_fills),
    [A_MREMAP_TO] = IN(strace_p_mremap_to),
    [A_OPTION_VALUE] = IN(strace_p_option_value),
    [A_OUT_OPTION_VALUE] = OUT(strace_p_out_option_value),
    [A_PRCTL_ARG] = DEPENDS(strace_p_prctl_arg, strace_prctl_fills),
    [A_PRCTL_MORE] = IN(strace_p_prctl_more),
    [A_REMAINING] = LATE(strace_p_remaining),
    [A_RESUMED] = IN(strace_p_resumed),
    [A_SIGRETURN] = IN(strace_p_sigreturn),
};

static const struct names *names_of(const struct strace_call *c, unsigned i)
{
    return kinds[c->sc->kinds[i]].names;
}

static void p_flags(struct text *t, const struct strace_call *c, unsigned i)
{
    text_flags(t, names_of(c, i), (uint32_t)c->a[i]);
}

static void p_value(struct text *t, const struct strace_call *c, unsigned i)
{
    text_value(t, names_of(c, i), (uint32_t)c->a[i]);
}

bool strace_is_late(const struct strace_call *c, unsigned i)
{
    const struct kind *kind = &kinds[c->sc->kinds[i]];
    return kind->late ? kind->late(c) : kind->when != BEFORE;
}

void strace_arg(struct text *t, const struct strace_call *c, unsigned i)
{
    const struct kind *kind = &kinds[c->sc->kinds[i]];
    if (kind->when == IF_FILLED && (!c->a[i] || strace_failed(c)))
        text_ptr(t, c->a[i]);
    else
        kind->print(t, c, i);
}
