/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - signals: sent, blocked, handled by the program, or its end.
 *
 * A signal is pending in a thread or in the process until a thread that does not block it goes
 * back to user mode; then its handler's frame is pushed, or its default happens. Signals do not
 * queue: one of each number is pending. There is no job control: what would stop the program is
 * ignored.
 */
#ifndef UNIX_SIGNAL_H
#define UNIX_SIGNAL_H

#include "machine/pmap.h"
#include "unix/process.h"

/* A system call was interrupted and starts anew after a handler with SA_RESTART, else gives -EINTR.
 * Never seen by a program. */
#define ERESTARTSYS 512

static inline uint64_t signal_bit(int sig)
{
    return 1ull << (sig - 1);
}

/* Send sig (1..NSIG) to one thread, or to the process. */
void signal_send_thread(struct uthread *ut, int sig, const struct signal_info *info);
void signal_send_process(int sig, const struct signal_info *info);

/* The same by number: -ESRCH; sig 0 only asks whether the thread exists. */
int signal_send_tid(uint32_t tid, int sig, const struct signal_info *info);

/* Change the current thread's blocked signals. */
void signal_set_mask(struct uthread *ut, uint64_t mask);

/* Put mask in force until the current thread's system call is over. */
void signal_swap_mask(struct uthread *ut, uint64_t mask);

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

#endif
