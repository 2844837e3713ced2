/* SPDX-License-Identifier: Apache-2.0 */
/* radixrange.c - mapping, unmapping, and changing rights.
 *
 * Most ranges are pages of the table that the call before was about: then there is nothing to find,
 * split or reserve, and what is left is a loop over entries. The rest (..._far) goes span by span.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "riscv64-sv48/radix_internal.h"

/* Whether the span, which is the first of [va, end), is just the range. */
static bool is_whole(const struct radix_span *span, vaddr_t va, vaddr_t end)
{
    return span->first.va == va && radix_span_end(span) == end;
}

/* --- map --- */

/* Whether [va, end) to pa can be one leaf in an entry at this level. */
static bool leaf_fits(unsigned level, vaddr_t va, vaddr_t end, paddr_t pa)
{
    uint64_t size = pte_size(level);
    return level <= PTE_MAX_LEAF && end - va >= size && !((va | pa) & (size - 1));
}

/* Tables below an absent entry at this level, for a range inside of what it covers. */
static unsigned tables_below(unsigned level, vaddr_t va, vaddr_t end, paddr_t pa)
{
    if (level == 0 || leaf_fits(level, va, end, pa))
        return 0;
    if (level == 1)
        return 1;

    unsigned n = 1;
    while (va < end) {
        vaddr_t next = ALIGN_DOWN(va, pte_size(level - 1)) + pte_size(level - 1);
        next = next < end ? next : end;
        n += tables_below(level - 1, va, next, pa);
        pa += next - va;
        va = next;
    }
    return n;
}

int radix_map_cost(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    unsigned n = 0;
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        if (!span_absent(&s))
            return -EEXIST;
        for (unsigned i = 0; s.first.level > 0 && i < s.n; i++) {
            struct radix_pos pos = span_at(&s, i);
            vaddr_t          from = pos.va > va ? pos.va : va;
            vaddr_t          to = pos_end(&pos) < end ? pos_end(&pos) : end;
            n += tables_below(pos.level, from, to, pa + (from - va));
        }
    }
    return (int)n;
}

/* Put an empty table under an absent entry and go down to the entry for va in it. */
static void grow_table(struct radix *rx, struct radix_pos *pos, vaddr_t va)
{
    paddr_t table = radix_take_table(rx);
    memset(table_at(table), 0, PAGE_SIZE);
    pte_fence(); /* cleared before it is reachable */
    pte_store(pos->pte, pte_of_pa(table) | PTE_V);
    *pos = radix_descend(table_at(table), pos->level - 1, va);
}

/* Leaves of one table, one behind the other. */
static void map_entries(pte_t *pte, unsigned n, pte_t leaf, pte_t step)
{
    pte_fence(); /* the frames were filled before they are reachable */
    for (pte_t *stop = pte + n; pte < stop; pte++, leaf += step)
        pte_store(pte, leaf);
}

/* Leaves from pos on, up to the table's end, a table below, or end; the first fits. Returns how many
 * bytes they map. */
static uint64_t map_run(const struct radix_pos *pos, vaddr_t end, pte_t leaf)
{
    unsigned shift = pte_shift(pos->level), n = 1;
    unsigned room = PTE_PER_TABLE - pte_index(pos->va, pos->level);
    if ((end - pos->va) >> shift < room)
        room = (unsigned)((end - pos->va) >> shift);
    while (n < room && !pte_load(pos->pte + n))
        n++;
    map_entries(pos->pte, n, leaf, pte_of_pa(pte_size(pos->level)));
    return (uint64_t)n << shift;
}

void radix_map(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits)
{
    while (va < end) {
        struct radix_pos pos = radix_find(rx, va);
        while (pos.level > 0 && !leaf_fits(pos.level, va, end, pa))
            grow_table(rx, &pos, va);
        uint64_t done = map_run(&pos, end, pte_of_pa(pa) | bits);
        va += done;
        pa += done;
    }
}

static int enter_far(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits)
{
    int cost = radix_map_cost(rx, va, end, pa);
    if (cost < 0)
        return cost;
    int err = radix_reserve(rx, (unsigned)cost);
    if (err)
        return err;
    radix_map(rx, va, end, pa, bits);
    radix_join_range(rx, va, end);
    return 0;
}

int radix_enter(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits)
{
    if (!radix_is_near(rx, va, end))
        radix_find(rx, va);
    if (!radix_is_near(rx, va, end))
        return enter_far(rx, va, end, pa, bits);

    struct radix_span s = radix_span_near(rx, va, end);
    if (!span_absent(&s))
        return -EEXIST;
    map_entries(s.first.pte, s.n, pte_of_pa(pa) | bits, pte_of_pa(PAGE_SIZE));
    radix_join(rx, &s.first);
    return 0;
}

/* --- remove --- */

/* Entries of the span, none of which reaches beyond the range. Whether any was there. */
static inline bool clear_span(struct radix *rx, const struct radix_span *span)
{
    unsigned from = span->n, to = 0;
    for (unsigned i = 0; i < span->n; i++) {
        if (!pte_load(span->first.pte + i))
            continue;
        pte_store(span->first.pte + i, 0);
        from = i < from ? i : from;
        to = i + 1;
    }
    if (to)
        radix_mark_stale(rx, span_at(span, from).va, span_at(span, to).va);
    return to;
}

static inline void remove_span(struct radix *rx, const struct radix_span *span)
{
    if (span->first.level == 0 && span->n == PTE_PER_TABLE) {
        radix_cut_table(rx, span->first.va);
        radix_mark_stale(rx, span->first.va, radix_span_end(span));
    } else if (clear_span(rx, span)) {
        radix_note_idle(rx, span->first.va, span->first.level);
    }
}

/* As much as the tables that are kept for small ranges cover. */
#define LARGE_RANGE (RADIX_IDLE * pte_size(1))

static int remove_far(struct radix *rx, vaddr_t va, vaddr_t end)
{
    struct radix_span s = radix_first(rx, va, end);
    if (!is_whole(&s, va, end)) {
        int err = radix_cut_out(rx, va, end, 0);
        if (err)
            return err;
        s = radix_first(rx, va, end);
    }
    for (; s.n; s = radix_next(rx, &s, end))
        remove_span(rx, &s);
    if (end - va >= LARGE_RANGE)
        radix_prune(rx);
    radix_release(rx);
    return 0;
}

int radix_remove(struct radix *rx, vaddr_t va, vaddr_t end)
{
    if (!radix_is_near(rx, va, end))
        return remove_far(rx, va, end);
    struct radix_span s = radix_span_near(rx, va, end);
    remove_span(rx, &s);
    return 0;
}

/* Narrow the span to the entries that are there. -ENOENT: none; -E2BIG: their frames are not in a row. */
static inline int narrow_to_run(struct radix_span *span)
{
    pte_t *pte = span->first.pte, *stop = pte + span->n;
    while (pte < stop && !pte_load(pte))
        pte++;
    if (pte == stop)
        return -ENOENT;

    pte_t *first = pte, next = pte_load(pte) & PTE_PPN_MASK;
    for (; pte < stop && (pte_load(pte) & PTE_PPN_MASK) == next; pte++)
        next += pte_of_pa(PAGE_SIZE);
    unsigned n = (unsigned)(pte - first);
    for (; pte < stop; pte++) {
        if (pte_load(pte))
            return -E2BIG;
    }
    span->first.va += (vaddr_t)(first - span->first.pte) << PAGE_SHIFT;
    span->first.pte = first;
    span->n = n;
    return 0;
}

/* Large leaves, or several tables. */
static int remove_run_far(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t *pa, size_t *len)
{
    struct radix_pos pos, next;
    if (!radix_find_mapped(rx, va, end, &pos))
        return -ENOENT;
    vaddr_t from = pos.va > va ? pos.va : va, to = radix_run_end(&pos, end);
    if (to < end && radix_find_mapped(rx, to, end, &next))
        return -E2BIG;

    paddr_t first = pte_pa(pte_load(pos.pte)) + (from - pos.va);
    int     err = remove_far(rx, va, end);
    if (err)
        return err;
    *pa = first;
    *len = (to < end ? to : end) - from;
    return 0;
}

int radix_remove_run(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t *pa, size_t *len)
{
    if (!radix_is_near(rx, va, end))
        return remove_run_far(rx, va, end, pa, len);
    struct radix_span s = radix_span_near(rx, va, end);
    int               err = narrow_to_run(&s);
    if (err)
        return err;
    *pa = pte_pa(pte_load(s.first.pte));
    *len = (size_t)s.n << PAGE_SHIFT;
    remove_span(rx, &s);
    return 0;
}

/* --- protect --- */

static inline void protect_span(struct radix *rx, const struct radix_span *span, pte_t rights)
{
    pte_t bits = pte_user_bits(rights), lost = 0;
    for (pte_t *pte = span->first.pte, *stop = pte + span->n; pte < stop; pte++)
        lost |= pte_change(pte, (pte_load(pte) & PTE_PPN_MASK) | bits);
    if (lost & PTE_RIGHTS & ~rights)
        radix_mark_stale(rx, span->first.va, radix_span_end(span));
}

/* The span is the whole range. */
static inline int protect_whole(struct radix *rx, const struct radix_span *span, pte_t rights)
{
    if (!span_mapped(span))
        return -EFAULT;
    protect_span(rx, span, rights);
    radix_join(rx, &span->first);
    return 0;
}

static int protect_far(struct radix *rx, vaddr_t va, vaddr_t end, pte_t rights)
{
    struct radix_span s = radix_first(rx, va, end);
    if (is_whole(&s, va, end))
        return protect_whole(rx, &s, rights);

    int err = radix_check_mapped(rx, va, end);
    if (!err)
        err = radix_cut_out(rx, va, end, 0);
    if (err)
        return err;
    for (s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end))
        protect_span(rx, &s, rights);
    radix_join_range(rx, va, end);
    radix_release(rx);
    return 0;
}

int radix_protect(struct radix *rx, vaddr_t va, vaddr_t end, pte_t rights)
{
    if (!radix_is_near(rx, va, end))
        return protect_far(rx, va, end, rights);
    struct radix_span s = radix_span_near(rx, va, end);
    return protect_whole(rx, &s, rights);
}
