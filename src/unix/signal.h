/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - signals: sent, blocked, handled by the program, or its end.
 *
 * A signal is pending in a thread or in the process until a thread that does not block it goes
 * back to user mode; then its handler's frame is pushed, or its default happens. There is no job
 * control: what would stop the program is ignored.
 */
#ifndef UNIX_SIGNAL_H
#define UNIX_SIGNAL_H

#include "machine/pmap.h"
#include "unix/process.h"

/* A system call was interrupted by a signal: what becomes of it once it is known which. No program
 * ever sees these. Without a handler, for instance because another thread took the signal, all go on.
 *
 *   ERESTARTSYS            starts anew after a handler with SA_RESTART, else gives -EINTR
 *   ERESTARTNOINTR         starts anew after any handler
 *   ERESTARTNOHAND         gives -EINTR after any handler
 *   ERESTART_RESTARTBLOCK  the same, and without a handler goes on as uthread->restart says */
#define ERESTARTSYS           512
#define ERESTARTNOINTR        513
#define ERESTARTNOHAND        514
#define ERESTART_RESTARTBLOCK 516

/* Send sig (1..NSIG) to one thread, or to the process. -EAGAIN: too many are queued. */
int signal_send_thread(struct uthread *ut, int sig, const struct signal_info *info);
int signal_send_process(int sig, const struct signal_info *info);

/* The same by number: -ESRCH, -EINVAL (no such signal); sig 0 only asks whether the thread exists. */
int signal_send_tid(uint32_t tid, int sig, const struct signal_info *info);

/* A timer sends sig, in item (sigqueue_add_item()), to thread tid or, if that is 0, to the process. 0: it is
 * pending; -EAGAIN: it is ignored; -ESRCH: there is no such thread any more. */
int signal_send_timer(uint32_t tid, int sig, const struct signal_info *info,
                      struct sigqueue_item *item);

/* Free item, which signal_send_timer() was given. */
void signal_forget_timer(struct sigqueue_item *item);

/* What a program says of a signal that it sends. */
struct signal_info signal_info_read(const struct abi_siginfo *in);

/* What the program sends itself: from process to process, code is SI_USER or SI_TKILL. */
struct signal_info signal_from_self(int32_t code);

/* ut shall look at what is asked of it soon, and sleeps no longer if it can be interrupted. the_process.lock is
 * held. */
void signal_kick(struct uthread *ut);

/* ut ends and is no longer listed: what was to be its share of the process's signals goes to another
 * thread. the_process.lock is held. */
void signal_thread_gone(const struct uthread *ut);

/* The current thread wrote where nobody reads any more. */
void signal_pipe(void);

/* result of a call that may make a file larger: -EFBIG where RLIMIT_FSIZE forbids it is told by SIGXFSZ, too. */
int64_t signal_size_limit(int64_t result);

/* The action for sig from now on; what it is to ignore is no longer pending. *old: the one before. action NULL:
 * that one stays. */
void signal_set_action(int sig, const struct abi_sigaction *action, struct abi_sigaction *old);

/* The program of the only thread, ut, gives way to another one: no signal is handled any more, those that are
 * ignored stay so, and what timers sent is no longer pending. */
void signal_forget_handlers(struct uthread *ut);

/* Change the current thread's blocked signals. */
void signal_set_mask(struct uthread *ut, uint64_t mask);

/* Put mask in force until the current thread's system call is over: a handler that ends it still
 * runs under mask. A call that was not interrupted ends with signal_unswap_mask(). */
void signal_swap_mask(struct uthread *ut, uint64_t mask);
void signal_unswap_mask(struct uthread *ut);

/* thread_ops.notify: act on what is pending. */
void signal_notify(struct thread *t, struct trapframe *tf);

/* thread_ops.fault: a trap that nothing else could handle. */
void signal_fault(struct thread *t, struct trapframe *tf, const struct fault *f, int area_err);

/* rt_sigreturn: restore what the frame at the stack pointer holds. */
void signal_return(struct uthread *ut, struct trapframe *tf);

/* Whether the thread has a signal to act on (a sleep should end). */
bool signal_pending(const struct uthread *ut);

/* Sleep until signal_pending(). */
void signal_wait(struct uthread *ut);

/* Take a pending signal of set, or wait until deadline (ticks) for one. Returns its number;
 * -EAGAIN: none came; -EINTR: another one did. */
int signal_take(struct uthread *ut, uint64_t set, uint64_t deadline, struct signal_info *info);

/* What files that signals are read from (signalfd.h) are made of. set belongs to the file, and is protected by
 * the_process.lock; a signal is ut's own or any thread's. */

/* Take a pending signal of *set, or wait for one. Its number; -EAGAIN: there is none, and wait is
 * false; -EINTR: another one came. */
int signal_read(struct uthread *ut, const uint64_t *set, bool wait, struct signal_info *info);

/* Whether it would find one. */
bool signal_readable(const struct uthread *ut, const uint64_t *set);

/* Who is told of every new signal. It exists for ever. */
struct pollq *signal_watchers(void);

/* A set changed: who waits looks again. the_process.lock is held. signal_watchers() was called. */
void signal_watch_changed(void);

/* Change ut's alternate stack as the program asks; sp: its stack pointer. -EPERM, -EINVAL, -ENOMEM. */
int signal_set_altstack(struct uthread *ut, const struct abi_stack_t *st, vaddr_t sp);

#endif
