/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.h - what lies on the program's stack while a handler runs, as Linux lays it out on
 * riscv64. */
#ifndef UNIX_SIGFRAME_H
#define UNIX_SIGFRAME_H

#include "unix/process.h"

/* A signal that is being acted on. */
struct delivery {
    int                  sig;
    struct signal_info   info;
    struct abi_sigaction action;
    uint64_t             mask; /* blocked signals as they are to be once its handler has run */
};

/* Push a frame for d's handler and make tf run it. On failure (-EFAULT: the stack cannot take
 * it) tf is as before. */
int sigframe_push(struct uthread *ut, struct trapframe *tf, const struct delivery *d);

/* Take the frame at tf's stack pointer back into tf; *mask: the signals blocked before. -EFAULT: there is none;
 * -EINVAL: it was taken back, and says that there is more of it than is known. */
int sigframe_pop(struct uthread *ut, struct trapframe *tf, uint64_t *mask);

/* Where that frame has this mask. */
vaddr_t sigframe_mask_va(const struct trapframe *tf);

/* Whether the stack pointer sp is on ut's alternate stack. */
bool sigframe_on_altstack(const struct uthread *ut, vaddr_t sp);

/* The current thread's floating point, brought to memory. tf is its own. */
struct cpu_fp *fp_in_memory(struct uthread *ut, struct trapframe *tf);

/* Fill *info as a handler sees it. */
void siginfo_fill(struct abi_siginfo *out, int sig, const struct signal_info *info);

#endif
