/* SPDX-License-Identifier: Apache-2.0 */
/* sched.h - what the rest of the kernel and the scheduler ask of each other. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

struct vmspace;

/* The timer interrupt: wakes whose time has come, ends the slice. Interrupts off. */
void sched_timer(void);

/* Translate through vs on this hart (vmspace.c knows its pmap). Interrupts off. */
void sched_activate(struct vmspace *vs);

#endif
