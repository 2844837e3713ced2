/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - threads, the scheduler, sleeping and waking.
 *
 * One run queue, round robin, for all harts, under one lock. The lock is held across cpu_switch: the
 * thread that switches away takes it, the one that comes back releases it, so no other hart can run a thread
 * whose registers are not saved yet.
 *
 * Whose turn it is in the queue has a share of one slice. Who sleeps before it is used up keeps the rest, and goes ahead of
 * the queue with it when he is woken; who has used his up waits for his next turn at the queue's end. So
 * nobody waits longer than until all others have had a slice each, and who computes little hardly ever waits.
 *
 * A thread that becomes ready has an idle hart woken, if there is one that it may run on; else it
 * waits until a hart takes it, at the end of a slice at the latest. For one that goes ahead a hart's thread gives way
 * once it has run for a moment; it keeps the rest of its share, and its place. Each hart has its own sleepers, those who fell
 * asleep on it, and its timer comes when something is due: the nearest of them, or the end of a slice. It may come
 * earlier, for what has been settled since: then it is armed anew. An idle hart's comes for nothing. On a single
 * hart slices end only when somebody else is ready; of several each looks whether somebody is.
 */
#include "kernel/thread.h"

#include "kernel/hart.h"
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
#define SLICES_PER_S 100u
#define MOMENTS      10u /* in a slice: whoever runs is left to it for one */

static struct spinlock sched_lock = SPINLOCK_INIT(LOCK_SCHED, "sched");
/* sched_lock protects: */
TAILQ_HEAD(thread_queue, thread);
static struct thread_queue run_queue = TAILQ_HEAD_INITIALIZER(run_queue);
static struct thread_queue ahead = TAILQ_HEAD_INITIALIZER(
    ahead); /* who was woken, and has a share */
static TAILQ_HEAD(, thread) all_threads = TAILQ_HEAD_INITIALIZER(all_threads);
static uint32_t next_tid = 1;
static uint64_t
    idle_harts; /* those that run their idle thread and were not told to look for another */

/* Of one hart. */
struct hart_sched {
    struct thread *idle; /* constant */
    /* protected by sched_lock: */
    LIST_HEAD(, thread) sleepers; /* by wake_at, soonest first */
    uint64_t       began;         /* ticks: when its thread was given the hart */
    uint64_t       slice_end;     /* ticks; WAIT_FOREVER: there is nobody to give way to */
    struct thread *dead;          /* stack still in use until the switch away from it is over */
};

static struct hart_sched first_sched;               /* of the hart that boots */
static uint64_t          slice_ticks, moment_ticks; /* constant once threads exist */

extern char _boot_stack_bottom[];

/* --- timer ------------------------------------------------------------------------------- */

/* When something is due on s's hart; WAIT_FOREVER: never. */
static uint64_t due(const struct hart_sched *s)
{
    const struct thread *first = LIST_FIRST(&s->sleepers);
    return first && first->wake_at < s->slice_end ? first->wake_at : s->slice_end;
}

/* This hart's timer comes when something is due, or earlier. */
static inline void timer_come_by(const struct hart_sched *s)
{
    uint64_t deadline = due(s);
    if (deadline < hart_self()->timer_at)
        cpu_timer_arm(deadline);
}

/* Neither later nor earlier. */
static void timer_come_at(const struct hart_sched *s)
{
    cpu_timer_arm(due(s));
}

/* The end of a slice that begins now. */
static inline uint64_t slice_from_now(void)
{
    return cpu_time() + slice_ticks;
}

static void sleepers_insert(struct hart_sched *s, struct thread *t)
{
    struct thread *at = LIST_FIRST(&s->sleepers), *prev = NULL;
    for (; at && at->wake_at <= t->wake_at; at = LIST_NEXT(at, timer_link))
        prev = at;
    if (prev)
        LIST_INSERT_AFTER(prev, t, timer_link);
    else
        LIST_INSERT_HEAD(&s->sleepers, t, timer_link);
}

/* --- ready ------------------------------------------------------------------------------- */

static bool may_run_on(const struct thread *t, const struct hart *h)
{
    return t->affinity >> h->index & 1;
}

/* h shall look for a thread to run. */
static void ask_to_look(struct hart *h)
{
    h->resched = true;
    if (h != hart_self())
        cpu_ipi(h);
}

/* One of these idle harts for t: this one, where it ran last, or any. */
static void wake_hart(const struct thread *t, uint64_t idle)
{
    struct hart *h = hart_self();

    if (!(idle >> h->index & 1))
        h = t->hart && idle >> t->hart->index & 1 ? t->hart : cpu_harts[__builtin_ctzl(idle)];
    idle_harts &= ~(1ul << h->index);
    ask_to_look(h);
}

/* How much of its share t, which has run for that many ticks, has left. */
static inline int64_t share_left(const struct thread *t, uint64_t run_ticks)
{
    return (int64_t)(t->share_end - run_ticks);
}

/* This hart's thread runs until end at most. */
static inline void end_slice_by(struct hart_sched *s, uint64_t end)
{
    if (end < s->slice_end) {
        s->slice_end = end;
        timer_come_by(s);
    }
}

/* Where t may run, the hart whose thread has run for longest and is not to give way yet. NULL: there is none. */
static struct hart *longest_running(const struct thread *t)
{
    struct hart *longest = NULL;

    for (unsigned i = 0; i < cpu_nharts; i++) {
        struct hart *h = cpu_harts[i];
        if (may_run_on(t, h) && !h->resched &&
            (!longest || h->sched->began < longest->sched->began))
            longest = h;
    }
    return longest;
}

/* All of several harts are busy, and t goes ahead: another one gives way if its thread has had its moment, else this
 * hart as soon as its thread has. */
static __attribute__((noinline)) void give_way_to(const struct thread *t)
{
    struct hart *self = hart_self(), *h = longest_running(t);

    if (h && h != self && (!may_run_on(t, self) || h->sched->began + moment_ticks <= cpu_time()))
        ask_to_look(h);
    else if (h)
        end_slice_by(self->sched, self->sched->began + moment_ticks);
}

static void make_ready(struct thread *t)
{
    struct hart_sched *s = hart_self()->sched;
    uint64_t           idle = idle_harts & t->affinity;
    bool               goes_ahead = share_left(t, t->run_ticks) > 0;

    t->state = THREAD_READY;
    TAILQ_INSERT_TAIL(goes_ahead ? &ahead : &run_queue, t, run_link);
    if (idle)
        wake_hart(t, idle);
    else if (goes_ahead && cpu_nharts > 1)
        give_way_to(t);
    else if (goes_ahead)
        end_slice_by(s, s->began + moment_ticks);
    else if (s->slice_end == WAIT_FOREVER)
        end_slice_by(s, slice_from_now());
}

/* The first of q who may run on h; NULL: nobody. */
static inline struct thread *first_of(const struct thread_queue *q, const struct hart *h)
{
    struct thread *t = TAILQ_FIRST(q);
    while (t && !may_run_on(t, h))
        t = TAILQ_NEXT(t, run_link);
    return t;
}

/* Whether somebody waits who may run on h. */
static bool anybody_for(const struct hart *h)
{
    return first_of(&ahead, h) || first_of(&run_queue, h);
}

/* Take out who is next on h, with a share. NULL: nobody is. */
static inline struct thread *take_next(const struct hart *h)
{
    struct thread_queue *q = &ahead;
    struct thread       *t = first_of(q, h);

    if (!t) {
        q = &run_queue;
        t = first_of(q, h);
        if (!t)
            return NULL;
        if (share_left(t, t->run_ticks) <= 0)
            t->share_end = t->run_ticks + slice_ticks;
    }
    TAILQ_REMOVE(q, t, run_link);
    return t;
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

/* Whoever has not used them finds the same in them. */
static bool fp_is_initial(const struct thread *t)
{
    return (t->tf->sstatus & SSTATUS_FS) == SSTATUS_FS_INITIAL;
}

static void fp_leave(struct thread *t, struct hart *h)
{
    if (!t->tf || fp_is_initial(t))
        return;
    h->fp_initial = false;
    if ((t->tf->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        cpu_fp_save(t->fp);
        t->tf->sstatus = (t->tf->sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
    }
}

/* The registers may still be in place: nobody's others were loaded into this hart since, and t has run on no
 * other hart, where they may have changed. A thread that is gone is nobody's: fp_hart of one that is made in its
 * place says so. */
static void fp_enter(struct thread *t, struct hart *h)
{
    if (!t->tf || (h->fp_owner == t && t->fp_hart == h))
        return;
    bool initial = fp_is_initial(t);
    if (!initial)
        cpu_fp_restore(t->fp);
    else if (!h->fp_initial)
        cpu_fp_clear();
    h->fp_initial = initial;
    h->fp_owner = t;
    t->fp_hart = h;
}

/* What lies above a thread's stack, in the same memory. */
struct stack_top {
    _Alignas(16) struct trapframe tf; /* user threads */
    struct cpu_fp fp;
    struct thread thread;
};

static struct stack_top *top_of(void *stack)
{
    return (struct stack_top *)((char *)stack + KSTACK_SIZE) - 1;
}

/* A stack that nobody uses, for the next thread; NULL: none. Acquire and release: who uses it next comes after who used
 * it last. */
static _Atomic(void *) spare_stack;

static void *stack_alloc(void)
{
    void *stack = atomic_exchange_explicit(&spare_stack, NULL, memory_order_acquire);
    return stack ? stack : kmalloc(KSTACK_SIZE);
}

static void stack_free(void *stack)
{
    kfree(atomic_exchange_explicit(&spare_stack, stack, memory_order_acq_rel));
}

static __attribute__((noinline)) void reap(struct hart_sched *s)
{
    struct thread *t = s->dead;
    s->dead = NULL;
    stack_free(t->stack);
}

/* h goes on with next, and was idle or is going to be. */
static void idle_begins_or_ends(struct hart *h, const struct thread *next)
{
    if (next == h->sched->idle) {
        timer_come_at(h->sched);
        idle_harts |= 1ul << h->index;
        hart_leaves_map(h);
    } else {
        idle_harts &= ~(1ul << h->index);
        hart_uses_map(h);
    }
}

/* Until when next runs, from now on. */
static uint64_t slice_of(const struct hart_sched *s, const struct thread *next, uint64_t now)
{
    bool nobody = TAILQ_EMPTY(&ahead);
    if ((cpu_nharts == 1 && nobody && TAILQ_EMPTY(&run_queue)) || next == s->idle)
        return WAIT_FOREVER;
    return now + (nobody ? (uint64_t)share_left(next, next->run_ticks) : moment_ticks);
}

/* Give the CPU to the next ready thread. sched_lock held, the caller is on no queue but those it
 * wants to be woken from. Returns when it is the caller's turn again. */
static void switch_away(void)
{
    struct hart       *h = hart_self();
    struct hart_sched *s = h->sched;
    struct thread     *self = h->thread;
    uint64_t           now = cpu_time();

    ASSERT(h->locks_held == 1ul << LOCK_SCHED);
    ASSERT(*(uint64_t *)self->stack == STACK_CANARY);
    self->run_ticks += now;
    struct thread *next = take_next(h);
    if (!next)
        next = s->idle;
    next->state = THREAD_RUNNING;
    next->hart = h;
    h->resched = false;
    s->began = now;
    s->slice_end = slice_of(s, next, now);
    next->run_ticks -= now;
    timer_come_by(s);
    if (next == s->idle || self == s->idle)
        idle_begins_or_ends(h, next);
    if (next == self)
        return;

    TRACE(sched, "%s -> %s", self->name, next->name);
    fp_leave(self, h);
    fp_enter(next, h);
    if (next->vmspace && next->vmspace != h->active) {
        h->active = next->vmspace;
        pmap_activate(next->vmspace->pmap);
    }
    uint64_t irq_before = h->irq_before; /* belongs to the thread, not to the hart */
    h->thread = next;
    h->user_frame = next->tf;
    cpu_switch(&self->context, &next->context);
    hart_self()->irq_before = irq_before;
}

/* Every return from switch_away, and every new thread, ends here. */
static inline void after_switch(void)
{
    struct hart_sched *s = hart_self()->sched;
    if (__builtin_expect(s->dead != NULL, false))
        reap(s);
    spinlock_release(&sched_lock);
}

/* keeps: its place in the queue, and what is left of its share; else its turn is over. */
static void give_way(bool keeps)
{
    struct hart   *h = hart_self();
    struct thread *self = h->thread;
    if (self != h->sched->idle) {
        self->state = THREAD_READY;
        if (keeps) {
            TAILQ_INSERT_HEAD(&run_queue, self, run_link);
        } else {
            TAILQ_INSERT_TAIL(&run_queue, self, run_link);
            self->share_end = 0;
        }
        if (!may_run_on(self, h) && idle_harts & self->affinity)
            wake_hart(self, idle_harts & self->affinity);
    }
    switch_away();
    after_switch();
}

void thread_yield(void)
{
    spinlock_acquire(&sched_lock);
    give_way(false);
}

void thread_preempt(void)
{
    spinlock_acquire(&sched_lock);
    give_way(share_left(thread_self(), thread_self()->run_ticks + cpu_time()) > 0);
}

void sched_timer(void)
{
    spinlock_acquire(&sched_lock);
    struct hart       *h = hart_self();
    struct hart_sched *s = h->sched;
    uint64_t           now = cpu_time();
    struct thread     *t;
    while ((t = LIST_FIRST(&s->sleepers)) && t->wake_at <= now)
        wake(t, -ETIMEDOUT);
    if (s->slice_end <= now) {
        bool alone = cpu_nharts > 1 && !anybody_for(h);
        s->slice_end = alone ? slice_from_now() : WAIT_FOREVER;
        h->resched = h->resched || !alone;
    }
    timer_come_at(s);
    spinlock_release(&sched_lock);
}

int thread_set_affinity(struct thread *t, uint64_t harts)
{
    if (!(harts & ((2ul << (cpu_nharts - 1)) - 1)))
        return -EINVAL;
    spinlock_acquire(&sched_lock);
    t->affinity = harts;
    if (t->state == THREAD_RUNNING && !may_run_on(t, t->hart))
        ask_to_look(t->hart);
    else if (t->state == THREAD_READY && idle_harts & harts)
        wake_hart(t, idle_harts & harts);
    spinlock_release(&sched_lock);
    return 0;
}

/* --- wait queues ------------------------------------------------------------------------- */

void waitq_init(struct waitq *q)
{
    TAILQ_INIT(&q->threads);
}

int waitq_sleep_unlocked(struct waitq *q, struct spinlock *lock, uint64_t deadline,
                         bool interruptible)
{
    struct thread *self = thread_self();

    ASSERT(spinlock_held(lock));
    ASSERT(self != hart_self()->sched->idle);
    spinlock_acquire(&sched_lock);
    if (interruptible && self->interrupted) {
        spinlock_release(&sched_lock);
        spinlock_release(lock);
        return -EINTR;
    }
    self->state = THREAD_SLEEPING;
    self->interruptible = interruptible;
    self->sleeping_on = q;
    TAILQ_INSERT_TAIL(&q->threads, self, wait_link);
    self->wake_at = deadline;
    if (deadline != WAIT_FOREVER)
        sleepers_insert(hart_self()->sched, self);

    spinlock_release(lock); /* on the queue: a wake-up can no longer be missed */
    switch_away();
    int reason = self->wake_reason;
    after_switch();
    return reason;
}

int waitq_sleep_until(struct waitq *q, struct spinlock *lock, uint64_t deadline, bool interruptible)
{
    int reason = waitq_sleep_unlocked(q, lock, deadline, interruptible);
    spinlock_acquire(lock);
    return reason;
}

void waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    waitq_sleep_until(q, lock, WAIT_FOREVER, false);
}

/* Whether nobody sleeps on q, whose sleepers' lock the caller holds: who put himself there held it as well. */
static inline bool nobody_sleeps(const struct waitq *q)
{
    return !*(struct thread *const volatile *)&q->threads.tqh_first;
}

void waitq_wake_one(struct waitq *q)
{
    if (nobody_sleeps(q))
        return;
    spinlock_acquire(&sched_lock);
    struct thread *t = TAILQ_FIRST(&q->threads);
    if (t)
        wake(t, 0);
    spinlock_release(&sched_lock);
}

void waitq_wake_all(struct waitq *q)
{
    struct thread *t;
    if (nobody_sleeps(q))
        return;
    spinlock_acquire(&sched_lock);
    while ((t = TAILQ_FIRST(&q->threads)))
        wake(t, 0);
    spinlock_release(&sched_lock);
}

/* Notify comes last, and goes first (thread_notified()): so nobody is interrupted for what he does not look at. */
static void mark_interrupted(struct thread *t)
{
    t->interrupted = true;
    atomic_thread_fence(memory_order_seq_cst);
    t->notify = true;
}

void thread_notified(struct thread *t)
{
    t->notify = false;
    atomic_thread_fence(memory_order_seq_cst);
    t->interrupted = false;
    atomic_thread_fence(memory_order_seq_cst);
}

void thread_interrupt(struct thread *t)
{
    atomic_thread_fence(memory_order_seq_cst); /* what it is to see was stored before */
    if (t == thread_self()) { /* it does not sleep, and nobody else takes the mark away */
        mark_interrupted(t);
        return;
    }
    spinlock_acquire(&sched_lock);
    if (t->state == THREAD_SLEEPING && t->interruptible) {
        wake(t, -EINTR);
        t->notify = true; /* before it runs: that takes the lock */
    } else {
        mark_interrupted(t);
    }
    if (t->state == THREAD_RUNNING && t->hart != hart_self())
        cpu_ipi(t->hart); /* from user mode it comes into the kernel, and sees what it was told */
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
    uint64_t user, now;

    spinlock_acquire(&sched_lock);
    do { /* until now is within the stretch that user is of */
        user = t->user_ticks;
        atomic_thread_fence(memory_order_acquire);
        now = cpu_time();
        atomic_thread_fence(memory_order_acquire);
    } while (t->user_ticks != user);
    if ((int64_t)user < 0) /* on another hart, in user mode */
        user += now;
    out->user = user;
    out->kernel = t->run_ticks + (t->state == THREAD_RUNNING ? now : 0) - user;
    spinlock_release(&sched_lock);
}

/* --- life -------------------------------------------------------------------------------- */

static void thread_setup(struct thread *t, const char *name, void *stack)
{
    t->stack = stack;
    *(uint64_t *)stack = STACK_CANARY;
    strlcpy(t->name, name, sizeof(t->name));
    t->wake_at = WAIT_FOREVER;
    t->affinity = UINT64_MAX;
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
    trap_enter_user(t, t->tf);
    cpu_user_enter(t->tf);
}

static struct thread *thread_new(const char *name, void (*first)(void *))
{
    void *stack = stack_alloc();
    if (!stack)
        return NULL;
    struct stack_top *top = top_of(stack);
    struct thread    *t = &top->thread;
    memset(t, 0, sizeof(*t));
    spinlock_acquire(&sched_lock);
    thread_setup(t, name, stack);
    spinlock_release(&sched_lock);
    cpu_context_init(&t->context, top, first, t);
    return t;
}

struct thread *thread_create(const char *name, void (*entry)(void *), void *arg)
{
    struct thread *t = thread_new(name, kernel_thread_main);
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
    struct thread *t = thread_new(name, user_thread_main);
    if (!t)
        return NULL;
    t->vmspace = vs;
    t->ops = ops;
    t->owner = owner;
    t->fp = &top_of(t->stack)->fp;
    t->tf = &top_of(t->stack)->tf;
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
    ASSERT(!hart_self()->sched->dead);
    hart_self()->sched->dead = self;
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
    spinlock_acquire(&sched_lock); /* not before a hart runs for good is a thread given to it */
    if (!hart_self()->resched)
        idle_begins_or_ends(hart_self(), thread_self());
    spinlock_release(&sched_lock);
    for (;;) {
        cpu_irq_save();
        if (!hart_self()->resched)
            cpu_wait();
        cpu_irq_restore(true); /* what is pending is taken here */
        if (hart_self()->resched)
            thread_yield();
    }
}

/* t runs on h from now on, or from when h is started, whenever nobody else does. */
static void become_idle(struct hart *h, struct hart_sched *s, struct thread *t, void *stack)
{
    s->idle = t;
    s->slice_end = WAIT_FOREVER;
    LIST_INIT(&s->sleepers);
    thread_setup(t, "idle", stack);
    t->state = THREAD_RUNNING;
    t->run_ticks = 0 - cpu_time();
    t->hart = h;
    t->affinity = 1ul << h->index;
    h->sched = s;
    h->thread = t;
    h->stack_top = (char *)stack + KSTACK_SIZE;
}

void thread_init(void)
{
    static struct thread boot_thread;

    slice_ticks = time_hz() / SLICES_PER_S;
    moment_ticks = slice_ticks / MOMENTS;
    become_idle(hart_self(), &first_sched, &boot_thread, _boot_stack_bottom);
    idle_harts = 1;
}

int thread_init_hart(struct hart *h)
{
    struct hart_sched *s = kzalloc(sizeof(*s));
    struct thread     *t = kzalloc(sizeof(*t));
    void              *stack = kmalloc(KSTACK_SIZE);
    if (!s || !t || !stack) {
        kfree(s);
        kfree(t);
        kfree(stack);
        return -ENOMEM;
    }
    spinlock_acquire(&sched_lock);
    become_idle(h, s, t, stack);
    spinlock_release(&sched_lock);
    return 0;
}

uint64_t thread_idle_ticks(const struct hart *h)
{
    struct thread_cpu_time used;
    thread_cpu_time(h->sched->idle, &used);
    return used.kernel;
}
