/* SPDX-License-Identifier: Apache-2.0 */
/* nested.h - timer interrupts while the kernel works for a program, seen from inside. */
#ifndef TEST_KERNEL_NESTED_H
#define TEST_KERNEL_NESTED_H

#include "machine/trapframe.h"

struct thread;

void nested_start(void); /* from now on timer interrupts come */

/* ktest_trap's during(): hold a pattern in the kernel's registers until interrupted. */
void nested_during(struct thread *t, struct trapframe *tf);

#endif
