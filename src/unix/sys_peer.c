/* SPDX-License-Identifier: Apache-2.0 */
/* sys_peer.c - system calls on a process that is given by number or descriptor: its memory, its
 * descriptors, signals to it. The only one there is is the caller's own. */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* --- memory -------------------------------------------------------------------------------------- */

#define PIECE ((size_t)4096)

/* Up to len bytes between the two, through buf; how many, or an error if none. */
static ssize_t copy_piece(struct iobuf *local, struct iobuf *remote, bool write, uint8_t *buf,
                          size_t len)
{
    struct iobuf *from = write ? local : remote, *to = write ? remote : local;
    ssize_t       got = iobuf_take(from, buf, size_min(len, PIECE));
    return got > 0 ? iobuf_put(to, buf, (size_t)got) : got;
}

static int64_t copy_memory(struct iobuf *local, struct iobuf *remote, bool write)
{
    int64_t  done = 0;
    uint8_t *buf = kmalloc(PIECE);
    if (!buf)
        return -ENOMEM;
    while (local->left && remote->left) {
        size_t  want = size_min(size_min(local->left, remote->left), PIECE);
        ssize_t n = copy_piece(local, remote, write, buf, want);
        if (n > 0)
            done += n;
        if (n < (ssize_t)want) {
            done = done ? done : -EFAULT;
            break;
        }
    }
    kfree(buf);
    return done;
}

/* The other side's vector: its addresses are looked at when they are used. */
static int remote_vec(vaddr_t vec, size_t nsegs, struct iobuf_seg **segs, struct iobuf *iob)
{
    *segs = NULL;
    if (nsegs > IOV_MAX)
        return -EINVAL;
    *segs = kmalloc(size_max(nsegs, 1) * sizeof(**segs));
    if (!*segs)
        return -ENOMEM;
    if (uaccess_read(*segs, vec, nsegs * sizeof(**segs)))
        return -EFAULT;
    return iobuf_user_vec(iob, *segs, nsegs);
}

static int64_t to_or_from(const uint64_t *a, struct iobuf *local, bool write)
{
    struct iobuf_seg *segs;
    struct iobuf      remote;
    int64_t           result = remote_vec(a[3], a[4], &segs, &remote);
    if (!result && remote.left && (int)a[0] != PROCESS_PID &&
        !((int)a[0] && thread_exists((int)a[0])))
        result = -ESRCH;
    else if (!result && remote.left)
        result = copy_memory(local, &remote, write);
    kfree(segs);
    return result;
}

static int64_t process_vm(const uint64_t *a, bool write)
{
    struct iobuf_seg fast[ARGS_FAST_SEGS], *segs = fast;
    struct iobuf     local;
    if (a[5])
        return -EINVAL;
    int64_t result = args_iovec(a[1], a[2], &segs, &local);
    if (!result && local.left)
        result = to_or_from(a, &local, write);
    if (segs != fast)
        kfree(segs);
    return result;
}

int64_t sys_process_vm_readv(const uint64_t *a)
{
    return process_vm(a, false);
}

int64_t sys_process_vm_writev(const uint64_t *a)
{
    return process_vm(a, true);
}

/* --- processes as files ----------------------------------------------------------------------------- */

#define PIDFD_THREAD (unsigned)O_EXCL

/* Never ready: who looks at it ends with the process. */
static unsigned pidfd_poll(struct file *f, struct pollq **q)
{
    (void)f;
    (void)q;
    return 0;
}

static void pidfd_getattr(struct file *f, struct vfs_attr *attr)
{
    (void)f;
    attr->mode = S_IFREG | 0700;
    attr->dev = vfs_mkdev(0, 15);
    attr->ino = PROCESS_PID;
}

static const struct file_ops pidfd_ops = {
    .poll = pidfd_poll,
    .getattr = pidfd_getattr,
    .label = "anon_inode:[pidfd]",
};

bool pidfd_is(const struct file *f)
{
    return f && f->ops == &pidfd_ops;
}

int64_t sys_pidfd_open(const uint64_t *a)
{
    int      pid = (int)a[0];
    unsigned flags = (unsigned)a[1];
    if (flags & ~(O_NONBLOCK | PIDFD_THREAD) || pid <= 0)
        return -EINVAL;
    if (!thread_exists(pid))
        return -ESRCH;
    if (!(flags & PIDFD_THREAD) && pid != PROCESS_PID)
        return -ENOENT;
    struct file *f = file_new(&pidfd_ops, NULL, O_RDWR | flags);
    if (!f)
        return -ENOMEM;
    f->pos = (uint64_t)pid; /* which thread, if PIDFD_THREAD */
    return fd_install_or_put(f, true);
}

/* flags of pidfd_send_signal */
#define TO_THREAD 1u
#define TO_GROUP  2u
#define TO_PGRP   4u

static int64_t send(const struct file *f, int sig, vaddr_t va, unsigned flags)
{
    struct signal_info info = signal_from_self(SI_USER);
    struct abi_siginfo in;
    bool               thread = flags ? flags & TO_THREAD : atomic_load(&f->flags) & PIDFD_THREAD;
    if (va && uaccess_read(&in, va, sizeof(in)))
        return -EFAULT;
    if (va) {
        if (in.si_signo != sig)
            return -EINVAL;
        info = signal_info_read(&in);
    }
    if (va && (uint32_t)f->pos != uthread_self()->tid && (info.code >= 0 || info.code == SI_TKILL))
        return -EPERM;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    if (thread)
        return signal_send_tid((uint32_t)f->pos, sig, &info);
    return sig ? signal_send_process(sig, &info) : 0;
}

int64_t sys_pidfd_send_signal(const uint64_t *a)
{
    unsigned flags = (unsigned)a[3];
    if (flags & ~(TO_THREAD | TO_GROUP | TO_PGRP) || flags & (flags - 1))
        return -EINVAL;
    struct file *f = args_file((int)a[0]);
    int64_t      result = pidfd_is(f) ? send(f, (int)a[1], a[2], flags) : -EBADF;
    file_put(f);
    return result;
}

int64_t sys_pidfd_getfd(const uint64_t *a)
{
    if ((unsigned)a[2])
        return -EINVAL;
    struct file *pidfd = args_file((int)a[0]);
    struct file *f = pidfd_is(pidfd) ? args_file((int)a[1]) : NULL;
    int          fd = f ? fd_install_or_put(f, true) : -EBADF;
    file_put(pidfd);
    return fd;
}

/* Advice that may be given for another process. */
static bool may_advise(int advice)
{
    return advice == MADV_WILLNEED || advice == MADV_COLD || advice == MADV_PAGEOUT;
}

/* Advice for each range; how many bytes of them were done before the first that failed. */
static int64_t advise(struct iobuf *iob, uint64_t advice)
{
    int64_t done = 0, err = 0;
    for (size_t i = 0; i < iob->nsegs && !err; i++) {
        const uint64_t args[] = {iob->segs[i].base, iob->segs[i].len, advice};
        err = sys_madvise(args);
        done += err ? 0 : (int64_t)iob->segs[i].len;
    }
    return done ? done : err;
}

int64_t sys_process_madvise(const uint64_t *a)
{
    struct iobuf_seg fast[ARGS_FAST_SEGS], *segs = fast;
    struct iobuf     iob;
    if ((unsigned)a[4])
        return -EINVAL;
    int64_t      result = args_iovec(a[1], a[2], &segs, &iob);
    struct file *f = result ? NULL : args_file((int)a[0]);
    if (!result && !pidfd_is(f))
        result = -EBADF;
    else if (!result)
        result = may_advise((int)a[3]) ? advise(&iob, a[3]) : -EINVAL;
    file_put(f);
    if (segs != fast)
        kfree(segs);
    return result;
}

/* Takes the memory of a process that is ending: nobody could ask that here. */
int64_t sys_process_mrelease(const uint64_t *a)
{
    if ((unsigned)a[1])
        return -EINVAL;
    struct file *f = args_file((int)a[0]);
    int          err = pidfd_is(f) ? -EINVAL : -EBADF;
    file_put(f);
    return err;
}

/* --- comparing ------------------------------------------------------------------------------------- */

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM };

/* 0: the same; 1, 2: any order that stays. */
static int64_t compare_files(int fd1, int fd2)
{
    struct file *f1 = args_file(fd1), *f2 = args_file(fd2);
    int64_t      result = !f1 || !f2 ? -EBADF : f1 == f2 ? 0 : f1 < f2 ? 1 : 2;
    file_put(f1);
    file_put(f2);
    return result;
}

/* Threads share everything. */
int64_t sys_kcmp(const uint64_t *a)
{
    int type = (int)a[2];
    if ((int)a[0] <= 0 || (int)a[1] <= 0 || !thread_exists((int)a[0]) || !thread_exists((int)a[1]))
        return -ESRCH;
    if (type == KCMP_FILE)
        return compare_files((int)a[3], (int)a[4]);
    return type < KCMP_FILE || type > KCMP_SYSVSEM ? -EINVAL : 0;
}

/* --- leaving what is shared ---------------------------------------------------------------------------- */

#define CLONE_NEW_ANY 0x7e020080ul /* namespaces */
#define UNSHARE_FLAGS                                                                   \
    (CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM | \
     CLONE_NEW_ANY)

static bool is_alone(void)
{
    spinlock_acquire(&the_process.lock);
    bool alone = !LIST_NEXT(LIST_FIRST(&the_process.threads), link);
    spinlock_release(&the_process.lock);
    return alone;
}

/* Who is alone shares nothing. There are no namespaces, and threads cannot part. */
int64_t sys_unshare(const uint64_t *a)
{
    uint64_t flags = a[0];
    if (flags & ~UNSHARE_FLAGS)
        return -EINVAL;
    if (flags & CLONE_NEW_ANY)
        return -EPERM;
    return !flags || is_alone() ? 0 : -EINVAL;
}
