/* SPDX-License-Identifier: Apache-2.0 */
/* hart.h - the harts of the machine: starting them, and what one asks of the others.
 *
 * A hart that is asked for something is interrupted, unless it is idle: before it uses an address of a
 * program again it looks. Who waits, for an answer or for a spinlock, answers meanwhile, so that two who
 * wait for each other go on.
 *
 * Beside these calls: shootdown_others(), stop_others() and resume_others() of machine/upcall.h.
 */
#ifndef KERNEL_HART_H
#define KERNEL_HART_H

#include "lib/types.h"
#include "machine/cpu.h"

/* Start the other harts of the device tree. By the hart that booted, before there is a thread to run. A hart
 * that does not come up is told of and left out. */
void hart_start_all(void);

/* The interrupt IRQ_SOFT: another hart asked for something. Interrupts off. */
void hart_interrupt(void);

/* Do what others ask of this hart, if they do. Interrupts off. */
static inline void hart_answer(void);

/* Every other hart has passed a full memory barrier since this was called, or does before it runs the
 * program. No spinlock is held. */
void hart_barrier_others(void);

/* The same, and stores to code, this hart's too, are seen by the fetches of all harts. */
void hart_sync_code(void);

/* From now on this hart uses no translation of a user address, and need not be waited for; until
 * hart_uses_map(). For the idle thread, interrupts off. */
static inline void hart_leaves_map(struct hart *h)
{
    atomic_store_explicit(&h->unused, true, memory_order_release);
}

/* Before this hart uses one again. Interrupts off. Either who asks sees that it has to wait for this hart,
 * or this hart sees what is asked: a full fence is between the store and the load of both. */
static inline void hart_uses_map(struct hart *h)
{
    atomic_store_explicit(&h->unused, false, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    hart_answer();
}

/* All other harts stand still for good: this one ends the machine. Those that do not answer, since
 * something is wrong with them, are not waited for. Any context. */
void hart_halt_others(void);

/* Whether this hart has called that, and what others hold is therefore never given back. */
bool hart_is_last(void);

void hart_answer_now(struct hart *h); /* hart_answer(), when something is asked */

static inline void hart_answer(void)
{
    struct hart *h = hart_self();
    if (atomic_load_explicit(&h->asked, memory_order_acquire) !=
        atomic_load_explicit(&h->served, memory_order_relaxed))
        hart_answer_now(h);
}

#endif
