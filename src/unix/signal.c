/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - sending signals and acting on them: see signal.h. Frames are sigframe.c's.
 *
 * Sending marks the signal pending, sets thread->notify and ends an interruptible sleep. The
 * thread looks on its way back to user mode (signal_notify), where its registers are at hand and
 * no lock is held.
 */
#include "unix/signal.h"

#include "kernel/log.h"
#include "kernel/pollq.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "unix/cred.h"
#include "unix/posix_timer.h"
#include "unix/report.h"
#include "unix/sigframe.h"
#include "unix/strace.h"

/* No handler and no mask stops these. */
#define UNBLOCKABLE (SIGSET(SIGKILL) | SIGSET(SIGSTOP))

#define STOPPING (SIGSET(SIGSTOP) | SIGSET(SIGTSTP) | SIGSET(SIGTTIN) | SIGSET(SIGTTOU))

/* Without a handler these do nothing. Some would stop or continue the program: there is no job control to
 * continue it. */
#define IGNORED_BY_DEFAULT \
    (SIGSET(SIGCHLD) | SIGSET(SIGURG) | SIGSET(SIGWINCH) | SIGSET(SIGCONT) | STOPPING)

#define ECALL_SIZE         4u   /* there is no compressed ecall */
#define NR_RESTART_SYSCALL 128u /* syscall_list.h */

static struct abi_sigaction *action_of(int sig)
{
    ASSERT(spinlock_held(&the_process.lock));
    return &the_process.actions[sig];
}

static bool is_ignored(int sig)
{
    uint64_t handler = action_of(sig)->handler;
    return handler == SIG_IGN || (handler == SIG_DFL && IGNORED_BY_DEFAULT & SIGSET(sig));
}

static uint64_t deliverable(const struct uthread *ut)
{
    return (ut->pending.set | the_process.pending.set) & ~ut->sigmask;
}

bool signal_pending(const struct uthread *ut)
{
    return deliverable(ut) != 0; /* a stale answer is corrected on the way to user mode */
}

/* --- sending ----------------------------------------------------------------------------- */

void signal_kick(struct uthread *ut)
{
    thread_interrupt(ut->thread);
}

/* What ut does not let through now. */
static uint64_t blocked(const struct uthread *ut)
{
    return ut->sigmask & ~ut->waiting_for;
}

struct signal_info signal_from_self(int32_t code)
{
    return (struct signal_info){.code = code, .pid = PROCESS_PID, .uid = cred_uid()};
}

/* Those who read signals from files (signalfd.c). */
static struct waitq  readers = WAITQ_INIT(readers);
static struct pollq *watchers; /* of all those files; NULL: there was none yet */

static int enqueue(struct sigqueue *q, int sig, const struct signal_info *info)
{
    int err = sigqueue_add(q, sig, info, the_process.limits[RLIMIT_SIGPENDING].cur);
    if (!err && watchers)
        signal_watch_changed();
    return err;
}

/* The signals of set are no longer pending anywhere. */
static void forget(uint64_t set)
{
    struct uthread *ut;
    for (; set; set &= set - 1) {
        int sig = __builtin_ctzll(set) + 1;
        sigqueue_discard(&the_process.pending, sig);
        LIST_FOREACH(ut, &the_process.threads, link)
            sigqueue_discard(&ut->pending, sig);
    }
}

/* What continues a program calls off what stops one, and the other way round: when it is sent, whatever
 * becomes of it. */
static void call_off(int sig)
{
    if (sig == SIGCONT)
        forget(STOPPING);
    else if (STOPPING & SIGSET(sig))
        forget(SIGSET(SIGCONT));
}

/* Make sig pending in ut. A signal that is blocked may have a handler by the time it no longer is. */
static int post(struct uthread *ut, int sig, const struct signal_info *info)
{
    call_off(sig);
    if (is_ignored(sig) && !(ut->sigmask & SIGSET(sig)))
        return 0;
    int err = enqueue(&ut->pending, sig, info);
    if (!err && !(blocked(ut) & SIGSET(sig)))
        signal_kick(ut);
    return err;
}

int signal_send_thread(struct uthread *ut, int sig, const struct signal_info *info)
{
    spinlock_acquire(&the_process.lock);
    int err = post(ut, sig, info);
    spinlock_release(&the_process.lock);
    return err;
}

/* A thread that may take sig: the first one if it may. NULL: all block it. */
static struct uthread *choose_thread(int sig)
{
    struct uthread *ut, *chosen = NULL;
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (!(blocked(ut) & SIGSET(sig)))
            chosen = ut; /* younger ones are listed before older ones */
    }
    return chosen;
}

/* Who was woken for the process's signals of set does not take them: wake others that may. */
static void hand_on(uint64_t set)
{
    ASSERT(spinlock_held(&the_process.lock));
    for (set &= the_process.pending.set; set; set &= set - 1) {
        struct uthread *ut = choose_thread(__builtin_ctzll(set) + 1);
        if (ut)
            signal_kick(ut);
    }
}

void signal_thread_gone(const struct uthread *ut)
{
    hand_on(~ut->sigmask);
}

int signal_send_process(int sig, const struct signal_info *info)
{
    int err = 0;
    spinlock_acquire(&the_process.lock);
    call_off(sig);
    struct uthread *ut = choose_thread(sig);
    if (!ut || ut->waiting_for & SIGSET(sig) || !is_ignored(sig)) {
        err = enqueue(&the_process.pending, sig, info);
        if (ut && !err)
            signal_kick(ut);
    }
    spinlock_release(&the_process.lock);
    return err;
}

int signal_send_tid(uint32_t tid, int sig, const struct signal_info *info)
{
    struct uthread *ut;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (ut->tid == tid)
            break;
    }
    int err = !ut ? -ESRCH : sig < 0 || sig > NSIG ? -EINVAL : sig ? post(ut, sig, info) : 0;
    spinlock_release(&the_process.lock);
    return err;
}

/* The thread that a signal to tid, 0 meaning the process, wakes: one that does not block it, or, if it is to
 * be that thread, that one. */
static struct uthread *find_target(uint32_t tid, int sig)
{
    struct uthread *ut;
    if (!tid)
        return choose_thread(sig);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (ut->tid == tid)
            break;
    }
    return ut;
}

int signal_send_timer(uint32_t tid, int sig, const struct signal_info *info,
                      struct sigqueue_item *item)
{
    int err = 0;
    spinlock_acquire(&the_process.lock);
    struct uthread *ut = find_target(tid, sig);
    bool            open = ut && !(blocked(ut) & SIGSET(sig));
    if (tid && !ut)
        err = -ESRCH;
    else if (open && is_ignored(sig) && !(ut->waiting_for & SIGSET(sig)))
        err = -EAGAIN;
    else
        sigqueue_add_item(tid ? &ut->pending : &the_process.pending, item, sig, info);
    if (!err && watchers)
        signal_watch_changed();
    if (!err && open)
        signal_kick(ut);
    spinlock_release(&the_process.lock);
    return err;
}

void signal_forget_timer(struct sigqueue_item *item)
{
    spinlock_acquire(&the_process.lock);
    sigqueue_item_put(item);
    spinlock_release(&the_process.lock);
}

void signal_pipe(void)
{
    struct signal_info info = signal_from_self(SI_USER);
    signal_send_thread(uthread_self(), SIGPIPE, &info);
}

int64_t signal_size_limit(int64_t result)
{
    struct signal_info info = signal_from_self(SI_USER);

    if (result == -EFBIG && the_process.limits[RLIMIT_FSIZE].cur < INT64_MAX)
        signal_send_thread(uthread_self(), SIGXFSZ, &info);
    return result;
}

/* --- actions and masks ------------------------------------------------------------------- */

void signal_set_action(int sig, const struct abi_sigaction *action, struct abi_sigaction *old)
{
    spinlock_acquire(&the_process.lock);
    *old = the_process.actions[sig];
    if (action) {
        the_process.actions[sig] = *action;
        if (is_ignored(sig))
            forget(SIGSET(sig));
    }
    spinlock_release(&the_process.lock);
}

void signal_forget_handlers(struct uthread *ut)
{
    spinlock_acquire(&the_process.lock);
    for (int sig = 1; sig <= NSIG; sig++) {
        struct abi_sigaction *action = &the_process.actions[sig];
        *action = (struct abi_sigaction){.handler = action->handler == SIG_IGN ? SIG_IGN : SIG_DFL};
    }
    sigqueue_discard_timers(&the_process.pending);
    sigqueue_discard_timers(&ut->pending);
    spinlock_release(&the_process.lock);
}

/* The lock is held. */
static void set_mask(struct uthread *ut, uint64_t mask)
{
    uint64_t blocked_now = mask & ~UNBLOCKABLE & ~ut->sigmask;
    ut->sigmask = mask & ~UNBLOCKABLE;
    if (blocked_now & the_process.pending.set)
        hand_on(blocked_now);
    if (deliverable(ut))
        signal_kick(ut); /* also ends the sleep that the current thread is about to begin */
}

void signal_set_mask(struct uthread *ut, uint64_t mask)
{
    spinlock_acquire(&the_process.lock);
    set_mask(ut, mask);
    spinlock_release(&the_process.lock);
}

void signal_swap_mask(struct uthread *ut, uint64_t mask)
{
    ut->saved_mask = ut->sigmask;
    ut->restore_mask = true;
    signal_set_mask(ut, mask);
    ut->thread->notify = true; /* which puts the old mask back */
}

void signal_unswap_mask(struct uthread *ut)
{
    if (!ut->restore_mask)
        return;
    ut->restore_mask = false;
    signal_set_mask(ut, ut->saved_mask);
}

/* --- waiting ----------------------------------------------------------------------------- */

void signal_wait(struct uthread *ut)
{
    struct waitq q; /* nobody else knows it: only signals wake */
    int          err = 0;

    waitq_init(&q);
    spinlock_acquire(&the_process.lock);
    while (!err && !deliverable(ut))
        err = waitq_sleep_until(&q, &the_process.lock, WAIT_FOREVER, true);
    spinlock_release(&the_process.lock);
}

static int take_of(struct uthread *ut, uint64_t set, struct signal_info *info)
{
    int sig = sigqueue_take(&ut->pending, set, info);
    return sig ? sig : sigqueue_take(&the_process.pending, set, info);
}

int signal_take(struct uthread *ut, uint64_t set, uint64_t deadline, struct signal_info *info)
{
    struct waitq q; /* only signals and the deadline wake */
    int          err = 0, sig;

    waitq_init(&q);
    set &= ~UNBLOCKABLE;
    spinlock_acquire(&the_process.lock);
    ut->waiting_for = set;
    while (!(sig = take_of(ut, set, info)) && !err)
        err = waitq_sleep_until(&q, &the_process.lock, deadline, true);
    ut->waiting_for = 0;
    hand_on(set & ut->sigmask); /* it was woken for more than one, perhaps */
    spinlock_release(&the_process.lock);
    if (sig && info->timer)
        posix_timer_taken(info);
    return sig ? sig : err == -ETIMEDOUT ? -EAGAIN : err;
}

/* --- reading from files ------------------------------------------------------------------ */

void signal_watch_changed(void)
{
    ASSERT(spinlock_held(&the_process.lock));
    waitq_wake_all(&readers);
    pollq_notify(watchers, 0);
}

struct pollq *signal_watchers(void)
{
    static struct pollq q;
    spinlock_acquire(&the_process.lock);
    if (!watchers)
        pollq_init(&q);
    watchers = &q;
    spinlock_release(&the_process.lock);
    return &q;
}

bool signal_readable(const struct uthread *ut, const uint64_t *set)
{
    spinlock_acquire(&the_process.lock);
    bool any = (ut->pending.set | the_process.pending.set) & *set;
    spinlock_release(&the_process.lock);
    return any;
}

int signal_read(struct uthread *ut, const uint64_t *set, bool wait, struct signal_info *info)
{
    int err = 0, sig;
    spinlock_acquire(&the_process.lock);
    while (!(sig = take_of(ut, *set, info)) && !err)
        err = wait ? waitq_sleep_until(&readers, &the_process.lock, WAIT_FOREVER, true) : -EAGAIN;
    spinlock_release(&the_process.lock);
    if (sig && info->timer)
        posix_timer_taken(info);
    return sig ? sig : err;
}

/* --- acting ------------------------------------------------------------------------------ */

/* What ut blocks while d's handler runs. */
static uint64_t mask_within(const struct uthread *ut, const struct delivery *d)
{
    return ut->sigmask | d->action.mask | (d->action.flags & SA_NODEFER ? 0 : SIGSET(d->sig));
}

/* d's handler is going to run: its mask is in force from now on. The lock is held. */
static void begin_handler(struct uthread *ut, struct delivery *d)
{
    if (d->action.flags & SA_RESETHAND)
        action_of(d->sig)->handler = SIG_DFL;
    d->mask = ut->restore_mask ? ut->saved_mask : ut->sigmask;
    ut->restore_mask = false;
    set_mask(ut, mask_within(ut, d));
}

/* Take the next signal that ut does not block out of the pending ones, with what is to be done
 * about it; if a handler is, it begins. False: there is none. */
static bool take_signal(struct uthread *ut, struct delivery *d)
{
    spinlock_acquire(&the_process.lock);
    d->sig = take_of(ut, ~ut->sigmask, &d->info);
    if (d->sig) {
        d->action = *action_of(d->sig);
        if (d->action.handler > SIG_IGN)
            begin_handler(ut, d);
    }
    spinlock_release(&the_process.lock);
    if (d->sig && d->info.timer)
        posix_timer_taken(&d->info);
    return d->sig;
}

/* The end of the program by a signal that somebody sent. */
static _Noreturn void die_of(int sig)
{
    log_warn("the program was ended by signal %d (%s)", sig, report_signal_name(sig));
    process_killed(sig);
}

/* Whether a handler takes d->sig now: it begins. False: there is none, or it is blocked, which ends the
 * program. */
static bool handler_for(struct uthread *ut, struct delivery *d)
{
    spinlock_acquire(&the_process.lock);
    d->action = *action_of(d->sig);
    bool found = d->action.handler > SIG_IGN && !(ut->sigmask & SIGSET(d->sig));
    if (found)
        begin_handler(ut, d);
    spinlock_release(&the_process.lock);
    return found;
}

/* Sig's frame, or that of the handler that returns, is no memory: who handles SIGSEGV elsewhere is told. */
static __attribute__((noinline)) void frame_fault(struct uthread *ut, struct trapframe *tf, int sig)
{
    struct delivery d = {.sig = SIGSEGV, .info = {.code = SI_KERNEL}};

    if (sig != SIGSEGV && handler_for(ut, &d)) {
        if (strace_on())
            strace_signal(SIGSEGV, &d.info);
        if (!sigframe_push(ut, tf, &d))
            return;
    }
    log_warn("a signal handler's stack at %#lx is no memory", (unsigned long)tf->sp);
    die_of(SIGSEGV);
}

/* Run d's handler, which has begun. */
static void run_handler(struct uthread *ut, struct trapframe *tf, const struct delivery *d)
{
    if (!sigframe_push(ut, tf, d))
        return;
    signal_set_mask(ut, d->mask); /* it has not begun after all */
    frame_fault(ut, tf, d->sig);
}

/* A system call gave up because of a signal: make it start anew when the program goes on, or
 * fail. action: of the handler that runs first; NULL: none does. Once for each call. */
static void settle_restart(struct trapframe *tf, const struct abi_sigaction *action)
{
    if (tf->scause != CAUSE_ECALL_U)
        return;
    int64_t result = (int64_t)tf->a0;
    if (result != -ERESTARTSYS && result != -ERESTARTNOINTR && result != -ERESTARTNOHAND &&
        result != -ERESTART_RESTARTBLOCK)
        return;
    tf->scause = UINT64_MAX; /* what a0 holds from now on is not a result */
    if (action && result != -ERESTARTNOINTR &&
        !(result == -ERESTARTSYS && action->flags & SA_RESTART)) {
        tf->a0 = (uint64_t)-EINTR;
        return;
    }
    tf->sepc -= ECALL_SIZE;
    tf->a0 = tf->call_a0;
    if (result == -ERESTART_RESTARTBLOCK)
        tf->a7 = NR_RESTART_SYSCALL;
}

static bool is_default_ignored(int sig)
{
    return IGNORED_BY_DEFAULT & SIGSET(sig);
}

/* Act on the next signal that ut does not block; false: there is none. */
static __attribute__((noinline)) bool act_on_one(struct uthread *ut, struct trapframe *tf)
{
    struct delivery d;

    if (!take_signal(ut, &d))
        return false;
    if (strace_on())
        strace_signal(d.sig, &d.info);
    uint64_t handler = d.action.handler;
    if (handler == SIG_IGN || (handler == SIG_DFL && is_default_ignored(d.sig)))
        return true;
    if (handler == SIG_DFL)
        die_of(d.sig);
    settle_restart(tf, &d.action);
    run_handler(ut, tf, &d);
    return true;
}

void signal_notify(struct thread *t, struct trapframe *tf)
{
    struct uthread *ut = t->owner;

    thread_notified(t);
    if (atomic_load_explicit(&the_process.ending, memory_order_relaxed))
        process_leave();
    const struct uthread *sole = atomic_load_explicit(&the_process.sole, memory_order_relaxed);
    if (sole && sole != ut)
        process_exit_thread(0);
    while (deliverable(ut) && act_on_one(ut, tf))
        ;
    settle_restart(tf, NULL);
    signal_unswap_mask(ut);
}

/* --- what a thread did itself ------------------------------------------------------------ */

/* The signal that Linux gives for an exception; false: none is known. */
static bool exception_signal(const struct trapframe *tf, int *sig, struct signal_info *info)
{
    *info = (struct signal_info){.value = tf->sepc};
    switch (tf->scause) {
    case 0: /* instruction address misaligned */
    case 4: /* load address misaligned */
    case 6: /* store address misaligned; Linux tells the pc of these, too */
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
    struct uthread *ut = t->owner;
    struct delivery d = {.sig = SIGILL};

    if (area_err == -ENOMEM && f->kind != FAULT_NONE) {
        report_out_of_memory(t, f, SIGKILL);
        process_killed(SIGKILL);
    }
    if (f->kind != FAULT_NONE)
        fault_signal(f, area_err, &d.sig, &d.info);
    else if (!exception_signal(tf, &d.sig, &d.info))
        d.info = (struct signal_info){.code = ILL_ILLOPC, .value = tf->sepc};
    if (strace_on())
        strace_signal(d.sig, &d.info);
    if (handler_for(ut, &d)) {
        run_handler(ut, tf, &d);
        return;
    }
    report_fault(t, tf, f, d.sig, report_reason(f, area_err));
    process_killed(d.sig);
}

void signal_return(struct uthread *ut, struct trapframe *tf)
{
    uint64_t mask;
    tf->scause = UINT64_MAX;  /* what a0 holds now is the program's, not a result to be restarted */
    ut->restart.go_on = NULL; /* the call that a handler ended has failed */
    int err = sigframe_pop(ut, tf, &mask);
    if (err != -EFAULT)
        signal_set_mask(ut, mask);
    if (err) {
        tf->a0 = 0;
        frame_fault(ut, tf, 0);
    }
}

/* --- alternate stack --------------------------------------------------------------------- */

int signal_set_altstack(struct uthread *ut, const struct abi_stack_t *st, vaddr_t sp)
{
    int32_t mode = st->ss_flags & (int32_t)~SS_AUTODISARM;
    if (sigframe_on_altstack(ut, sp))
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode != SS_DISABLE && st->ss_size < MINSIGSTKSZ)
        return -ENOMEM;
    ut->altstack = (struct abi_stack_t){.ss_flags = st->ss_flags & ~SS_ONSTACK};
    if (mode != SS_DISABLE) {
        ut->altstack.ss_sp = st->ss_sp;
        ut->altstack.ss_size = st->ss_size;
    }
    return 0;
}
