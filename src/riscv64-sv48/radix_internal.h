/* SPDX-License-Identifier: Apache-2.0 */
/* radix_internal.h - what the radix*.c files use of each other; nobody else includes it.
 *
 *     radix.c        tables, positions, spans
 *     radixleaf.c    large leaves: splitting and joining
 *     radixidle.c    empty tables
 *     radixrange.c   mapping, unmapping, rights
 *     radixmove.c    other frames, other addresses, what was written
 *     radixcheck.c   invariants and dumps
 */
#ifndef RISCV64_SV48_RADIX_INTERNAL_H
#define RISCV64_SV48_RADIX_INTERNAL_H

#include "machine/layout.h"
#include "riscv64-sv48/ptemem.h"
#include "riscv64-sv48/radix.h"

#define RADIX_TOP (PTE_LEVELS - 1)

static inline pte_t *table_at(paddr_t pa)
{
    return phys_ptr(pa);
}

/* The table that an entry is in. */
static inline pte_t *table_of(pte_t *pte)
{
    return pte - (uintptr_t)pte % PAGE_SIZE / sizeof(*pte);
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
    while (!pte_cas(p, &old, v | (old & PTE_D)))
        ;
    return old;
}

static inline vaddr_t pos_end(const struct radix_pos *pos)
{
    return pos->va + pte_size(pos->level);
}

/* Of the range that the table with entries of this level covers. */
static inline vaddr_t table_start(vaddr_t va, unsigned level)
{
    return ALIGN_DOWN(va, pte_size(level + 1));
}

/* The i-th position of a span. */
static inline struct radix_pos span_at(const struct radix_span *span, unsigned i)
{
    return (struct radix_pos){span->first.pte + i, span->first.va + i * pte_size(span->first.level),
                              span->first.level};
}

/* Nothing is mapped there. */
static inline bool span_absent(const struct radix_span *span)
{
    for (unsigned i = 0; i < span->n; i++) {
        if (pte_load(span->first.pte + i))
            return false;
    }
    return true;
}

static inline bool span_mapped(const struct radix_span *span)
{
    for (unsigned i = 0; i < span->n; i++) {
        if (!pte_is_mapped(pte_load(span->first.pte + i)))
            return false;
    }
    return true;
}

/* --- radix.c --- */

/* Get frames for so many tables, on top of none. -ENOMEM: none. */
int radix_reserve(struct radix *rx, unsigned ntables);

/* A reserved frame, which becomes a table of the tree; its entries are unset. */
paddr_t radix_take_table(struct radix *rx);

/* The table was taken out of the tree. */
void radix_bury(struct radix *rx, paddr_t table);

/* Go down from the entry for va in this table as far as there are tables. */
struct radix_pos radix_descend(pte_t *table, unsigned level, vaddr_t va);

/* The entry for va in the table of this level, which exists. */
pte_t *radix_entry(struct radix *rx, vaddr_t va, unsigned level);

/* Translations of [va, end) have been taken away. */
static inline void radix_mark_stale(struct radix *rx, vaddr_t va, vaddr_t end)
{
    if (va < rx->stale_lo)
        rx->stale_lo = va;
    if (end > rx->stale_hi)
        rx->stale_hi = end;
}

/* 0, or -EFAULT if a page of the range is not mapped. */
int radix_check_mapped(struct radix *rx, vaddr_t va, vaddr_t end);

/* --- radixleaf.c --- */

/* Replace the large leaf at pos by a table, taken from the reserve, and go down to the leaf for va
 * in it. */
void radix_split(struct radix *rx, struct radix_pos *pos, vaddr_t va);

/* Reserve for borders between leaves at va and end and `more` tables, then make the borders. */
int radix_cut_out(struct radix *rx, vaddr_t va, vaddr_t end, unsigned more);

/* Whether a leaf that one level higher stands for a table of this level can begin as that one does. */
static inline bool radix_can_lead(pte_t first, unsigned level)
{
    return level < PTE_MAX_LEAF && pte_is_mapped(first) && !pte_is_hidden(first) &&
           !(pte_pa(first) & (pte_size(level + 1) - 1));
}

/* Make one leaf of the table of pte, an entry of this level for va, if it can be, and of the table
 * above then. The entries changed since that was known are near pte. */
void radix_join_table(struct radix *rx, vaddr_t va, pte_t *pte, unsigned level);

static inline void radix_join(struct radix *rx, const struct radix_pos *pos)
{
    if (radix_can_lead(pte_load(table_of(pos->pte)), pos->level))
        radix_join_table(rx, pos->va, pos->pte, pos->level);
}

/* The same for all tables with entries for [va, end). */
void radix_join_range(struct radix *rx, vaddr_t va, vaddr_t end);

/* --- radixidle.c --- */

/* An entry for va in the table of this level was removed: the table may be empty now. */
void radix_note_idle(struct radix *rx, vaddr_t va, unsigned level);

/* Take out the table of leaves that covers [va, va + 2 MiB), whatever is in it. */
void radix_cut_table(struct radix *rx, vaddr_t va);

#endif
