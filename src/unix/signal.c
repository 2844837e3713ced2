/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - sending signals and acting on them: see signal.h. Frames are sigframe.c's.
 *
 * Sending marks the signal pending, sets thread->notify and ends an interruptible sleep. The
 * thread looks on its way back to user mode (signal_notify), where its registers are at hand and
 * no lock is held.
 */
#include "unix/signal.h"

#include "kernel/log.h"
#include "kernel/trace.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "unix/report.h"
#include "unix/sigframe.h"
#include "unix/unix.h"

#define BIT(sig) (1ull << ((sig)-1))

/* No handler and no mask stops these. */
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))

/* Without a handler these do nothing. The second row would stop or continue the program: there is
 * no job control to continue it. */
#define IGNORED_BY_DEFAULT                                                                     \
    (BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
     BIT(SIGTTIN) | BIT(SIGTTOU))

static struct abi_sigaction action_of(int sig)
{
    ASSERT(spinlock_held(&the_process.lock));
    return the_process.actions[sig];
}

static bool is_ignored(int sig)
{
    uint64_t handler = action_of(sig).handler;
    return handler == SIG_IGN || (handler == SIG_DFL && IGNORED_BY_DEFAULT & BIT(sig));
}

static uint64_t deliverable(const struct uthread *ut)
{
    return (ut->pending | the_process.pending) & ~ut->sigmask;
}

bool signal_pending(const struct uthread *ut)
{
    return deliverable(ut) != 0; /* a stale answer is corrected on the way to user mode */
}

/* --- sending ----------------------------------------------------------------------------- */

/* ut shall look at its signals soon. */
static void kick(struct uthread *ut)
{
    ut->thread->notify = true;
    thread_interrupt(ut->thread);
}

/* Make sig pending in ut. */
static void post(struct uthread *ut, int sig, const struct signal_info *info)
{
    bool blocked = ut->sigmask & BIT(sig);
    if (is_ignored(sig) && !blocked)
        return;
    if (!(ut->pending & BIT(sig)))
        ut->pending_info[sig] = *info;
    ut->pending |= BIT(sig);
    if (!blocked)
        kick(ut);
}

void signal_send_thread(struct uthread *ut, int sig, const struct signal_info *info)
{
    spinlock_acquire(&the_process.lock);
    post(ut, sig, info);
    spinlock_release(&the_process.lock);
}

/* A thread that may take sig: the current one if it may. NULL: all block it. */
static struct uthread *choose_thread(int sig)
{
    struct uthread *ut, *self = thread_self()->owner;
    if (self && !(self->sigmask & BIT(sig)))
        return self;
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (!(ut->sigmask & BIT(sig)))
            return ut;
    }
    return NULL;
}

void signal_send_process(int sig, const struct signal_info *info)
{
    spinlock_acquire(&the_process.lock);
    struct uthread *ut = choose_thread(sig);
    if (!ut || !is_ignored(sig)) {
        if (!(the_process.pending & BIT(sig)))
            the_process.pending_info[sig] = *info;
        the_process.pending |= BIT(sig);
        if (ut)
            kick(ut);
    }
    spinlock_release(&the_process.lock);
}

void signal_set_mask(struct uthread *ut, uint64_t mask)
{
    spinlock_acquire(&the_process.lock);
    ut->sigmask = mask & ~UNBLOCKABLE;
    if (deliverable(ut))
        ut->thread->notify = true;
    spinlock_release(&the_process.lock);
}

int signal_send_tid(uint32_t tid, int sig, const struct signal_info *info)
{
    struct uthread *ut;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (ut->tid == tid)
            break;
    }
    if (ut && sig)
        post(ut, sig, info);
    spinlock_release(&the_process.lock);
    return ut ? 0 : -ESRCH;
}

void signal_swap_mask(struct uthread *ut, uint64_t mask)
{
    ut->saved_mask = ut->sigmask;
    ut->restore_mask = true;
    signal_set_mask(ut, mask);
    ut->thread->notify = true; /* which puts the old mask back */
}

void signal_wait(struct uthread *ut)
{
    static struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS, "sigsuspend");
    struct waitq           q; /* nobody else knows it: only signals wake */

    waitq_init(&q);
    spinlock_acquire(&lock);
    while (!signal_pending(ut) && waitq_sleep_until(&q, &lock, WAIT_FOREVER, true) != -EINTR)
        ;
    spinlock_release(&lock);
}

/* --- acting ------------------------------------------------------------------------------ */

/* Take the next signal that ut does not block out of the pending ones, with what is to be done
 * about it. Those that a thread causes itself come first, as in Linux. Returns 0 when there is
 * none. */
static int take_signal(struct uthread *ut, struct signal_info *info, struct abi_sigaction *action)
{
    int sig = 0;
    spinlock_acquire(&the_process.lock);
    uint64_t own = ut->pending & ~ut->sigmask;
    uint64_t shared = the_process.pending & ~ut->sigmask;
    if (own) {
        sig = __builtin_ctzll(own) + 1;
        ut->pending &= ~BIT(sig);
        *info = ut->pending_info[sig];
    } else if (shared) {
        sig = __builtin_ctzll(shared) + 1;
        the_process.pending &= ~BIT(sig);
        *info = the_process.pending_info[sig];
    }
    if (sig) {
        *action = action_of(sig);
        if (action->flags & SA_RESETHAND && action->handler > SIG_IGN)
            the_process.actions[sig].handler = SIG_DFL;
    }
    spinlock_release(&the_process.lock);
    return sig;
}

/* The end of the program by a signal that somebody sent. */
static _Noreturn void die_of(int sig)
{
    log_warn("the program was ended by signal %d (%s)", sig, report_signal_name(sig));
    process_exit(STATUS_SIGNAL + sig);
}

/* Run action's handler for sig. */
static void run_handler(struct uthread *ut, struct trapframe *tf, int sig,
                        const struct signal_info *info, const struct abi_sigaction *action)
{
    if (sigframe_push(ut, tf, sig, info, action)) {
        log_warn("signal %d (%s): its handler's stack at %#lx cannot be written", sig,
                 report_signal_name(sig), (unsigned long)tf->sp);
        die_of(SIGSEGV);
    }
    ut->restore_mask = false;
    uint64_t self = action->flags & SA_NODEFER ? 0 : BIT(sig);
    signal_set_mask(ut, ut->sigmask | action->mask | self);
    TRACE(syscall, "signal %d: handler %#lx", sig, (unsigned long)action->handler);
}

/* A system call gave up because of a signal: make it start anew when the program goes on, or
 * fail. */
static void settle_restart(const struct uthread *ut, struct trapframe *tf, bool restart)
{
    if (tf->scause != CAUSE_ECALL_U || tf->a0 != (uint64_t)-ERESTARTSYS)
        return;
    if (restart) {
        tf->sepc -= 4;
        tf->a0 = ut->syscall_a0;
    } else {
        tf->a0 = (uint64_t)-EINTR;
    }
}

static bool is_default_ignored(int sig)
{
    return IGNORED_BY_DEFAULT & BIT(sig);
}

void signal_notify(struct thread *t, struct trapframe *tf)
{
    struct uthread      *ut = t->owner;
    struct signal_info   info;
    struct abi_sigaction action;
    int                  sig;

    t->notify = false;
    t->interrupted = false; /* what it was interrupted for is looked at now */
    while ((sig = take_signal(ut, &info, &action))) {
        if (action.handler == SIG_IGN || (action.handler == SIG_DFL && is_default_ignored(sig)))
            continue;
        if (action.handler == SIG_DFL)
            die_of(sig);
        settle_restart(ut, tf, action.flags & SA_RESTART);
        run_handler(ut, tf, sig, &info, &action);
    }
    settle_restart(ut, tf, true);
    if (ut->restore_mask) {
        ut->restore_mask = false;
        signal_set_mask(ut, ut->saved_mask);
    }
}

/* --- what a thread did itself ------------------------------------------------------------ */

/* The handler that takes sig now; false: there is none, or it is blocked, which ends the
 * program. */
static bool handler_for(struct uthread *ut, int sig, struct abi_sigaction *action)
{
    spinlock_acquire(&the_process.lock);
    *action = action_of(sig);
    bool found = action->handler > SIG_IGN && !(ut->sigmask & BIT(sig));
    if (found && action->flags & SA_RESETHAND)
        the_process.actions[sig].handler = SIG_DFL;
    spinlock_release(&the_process.lock);
    return found;
}

/* The signal that Linux gives for an exception; false: none is known. */
static bool exception_signal(const struct trapframe *tf, int *sig, struct signal_info *info)
{
    *info = (struct signal_info){.value = tf->sepc};
    switch (tf->scause) {
    case 0: /* instruction address misaligned */
        *sig = SIGBUS;
        info->code = BUS_ADRALN;
        return true;
    case CAUSE_ILLEGAL:
        *sig = SIGILL;
        info->code = ILL_ILLOPC;
        return true;
    case CAUSE_BREAKPOINT:
        *sig = SIGTRAP;
        info->code = TRAP_BRKPT;
        return true;
    case 4: /* load address misaligned */
    case 6: /* store address misaligned */
        *sig = SIGBUS;
        info->code = BUS_ADRALN;
        info->value = tf->stval;
        return true;
    default:
        return false;
    }
}

static void fault_signal(const struct fault *f, int area_err, int *sig, struct signal_info *info)
{
    *info = (struct signal_info){.value = f->va};
    *sig = SIGSEGV;
    if (f->kind == FAULT_ACCESS || area_err == -EIO) {
        *sig = SIGBUS;
        info->code = BUS_ADRERR;
    } else {
        info->code = area_err == -EFAULT && f->kind != FAULT_DOMAIN ? SEGV_MAPERR : SEGV_ACCERR;
    }
}

void signal_fault(struct thread *t, struct trapframe *tf, const struct fault *f, int area_err)
{
    struct uthread      *ut = t->owner;
    struct signal_info   info;
    struct abi_sigaction action;
    int                  sig = SIGILL;

    if (area_err == -ENOMEM && f->kind != FAULT_NONE) {
        report_fault(t, tf, f, SIGKILL, "no memory is left for the page it touched");
        process_exit(STATUS_SIGNAL + SIGKILL);
    }
    if (f->kind != FAULT_NONE)
        fault_signal(f, area_err, &sig, &info);
    else if (!exception_signal(tf, &sig, &info))
        info = (struct signal_info){.code = ILL_ILLOPC, .value = tf->sepc};
    if (handler_for(ut, sig, &action)) {
        run_handler(ut, tf, sig, &info, &action);
        return;
    }
    report_fault(t, tf, f, sig, report_reason(f, area_err));
    process_exit(STATUS_SIGNAL + sig);
}

void signal_return(struct uthread *ut, struct trapframe *tf)
{
    uint64_t mask;
    if (sigframe_pop(ut, tf, &mask)) {
        log_warn("the program returned from a signal handler with a damaged stack pointer");
        die_of(SIGSEGV);
    }
    tf->scause = UINT64_MAX; /* what a0 holds now is the program's, not a result to be restarted */
    signal_set_mask(ut, mask);
}
