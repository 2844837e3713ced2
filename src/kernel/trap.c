/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - every trap arrives here (machine/upcall.h) and is sent to who handles it. */
#include "kernel/fault.h"
#include "kernel/hart.h"
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
    case IRQ_SOFT:
        hart_interrupt();
        log_readers_interrupt();
        break;
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

static bool something_is_asked(const struct thread *t)
{
    return t->notify || hart_self()->resched;
}

/* Interrupts are off, here and until user mode: nothing can be asked for unseen. */
static void do_what_is_asked(struct thread *t, struct trapframe *tf)
{
    while (something_is_asked(t)) {
        if (hart_self()->resched) {
            thread_preempt();
        } else {
            cpu_irq_restore(true);
            t->ops->notify(t, tf);
            cpu_irq_save();
        }
    }
}

void trap_enter_user(struct thread *t, struct trapframe *tf)
{
    do_what_is_asked(t, tf);
    thread_enters_user(t);
}

void trap_handle(struct trapframe *tf)
{
    if (!(tf->scause & SCAUSE_INTERRUPT))
        panic_trap(tf, "exception %lu in the kernel", tf->scause);
    interrupt(tf);
}

/* --- traps from user mode -------------------------------------------------------------------- */

/* trap_result.left: after a call with value as its result, or after a fault that was resolved, only what
 * is asked of the thread; a call; any other trap. */
enum { NOTHING, CALL_MADE, RESOLVED, MAKE_CALL, HANDLE };

static inline struct trap_result leave(unsigned left, int64_t value)
{
    return (struct trap_result){.value = value, .left = left};
}

/* The table is looked at under the lock that its editors hold: a cell hidden by an edit on another
 * hart is found again, and the fault was spurious (securecells.md B.2.7). True: the program can go
 * on; else *err is what the areas answered, 0 if they were not asked. */
static inline bool resolve(struct vmspace *vs, const struct trapframe *tf, struct fault *f,
                           int *err)
{
    mutex_lock(&vs->mutex);
    pmap_fault_decode(vs->pmap, tf, f);
    bool in_memory = f->kind == FAULT_UNMAPPED || f->kind == FAULT_PROTECTION;
    *err = in_memory ? fault_resolve(vs, f) : 0;
    mutex_unlock(&vs->mutex);
    return in_memory ? *err == 0 : f->kind == FAULT_HANDLED;
}

/* An exception other than a system call; interrupts on, may sleep. */
static void user_exception(struct thread *t, struct trapframe *tf)
{
    struct fault f;
    int          err;
    if (!resolve(t->vmspace, tf, &f, &err))
        t->ops->fault(t, tf, &f, err);
}

static bool is_page_fault(const struct trapframe *tf)
{
    return tf->scause == CAUSE_LOAD_PAGE || tf->scause == CAUSE_STORE_PAGE ||
           tf->scause == CAUSE_FETCH_PAGE;
}

/* A page fault is resolved without a look at the program's registers. One that cannot be is tried again
 * with all of them: its decoding may need them, and who is told of it does. */
struct trap_result trap_user(struct trapframe *tf)
{
    struct thread *t = thread_self();
    struct fault   f;
    int            err;

    thread_left_user(t);
    if (!is_page_fault(tf))
        return leave(HANDLE, 0);
    cpu_irq_restore(true);
    bool resolved = resolve(t->vmspace, tf, &f, &err);
    cpu_irq_save();
    t = thread_self();
    if (__builtin_expect(!resolved, false))
        return leave(HANDLE, 0);
    if (__builtin_expect(something_is_asked(t), false))
        return leave(RESOLVED, 0);
    thread_enters_user(t);
    return leave(NOTHING, 0);
}

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
        return leave(MAKE_CALL, 0);
    cpu_irq_restore(true);
    int64_t value = call(&tf->x[10]);
    cpu_irq_save();
    t = thread_self(); /* not kept in a register, which would have to be saved for it */
    if (__builtin_expect(something_is_asked(t), false))
        return leave(CALL_MADE, value);
    thread_enters_user(t);
    return leave(NOTHING, value);
}

static void finish_call(struct thread *t, struct trapframe *tf, struct trap_result result)
{
    tf->call_a0 = tf->a0;
    if (result.left == CALL_MADE) {
        tf->a0 = (uint64_t)result.value;
        return;
    }
    cpu_irq_restore(true);
    t->ops->syscall(t, tf);
    cpu_irq_save();
}

static void handle(struct thread *t, struct trapframe *tf)
{
    if (tf->scause & SCAUSE_INTERRUPT) {
        interrupt(tf);
        return;
    }
    cpu_irq_restore(true);
    user_exception(t, tf);
    cpu_irq_save();
}

void trap_finish(struct trapframe *tf, struct trap_result result)
{
    struct thread *t = thread_self();

    if (result.left == CALL_MADE || result.left == MAKE_CALL)
        finish_call(t, tf, result);
    else if (result.left == HANDLE)
        handle(t, tf);
    trap_enter_user(t, tf);
}
