/* SPDX-License-Identifier: Apache-2.0 */
/* upcall.h - what the rooms below offer calls into: the kernel implements these.
 *
 * Together with ops structs and wait queues, the only calls that go upward.
 */
#ifndef MACHINE_UPCALL_H
#define MACHINE_UPCALL_H

#include "machine/bootinfo.h"
#include "machine/trapframe.h"

/* The kernel proper, translation on, on the boot stack, interrupts off. bi is a window pointer. */
_Noreturn void kmain(struct bootinfo *bi);

/* The same on a hart that cpu_hart_start() started, on its stack. */
_Noreturn void kmain_hart(void);

/* A trap in the kernel, interrupts off, on the stack that it interrupted. Returning resumes tf. */
void trap_handle(struct trapframe *tf);

/* A system call (ecall from user mode), and any other trap from there; interrupts off, on the thread's
 * kernel stack; may sleep. tf lacks gp and s0 to s11: the registers hold what the program had in them, as C
 * functions leave them. If nothing is left to be done, tf is resumed, after a call with the value in a0.
 * Else they are added to tf, and trap_finish() is called with the result before tf, the whole of it, is
 * resumed. */
struct trap_result {
    int64_t  value;
    uint64_t left; /* 0: nothing */
};
struct trap_result trap_syscall(struct trapframe *tf);
struct trap_result trap_user(struct trapframe *tf);
void               trap_finish(struct trapframe *tf, struct trap_result result);

/* npages contiguous frames, contents undefined. 0, or -ENOMEM. Does not sleep. */
int  frame_alloc(size_t npages, paddr_t *out);
void frame_free(paddr_t pa, size_t npages);

/* Every hart but this one acknowledges between two instructions and drops its translations
 * (edit-protocol rule 7), or is in the kernel and will do so before it uses one. What was stored before
 * is seen by what runs there afterwards. No spinlock is held. A no-op while one hart runs. */
void shootdown_others(void);

/* For what has to change under all harts at once, such as the root that they translate by. From
 * stop_others() to resume_others() every hart but this one stands still in the kernel, between two
 * instructions of whatever it ran; before it goes on, it calls fn(arg), interrupts off. The pair is
 * short, does not nest, and is a no-op while one hart runs. */
void stop_others(void);
void resume_others(void (*fn)(void *arg), void *arg);

#endif
