/* SPDX-License-Identifier: Apache-2.0 */
/* ptemem.h - every access of radix*.c to entries that the hardware walks goes through here.
 *
 * Walkers on other harts read entries, and set A and D, at any instant. So an entry is changed by
 * one 8-byte store where nothing can be lost, by an atomic operation where D may arrive late. A
 * hart that sets D does so in one step with looking at V and W (4.3.2, step 7): it cannot in an
 * entry that has lost them.
 *
 * test/host/test_radix_walk.c defines this header's guard and brings its own versions, to look at
 * the tables between any two stores, and to write in between.
 */
#ifndef RISCV64_SV48_PTEMEM_H
#define RISCV64_SV48_PTEMEM_H

#include "riscv64-sv48/pte.h"

static inline pte_t pte_load(const pte_t *p)
{
    return *(const volatile pte_t *)p;
}

static inline void pte_store(pte_t *p, pte_t v)
{
    *(volatile pte_t *)p = v;
}

/* What was stored before (a table, what is in a frame) is seen before what is stored after (the way
 * to it). */
static inline void pte_fence(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* The following return the entry as it was. */
static inline pte_t pte_swap(pte_t *p, pte_t v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_RELAXED);
}

static inline pte_t pte_set(pte_t *p, pte_t bits)
{
    return __atomic_fetch_or(p, bits, __ATOMIC_RELAXED);
}

static inline pte_t pte_clear(pte_t *p, pte_t bits)
{
    return __atomic_fetch_and(p, ~bits, __ATOMIC_RELAXED);
}

/* Store v if *p is still *old, else read *old again. */
static inline bool pte_cas(pte_t *p, pte_t *old, pte_t v)
{
    return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

#endif
