/* SPDX-License-Identifier: Apache-2.0 */
/* sched.h - what trap handling asks of the scheduler. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

/* The timer interrupt: wakes whose time has come, ends the slice. Interrupts off. */
void sched_timer(void);

#endif
