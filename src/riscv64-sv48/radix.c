/* SPDX-License-Identifier: Apache-2.0 */
/* radix.c - the tree of page tables: its memory, and finding the way in it.
 *
 * A table is complete before an entry points to it, and a table that was taken out is kept until
 * the shootdown, since walk caches may point to it.
 *
 * Valid entries are changed in place, without making them invalid first: the architecture lets a
 * hart use the old or the new one until its fence, and both are right until pmap_update()
 * returns. That holds for a leaf and the table of leaves that replaces it, too (4.2.1).
 */
#include "riscv64-sv48/radix.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/upcall.h"
#include "riscv64-sv48/radix_internal.h"

/* --- frames for tables --- */

void radix_give(struct radix *rx, paddr_t frame)
{
    *(paddr_t *)phys_ptr(frame) = rx->spare;
    rx->spare = frame;
    rx->nspare++;
}

static paddr_t spare_pop(struct radix *rx)
{
    paddr_t frame = rx->spare;
    ASSERT(frame);
    rx->spare = *(const paddr_t *)phys_ptr(frame);
    rx->nspare--;
    return frame;
}

void radix_release(struct radix *rx)
{
    while (rx->spare)
        frame_free(spare_pop(rx), 1);
}

int radix_reserve(struct radix *rx, unsigned ntables)
{
    while (rx->nspare < ntables) {
        paddr_t frame;
        if (frame_alloc(1, &frame)) {
            radix_release(rx);
            return -ENOMEM;
        }
        radix_give(rx, frame);
    }
    return 0;
}

paddr_t radix_take_table(struct radix *rx)
{
    rx->ntables++;
    return spare_pop(rx);
}

/* The link through a dead table is its first word; page-aligned, so a walker sees an invalid
 * entry. */
void radix_bury(struct radix *rx, paddr_t table)
{
    pte_store(table_at(table), rx->dead);
    rx->dead = table;
    rx->ntables--;
    for (unsigned i = 0; i < RADIX_NEAR; i++)
        if (rx->near[i].table == table)
            rx->near[i].va = RADIX_NOWHERE;
}

void radix_settle(struct radix *rx)
{
    while (rx->dead) {
        paddr_t table = rx->dead;
        rx->dead = *table_at(table);
        frame_free(table, 1);
    }
    rx->stale_lo = UINT64_MAX;
    rx->stale_hi = 0;
}

void radix_init(struct radix *rx, paddr_t root)
{
    *rx = (struct radix){.root = root, .ntables = 1, .stale_lo = UINT64_MAX};
    for (unsigned i = 0; i < RADIX_NEAR; i++)
        rx->near[i].va = RADIX_NOWHERE;
    memset(table_at(root), 0, PAGE_SIZE);
}

static void free_below(paddr_t table, unsigned level, vaddr_t va)
{
    for (unsigned i = 0; i < PTE_PER_TABLE && va < USER_END; i++, va += pte_size(level)) {
        pte_t pte = table_at(table)[i];
        if (level > 0 && pte_is_table(pte))
            free_below(pte_pa(pte), level - 1, va);
    }
    frame_free(table, 1);
}

void radix_destroy(struct radix *rx)
{
    ASSERT(!rx->hidden_spare);
    radix_settle(rx);
    free_below(rx->root, RADIX_TOP, 0);
}

/* --- positions --- */

struct radix_pos radix_descend(pte_t *table, unsigned level, vaddr_t va)
{
    unsigned shift = pte_shift(level);
    for (;;) {
        pte_t *pte = table + (va >> shift) % PTE_PER_TABLE;
        pte_t  entry = pte_load(pte);
        if (level == 0 || !pte_is_table(entry))
            return (struct radix_pos){pte, va >> shift << shift, level};
        table = table_at(pte_pa(entry));
        level--;
        shift -= PTE_INDEX_BITS;
    }
}

struct radix_pos radix_peek(const struct radix *rx, vaddr_t va)
{
    return radix_descend(table_at(rx->root), RADIX_TOP, va);
}

struct radix_pos radix_find_far(struct radix *rx, vaddr_t va)
{
    struct radix_pos pos = radix_peek(rx, va);
    if (pos.level == 0)
        rx->near[(va >> pte_shift(1)) % RADIX_NEAR] = (struct radix_near){
            table_start(va, 0), phys_of(table_of(pos.pte))};
    return pos;
}

pte_t *radix_entry(struct radix *rx, vaddr_t va, unsigned level)
{
    pte_t *table = table_at(rx->root);
    for (unsigned l = RADIX_TOP; l > level; l--)
        table = table_at(pte_pa(pte_load(table + pte_index(va, l))));
    return table + pte_index(va, level);
}

/* --- spans --- */

/* Entries of the table, from pos on, for addresses below end. */
static unsigned entries_below(const struct radix_pos *pos, vaddr_t end)
{
    uint64_t want = (end - 1 - pos->va) >> pte_shift(pos->level);
    unsigned room = PTE_PER_TABLE - pte_index(pos->va, pos->level);
    return want < room ? (unsigned)want + 1 : room;
}

struct radix_span radix_first_far(struct radix *rx, vaddr_t va, vaddr_t end)
{
    struct radix_span span = {.first = radix_find(rx, va)};
    span.n = entries_below(&span.first, end);
    for (unsigned i = 1; span.first.level > 0 && i < span.n; i++) {
        if (pte_is_table(pte_load(span.first.pte + i)))
            span.n = i;
    }
    return span;
}

struct radix_span radix_next(struct radix *rx, const struct radix_span *span, vaddr_t end)
{
    vaddr_t va = radix_span_end(span);
    return va < end ? radix_first(rx, va, end) : (struct radix_span){.n = 0};
}

int radix_check_mapped(struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        if (!span_mapped(&s))
            return -EFAULT;
    }
    return 0;
}

/* The first of n entries that is not empty; n: all are. Most of a table is, often: eight at a time. */
static unsigned first_used(const pte_t *first, unsigned n)
{
    const pte_t *pte = first, *end = first + n, *groups = end - n % 8;
    while (pte != groups &&
           !(pte_load(pte) | pte_load(pte + 1) | pte_load(pte + 2) | pte_load(pte + 3) |
             pte_load(pte + 4) | pte_load(pte + 5) | pte_load(pte + 6) | pte_load(pte + 7)))
        pte += 8;
    while (pte != end && !pte_load(pte))
        pte++;
    return (unsigned)(pte - first);
}

bool radix_find_mapped(struct radix *rx, vaddr_t va, vaddr_t end, struct radix_pos *pos)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        unsigned i = first_used(s.first.pte, s.n);
        if (i < s.n) {
            *pos = span_at(&s, i);
            return true;
        }
    }
    return false;
}

vaddr_t radix_run_end(const struct radix_pos *pos, vaddr_t ahead)
{
    const pte_t *pte = pos->pte;
    pte_t        step = pte_of_pa(pte_size(pos->level)), next = (pte_load(pte) & ~PTE_D) + step;
    vaddr_t      end = pos_end(pos);
    while (end < ahead && pte_index(end, pos->level) && (pte_load(++pte) & ~PTE_D) == next) {
        end += pte_size(pos->level);
        next += step;
    }
    return end;
}

size_t radix_leaves(struct radix *rx)
{
    size_t n = 0;
    for (struct radix_span s = radix_first(rx, 0, USER_END); s.n; s = radix_next(rx, &s, USER_END))
        for (unsigned i = 0; i < s.n; i++)
            n += pte_is_mapped(pte_load(s.first.pte + i));
    return n;
}
