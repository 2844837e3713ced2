/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - threads, the scheduler, sleeping and waking.
 *
 * One run queue, round robin. The scheduler's lock is held across cpu_switch: the thread that
 * switches away takes it, the one that comes back releases it, so no other hart can run a thread whose
 * registers are not saved yet. The timer is armed only for what is due: the nearest sleeper, or
 * the end of a slice when somebody else is ready.
 */
#include "kernel/thread.h"

#include "kernel/heap.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/pmap.h"

#define STACK_CANARY 0x43656c6c6120737bul
#define SLICE_NS     10000000ul

static struct spinlock sched_lock = SPINLOCK_INIT(LOCK_SCHED, "sched");
/* sched_lock protects: */
static TAILQ_HEAD(, thread) run_queue = TAILQ_HEAD_INITIALIZER(run_queue);
static TAILQ_HEAD(, thread) all_threads = TAILQ_HEAD_INITIALIZER(all_threads);
static LIST_HEAD(,
                 thread) sleepers = LIST_HEAD_INITIALIZER(sleepers); /* by wake_at, soonest first */
static uint32_t       next_tid = 1;
static uint64_t       slice_end; /* ticks; WAIT_FOREVER: nobody else is ready */
static struct thread *dead;      /* stack still in use until the switch away from it is over */
/* constant after thread_init: */
static struct thread *idle;

extern char _boot_stack_bottom[];

/* --- timer ------------------------------------------------------------------------------- */

static void timer_arm(void)
{
    uint64_t       deadline = slice_end;
    struct thread *first = LIST_FIRST(&sleepers);
    if (first && first->wake_at < deadline)
        deadline = first->wake_at;
    cpu_timer_arm(deadline);
}

static void sleepers_insert(struct thread *t)
{
    struct thread *at = LIST_FIRST(&sleepers), *prev = NULL;
    for (; at && at->wake_at <= t->wake_at; at = LIST_NEXT(at, timer_link))
        prev = at;
    if (prev)
        LIST_INSERT_AFTER(prev, t, timer_link);
    else
        LIST_INSERT_HEAD(&sleepers, t, timer_link);
}

/* --- ready ------------------------------------------------------------------------------- */

static void make_ready(struct thread *t)
{
    t->state = THREAD_READY;
    TAILQ_INSERT_TAIL(&run_queue, t, run_link);
    if (thread_self() == idle) {
        hart_self()->resched = true;
    } else if (slice_end == WAIT_FOREVER) {
        slice_end = time_ns_to_deadline(SLICE_NS);
        timer_arm();
    }
}

/* End t's sleep; reason is what its waitq_sleep_until returns. */
static void wake(struct thread *t, int reason)
{
    if (t->sleeping_on)
        TAILQ_REMOVE(&t->sleeping_on->threads, t, wait_link);
    t->sleeping_on = NULL;
    if (t->wake_at != WAIT_FOREVER)
        LIST_REMOVE(t, timer_link);
    t->wake_at = WAIT_FOREVER;
    t->wake_reason = reason;
    make_ready(t);
}

/* --- switching --------------------------------------------------------------------------- */

static void fp_leave(struct thread *t)
{
    if (!t->tf || (t->tf->sstatus & SSTATUS_FS) != SSTATUS_FS) /* 3: dirty */
        return;
    cpu_fp_save(t->fp);
    t->tf->sstatus = (t->tf->sstatus & ~SSTATUS_FS) | (2ul << 13); /* clean */
}

static void fp_enter(struct thread *t)
{
    if (!t->tf || hart_self()->fp_owner == t)
        return;
    cpu_fp_restore(t->fp);
    hart_self()->fp_owner = t;
}

static void reap(void)
{
    struct thread *t = dead;
    dead = NULL;
    if (!t)
        return;
    if (hart_self()->fp_owner == t)
        hart_self()->fp_owner = NULL;
    kfree(t->fp);
    kfree(t->stack);
    kfree(t);
}

/* Give the CPU to the next ready thread. sched_lock held, the caller is on no queue but those it
 * wants to be woken from. Returns when it is the caller's turn again. */
static void switch_away(void)
{
    struct hart   *h = hart_self();
    struct thread *self = h->thread, *next = TAILQ_FIRST(&run_queue);

    ASSERT(spinlock_held(&sched_lock) && h->locks_held == 1ul << LOCK_SCHED);
    ASSERT(*(uint64_t *)self->stack == STACK_CANARY);
    if (next)
        TAILQ_REMOVE(&run_queue, next, run_link);
    else
        next = idle;
    next->state = THREAD_RUNNING;
    h->resched = false;
    slice_end = TAILQ_EMPTY(&run_queue) ? WAIT_FOREVER : time_ns_to_deadline(SLICE_NS);
    timer_arm();
    if (next == self)
        return;

    TRACE(sched, "%s -> %s", self->name, next->name);
    fp_leave(self);
    fp_enter(next);
    if (next->vmspace && next->vmspace != h->active) {
        h->active = next->vmspace;
        pmap_activate(next->vmspace->pmap);
    }
    uint64_t now = cpu_time();
    self->run_ticks += now;
    next->run_ticks -= now;
    bool irq_before = h->irq_before; /* belongs to the thread, not to the hart */
    h->thread = next;
    h->user_frame = next->tf;
    cpu_switch(&self->context, &next->context);
    hart_self()->irq_before = irq_before;
}

/* Every return from switch_away, and every new thread, ends here. */
static void after_switch(void)
{
    reap();
    spinlock_release(&sched_lock);
}

void thread_yield(void)
{
    spinlock_acquire(&sched_lock);
    struct thread *self = thread_self();
    if (self != idle) {
        self->state = THREAD_READY;
        TAILQ_INSERT_TAIL(&run_queue, self, run_link);
    }
    switch_away();
    after_switch();
}

void sched_timer(void)
{
    spinlock_acquire(&sched_lock);
    uint64_t       now = cpu_time();
    struct thread *t;
    while ((t = LIST_FIRST(&sleepers)) && t->wake_at <= now)
        wake(t, -ETIMEDOUT);
    if (slice_end <= now) {
        slice_end = WAIT_FOREVER;
        hart_self()->resched = true;
    }
    timer_arm();
    spinlock_release(&sched_lock);
}

/* --- wait queues ------------------------------------------------------------------------- */

void waitq_init(struct waitq *q)
{
    TAILQ_INIT(&q->threads);
}

int waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline, bool interruptible)
{
    struct thread *self = thread_self();

    ASSERT(spinlock_held(lock));
    ASSERT(self != idle);
    spinlock_acquire(&sched_lock);
    if (interruptible && self->interrupted) {
        spinlock_release(&sched_lock);
        return -EINTR;
    }
    self->state = THREAD_SLEEPING;
    self->interruptible = interruptible;
    self->sleeping_on = q;
    TAILQ_INSERT_TAIL(&q->threads, self, wait_link);
    self->wake_at = deadline;
    if (deadline != WAIT_FOREVER)
        sleepers_insert(self);

    spinlock_release(lock); /* on the queue: a wake-up can no longer be missed */
    switch_away();
    int reason = self->wake_reason;
    after_switch();
    spinlock_acquire(lock);
    return reason;
}

void waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    waitq_sleep_until(q, lock, WAIT_FOREVER, false);
}

void waitq_wake_one(struct waitq *q)
{
    spinlock_acquire(&sched_lock);
    struct thread *t = TAILQ_FIRST(&q->threads);
    if (t)
        wake(t, 0);
    spinlock_release(&sched_lock);
}

void waitq_wake_all(struct waitq *q)
{
    struct thread *t;
    spinlock_acquire(&sched_lock);
    while ((t = TAILQ_FIRST(&q->threads)))
        wake(t, 0);
    spinlock_release(&sched_lock);
}

void thread_interrupt(struct thread *t)
{
    spinlock_acquire(&sched_lock);
    if (t->state == THREAD_SLEEPING && t->interruptible)
        wake(t, -EINTR);
    else
        t->interrupted = true;
    spinlock_release(&sched_lock);
}

void thread_sleep_until(uint64_t deadline)
{
    static struct spinlock lock = SPINLOCK_INIT(LOCK_TIMER, "sleep");
    struct waitq           q;

    waitq_init(&q); /* nobody else knows it: only the deadline wakes */
    spinlock_acquire(&lock);
    while (cpu_time() < deadline)
        waitq_sleep_until(&q, &lock, deadline, false);
    spinlock_release(&lock);
}

void thread_cpu_time(const struct thread *t, struct thread_cpu_time *out)
{
    spinlock_acquire(&sched_lock);
    ASSERT(t->state != THREAD_RUNNING || t == thread_self());
    uint64_t total = t->run_ticks + (t == thread_self() ? cpu_time() : 0);
    out->user = t->user_ticks;
    out->kernel = total - t->user_ticks;
    spinlock_release(&sched_lock);
}

/* --- life -------------------------------------------------------------------------------- */

static void thread_setup(struct thread *t, const char *name, void *stack)
{
    t->stack = stack;
    *(uint64_t *)stack = STACK_CANARY;
    strlcpy(t->name, name, sizeof(t->name));
    t->wake_at = WAIT_FOREVER;
    t->tid = next_tid++;
    TAILQ_INSERT_TAIL(&all_threads, t, all_link);
}

/* First code of a kernel thread. */
static void kernel_thread_main(void *arg)
{
    struct thread *t = arg;
    after_switch();
    t->entry(t->entry_arg);
    thread_exit();
}

/* First code of a user thread. */
static void user_thread_main(void *arg)
{
    struct thread *t = arg;
    after_switch();
    cpu_irq_save();
    thread_enters_user(t);
    cpu_user_enter(t->tf);
}

static struct thread *thread_new(const char *name, void (*first)(void *), size_t reserve)
{
    struct thread *t = kzalloc(sizeof(*t));
    void          *stack = kmalloc(KSTACK_SIZE);
    if (!t || !stack) {
        kfree(t);
        kfree(stack);
        return NULL;
    }
    spinlock_acquire(&sched_lock);
    thread_setup(t, name, stack);
    spinlock_release(&sched_lock);
    cpu_context_init(&t->context, (char *)stack + KSTACK_SIZE - reserve, first, t);
    return t;
}

struct thread *thread_create(const char *name, void (*entry)(void *), void *arg)
{
    struct thread *t = thread_new(name, kernel_thread_main, 0);
    if (!t)
        return NULL;
    t->entry = entry;
    t->entry_arg = arg;
    thread_start(t);
    return t;
}

struct thread *thread_create_user(const char *name, struct vmspace *vs,
                                  const struct thread_ops *ops, void *owner)
{
    struct cpu_fp *fp = kzalloc(sizeof(*fp));
    struct thread *t = fp ? thread_new(name, user_thread_main, sizeof(struct trapframe)) : NULL;
    if (!t) {
        kfree(fp);
        return NULL;
    }
    t->fp = fp;
    t->vmspace = vs;
    t->ops = ops;
    t->owner = owner;
    t->tf = (struct trapframe *)((char *)t->stack + KSTACK_SIZE) - 1;
    cpu_trapframe_init(t->tf, 0, 0);
    t->tf->dom = PMAP_DOM_FIRST;
    return t;
}

void thread_start(struct thread *t)
{
    spinlock_acquire(&sched_lock);
    make_ready(t);
    spinlock_release(&sched_lock);
}

void thread_exit(void)
{
    struct thread *self = thread_self();
    if (self->ops && self->ops->destroy)
        self->ops->destroy(self);

    spinlock_acquire(&sched_lock);
    self->state = THREAD_DEAD;
    TAILQ_REMOVE(&all_threads, self, all_link);
    ASSERT(!dead);
    dead = self;
    switch_away();
    panic("a dead thread was resumed");
}

void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg)
{
    struct thread *t;
    TAILQ_FOREACH(t, &all_threads, all_link) /* no lock: panics use this too */
        fn(t, arg);
}

/* --- start ------------------------------------------------------------------------------- */

/* Interrupts are off between looking and waiting, and wfi returns on a pending interrupt all the
 * same, so none is slept over. */
void thread_idle(void)
{
    for (;;) {
        cpu_irq_save();
        if (!hart_self()->resched)
            cpu_wait();
        cpu_irq_restore(true); /* what is pending is taken here */
        if (hart_self()->resched)
            thread_yield();
    }
}

void thread_init(void)
{
    static struct thread boot_thread;

    slice_end = WAIT_FOREVER;
    thread_setup(&boot_thread, "idle", _boot_stack_bottom);
    boot_thread.state = THREAD_RUNNING;
    boot_thread.run_ticks = 0 - cpu_time();
    idle = &boot_thread;
    hart_self()->thread = idle;
}
