/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - every trap arrives here (machine/upcall.h) and is sent to who handles it. */
#include "kernel/fault.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
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

static bool something_is_asked(const struct thread *t)
{
    return t->notify || hart_self()->resched;
}

/* Interrupts are off, here and until user mode: nothing can be asked for unseen. */
static __attribute__((noinline)) void do_what_is_asked(struct thread *t, struct trapframe *tf)
{
    while (something_is_asked(t)) {
        if (hart_self()->resched) {
            thread_yield();
        } else {
            cpu_irq_restore(true);
            t->ops->notify(t, tf);
            cpu_irq_save();
        }
    }
}

static void before_user_mode(struct thread *t, struct trapframe *tf)
{
    if (__builtin_expect(something_is_asked(t), false))
        do_what_is_asked(t, tf);
    thread_enters_user(t);
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
}

/* --- system calls ------------------------------------------------------------------------- */

enum { NOTHING, MAKE_CALL, LOOK_AROUND }; /* trap_result.left */

static thread_call_fn *quick_call(const struct thread *t, uint64_t nr)
{
    const struct thread_ops *ops = t->ops;
    return nr < ops->ncalls && !trace_enabled ? ops->calls[nr] : NULL;
}

struct trap_result trap_syscall(struct trapframe *tf)
{
    struct thread  *t = thread_self();
    thread_call_fn *call = quick_call(t, tf->a7);

    thread_left_user(t);
    if (__builtin_expect(!call, false))
        return (struct trap_result){0, MAKE_CALL};
    cpu_irq_restore(true);
    int64_t value = call(&tf->x[10]);
    cpu_irq_save();
    t = thread_self(); /* not kept in a register, which would have to be saved for it */
    if (__builtin_expect(something_is_asked(t), false))
        return (struct trap_result){value, LOOK_AROUND};
    thread_enters_user(t);
    return (struct trap_result){value, NOTHING};
}

void trap_finish(struct trapframe *tf, struct trap_result result)
{
    struct thread *t = thread_self();

    tf->call_a0 = tf->a0;
    if (result.left == MAKE_CALL) {
        cpu_irq_restore(true);
        t->ops->syscall(t, tf);
        cpu_irq_save();
    } else {
        tf->a0 = (uint64_t)result.value;
    }
    before_user_mode(t, tf);
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
