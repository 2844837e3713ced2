/* SPDX-License-Identifier: Apache-2.0 */
/* sched.h - what trap handling asks of the scheduler. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

struct thread;
struct trapframe;

/* The timer interrupt: wakes whose time has come, ends the slice. Interrupts off. */
void sched_timer(void);

/* t, the current thread, goes to user mode with tf for the first time: what was asked of it before it ran is
 * done. Interrupts off. */
void trap_enter_user(struct thread *t, struct trapframe *tf);

#endif
