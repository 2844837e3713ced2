/* SPDX-License-Identifier: Apache-2.0 */
/* strace_struct.c - structures in the program's memory. See strace_impl.h. As strace does without
 * being asked for more, of large ones only what is asked for most is shown, and then "...". */
#include "fs/epoll.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/abi.h"
#include "unix/signal.h"
#include "unix/strace_impl.h"

/* --- files ------------------------------------------------------------------------------- */

void strace_p_stat(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_stat st;
    if (!strace_read(t, c->a[i], &st, sizeof(st)))
        return;
    text_str(t, "{st_mode=");
    text_file_mode(t, st.st_mode);
    uint32_t type = st.st_mode & S_IFMT;
    if (type == S_IFCHR || type == S_IFBLK) {
        text_str(t, ", st_rdev=");
        text_dev(t, (uint32_t)st.st_rdev);
    } else {
        text_printf(t, ", st_size=%ld", (long)st.st_size);
    }
    text_str(t, ", ...}");
}

void strace_p_statx(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_statx st;
    if (!strace_read(t, c->a[i], &st, sizeof(st)))
        return;
    text_str(t, "{stx_mask=");
    text_flags(t, &names_statx_masks, st.stx_mask);
    text_str(t, ", stx_attributes=");
    text_flags(t, &names_statx_attributes, st.stx_attributes);
    text_str(t, ", stx_mode=");
    text_file_mode(t, st.stx_mode);
    text_printf(t, ", stx_size=%lu, ...}", (unsigned long)st.stx_size);
}

void strace_p_statfs(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_statfs st;
    if (!strace_read(t, c->a[i], &st, sizeof(st)))
        return;
    text_str(t, "{f_type=");
    text_value(t, &names_statfs_types, (uint64_t)st.f_type);
    text_printf(t, ", f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, f_bavail=%lu, f_files=%lu",
                (long)st.f_bsize, (unsigned long)st.f_blocks, (unsigned long)st.f_bfree,
                (unsigned long)st.f_bavail, (unsigned long)st.f_files);
    text_printf(t, ", f_ffree=%lu, f_fsid={val=[%#x, %#x]}, f_namelen=%ld, f_frsize=%ld, f_flags=",
                (unsigned long)st.f_ffree, (unsigned)st.f_fsid[0], (unsigned)st.f_fsid[1],
                (long)st.f_namelen, (long)st.f_frsize);
    text_flags(t, &names_statfs_flags, (uint64_t)st.f_flags);
    text_str(t, "}");
}

/* How many entries lie in [va, end); false: it cannot be read. */
static bool count_entries(uint64_t va, uint64_t end, unsigned *count)
{
    struct abi_dirent64 entry;
    *count = 0;
    while (va < end) {
        if (uaccess_read(&entry, va, sizeof(entry)) || entry.d_reclen < sizeof(entry))
            return false;
        va += entry.d_reclen;
        ++*count;
    }
    return true;
}

void strace_p_dirents(struct text *t, const struct strace_call *c, unsigned i)
{
    unsigned count;
    text_ptr(t, c->a[i]);
    if (count_entries(c->a[i], c->a[i] + (uint64_t)c->result, &count))
        text_printf(t, " /* %u entries */", count);
}

/* --- vectors of buffers ------------------------------------------------------------------ */

static void print_iovec(struct text *t, const void *element, void *arg)
{
    const uint64_t *iov = element; /* struct iovec: base, length */
    uint64_t       *left = arg;    /* bytes that were moved, or are to be */
    uint64_t        shown = size_min(iov[1], *left);

    text_str(t, "{iov_base=");
    strace_bytes(t, iov[0], shown);
    text_printf(t, ", iov_len=%lu}", (unsigned long)iov[1]);
    *left -= shown;
}

static void print_iovec_addresses(struct text *t, const void *element, void *arg)
{
    const uint64_t *iov = element;
    (void)arg;
    text_str(t, "{iov_base=");
    text_ptr(t, iov[0]);
    text_printf(t, ", iov_len=%lu}", (unsigned long)iov[1]);
}

void strace_iovecs(struct text *t, uint64_t va, uint64_t count, int64_t moved)
{
    strace_array(t, va, count, 2 * sizeof(uint64_t),
                 moved < 0 ? print_iovec_addresses : print_iovec, &moved);
}

void strace_p_iovec(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_iovecs(t, c->a[i], c->a[i + 1], INT64_MAX);
}

void strace_p_out_iovec(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_iovecs(t, c->a[i], c->a[i + 1], strace_failed(c) ? -1 : c->result);
}

/* --- waiting for descriptors ------------------------------------------------------------- */

static void print_pollfd(struct text *t, const void *element, void *arg)
{
    const struct abi_pollfd *p = element;
    (void)arg;
    text_printf(t, "{fd=%d", p->fd);
    if (p->fd >= 0) {
        text_str(t, ", events=");
        text_flags(t, &names_poll_events, p->events);
    }
    text_str(t, "}");
}

void strace_p_pollfds(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], (uint32_t)c->a[i + 1], sizeof(struct abi_pollfd), print_pollfd, NULL);
}

void strace_pollfds_ready(struct text *t, uint64_t va, uint64_t count)
{
    struct abi_pollfd p;
    const char       *comma = "";

    text_str(t, "[");
    for (uint64_t i = 0; i < count && !uaccess_read(&p, va + i * sizeof(p), sizeof(p)); i++) {
        if (!p.revents)
            continue;
        text_printf(t, "%s{fd=%d, revents=", comma, p.fd);
        text_flags(t, &names_poll_events, p.revents);
        text_str(t, "}");
        comma = ", ";
    }
    text_str(t, "]");
}

static void print_epoll_event(struct text *t, const void *element, void *arg)
{
    const struct epoll_event *e = element;
    (void)arg;
    text_str(t, "{events=");
    text_flags(t, &names_epoll_events, e->events);
    text_printf(t, ", data=%#lx}", (unsigned long)e->data);
}

void strace_p_epoll_event(struct text *t, const struct strace_call *c, unsigned i)
{
    struct epoll_event e;
    if (strace_read(t, c->a[i], &e, sizeof(e)))
        print_epoll_event(t, &e, NULL);
}

void strace_p_epoll_events(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], (uint64_t)c->result, sizeof(struct epoll_event), print_epoll_event,
                 NULL);
}

#define FDSET_MAX 1024 /* what a C library's fd_set holds */

/* [0 3]: the numbers of the bits among the first count at va. */
static void print_bits(struct text *t, uint64_t va, uint64_t count)
{
    uint64_t    word = 0;
    const char *blank = "";

    text_str(t, "[");
    for (uint64_t bit = 0; bit < count; bit++) {
        if (bit % 64 == 0 && uaccess_read(&word, va + bit / 8, sizeof(word)))
            break;
        if (word >> bit % 64 & 1) {
            text_printf(t, "%s%lu", blank, (unsigned long)bit);
            blank = " ";
        }
    }
    text_str(t, "]");
}

void strace_p_fdset(struct text *t, const struct strace_call *c, unsigned i)
{
    int      nfds = (int)c->a[0];
    uint64_t probe;
    if (nfds <= 0)
        text_ptr(t, c->a[i]); /* nothing is read */
    else if (strace_read(t, c->a[i], &probe, sizeof(probe)))
        print_bits(t, c->a[i], size_min((size_t)nfds, FDSET_MAX));
}

void strace_fds_ready(struct text *t, const struct strace_call *c)
{
    static const char *const what[] = {NULL, "in", "out", "except"};
    const char              *comma = "";

    for (unsigned i = 1; i < ARRAY_LEN(what); i++) {
        if (!c->a[i])
            continue;
        text_printf(t, "%s%s ", comma, what[i]);
        strace_p_fdset(t, c, i);
        comma = ", ";
    }
}

void strace_p_cpus(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t len = c->over ? (uint64_t)c->result : c->a[1], probe;
    if (strace_read(t, c->a[i], &probe, size_min(len, sizeof(probe))))
        print_bits(t, c->a[i], size_min(len * 8, FDSET_MAX));
}

/* --- time -------------------------------------------------------------------------------- */

void strace_print_timespec(struct text *t, const struct abi_timespec *ts)
{
    text_printf(t, "{tv_sec=%ld, tv_nsec=%lu}", (long)ts->tv_sec, (unsigned long)ts->tv_nsec);
}

static void print_timeval(struct text *t, const struct abi_timeval *tv)
{
    text_printf(t, "{tv_sec=%ld, tv_usec=%lu}", (long)tv->tv_sec, (unsigned long)tv->tv_usec);
}

void strace_timespec(struct text *t, uint64_t va)
{
    struct abi_timespec ts;
    if (strace_read(t, va, &ts, sizeof(ts)))
        strace_print_timespec(t, &ts);
}

void strace_p_timespec(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_timespec(t, c->a[i]);
}

static void print_file_time(struct text *t, const void *element, void *arg)
{
    enum { UTIME_NOW = (1 << 30) - 1, UTIME_OMIT = (1 << 30) - 2 };
    const struct abi_timespec *ts = element;
    (void)arg;
    if (ts->tv_nsec == UTIME_NOW || ts->tv_nsec == UTIME_OMIT)
        text_str(t, ts->tv_nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
    else
        strace_print_timespec(t, ts);
}

void strace_p_timespecs(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], 2, sizeof(struct abi_timespec), print_file_time, NULL);
}

/* Only what interrupted it makes a sleep tell what is left. */
void strace_p_remaining(struct text *t, const struct strace_call *c, unsigned i)
{
    if (c->result == -EINTR || c->result == -ERESTART_RESTARTBLOCK)
        strace_timespec(t, c->a[i]);
    else
        text_ptr(t, c->a[i]);
}

void strace_p_timeval(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_timeval tv;
    if (strace_read(t, c->a[i], &tv, sizeof(tv)))
        print_timeval(t, &tv);
}

void strace_p_itimerval(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_itimerval it;
    if (!strace_read(t, c->a[i], &it, sizeof(it)))
        return;
    text_str(t, "{it_interval=");
    print_timeval(t, &it.it_interval);
    text_str(t, ", it_value=");
    print_timeval(t, &it.it_value);
    text_str(t, "}");
}

/* 29, and that it is 0.29 s */
static void print_ticks(struct text *t, const char *name, int64_t ticks)
{
    text_printf(t, "%s%ld", name, (long)ticks);
    if (ticks)
        text_printf(t, " /* %ld.%02ld s */", (long)ticks / USER_HZ, (long)ticks % USER_HZ);
}

void strace_p_tms(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_tms tms;
    if (!strace_read(t, c->a[i], &tms, sizeof(tms)))
        return;
    print_ticks(t, "{tms_utime=", tms.tms_utime);
    print_ticks(t, ", tms_stime=", tms.tms_stime);
    print_ticks(t, ", tms_cutime=", tms.tms_cutime);
    print_ticks(t, ", tms_cstime=", tms.tms_cstime);
    text_str(t, "}");
}

/* --- the process and the system ---------------------------------------------------------- */

/* A limit in its shortest form. */
static void print_limit(struct text *t, uint64_t limit)
{
    if (limit == RLIM_INFINITY)
        text_str(t, "RLIM64_INFINITY");
    else if (limit > 1024 && limit % 1024 == 0)
        text_printf(t, "%lu*1024", (unsigned long)(limit / 1024));
    else
        text_printf(t, "%lu", (unsigned long)limit);
}

void strace_p_rlimit(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_rlimit limit;
    if (!strace_read(t, c->a[i], &limit, sizeof(limit)))
        return;
    text_str(t, "{rlim_cur=");
    print_limit(t, limit.cur);
    text_str(t, ", rlim_max=");
    print_limit(t, limit.max);
    text_str(t, "}");
}

void strace_p_rusage(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_rusage usage;
    if (!strace_read(t, c->a[i], &usage, sizeof(usage)))
        return;
    text_str(t, "{ru_utime=");
    print_timeval(t, &usage.ru_utime);
    text_str(t, ", ru_stime=");
    print_timeval(t, &usage.ru_stime);
    text_str(t, ", ...}");
}

void strace_p_utsname(struct text *t, const struct strace_call *c, unsigned i)
{
    char probe;
    if (!strace_read(t, c->a[i], &probe, 1))
        return;
    text_str(t, "{sysname=");
    strace_string(t, c->a[i], UTS_LEN);
    text_str(t, ", nodename=");
    strace_string(t, c->a[i] + offsetof(struct abi_utsname, nodename), UTS_LEN);
    text_str(t, ", ...}");
}

void strace_p_sysinfo(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_sysinfo s;
    if (!strace_read(t, c->a[i], &s, sizeof(s)))
        return;
    text_printf(t, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu", (long)s.uptime,
                (unsigned long)s.loads[0], (unsigned long)s.loads[1], (unsigned long)s.loads[2],
                (unsigned long)s.totalram, (unsigned long)s.freeram);
    text_printf(t, ", sharedram=%lu, bufferram=%lu, totalswap=%lu, freeswap=%lu, procs=%u",
                (unsigned long)s.sharedram, (unsigned long)s.bufferram, (unsigned long)s.totalswap,
                (unsigned long)s.freeswap, s.procs);
    text_printf(t, ", totalhigh=%lu, freehigh=%lu, mem_unit=%u}", (unsigned long)s.totalhigh,
                (unsigned long)s.freehigh, s.mem_unit);
}

/* What the kernel stored for the caller: => {parent_tid=[2]} */
static void print_stored_tid(struct text *t, const struct strace_call *c,
                             const struct abi_clone_args *a)
{
    uint32_t tid;
    if (!strace_failed(c) && a->flags & CLONE_PARENT_SETTID && !uaccess_read32(a->parent_tid, &tid))
        text_printf(t, " => {parent_tid=[%u]}", tid);
}

void strace_p_clone_args(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_clone_args a = {.flags = 0};
    if (!strace_read(t, c->a[i], &a, size_min(c->a[1], sizeof(a))))
        return;
    text_str(t, "{flags=");
    text_flags(t, &names_clone_flags, a.flags);
    if (a.flags & CLONE_PIDFD)
        text_printf(t, ", pidfd=%#lx", (unsigned long)a.pidfd);
    if (a.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
        text_printf(t, ", child_tid=%#lx", (unsigned long)a.child_tid);
    if (a.flags & CLONE_PARENT_SETTID)
        text_printf(t, ", parent_tid=%#lx", (unsigned long)a.parent_tid);
    text_str(t, ", exit_signal=");
    text_signal(t, (int)a.exit_signal);
    text_str(t, ", stack=");
    text_ptr(t, a.stack);
    text_printf(t, ", stack_size=%#lx", (unsigned long)a.stack_size);
    if (a.flags & CLONE_SETTLS)
        text_printf(t, ", tls=%#lx", (unsigned long)a.tls);
    text_str(t, "}");
    print_stored_tid(t, c, &a);
}
