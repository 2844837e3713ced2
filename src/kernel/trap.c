/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - every trap arrives here (machine/upcall.h) and is sent to who handles it. */
#include "kernel/fault.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel/vmspace.h"
#include "machine/cpu.h"
#include "machine/upcall.h"

static void interrupt(const struct trapframe *tf)
{
    switch (tf->scause & ~SCAUSE_INTERRUPT) {
    case IRQ_TIMER:
        sched_timer();
        break;
    case IRQ_EXTERNAL:
        irq_dispatch();
        break;
    default:
        panic_trap(tf, "unexpected interrupt %lu", tf->scause & ~SCAUSE_INTERRUPT);
    }
}

/* An exception in user mode other than a system call; interrupts on, may sleep. */
static void user_exception(struct thread *t, struct trapframe *tf)
{
    /* The table is looked at under the lock that its editors hold: a cell hidden by an edit on
     * another hart is found again, and the fault was spurious (securecells.md B.2.7). */
    struct fault f;
    mutex_lock(&t->vmspace->mutex);
    pmap_fault_decode(t->vmspace->pmap, tf, &f);
    bool in_memory = f.kind == FAULT_UNMAPPED || f.kind == FAULT_PROTECTION;
    int  err = in_memory ? fault_resolve(t->vmspace, &f) : 0;
    mutex_unlock(&t->vmspace->mutex);

    if (err || (!in_memory && f.kind != FAULT_HANDLED))
        t->ops->fault(t, tf, &f, err);
}

/* Interrupts are off, here and until user mode: nothing can be asked for unseen. */
static void before_user_mode(struct thread *t, struct trapframe *tf)
{
    while (t->notify || hart_self()->resched) {
        if (hart_self()->resched) {
            thread_yield();
        } else {
            cpu_irq_restore(true);
            t->ops->notify(t, tf);
            cpu_irq_save();
        }
    }
}

static void from_kernel(const struct trapframe *tf)
{
    if (!(tf->scause & SCAUSE_INTERRUPT))
        panic_trap(tf, "exception %lu in the kernel", tf->scause);
    interrupt(tf);
}

void trap_handle(struct trapframe *tf)
{
    if (!trapframe_from_user(tf)) {
        from_kernel(tf);
        return;
    }

    struct thread *t = thread_self();
    thread_left_user(t);
    if (tf->scause & SCAUSE_INTERRUPT) {
        interrupt(tf);
    } else {
        cpu_irq_restore(true);
        user_exception(t, tf);
        cpu_irq_save();
    }
    before_user_mode(t, tf);
    thread_enters_user(t);
}

/* --- system calls ------------------------------------------------------------------------- */

enum { RESUME, MAKE_CALL, LOOK_AROUND }; /* what is left to do: trap_finish() */

unsigned trap_syscall(struct trapframe *tf)
{
    struct thread *t = thread_self();

    thread_left_user(t);
    cpu_irq_restore(true);
    bool made = t->ops->syscall_quick && t->ops->syscall_quick(t, tf);
    cpu_irq_save();
    if (!made)
        return MAKE_CALL;
    if (__builtin_expect(t->notify || hart_self()->resched, false))
        return LOOK_AROUND;
    thread_enters_user(t);
    return RESUME;
}

void trap_finish(struct trapframe *tf, unsigned what)
{
    struct thread *t = thread_self();

    if (what == MAKE_CALL) {
        cpu_irq_restore(true);
        t->ops->syscall(t, tf);
        cpu_irq_save();
    }
    before_user_mode(t, tf);
    thread_enters_user(t);
}

/* One hart runs: there are no others to tell, or to stop. */
void shootdown_others(void)
{
    ASSERT(cpu_nharts == 1);
}

void stop_others(void)
{
    ASSERT(cpu_nharts == 1);
}

void resume_others(void (*fn)(void *arg), void *arg)
{
    ASSERT(cpu_nharts == 1 && fn);
    (void)arg;
}
