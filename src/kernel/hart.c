/* SPDX-License-Identifier: Apache-2.0 */
/* hart.c - several harts: see hart.h.
 *
 * A question is a bit in h->what and a number, drawn from h->asked. The hart that is asked reads the number,
 * takes all bits, does what they say and stores the number into h->served: everybody whose number is not
 * greater has his answer, because his bit was set before he drew it. A bit that is taken before its number is
 * answered twice.
 *
 * To be stopped is one of these, and ends with the stopper's word. There is one stopper at a time.
 */
#include "kernel/hart.h"

#include "kernel/devtree.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "machine/upcall.h"

/* What can be asked. */
enum {
    DROP = 1u, /* drop the translations of user addresses */
    CODE = 2u, /* see stores to code */
    STOP = 4u, /* stand still until the stopper says so */
    HALT = 8u, /* for ever */
};

static struct {
    _Atomic(struct hart *) by;      /* NULL: nobody stops the others */
    atomic_uint            arrived; /* how many stand still */
    atomic_uint            left;    /* how many go on again */
    atomic_uint            round;   /* changes when they may */
    bool                   irq;     /* the stopper's interrupts were on */
    void (*fn)(void *arg);          /* what they do then; release and acquire of round */
    void *arg;
} stop;

static _Atomic(struct hart *) last; /* who halted all others; NULL: nobody */
static atomic_uint            halted;

/* --- answering --------------------------------------------------------------------------- */

static _Noreturn void halt(void)
{
    atomic_fetch_add(&halted, 1);
    for (;;) {
        cpu_irq_save();
        cpu_wait();
    }
}

/* Who stopped this hart may end the machine instead of letting it go on. */
static void stand_still(struct hart *h)
{
    unsigned round = atomic_load_explicit(&stop.round, memory_order_relaxed);

    atomic_fetch_add_explicit(&stop.arrived, 1, memory_order_acq_rel);
    while (atomic_load_explicit(&stop.round, memory_order_acquire) == round) {
        if (atomic_load_explicit(&h->what, memory_order_relaxed) & HALT)
            halt();
        cpu_pause();
    }
    stop.fn(stop.arg);
    atomic_fetch_add_explicit(&stop.left, 1, memory_order_release);
}

void hart_answer_now(struct hart *h)
{
    unsigned number = atomic_load_explicit(&h->asked, memory_order_acquire);
    unsigned what = atomic_exchange_explicit(&h->what, 0, memory_order_acquire);

    atomic_thread_fence(memory_order_seq_cst); /* what hart_barrier_others() wants */
    if (what & HALT)
        halt();
    if (what & DROP)
        cpu_drop_translations();
    if (what & CODE)
        cpu_icache_sync();
    if (what & STOP)
        stand_still(h);
    atomic_store_explicit(&h->served, number, memory_order_release);
}

void hart_interrupt(void)
{
    cpu_ipi_clear();
    hart_answer();
}

/* --- asking ------------------------------------------------------------------------------ */

/* The number of the question. */
static unsigned ask(struct hart *h, unsigned what)
{
    atomic_fetch_or_explicit(&h->what, what, memory_order_relaxed);
    return atomic_fetch_add_explicit(&h->asked, 1, memory_order_release) + 1;
}

static bool has_answered(const struct hart *h, unsigned number)
{
    return (int)(atomic_load_explicit(&h->served, memory_order_acquire) - number) >= 0;
}

static void ask_others(unsigned what)
{
    unsigned     number[HARTS_MAX], n = cpu_nharts;
    uint64_t     asked = 0;
    bool         irq = cpu_irq_save();
    struct hart *self = hart_self();

    ASSERT(!self->locks_held); /* who waits for one of them could not answer for ever */
    for (unsigned i = 0; i < n; i++) {
        if (cpu_harts[i] != self)
            number[i] = ask(cpu_harts[i], what);
    }
    /* The questions before the look at who is idle, and what was stored before the answers: pairs with
     * the fence of hart_uses_map(), and with the one of cpu_ipi_clear(). */
    atomic_thread_fence(memory_order_seq_cst);
    for (unsigned i = 0; i < n; i++) {
        struct hart *h = cpu_harts[i];
        if (h == self || atomic_load_explicit(&h->unused, memory_order_acquire))
            continue;
        asked |= 1ul << i;
        cpu_ipi(h);
    }
    for (unsigned i = 0; i < n; i++) {
        while (asked >> i & 1 && !has_answered(cpu_harts[i], number[i])) {
            hart_answer();
            cpu_pause();
        }
    }
    cpu_irq_restore(irq);
}

void shootdown_others(void)
{
    if (cpu_nharts > 1)
        ask_others(DROP);
}

void hart_barrier_others(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (cpu_nharts > 1)
        ask_others(0);
}

void hart_sync_code(void)
{
    cpu_icache_sync();
    if (cpu_nharts > 1)
        ask_others(CODE);
}

/* --- stopping ---------------------------------------------------------------------------- */

static void become_stopper(struct hart *self)
{
    struct hart *nobody = NULL;
    while (!atomic_compare_exchange_weak_explicit(&stop.by, &nobody, self, memory_order_acquire,
                                                  memory_order_relaxed)) {
        nobody = NULL;
        hart_answer(); /* another one may wait for this hart to stand still */
        cpu_pause();
    }
}

/* Idle ones, too: what changes may be what the kernel itself is translated by. */
void stop_others(void)
{
    if (cpu_nharts == 1)
        return;

    bool         irq = cpu_irq_save();
    struct hart *self = hart_self();
    ASSERT(!self->locks_held);
    become_stopper(self);
    stop.irq = irq;
    atomic_store_explicit(&stop.arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&stop.left, 0, memory_order_relaxed);
    for (unsigned i = 0; i < cpu_nharts; i++) {
        if (cpu_harts[i] != self) {
            ask(cpu_harts[i], STOP);
            cpu_ipi(cpu_harts[i]);
        }
    }
    while (atomic_load_explicit(&stop.arrived, memory_order_acquire) != cpu_nharts - 1) {
        hart_answer();
        cpu_pause();
    }
}

/* arg, and what it points at, may be gone when this returns: they are waited for. */
void resume_others(void (*fn)(void *arg), void *arg)
{
    if (cpu_nharts == 1)
        return;

    bool irq = stop.irq;
    stop.fn = fn;
    stop.arg = arg;
    atomic_fetch_add_explicit(&stop.round, 1, memory_order_release);
    while (atomic_load_explicit(&stop.left, memory_order_acquire) != cpu_nharts - 1)
        cpu_pause();
    atomic_store_explicit(&stop.by, NULL, memory_order_release);
    cpu_irq_restore(irq);
}

/* --- the end ----------------------------------------------------------------------------- */

#define HALT_NS 100000000ul

bool hart_is_last(void)
{
    return atomic_load_explicit(&last, memory_order_relaxed) == hart_self();
}

void hart_halt_others(void)
{
    struct hart *nobody = NULL, *self = hart_self();

    cpu_irq_save();
    if (!atomic_compare_exchange_strong(&last, &nobody, self)) {
        if (nobody == self)
            return;
        halt(); /* another one was faster */
    }
    for (unsigned i = 0; i < cpu_nharts; i++) {
        if (cpu_harts[i] && cpu_harts[i] != self) {
            ask(cpu_harts[i], HALT);
            cpu_ipi(cpu_harts[i]);
        }
    }
    uint64_t until = time_ns_to_deadline(HALT_NS);
    while (atomic_load(&halted) < cpu_nharts - 1 && cpu_time() < until)
        cpu_pause();
}

/* --- starting ---------------------------------------------------------------------------- */

/* On a host that is busy with other things the machine's harts wait for their turn, too. */
#define START_NS 10000000000ul

/* started says who was first: the hart that arrived, or the one that stopped waiting for it. */
_Noreturn void kmain_hart(void)
{
    struct hart *h = hart_self();

    if (atomic_exchange(&h->started, true))
        halt();
    cpu_ipi(cpu_harts[0]);
    thread_idle();
}

/* Wait for its interrupt. Interrupts are off: one that is pending ends cpu_wait(), and is taken later. */
static bool arrives(struct hart *h)
{
    uint64_t until = time_ns_to_deadline(START_NS);

    cpu_timer_arm(until);
    while (!atomic_load(&h->started) && cpu_time() < until) {
        cpu_wait();
        cpu_ipi_clear();
    }
    cpu_timer_arm(UINT64_MAX);
    return atomic_exchange(&h->started, true);
}

static void leave_out(uint64_t id, const char *why)
{
    log_warn("hart %lu: left out: %s", (unsigned long)id, why);
}

/* What is given to a hart that does not come up is not given back: it may still come. */
static void start(uint64_t id)
{
    if (cpu_nharts == HARTS_MAX) {
        leave_out(id, "the kernel can run no more");
        return;
    }
    struct hart *h = kzalloc(sizeof(*h));
    if (!h || thread_init_hart(h)) {
        kfree(h);
        leave_out(id, "too little memory");
        return;
    }
    h->id = id;
    h->index = cpu_nharts;
    atomic_store(&h->unused, true);
    cpu_harts[h->index] = h;
    if (cpu_hart_start(h)) {
        leave_out(id, "the firmware does not start it");
    } else if (!arrives(h)) {
        leave_out(id, "it does not come up");
    } else {
        cpu_nharts++;
        return;
    }
    cpu_harts[h->index] = NULL;
}

void hart_start_all(void)
{
    uint64_t id[HARTS_MAX + 1];
    size_t   n = devtree_harts(id, ARRAY_LEN(id));

    cpu_harts[0] = hart_self();
    for (size_t i = 0; i < n; i++) {
        if (id[i] != hart_self()->id)
            start(id[i]);
    }
    if (cpu_nharts > 1)
        log_info("%u harts run", cpu_nharts);
}
