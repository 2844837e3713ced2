/* SPDX-License-Identifier: Apache-2.0 */
/* strace_names.h - the names of flags and other numbers, one list for each set of them. */
#ifndef UNIX_STRACE_NAMES_H
#define UNIX_STRACE_NAMES_H

#include "unix/strace_text.h"

extern const struct names names_epoll_events, names_signalfd_flags;
extern const struct names names_access_flags, names_access_modes, names_at_flags, names_clocks,
    names_clone_flags, names_close_range_flags, names_dumpable, names_epoll_flags, names_epoll_ops,
    names_eventfd_flags, names_fadvices, names_falloc_modes, names_fcntl_cmds, names_fd_flags,
    names_file_types, names_flock_ops, names_futex_ops, names_futex_wake_ops,
    names_futex_wake_conditions, names_getrandom_flags, names_id_types, names_ioctl_cmds,
    names_ip_protocols, names_itimers, names_lock_types, names_madvices, names_mcl_flags,
    names_membarrier_cmds, names_memfd_flags, names_mlock_flags, names_mmap_flags, names_mmap_types,
    names_mode_bits, names_mremap_flags, names_msg_flags, names_msync_flags, names_open_flags,
    names_open_modes, names_poll_events, names_prctl_ops, names_priority_whichs, names_prot_flags,
    names_rename_flags, names_rlimits, names_rusage_whos, names_rwf_flags, names_sched_policies,
    names_shutdown_hows, names_sig_hows, names_sigaction_flags, names_sigcodes_any,
    names_sigcodes_bus, names_sigcodes_fpe, names_sigcodes_ill, names_sigcodes_segv,
    names_sigcodes_trap, names_signals, names_sigstack_flags, names_socket_families,
    names_socket_flags, names_socket_levels, names_socket_options, names_socket_types,
    names_splice_flags, names_seals, names_sync_range_flags, names_statfs_flags, names_statfs_types,
    names_statx_attributes, names_statx_flags, names_statx_masks, names_tcflush_queues,
    names_tcxonc_actions, names_termios_backspaces, names_termios_cflags, names_termios_feeds,
    names_termios_iflags, names_termios_lflags, names_termios_newlines, names_termios_oflags,
    names_termios_returns, names_termios_sizes, names_termios_speeds, names_termios_tabs,
    names_termios_vtabs, names_timer_flags, names_unlink_flags, names_wait_options, names_whences,
    names_xattr_flags, names_kcmp_types, names_pidfd_flags, names_inotify_flags,
    names_inotify_masks, names_ipc_flags, names_msg_cmds, names_sem_cmds, names_sem_flags,
    names_shm_cmds, names_shm_flags, names_resolve_flags;

/* of time */
extern const struct names names_adj_modes, names_clock_states, names_hwprobe_keys,
    names_sigev_notifies, names_sta_flags, names_timerfd_flags, names_timerfd_settimes;

/* O_RDWR|O_CREAT */
void text_open_flags(struct text *t, uint32_t flags);

/* S_IFREG|0644 */
void text_file_mode(struct text *t, uint32_t mode);

/* makedev(0x5, 0x1) */
void text_dev(struct text *t, uint32_t dev);

/* [INT CHLD], or ~[KILL] if most are in it. */
void text_sigset(struct text *t, uint64_t set);

/* SIGINT, SIGRTMIN, SIGRT_1, or the number. */
void text_signal(struct text *t, int sig);

/* ENOENT, or the number. */
void text_errno(struct text *t, int err);

/* -1 ENOENT (No such file or directory), or ? ERESTARTSYS (...). result < 0. */
void text_failure(struct text *t, int64_t result);

#endif
