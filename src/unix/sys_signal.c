/* SPDX-License-Identifier: Apache-2.0 */
/* sys_signal.c - system calls on signals. Sending and acting on them is signal.c's. */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/process.h"
#include "unix/signal.h"
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
    if (a[3] != SIGSET_SIZE || !valid_signal(sig))
        return -EINVAL;
    if (a[1] && (sig == SIGKILL || sig == SIGSTOP))
        return -EINVAL;
    if (a[1] && uaccess_read(&act, a[1], sizeof(act)))
        return -EFAULT;
    spinlock_acquire(&the_process.lock);
    old = the_process.actions[sig];
    if (a[1]) {
        act.mask &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
        the_process.actions[sig] = act;
    }
    spinlock_release(&the_process.lock);
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
    uint64_t set = (ut->pending | the_process.pending) & ut->sigmask;
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
    return -EINTR;
}

int64_t sys_rt_sigreturn(const uint64_t *a)
{
    (void)a;
    struct trapframe *tf = thread_self()->tf;
    signal_return(uthread_self(), tf);
    return (int64_t)tf->a0;
}

/* --- alternate stack --------------------------------------------------------------------- */

static int set_altstack(struct uthread *ut, vaddr_t va, bool on_it)
{
    struct abi_stack_t st;
    if (uaccess_read(&st, va, sizeof(st)))
        return -EFAULT;
    unsigned mode = (unsigned)st.ss_flags & ~SS_AUTODISARM;
    if (on_it)
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        ut->altstack = (struct abi_stack_t){.ss_flags = SS_DISABLE};
        return 0;
    }
    if (st.ss_size < MINSIGSTKSZ)
        return -ENOMEM;
    st.ss_flags &= (int32_t)SS_AUTODISARM;
    st.pad = 0;
    ut->altstack = st;
    return 0;
}

int64_t sys_sigaltstack(const uint64_t *a)
{
    struct uthread    *ut = uthread_self();
    struct abi_stack_t old = ut->altstack;
    uint64_t           sp = ut->thread->tf->sp;
    bool on_it = !(old.ss_flags & SS_DISABLE) && sp > old.ss_sp && sp - old.ss_sp <= old.ss_size;
    if (on_it)
        old.ss_flags |= SS_ONSTACK;
    int err = a[0] ? set_altstack(ut, a[0], on_it) : 0;
    if (err)
        return err;
    return a[1] ? uaccess_write(a[1], &old, sizeof(old)) : 0;
}

/* --- sending ----------------------------------------------------------------------------- */

int64_t sys_kill(const uint64_t *a)
{
    int                pid = (int)a[0], sig = (int)a[1];
    struct signal_info info = {.code = SI_USER, .value = PROCESS_PID};
    /* 0: the own process group; -1 would be all but the sender and process 1: there are none. */
    if (pid != PROCESS_PID && pid != 0 && pid != -PROCESS_PID)
        return -ESRCH;
    if (pid == -1 && PROCESS_PID == 1)
        return -ESRCH;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    if (sig)
        signal_send_process(sig, &info);
    return 0;
}

static int send_to_thread(int tid, int sig)
{
    struct signal_info info = {.code = SI_TKILL, .value = PROCESS_PID};
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    return signal_send_tid((uint32_t)tid, sig, &info);
}

int64_t sys_tkill(const uint64_t *a)
{
    int tid = (int)a[0];
    return tid <= 0 ? -EINVAL : send_to_thread(tid, (int)a[1]);
}

int64_t sys_tgkill(const uint64_t *a)
{
    int tgid = (int)a[0], tid = (int)a[1];
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return tgid == PROCESS_PID ? send_to_thread(tid, (int)a[2]) : -ESRCH;
}
