/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h - /proc and /sys: the tables of their files, and who writes which.
 *
 *     proc.c           the root of /proc, and the mounting of both
 *     proc_system.c    the machine: cpuinfo, meminfo, stat, uptime, ...
 *     proc_settings.c  /proc/sys
 *     proc_process.c   a process and its threads: stat, status, limits, ...
 *     proc_memory.c    their memory: maps, smaps, cmdline, environ, ...
 *     proc_files.c     their files: fd, fdinfo, exe, cwd, root
 *     proc_mounts.c    mounts, mountinfo
 *     sysfs.c          /sys
 */
#ifndef UNIX_PROC_H
#define UNIX_PROC_H

#include "fs/pseudo.h"

/* Make the two file systems and mount them in the root directory. bootargs: the kernel's arguments, which
 * stay. -ENOMEM. */
int proc_mount(const char *bootargs);
int sysfs_mount(void);

/* Tables, and parts of them that others take in. */
extern const struct pseudo_entry   proc_settings_entries[]; /* /proc/sys */
extern const struct pseudo_numbers proc_processes;          /* /proc/PID */
extern const struct pseudo_numbers proc_fds;                /* fd, the numbers in it */
extern const struct pseudo_numbers proc_fdinfos;

/* What files say: pseudo_entry.show, .text and .follow. */
int proc_show_cpuinfo(struct pseudo_text *t, uint64_t key);
int proc_show_filesystems(struct pseudo_text *t, uint64_t key);
int proc_show_loadavg(struct pseudo_text *t, uint64_t key);
int proc_show_meminfo(struct pseudo_text *t, uint64_t key);
int proc_show_slabinfo(struct pseudo_text *t, uint64_t key);
int proc_show_stat(struct pseudo_text *t, uint64_t key);
int proc_show_uptime(struct pseudo_text *t, uint64_t key);
int proc_show_version(struct pseudo_text *t, uint64_t key);

int proc_show_self(struct pseudo_text *t, uint64_t key);
int proc_show_thread_self(struct pseudo_text *t, uint64_t key);

int proc_show_mounts(struct pseudo_text *t, uint64_t key);
int proc_show_mountinfo(struct pseudo_text *t, uint64_t key);

int proc_show_auxv(struct pseudo_text *t, uint64_t key);
int proc_show_cmdline(struct pseudo_text *t, uint64_t key);
int proc_show_environ(struct pseudo_text *t, uint64_t key);
int proc_show_maps(struct pseudo_text *t, uint64_t key);
int proc_show_smaps(struct pseudo_text *t, uint64_t key);
int proc_show_smaps_rollup(struct pseudo_text *t, uint64_t key);
int proc_show_statm(struct pseudo_text *t, uint64_t key);

int proc_text_exe(struct pseudo_text *t, uint64_t key);
int proc_follow_exe(uint64_t key, struct pseudo_target *out);
int proc_text_cwd(struct pseudo_text *t, uint64_t key);
int proc_follow_cwd(uint64_t key, struct pseudo_target *out);
int proc_text_root(struct pseudo_text *t, uint64_t key);
int proc_follow_root(uint64_t key, struct pseudo_target *out);

/* The harts as a set, and a set as Linux lists it: "0", "0-3", "0,2-3". */
uint64_t proc_all_cpus(void);
void     proc_put_list(struct pseudo_text *t, uint64_t set);

/* How much memory the program has: bytes. */
struct proc_memory {
    size_t mapped, locked;
    size_t anonymous, file,
        shared; /* of what is in memory: private without a file, of files, shared
                                       without one */
    size_t data, stack, code, libraries; /* of what is mapped */
};

void proc_memory(struct proc_memory *out);

#endif
