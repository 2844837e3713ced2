/* SPDX-License-Identifier: Apache-2.0 */
/* sys_signal.c - system calls on signals. Sending and acting on them is signal.c's. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/sigframe.h"
#include "unix/signal.h"
#include "unix/signalfd.h"
#include "unix/syscall.h"

#define SIGSET_SIZE 8u

static bool valid_signal(int sig)
{
    return sig >= 1 && sig <= NSIG;
}

/* --- actions and masks ------------------------------------------------------------------- */

int64_t sys_rt_sigaction(const uint64_t *a)
{
    int                  sig = (int)a[0];
    struct abi_sigaction act, old;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1] && uaccess_read(&act, a[1], sizeof(act)))
        return -EFAULT;
    if (!valid_signal(sig) || (a[1] && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    if (a[1]) {
        act.flags &= SA_ALL; /* how a program learns which there are */
        act.mask &= ~(SIGSET(SIGKILL) | SIGSET(SIGSTOP));
    }
    signal_set_action(sig, a[1] ? &act : NULL, &old);
    return a[2] ? uaccess_write(a[2], &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigprocmask(const uint64_t *a)
{
    struct uthread *ut = uthread_self();
    uint64_t        set, old = ut->sigmask;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1]) {
        if (uaccess_read(&set, a[1], sizeof(set)))
            return -EFAULT;
        switch ((int)a[0]) {
        case SIG_BLOCK:
            signal_set_mask(ut, old | set);
            break;
        case SIG_UNBLOCK:
            signal_set_mask(ut, old & ~set);
            break;
        case SIG_SETMASK:
            signal_set_mask(ut, set);
            break;
        default:
            return -EINVAL;
        }
    }
    return a[2] ? uaccess_write(a[2], &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigpending(const uint64_t *a)
{
    struct uthread *ut = uthread_self();
    if (a[1] > SIGSET_SIZE)
        return -EINVAL;
    uint64_t set = (ut->pending.set | the_process.pending.set) & ut->sigmask;
    return uaccess_write(a[0], &set, a[1]);
}

int64_t sys_rt_sigsuspend(const uint64_t *a)
{
    struct uthread *ut = uthread_self();
    uint64_t        set;
    if (a[1] != SIGSET_SIZE)
        return -EINVAL;
    if (uaccess_read(&set, a[0], sizeof(set)))
        return -EFAULT;
    signal_swap_mask(ut, set);
    signal_wait(ut);
    return -ERESTARTNOHAND;
}

int64_t sys_rt_sigtimedwait(const uint64_t *a)
{
    struct signal_info info;
    struct abi_siginfo out;
    uint64_t           set, deadline;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (uaccess_read(&set, a[0], sizeof(set)))
        return -EFAULT;
    int err = args_timeout(a[2], &deadline);
    if (err)
        return err;
    int sig = signal_take(uthread_self(), set, deadline, &info);
    if (sig <= 0 || !a[1])
        return sig;
    siginfo_fill(&out, sig, &info);
    return uaccess_write(a[1], &out, sizeof(out)) ? -EFAULT : sig;
}

int64_t sys_rt_sigreturn(const uint64_t *a)
{
    (void)a;
    struct trapframe *tf = thread_self()->tf;
    signal_return(uthread_self(), tf);
    return (int64_t)tf->a0;
}

/* --- reading signals from files ---------------------------------------------------------- */

#define SFD_FLAGS ((unsigned)(O_CLOEXEC | O_NONBLOCK))

static int64_t new_signalfd(uint64_t set, unsigned flags)
{
    struct file *f;
    int          err = signalfd_create(set, flags & O_NONBLOCK, &f);
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

static int64_t change_signalfd(int fd, uint64_t set)
{
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int err = file_is_path(f) ? -EBADF : signalfd_set(f, set);
    file_put(f);
    return err ? err : fd;
}

int64_t sys_signalfd4(const uint64_t *a)
{
    int      fd = (int)a[0];
    unsigned flags = (unsigned)a[3];
    uint64_t set;
    if (a[2] != SIGSET_SIZE)
        return -EINVAL;
    if (uaccess_read(&set, a[1], sizeof(set)))
        return -EFAULT;
    if (flags & ~SFD_FLAGS)
        return -EINVAL;
    set &= ~(SIGSET(SIGKILL) | SIGSET(SIGSTOP));
    return fd == -1 ? new_signalfd(set, flags) : change_signalfd(fd, set);
}

/* --- alternate stack --------------------------------------------------------------------- */

int64_t sys_sigaltstack(const uint64_t *a)
{
    struct uthread *ut = uthread_self();
    struct abi_stack_t new, old = ut->altstack;
    uint64_t sp = ut->thread->tf->sp;
    if (a[0] && uaccess_read(&new, a[0], sizeof(new)))
        return -EFAULT;
    if (sigframe_on_altstack(ut, sp))
        old.ss_flags |= SS_ONSTACK;
    int err = a[0] ? signal_set_altstack(ut, &new, sp) : 0;
    if (err)
        return err;
    return a[1] ? uaccess_write(a[1], &old, sizeof(old)) : 0;
}

/* --- sending ----------------------------------------------------------------------------- */

/* Whether pid, which may name a group, is the process. */
static bool means_process(int pid)
{
    /* 0: the own process group; -1 would be all but the sender and process 1: there are none. */
    return pid == PROCESS_PID || pid == 0 || (pid == -PROCESS_PID && PROCESS_PID != 1);
}

int64_t sys_kill(const uint64_t *a)
{
    int                sig = (int)a[1];
    struct signal_info info = signal_from_self(SI_USER);
    if (!means_process((int)a[0]))
        return -ESRCH;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    return sig ? signal_send_process(sig, &info) : 0;
}

int64_t sys_tkill(const uint64_t *a)
{
    int                tid = (int)a[0];
    struct signal_info info = signal_from_self(SI_TKILL);
    return tid <= 0 ? -EINVAL : signal_send_tid((uint32_t)tid, (int)a[1], &info);
}

int64_t sys_tgkill(const uint64_t *a)
{
    int                tgid = (int)a[0], tid = (int)a[1];
    struct signal_info info = signal_from_self(SI_TKILL);
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return tgid == PROCESS_PID ? signal_send_tid((uint32_t)tid, (int)a[2], &info) : -ESRCH;
}

/* --- queueing ---------------------------------------------------------------------------- */

/* What a program attaches to a signal. It cannot tell more about a fault than an address: none of
 * the kernel's own codes is let through to another process, and to itself it may lie. */
struct signal_info signal_info_read(const struct abi_siginfo *in)
{
    struct signal_info info = {in->si_code, in->si_errno, in->rt.pid, in->rt.uid, in->rt.value, 0};
    if (in->si_code > 0 && in->si_code < SI_KERNEL)
        info.value = in->fault.addr;
    return info;
}

static int read_info(vaddr_t va, struct signal_info *info)
{
    struct abi_siginfo in;
    if (uaccess_read(&in, va, sizeof(in)))
        return -EFAULT;
    *info = signal_info_read(&in);
    return 0;
}

int64_t sys_rt_sigqueueinfo(const uint64_t *a)
{
    int                pid = (int)a[0], sig = (int)a[1];
    struct signal_info info;
    int                err = read_info(a[2], &info);
    if (err)
        return err;
    bool from_kernel = info.code >= 0 || info.code == SI_TKILL;
    if (pid != PROCESS_PID)
        return from_kernel ? -EPERM : -ESRCH;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    return sig ? signal_send_process(sig, &info) : 0;
}

int64_t sys_rt_tgsigqueueinfo(const uint64_t *a)
{
    int                tgid = (int)a[0], tid = (int)a[1];
    struct signal_info info;
    int                err = read_info(a[3], &info);
    if (err)
        return err;
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    if ((info.code >= 0 || info.code == SI_TKILL) && (uint32_t)tid != uthread_self()->tid)
        return -EPERM;
    if (tgid != PROCESS_PID)
        return -ESRCH;
    return signal_send_tid((uint32_t)tid, (int)a[2], &info);
}
