/* SPDX-License-Identifier: Apache-2.0 */
/* ptemem.h - how entries are read and written while others do the same.
 *
 * Walkers on other harts read entries, and set A and D, at any instant. So an entry is changed by
 * one 8-byte store where nothing can be lost, by an atomic operation where D may arrive late. A
 * hart that sets D does so in one step with looking at V and W (4.3.2, step 7): it cannot in an
 * entry that has lost them.
 */
#ifndef RISCV64_SV48_PTEMEM_H
#define RISCV64_SV48_PTEMEM_H

#include "machine/layout.h"
#include "riscv64-sv48/pte.h"

static inline pte_t pte_load(const pte_t *p)
{
    return *(const volatile pte_t *)p;
}

static inline void pte_store(pte_t *p, pte_t v)
{
    *(volatile pte_t *)p = v;
}

static inline pte_t pte_swap(pte_t *p, pte_t v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_RELAXED);
}

static inline void pte_set(pte_t *p, pte_t bits)
{
    __atomic_fetch_or(p, bits, __ATOMIC_RELAXED);
}

/* Returns the entry before. */
static inline pte_t pte_clear(pte_t *p, pte_t bits)
{
    return __atomic_fetch_and(p, ~bits, __ATOMIC_RELAXED);
}

/* Whether hardware may set D at any instant. */
static inline bool pte_may_get_dirty(pte_t pte)
{
    return (pte & (PTE_V | PTE_W | PTE_D)) == (PTE_V | PTE_W);
}

/* Replace all of *p but D, which stays as it is at that moment. Returns the old entry. */
static inline pte_t pte_change(pte_t *p, pte_t v)
{
    pte_t old = pte_load(p);
    if (!pte_may_get_dirty(old)) {
        pte_store(p, v | (old & PTE_D));
        return old;
    }
    while (!__atomic_compare_exchange_n(p, &old, v | (old & PTE_D), false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        ;
    return old;
}

/* What is built is seen before the entry that leads to it, or what that entry replaces. */
static inline void pte_publish(pte_t *p, pte_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline pte_t *table_at(paddr_t pa)
{
    return phys_ptr(pa);
}

/* The table that an entry is in. */
static inline pte_t *table_of(pte_t *pte)
{
    return pte - (uintptr_t)pte % PAGE_SIZE / sizeof(*pte);
}

#endif
