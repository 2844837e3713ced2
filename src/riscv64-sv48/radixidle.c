/* SPDX-License-Identifier: Apache-2.0 */
/* radixidle.c - tables that became empty.
 *
 * Programs map and unmap at the same few places, so a table is not looked through after each
 * removal, let alone freed: the place is noted, and only when the list of RADIX_IDLE places is full
 * and another comes is the oldest looked at, and its table taken out if it is empty. A table that
 * a removal covers whole goes at once, since nothing has to be looked at.
 */
#include "riscv64-sv48/radix_internal.h"

/* Looks from the entry behind `from` on, where a neighbour is likely. */
static bool table_empty(const pte_t *table, unsigned from)
{
    for (unsigned i = 1; i <= PTE_PER_TABLE; i++) {
        if (pte_load(table + (from + i) % PTE_PER_TABLE))
            return false;
    }
    return true;
}

/* The table with an entry of level - 1 for va goes. */
static void unlink_table(struct radix *rx, vaddr_t va, unsigned level)
{
    pte_t  *above = radix_entry(rx, va, level);
    paddr_t table = pte_pa(pte_load(above));
    pte_store(above, 0);
    radix_bury(rx, table);
}

/* If the table that decides about va is empty, take it out, and those above that become empty. */
static bool prune_at(struct radix *rx, vaddr_t va)
{
    bool pruned = false;
    for (;;) {
        struct radix_pos pos = radix_find(rx, va);
        if (pos.level == RADIX_TOP || pte_load(pos.pte) ||
            !table_empty(table_of(pos.pte), pte_index(va, pos.level)))
            return pruned;
        unlink_table(rx, va, pos.level + 1);
        pruned = true;
    }
}

/* An address stands for the tables of all levels that start with it: the lowest that is there is the
 * one that can be empty. */
void radix_note_idle(struct radix *rx, vaddr_t va, unsigned level)
{
    vaddr_t place = table_start(va, level);
    for (unsigned i = 0; i < rx->nidle; i++) {
        if (rx->idle[i] == place)
            return;
    }
    if (rx->nidle < RADIX_IDLE) {
        rx->idle[rx->nidle++] = place;
        return;
    }
    vaddr_t before = rx->idle[rx->oldest];
    rx->idle[rx->oldest] = place;
    rx->oldest = (rx->oldest + 1) % RADIX_IDLE;
    prune_at(rx, before);
}

void radix_cut_table(struct radix *rx, vaddr_t va)
{
    unlink_table(rx, va, 1);
    radix_note_idle(rx, va, 1);
}

bool radix_prune(struct radix *rx)
{
    bool pruned = false;
    for (unsigned i = 0; i < rx->nidle; i++)
        pruned |= prune_at(rx, rx->idle[i]);
    rx->nidle = rx->oldest = 0;
    return pruned;
}
