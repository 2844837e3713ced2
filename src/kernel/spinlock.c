/* SPDX-License-Identifier: Apache-2.0 */
/* spinlock.c - see spinlock.h. The order is checked with a bit mask per hart. */
#include "kernel/spinlock.h"

#include "kernel/hart.h"
#include "kernel/panic.h"
#include "machine/cpu.h"

void spinlock_init(struct spinlock *lock, enum lock_order order, const char *name)
{
    *lock = (struct spinlock)SPINLOCK_INIT(order, name);
}

/* Out of the way of the others, which need no stack frame for a call then. */
static _Noreturn __attribute__((noinline, cold)) void taken_wrongly(const struct spinlock *lock)
{
    panic("lock %s taken out of order or twice (held: %#lx)", lock->name,
          (unsigned long)hart_self()->locks_held);
}

static _Noreturn __attribute__((noinline, cold)) void released_wrongly(const struct spinlock *lock)
{
    panic("lock %s released by who does not hold it", lock->name);
}

/* Acquire: what the last holder wrote is seen. Pairs with cpu_release(). */
static inline bool take(struct spinlock *lock, struct hart *h)
{
    struct hart *nobody = NULL;
    return atomic_compare_exchange_strong_explicit(&lock->holder, &nobody, h, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void taken(const struct spinlock *lock, struct hart *h, uint64_t others, uint64_t irq)
{
    if (!others)
        h->irq_before = irq;
    h->locks_held = others | lock->bit;
}

/* Interrupts are off, so other harts' questions are answered here: the holder may wait for an answer. What
 * is held when all others have been halted stays held: who is left takes it over. Does the rest, too, so that
 * its caller needs no stack frame. */
static __attribute__((noinline, cold)) void wait_for(struct spinlock *lock, struct hart *h,
                                                     uint64_t others, uint64_t irq)
{
    do {
        hart_answer();
        cpu_pause();
        if (hart_is_last())
            atomic_store_explicit(&lock->holder, NULL, memory_order_relaxed);
    } while (atomic_load_explicit(&lock->holder, memory_order_relaxed) || !take(lock, h));
    taken(lock, h, others, irq);
}

void spinlock_acquire(struct spinlock *lock)
{
    uint64_t     irq = cpu_irq_off();
    struct hart *h = hart_self();
    uint64_t     others = h->locks_held;

    if (others >= lock->bit)
        taken_wrongly(lock);
    if (__builtin_expect(take(lock, h), true))
        taken(lock, h, others, irq);
    else
        wait_for(lock, h, others, irq);
}

void spinlock_release(struct spinlock *lock)
{
    struct hart *h = hart_self();
    uint64_t others = h->locks_held ^ lock->bit; /* before it may be gone with what it is part of */

    if (cpu_release(&lock->holder) != h)
        released_wrongly(lock);
    h->locks_held = others;
    if (!others)
        cpu_irq_as(h->irq_before);
}
