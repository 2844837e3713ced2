/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_kinds.h - what the arguments and results of system calls are, for printing them.
 *
 * syscall_list.h says for each call of which kinds its arguments are, strace_args.c how a kind is
 * printed. What OUT_ stands before is filled by the call, and printed after it.
 */
#ifndef UNIX_SYSCALL_KINDS_H
#define UNIX_SYSCALL_KINDS_H

enum syscall_kind {
    A_NONE, /* no further argument */

    /* numbers */
    A_INT,
    A_UINT,
    A_LONG,
    A_SIZE,
    A_HEX,
    A_OCTAL,
    A_PTR,
    A_UID, /* or a group; -1: none */
    A_DEV,
    A_FD,
    A_IPC_KEY,
    A_DIRFD, /* or AT_FDCWD */
    A_SIGNAL,
    A_SKIP, /* a register without a meaning here */

    /* one name of several, or names joined by | */
    A_ACCESS_FLAGS,
    A_ACCESS_MODE,
    A_AT_FLAGS,
    A_CLOCK,
    A_CLONE_FLAGS,
    A_CLOSE_RANGE_FLAGS,
    A_DUP_FLAGS,
    A_EPOLL_FLAGS,
    A_EPOLL_OP,
    A_EVENTFD_FLAGS,
    A_FADVICE,
    A_FALLOC_MODE,
    A_FCNTL_CMD,
    A_FILE_MODE,
    A_FLOCK_OP,
    A_FUTEX2_FLAGS,
    A_FUTEX_OP,
    A_GETRANDOM_FLAGS,
    A_INOTIFY_FLAGS,
    A_INOTIFY_MASK,
    A_IOCTL_CMD,
    A_IPC_FLAGS,
    A_ITIMER,
    A_ID_TYPE,
    A_KCMP_TYPE,
    A_MADVICE,
    A_MCL_FLAGS,
    A_MEMBARRIER_CMD,
    A_MEMFD_FLAGS,
    A_MLOCK_FLAGS,
    A_MMAP_FLAGS,
    A_MODE,
    A_MREMAP_FLAGS,
    A_MSG_CMD,
    A_MSG_FLAGS,
    A_MSYNC_FLAGS,
    A_OPEN_FLAGS,
    A_OPEN_MODE, /* only if the flags before it create a file */
    A_PIDFD_FLAGS,
    A_PRCTL_OP,
    A_PRIORITY_WHICH,
    A_PROT,
    A_RENAME_FLAGS,
    A_RLIMIT,
    A_RUSAGE_WHO,
    A_RWF_FLAGS,
    A_SCHED_POLICY,
    A_SEM_CMD,
    A_SHM_CMD,
    A_SHM_FLAGS,
    A_SHUTDOWN_HOW,
    A_SIGNALFD_FLAGS,
    A_SIG_HOW,
    A_SOCKET_FAMILY,
    A_SOCKET_FLAGS,
    A_SOCKET_LEVEL,
    A_SOCKET_OPTION,
    A_SOCKET_PROTOCOL,
    A_SOCKET_TYPE,
    A_SPLICE_FLAGS,
    A_STATX_FLAGS,
    A_STATX_MASK,
    A_SYNC_RANGE_FLAGS,
    A_TIMER_FLAGS,
    A_TIMERFD_FLAGS,
    A_TIMERFD_SETTIME,
    A_UNLINK_FLAGS,
    A_WAIT_OPTIONS,
    A_WHENCE,
    A_XATTR_FLAGS,

    /* bytes in memory */
    A_PATH,
    A_STR, /* shown up to its 32nd byte */
    A_ARGV,
    A_ENVP,
    A_BYTES,     /* as many as the next argument says */
    A_OUT_BYTES, /* as many as the result says */
    A_OUT_RANDOM,
    A_OUT_STR,
    A_IOVEC, /* as many as the next argument says */
    A_OUT_IOVEC,

    /* numbers in memory */
    A_IN_GIDS, /* as many as the argument before it says */
    A_IN_SIZE,
    A_INOUT_SIZE, /* what it was, and what it became */
    A_OUT_FDS,    /* two */
    A_OUT_GIDS,
    A_OUT_INT,
    A_OUT_PTR,
    A_OUT_SIZE,
    A_OUT_MINCORE,
    A_CPUS,
    A_OUT_CPUS,

    /* structures in memory */
    A_CLONE_ARGS,
    A_EPOLL_EVENT,
    A_FDSET,
    A_ITIMERSPEC,
    A_ITIMERVAL,
    A_MMSGHDRS, /* as many as the call moved, or the next argument says */
    A_MQ_ATTR,
    A_MSGHDR,
    A_OPEN_HOW,
    A_OUT_DIRENTS,
    A_OUT_EPOLL_EVENTS,
    A_OUT_HWPROBE, /* as many as the next argument says */
    A_OUT_ITIMERSPEC,
    A_OUT_ITIMERVAL,
    A_OUT_MMSGHDRS,
    A_OUT_MQ_ATTR,
    A_OUT_MSGHDR,
    A_OUT_RLIMIT,
    A_OUT_RUSAGE,
    A_OUT_SIGACTION,
    A_OUT_SIGINFO,
    A_OUT_SIGSET,
    A_OUT_SIGSTACK,
    A_OUT_SOCKADDR,
    A_OUT_STAT,
    A_OUT_STATFS,
    A_OUT_STATX,
    A_OUT_SYSINFO,
    A_OUT_TIMESPEC,
    A_OUT_TIMEVAL,
    A_OUT_TIMEZONE,
    A_OUT_TMS,
    A_OUT_UTSNAME,
    A_POLLFDS, /* as many as the next argument says */
    A_RLIMIT_VALUE,
    A_SELECT_MASK,
    A_SEMBUFS, /* as many as the next argument says */
    A_SIGACTION,
    A_SIGEVENT,
    A_SIGINFO,
    A_SIGSET,
    A_SIGSTACK,
    A_SOCKADDR, /* as long as the next argument says */
    A_SOCKLEN,  /* of the address or option before it: what it was, and what it became */
    A_TIMESPEC,
    A_TIMESPECS, /* two */
    A_TIMEVAL,
    A_TIMEX, /* what it was where it was to change, and what it is */
    A_TIMEZONE,

    /* those that depend on other arguments */
    A_CLONE, /* all of clone's */
    A_FCNTL_ARG,
    A_FUTEX_PTR2,
    A_FUTEX_TIMEOUT,
    A_FUTEX_VALUE,
    A_FUTEX_VALUE3,
    A_IOCTL_ARG,
    A_MREMAP_TO,
    A_OPTION_VALUE,
    A_OUT_OPTION_VALUE,
    A_PRCTL_ARG,
    A_PRCTL_MORE,
    A_REMAINING, /* what is left of a sleep that was interrupted */
    A_RESUMED,   /* the name of the call that goes on */
    A_SIGRETURN, /* the mask that a signal's handler returns to */

    A_KINDS,

    /* results; without one, a plain number */
    R_FCNTL = A_KINDS,
    R_CLOCK_STATE,
    R_HEX,
    R_NEVER, /* the call does not return */
    R_OCTAL,
    R_POLL,
    R_PRCTL,
    R_SCHED,
    R_SELECT,
    R_SIGNAL,
};

#endif
