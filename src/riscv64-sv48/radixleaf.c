/* SPDX-License-Identifier: Apache-2.0 */
/* radixleaf.c - large leaves: cutting one into a table of 512, and making one of such a table.
 *
 * What a hart finds is the same before and after, so neither takes anything away: a hart may go on
 * with what it has cached, and whoever changes a page later drops, with the fence for that page,
 * whatever leaf translated it (4.2.1). Only the table that joining takes out waits for a fence for
 * all addresses.
 *
 * What can get lost is a mark of a write. A leaf that takes the place of others has D if one of
 * them had it, and gives it to all that take its place. When another hart sets one while the entry
 * above is exchanged, splitting finds it in the entry that it took out, and joining takes the marks
 * out of the table once nothing new leads to it.
 */
#include "lib/errno.h"
#include "riscv64-sv48/radix_internal.h"

/* --- splitting --- */

void radix_split(struct radix *rx, struct radix_pos *pos, vaddr_t va)
{
    paddr_t  table = radix_take_table(rx);
    pte_t   *entry = table_at(table);
    pte_t    old = pte_load(pos->pte);
    uint64_t step = pte_of_pa(pte_size(pos->level - 1));
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        pte_store(entry + i, old + i * step);

    pte_fence(); /* filled before it is reachable */
    pte_t last = pte_swap(pos->pte, pte_of_pa(table) | PTE_V);
    if ((last & ~old) & PTE_D) { /* written between our read and the exchange */
        for (unsigned i = 0; i < PTE_PER_TABLE; i++)
            pte_set(&entry[i], PTE_D);
    }
    *pos = radix_descend(entry, pos->level - 1, va);
}

/* Tables to make va a border between leaves, after `made` became one. */
static unsigned border_cost(struct radix *rx, vaddr_t va, vaddr_t made)
{
    struct radix_pos pos = radix_find(rx, va);
    unsigned         n = 0;
    if (pte_load(pos.pte) == 0)
        return 0;
    for (unsigned level = pos.level; level > 0 && (va & (pte_size(level) - 1)); level--) {
        bool split = ALIGN_DOWN(va, pte_size(level)) == ALIGN_DOWN(made, pte_size(level)) &&
                     (made & (pte_size(level) - 1));
        n += !split;
    }
    return n;
}

static void make_border(struct radix *rx, vaddr_t va)
{
    struct radix_pos pos = radix_find(rx, va);
    while (pte_load(pos.pte) != 0 && pos.va != va)
        radix_split(rx, &pos, va);
}

int radix_cut_out(struct radix *rx, vaddr_t va, vaddr_t end, unsigned more)
{
    unsigned cost = border_cost(rx, va, 0);
    if (end < USER_END)
        cost += border_cost(rx, end, va);
    int err = radix_reserve(rx, cost + more);
    if (err)
        return err;
    make_border(rx, va);
    if (end < USER_END)
        make_border(rx, end);
    return 0;
}

/* --- joining --- */

static bool is_part(const pte_t *table, unsigned i, pte_t first, pte_t step)
{
    return (pte_load(table + i) & ~PTE_D) == first + i * step;
}

/* A table that fills up is asked about with each mapping, and where something is missing, that is
 * seldom far. first: the table's first entry without D. */
static bool maybe_uniform(const pte_t *table, unsigned near, pte_t first, pte_t step)
{
    if (!is_part(table, PTE_PER_TABLE - 1, first, step))
        return false;
    unsigned lo = near > 16 ? near - 16 : 0, hi = near + 16;
    for (unsigned i = lo; i < PTE_PER_TABLE && i <= hi; i++) {
        if (!is_part(table, i, first, step))
            return false;
    }
    return true;
}

/* Whether one leaf can stand for the whole table, whose entries are of this level; *dirty: PTE_D if one
 * of them has it. */
static bool is_uniform(const pte_t *table, unsigned level, pte_t *dirty)
{
    pte_t expected = pte_load(table) & ~PTE_D, marks = 0;
    if (!radix_can_lead(expected, level))
        return false;
    pte_t step = pte_of_pa(pte_size(level));
    for (unsigned i = 0; i < PTE_PER_TABLE; i++, expected += step) {
        pte_t entry = pte_load(table + i);
        if ((entry & ~PTE_D) != expected)
            return false;
        marks |= entry;
    }
    *dirty = marks & PTE_D;
    return true;
}

/* Take the marks that were set in the table until nothing new led to it; what still has a pointer to it
 * finds no entry that it could mark. */
static pte_t take_marks(pte_t *table)
{
    pte_t marks = 0;
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        marks |= pte_swap(table + i, 0);
    return marks & PTE_D;
}

/* Put the leaf into the entry above the table of this level. */
static pte_t *replace_table(struct radix *rx, vaddr_t va, unsigned level, pte_t *table, pte_t leaf)
{
    pte_t *above = radix_entry(rx, va, level + 1);
    pte_store(above, leaf);
    if (pte_may_get_dirty(leaf) && take_marks(table))
        pte_set(above, PTE_D);
    radix_bury(rx, phys_of(table));
    return above;
}

void radix_join_table(struct radix *rx, vaddr_t va, pte_t *pte, unsigned level)
{
    for (; level < PTE_MAX_LEAF; level++) {
        pte_t *table = table_of(pte), first = pte_load(table) & ~PTE_D, dirty;
        if (!radix_can_lead(first, level) ||
            !maybe_uniform(table, (unsigned)(pte - table), first, pte_of_pa(pte_size(level))) ||
            !is_uniform(table, level, &dirty))
            return;
        pte = replace_table(rx, va, level, table, first | dirty);
    }
}

void radix_join_range(struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        vaddr_t stop = radix_span_end(&s);
        if (stop >= end || !(stop & (pte_size(s.first.level + 1) - 1)))
            radix_join(rx, &s.first);
    }
}
