/* SPDX-License-Identifier: Apache-2.0 */
/* strace_impl.h - what the files of strace share: a call, and the printers of its arguments.
 *
 *   strace.c          when what is printed
 *   strace_kinds.c    which printer for which kind of argument
 *   strace_args.c     numbers, names, bytes, arrays
 *   strace_struct.c   structures
 *   strace_signal.c   signals' sets, actions, information
 *   strace_option.c   arguments that depend on others: fcntl, futex, prctl, clone
 *   strace_ioctl.c, strace_socket.c, strace_time.c, strace_hwprobe.c
 *   strace_result.c   results
 *   strace_text.c     the line, strings, names
 */
#ifndef UNIX_STRACE_IMPL_H
#define UNIX_STRACE_IMPL_H

#include "unix/strace_names.h"
#include "unix/strace_text.h"
#include "unix/syscall.h"

struct strace_call {
    uint64_t              nr;
    const struct syscall *sc;   /* NULL: there is no such call */
    const struct syscall *last; /* the thread's call before this one, or NULL */
    uint64_t              a[SYSCALL_ARGS];
    uint64_t              before; /* what A_SOCKLEN, A_INOUT_SIZE was when the call began */
    bool                  over;
    int64_t               result; /* if over */
};

/* Appends argument i of call c. Nothing: it is left out, with its comma. */
typedef void strace_printer(struct text *t, const struct strace_call *c, unsigned i);
typedef bool strace_predicate(const struct strace_call *c);

static inline bool strace_failed(const struct strace_call *c)
{
    return c->result < 0 && c->result >= -4095;
}

/* Read len bytes at va. If it is impossible the address is printed, NULL for 0, and false returned. */
bool strace_read(struct text *t, uint64_t va, void *dst, size_t len);

/* Append len bytes of memory as a quoted string, shortened if long. */
void strace_bytes(struct text *t, uint64_t va, uint64_t len);

/* The same up to a NUL, and up to max bytes. */
void strace_string(struct text *t, uint64_t va, size_t max);

/* Append [a, b, ...]: count elements of size bytes (at most STRACE_ELEMENT) at va, each printed by
 * print with arg. */
#define STRACE_ELEMENT 64
typedef void strace_element(struct text *t, const void *element, void *arg);
void strace_array(struct text *t, uint64_t va, uint64_t count, size_t size, strace_element *print,
                  void *arg);

/* Append an array of struct iovec of which the call moved so many bytes; negative: only addresses. */
void strace_iovecs(struct text *t, uint64_t va, uint64_t count, int64_t moved);

void strace_timespec(struct text *t, uint64_t va);
struct abi_timespec;
void strace_print_timespec(struct text *t, const struct abi_timespec *ts);
struct abi_siginfo;
void strace_siginfo(struct text *t, const struct abi_siginfo *info);
void strace_pollfds_ready(struct text *t, uint64_t va, uint64_t count);
void strace_fds_ready(struct text *t, const struct strace_call *c);
void strace_sigset(struct text *t, uint64_t va, uint64_t size);

/* Append argument i by print if the call has filled it, else its address. */
void strace_out(struct text *t, const struct strace_call *c, unsigned i, strace_printer *print);

/* Whether argument i is printed only when the call is over. Those say at least something. */
bool strace_is_late(const struct strace_call *c, unsigned i);

/* Append argument i. */
void strace_arg(struct text *t, const struct strace_call *c, unsigned i);

/* " = 3": what the call, which is over, gave; kind: R_..., or 0. */
void strace_result(struct text *t, const struct strace_call *c, unsigned kind);

/* strace_args.c */
strace_printer strace_p_nothing, strace_p_int, strace_p_uint, strace_p_long, strace_p_size,
    strace_p_hex, strace_p_ptr, strace_p_mode, strace_p_uid, strace_p_dev, strace_p_dirfd,
    strace_p_signal, strace_p_open_flags, strace_p_open_mode, strace_p_mmap_flags,
    strace_p_file_mode, strace_p_statx_flags, strace_p_path, strace_p_argv, strace_p_envp,
    strace_p_str, strace_p_bytes, strace_p_out_bytes, strace_p_out_random, strace_p_in_size,
    strace_p_inout_size, strace_p_in_gids, strace_p_out_fds, strace_p_out_gids, strace_p_out_int,
    strace_p_out_ptr, strace_p_out_size, strace_p_out_mincore, strace_p_ipc_key, strace_p_ipc_flags,
    strace_p_mq_attr, strace_p_open_how, strace_p_sembufs;

/* strace_struct.c, strace_signal.c, strace_option.c, strace_ioctl.c, strace_socket.c */
strace_printer strace_p_clone_args, strace_p_fdset, strace_p_itimerval, strace_p_dirents,
    strace_p_rusage, strace_p_stat, strace_p_statfs, strace_p_statx, strace_p_sysinfo,
    strace_p_timespec, strace_p_timespecs, strace_p_timeval, strace_p_tms, strace_p_utsname,
    strace_p_epoll_event, strace_p_epoll_events, strace_p_pollfds, strace_p_rlimit, strace_p_cpus,
    strace_p_remaining, strace_p_iovec, strace_p_out_iovec;
strace_printer strace_p_sigaction, strace_p_siginfo, strace_p_sigset, strace_p_sigstack,
    strace_p_sigreturn, strace_p_select_mask;
strace_printer strace_p_clone, strace_p_int_at, strace_p_fcntl_arg, strace_p_futex_op,
    strace_p_futex2_flags, strace_p_futex_ptr2, strace_p_futex_timeout, strace_p_futex_value,
    strace_p_futex_value3, strace_p_ioctl_cmd, strace_p_ioctl_arg, strace_p_mremap_to,
    strace_p_prctl_arg, strace_p_prctl_more, strace_p_resumed;
strace_predicate strace_fcntl_fills, strace_ioctl_fills, strace_prctl_fills;
strace_printer   strace_p_sockaddr, strace_p_out_sockaddr, strace_p_socklen, strace_p_msghdr,
    strace_p_out_msghdr, strace_p_mmsghdrs, strace_p_out_mmsghdrs, strace_p_socket_type,
    strace_p_socket_protocol, strace_p_socket_option, strace_p_option_value,
    strace_p_out_option_value;
strace_printer strace_p_hwprobe, strace_p_itimerspec, strace_p_sigevent, strace_p_timex,
    strace_p_timezone;

#endif
