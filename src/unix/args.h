/* SPDX-License-Identifier: Apache-2.0 */
/* args.h - arguments that many system calls share: descriptors, paths, times. */
#ifndef UNIX_ARGS_H
#define UNIX_ARGS_H

#include "fs/vfs.h"
#include "lib/types.h"
#include "unix/abi.h"

/* A path as a program named it: relative to a directory, in kernel memory. */
struct path_arg {
    struct inode *start; /* holds a reference; NULL: the root, the path being absolute */
    char         *path;  /* VFS_PATH_MAX bytes of the heap */
};

/* Take a path argument over. -EFAULT, -ENAMETOOLONG, -EBADF, -ENOTDIR (dirfd is no directory),
 * -ENOMEM. args_path_put() gives it back, and is needed only after success. */
int  args_path(int dirfd, vaddr_t path, struct path_arg *out);
void args_path_put(struct path_arg *p);

/* Have p start at dirfd, absolute or not. -EBADF, -ENOTDIR. */
int args_path_anchor(int dirfd, struct path_arg *p);

/* The inode that a path argument leads to, with a reference. at_flags: AT_SYMLINK_NOFOLLOW and
 * AT_EMPTY_PATH count (an empty path then is dirfd itself). */
int args_lookup(int dirfd, vaddr_t path, unsigned at_flags, struct inode **out);

/* The two parts of an empty path: whether it is one, and what it is then. */
bool args_path_is_empty(vaddr_t path);
int  args_inode_of_fd(int fd, struct inode **out);

/* The open file behind a descriptor of the program, with a reference. NULL: -EBADF. */
struct file *args_file(int fd);

/* The same unless it stands for a name only (O_PATH): to be used, and not only pointed at. */
struct file *args_usable_file(int fd);

/* Whether f, which may be NULL, stands for the process or a thread: sys_peer.c. */
bool pidfd_is(const struct file *f);

/* Give the program a descriptor for f, whose reference it takes over: its number. On failure, -EMFILE, -ENOMEM,
 * f is closed. */
int fd_install_or_put(struct file *f, bool cloexec);

/* Give the program descriptors for two new files, whose references they take over, and store the
 * numbers at va. On failure, -EMFILE, -ENOMEM, -EFAULT, both files are closed. */
int64_t fd_install_pair(struct file *end[2], bool cloexec, vaddr_t va);

/* Take an array of struct iovec over: iob is what it names. *segs: ARGS_FAST_SEGS of the caller's, or,
 * for more, kmalloc'ed memory, which is the caller's whatever is returned. -EINVAL, -EFAULT, -ENOMEM. */
#define ARGS_FAST_SEGS 8u
int args_iovec(vaddr_t vec, size_t nsegs, struct iobuf_seg **segs, struct iobuf *iob);

/* What a call that moved bytes of f returns: if a signal ended it before it moved one, it may start anew.
 * result -EPIPE sends the signal that goes with it. */
int64_t end_transfer_early(const struct file *f, int64_t result);

static inline int64_t end_transfer(const struct file *f, int64_t result)
{
    return __builtin_expect(result >= 0, true) ? result : end_transfer_early(f, result);
}

/* A struct timespec as nanoseconds. -EFAULT; -EINVAL: negative or not normalised. Times beyond
 * what 64 bits hold become the largest. */
int args_timespec(vaddr_t va, uint64_t *ns);

/* A struct itimerspec as nanoseconds, of at most TIME_MAX_NS. Errors as above; -EINVAL only once all of it
 * was read. */
#define TIME_MAX_NS ((uint64_t)INT64_MAX)
int args_itimerspec(vaddr_t va, uint64_t *value, uint64_t *interval);

struct abi_itimerspec args_itimerspec_of(uint64_t value, uint64_t interval);

/* Store ns as a struct timespec; -EFAULT. */
int args_put_timespec(vaddr_t va, uint64_t ns);

/* The deadline (ticks) of an optional relative timeout: va 0 means for ever. */
int args_timeout(vaddr_t va, uint64_t *deadline);

/* The signal mask that a call wants in force while it waits, from now on: signal_swap_mask(). va 0: the
 * current one stays. -EINVAL: size is not that of a mask; -EFAULT. */
int args_swap_mask(vaddr_t va, size_t size);

#endif
