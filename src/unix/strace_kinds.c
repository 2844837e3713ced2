/* SPDX-License-Identifier: Apache-2.0 */
/* strace_kinds.c - one printer for each kind of argument (syscall_kinds.h). */
#include "unix/strace_impl.h"

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
    [A_INT] = IN(strace_p_int),
    [A_UINT] = IN(strace_p_uint),
    [A_LONG] = IN(strace_p_long),
    [A_SIZE] = IN(strace_p_size),
    [A_HEX] = IN(strace_p_hex),
    [A_OCTAL] = IN(strace_p_mode),
    [A_PTR] = IN(strace_p_ptr),
    [A_UID] = IN(strace_p_uid),
    [A_DEV] = IN(strace_p_dev),
    [A_FD] = IN(strace_p_int),
    [A_IPC_KEY] = IN(strace_p_ipc_key),
    [A_DIRFD] = IN(strace_p_dirfd),
    [A_SIGNAL] = IN(strace_p_signal),
    [A_SKIP] = IN(strace_p_nothing),

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
    [A_FILE_MODE] = IN(strace_p_file_mode),
    [A_FLOCK_OP] = FLAGS(flock_ops),
    [A_FUTEX2_FLAGS] = IN(strace_p_futex2_flags),
    [A_FUTEX_OP] = IN(strace_p_futex_op),
    [A_GETRANDOM_FLAGS] = FLAGS(getrandom_flags),
    [A_INOTIFY_FLAGS] = FLAGS(inotify_flags),
    [A_INOTIFY_MASK] = FLAGS(inotify_masks),
    [A_IOCTL_CMD] = IN(strace_p_ioctl_cmd),
    [A_IPC_FLAGS] = IN(strace_p_ipc_flags),
    [A_ITIMER] = VALUE(itimers),
    [A_ID_TYPE] = VALUE(id_types),
    [A_KCMP_TYPE] = VALUE(kcmp_types),
    [A_MADVICE] = VALUE(madvices),
    [A_MCL_FLAGS] = FLAGS(mcl_flags),
    [A_MEMBARRIER_CMD] = VALUE(membarrier_cmds),
    [A_MEMFD_FLAGS] = FLAGS(memfd_flags),
    [A_MLOCK_FLAGS] = FLAGS(mlock_flags),
    [A_MMAP_FLAGS] = IN(strace_p_mmap_flags),
    [A_MODE] = IN(strace_p_mode),
    [A_MREMAP_FLAGS] = FLAGS(mremap_flags),
    [A_MSG_CMD] = VALUE(msg_cmds),
    [A_MSG_FLAGS] = FLAGS(msg_flags),
    [A_MSYNC_FLAGS] = FLAGS(msync_flags),
    [A_OPEN_FLAGS] = IN(strace_p_open_flags),
    [A_OPEN_MODE] = IN(strace_p_open_mode),
    [A_PIDFD_FLAGS] = FLAGS(pidfd_flags),
    [A_PRCTL_OP] = VALUE(prctl_ops),
    [A_PRIORITY_WHICH] = VALUE(priority_whichs),
    [A_PROT] = FLAGS(prot_flags),
    [A_RENAME_FLAGS] = FLAGS(rename_flags),
    [A_RLIMIT] = VALUE(rlimits),
    [A_RUSAGE_WHO] = VALUE(rusage_whos),
    [A_RWF_FLAGS] = FLAGS(rwf_flags),
    [A_SCHED_POLICY] = VALUE(sched_policies),
    [A_SEM_CMD] = VALUE(sem_cmds),
    [A_SHM_CMD] = VALUE(shm_cmds),
    [A_SHM_FLAGS] = FLAGS(shm_flags),
    [A_SHUTDOWN_HOW] = VALUE(shutdown_hows),
    [A_SIGNALFD_FLAGS] = FLAGS(signalfd_flags),
    [A_SIG_HOW] = VALUE(sig_hows),
    [A_SOCKET_FAMILY] = VALUE(socket_families),
    [A_SOCKET_FLAGS] = FLAGS(socket_flags),
    [A_SOCKET_LEVEL] = VALUE(socket_levels),
    [A_SOCKET_OPTION] = IN(strace_p_socket_option),
    [A_SOCKET_PROTOCOL] = IN(strace_p_socket_protocol),
    [A_SOCKET_TYPE] = IN(strace_p_socket_type),
    [A_SPLICE_FLAGS] = FLAGS(splice_flags),
    [A_STATX_FLAGS] = IN(strace_p_statx_flags),
    [A_STATX_MASK] = FLAGS(statx_masks),
    [A_SYNC_RANGE_FLAGS] = FLAGS(sync_range_flags),
    [A_TIMER_FLAGS] = FLAGS(timer_flags),
    [A_TIMERFD_FLAGS] = FLAGS(timerfd_flags),
    [A_TIMERFD_SETTIME] = FLAGS(timerfd_settimes),
    [A_UNLINK_FLAGS] = FLAGS(unlink_flags),
    [A_WAIT_OPTIONS] = FLAGS(wait_options),
    [A_WHENCE] = VALUE(whences),
    [A_XATTR_FLAGS] = FLAGS(xattr_flags),

    [A_PATH] = IN(strace_p_path),
    [A_ARGV] = IN(strace_p_argv),
    [A_ENVP] = IN(strace_p_envp),
    [A_STR] = IN(strace_p_str),
    [A_BYTES] = IN(strace_p_bytes),
    [A_OUT_BYTES] = OUT(strace_p_out_bytes),
    [A_OUT_RANDOM] = OUT(strace_p_out_random),
    [A_OUT_STR] = OUT(strace_p_path),
    [A_IOVEC] = IN(strace_p_iovec),
    [A_OUT_IOVEC] = LATE(strace_p_out_iovec),

    [A_IN_GIDS] = IN(strace_p_in_gids),
    [A_IN_SIZE] = IN(strace_p_in_size),
    [A_INOUT_SIZE] = LATE(strace_p_inout_size),
    [A_OUT_FDS] = OUT(strace_p_out_fds),
    [A_OUT_GIDS] = OUT(strace_p_out_gids),
    [A_OUT_INT] = OUT(strace_p_out_int),
    [A_OUT_PTR] = OUT(strace_p_out_ptr),
    [A_OUT_SIZE] = OUT(strace_p_out_size),
    [A_OUT_MINCORE] = OUT(strace_p_out_mincore),
    [A_CPUS] = IN(strace_p_cpus),
    [A_OUT_CPUS] = OUT(strace_p_cpus),

    [A_CLONE_ARGS] = LATE(strace_p_clone_args),
    [A_EPOLL_EVENT] = IN(strace_p_epoll_event),
    [A_FDSET] = IN(strace_p_fdset),
    [A_ITIMERSPEC] = IN(strace_p_itimerspec),
    [A_ITIMERVAL] = IN(strace_p_itimerval),
    [A_MMSGHDRS] = LATE(strace_p_mmsghdrs),
    [A_MQ_ATTR] = IN(strace_p_mq_attr),
    [A_MSGHDR] = IN(strace_p_msghdr),
    [A_OPEN_HOW] = IN(strace_p_open_how),
    [A_OUT_DIRENTS] = OUT(strace_p_dirents),
    [A_OUT_EPOLL_EVENTS] = OUT(strace_p_epoll_events),
    [A_OUT_HWPROBE] = OUT(strace_p_hwprobe),
    [A_OUT_ITIMERSPEC] = OUT(strace_p_itimerspec),
    [A_OUT_ITIMERVAL] = OUT(strace_p_itimerval),
    [A_OUT_MMSGHDRS] = LATE(strace_p_out_mmsghdrs),
    [A_OUT_MQ_ATTR] = OUT(strace_p_mq_attr),
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
    [A_OUT_TIMEZONE] = OUT(strace_p_timezone),
    [A_OUT_TMS] = OUT(strace_p_tms),
    [A_OUT_UTSNAME] = OUT(strace_p_utsname),
    [A_POLLFDS] = IN(strace_p_pollfds),
    [A_RLIMIT_VALUE] = IN(strace_p_rlimit),
    [A_SELECT_MASK] = IN(strace_p_select_mask),
    [A_SEMBUFS] = IN(strace_p_sembufs),
    [A_SIGACTION] = IN(strace_p_sigaction),
    [A_SIGEVENT] = IN(strace_p_sigevent),
    [A_SIGINFO] = IN(strace_p_siginfo),
    [A_SIGSET] = IN(strace_p_sigset),
    [A_SIGSTACK] = IN(strace_p_sigstack),
    [A_SOCKADDR] = IN(strace_p_sockaddr),
    [A_SOCKLEN] = LATE(strace_p_socklen),
    [A_TIMESPEC] = IN(strace_p_timespec),
    [A_TIMESPECS] = IN(strace_p_timespecs),
    [A_TIMEVAL] = IN(strace_p_timeval),
    [A_TIMEX] = OUT(strace_p_timex),
    [A_TIMEZONE] = IN(strace_p_timezone),

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
