/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - threads: each has a kernel stack, sleeps on wait queues, blocks in straight-line code.
 *
 * A user thread enters the kernel by a trap whose frame lies where its kernel stack begins. What the
 * Linux layer knows of a thread hangs on `owner`, and it is called through thread_ops.
 * The kernel is not preempted; a user thread is, at a timer tick, on its way back to user mode.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <sys/queue.h>

#include "kernel/waitq.h"
#include "lib/types.h"
#include "machine/cpu.h"
#include "machine/pmap.h"

#define KSTACK_SIZE ((size_t)16384)

struct thread;
struct vmspace;

/* A system call of the Linux layer: a are its arguments, a0 to a5. Its result, or a negative errno. */
typedef int64_t thread_call_fn(const uint64_t *a);

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_SLEEPING, THREAD_DEAD };

/* The upward calls of a user thread; its kernel stack, interrupts on, may sleep. */
struct thread_ops {
    /* The system calls, by number, that can do with a frame that lacks the registers that C functions
     * keep (trap_syscall() in machine/upcall.h). NULL, or no entry: left to syscall(). */
    thread_call_fn *const *calls;
    uint64_t               ncalls;
    /* Any other system call, and every one while something is traced, once its frame is whole. */
    void (*syscall)(struct thread *t, struct trapframe *tf);
    /* A trap that the kernel could not handle itself: a memory fault (f->kind != FAULT_NONE; area_err says
     * what the areas answered: -EFAULT no area, -EACCES no right, -EIO, -ENOMEM) or another exception. */
    void (*fault)(struct thread *t, struct trapframe *tf, const struct fault *f, int area_err);
    /* Just before going back to user mode, if thread->notify is set: signals, exit requests. */
    void (*notify)(struct thread *t, struct trapframe *tf);
    void (*destroy)(struct thread *t); /* the last call: release owner */
};

struct thread {
    struct cpu_context context; /* while not running */
    void    *stack; /* KSTACK_SIZE bytes, a canary at the bottom, the thread itself at the top */
    char     name[16];
    uint32_t tid;

    void (*entry)(void *); /* kernel threads */
    void *entry_arg;

    struct trapframe        *tf;      /* user threads: where the stack begins; else NULL */
    struct vmspace          *vmspace; /* NULL: kernel thread */
    const struct thread_ops *ops;     /* NULL: kernel thread */
    void                    *owner;   /* the Linux layer's thread */
    struct cpu_fp           *fp;     /* saved floating point, user threads; none if it is initial */
    volatile bool            notify; /* call ops->notify before user mode */

    /* CPU time: ends of stretches minus their beginnings, so that either costs one addition. What
     * is read while a stretch lasts lacks its end: thread_cpu_time() adds it. */
    volatile uint64_t
        user_ticks; /* in user mode; only the thread itself, interrupts off. As a signed number
                                     it is less than 0 while it is there */

    /* protected by the scheduler's lock: */
    enum thread_state state;
    uint64_t          run_ticks; /* on a hart, user mode included */
    uint64_t          share_end; /* run_ticks when its share is used up */
    uint64_t          affinity;  /* the harts that it may run on */
    struct hart      *hart;      /* where it runs, or ran last; NULL: it never has */
    struct hart      *fp_hart;   /* where its floating point registers were loaded last; the same */
    TAILQ_ENTRY(thread) run_link;
    struct waitq *sleeping_on;
    TAILQ_ENTRY(thread) wait_link;
    uint64_t wake_at; /* ticks; WAIT_FOREVER: no deadline */
    LIST_ENTRY(thread) timer_link;
    int  wake_reason; /* what waitq_sleep_until returns */
    bool interruptible;
    bool interrupted; /* thread_interrupt() while not sleeping interruptibly */
    TAILQ_ENTRY(thread) all_link;
};

static inline struct thread *thread_self(void)
{
    return hart_self()->thread;
}

void           thread_init(void); /* the caller becomes the idle thread: it may not sleep */
_Noreturn void thread_idle(void); /* the end of kmain: runs when nobody is ready */

/* The idle thread, and the stack, of a hart that is going to be started. -ENOMEM. */
int thread_init_hart(struct hart *h);

/* How long h has had nothing to do. Any context. */
uint64_t thread_idle_ticks(const struct hart *h);

/* A kernel thread that runs entry(arg), ready. NULL: no memory. */
struct thread *thread_create(const char *name, void (*entry)(void *), void *arg);

/* A user thread in vs, not started: fill *t->tf, then thread_start(). NULL: no memory. */
struct thread *thread_create_user(const char *name, struct vmspace *vs,
                                  const struct thread_ops *ops, void *owner);
void           thread_start(struct thread *t);

_Noreturn void thread_exit(void);    /* end the current thread */
void           thread_yield(void);   /* the current thread's turn is over */
void           thread_preempt(void); /* another one may have to run now */

/* Have t look at what it is asked, which was stored before, by ops->notify: an interruptible sleep ends with -EINTR, or
 * the next one does. */
void thread_interrupt(struct thread *t);

/* The current thread t is about to look at it: thread_interrupt() that came before is over, and what it was for is
 * seen. */
void thread_notified(struct thread *t);

void thread_sleep_until(uint64_t deadline); /* ticks; not interruptible */

/* t runs on these harts only, a mask of their indices; where it is on another one, it leaves soon, and the
 * current thread when it goes back to user mode. -EINVAL: there is none of them. Any context. t must not end
 * meanwhile. */
int thread_set_affinity(struct thread *t, uint64_t harts);

/* CPU time of a thread since it was made. Interrupts count for the thread that they interrupt, in
 * its kernel time. */
struct thread_cpu_time {
    uint64_t user, kernel; /* ticks */
};

/* Exact to the tick, also of a thread that runs on another hart. t must not end meanwhile. Any
 * context. */
void thread_cpu_time(const struct thread *t, struct thread_cpu_time *out);

/* For trap handling, interrupts off: the current thread has come from, goes to, user mode. */
static inline void thread_left_user(struct thread *t)
{
    t->user_ticks += cpu_time();
}

static inline void thread_enters_user(struct thread *t)
{
    t->user_ticks -= cpu_time();
}

/* For the debugger and panics: calls fn for every thread. */
void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg);

#endif
