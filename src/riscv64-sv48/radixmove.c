/* SPDX-License-Identifier: Apache-2.0 */
/* radixmove.c - other frames under the same addresses, the same frames at other addresses, and which
 * pages were written.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "riscv64-sv48/radix_internal.h"

/* Where the frames of a range that begin at pa for va go on, at an entry inside it. */
static paddr_t new_pa(const struct radix_pos *pos, vaddr_t va, paddr_t pa)
{
    return pa + (pos->va - va);
}

/* Tables to split a leaf of this level until its parts can hold pa. */
static unsigned align_cost(unsigned level, paddr_t pa)
{
    if (!(pa & (pte_size(level) - 1)))
        return 0;
    return level == 1 ? 1 : 1 + PTE_PER_TABLE * align_cost(level - 1, pa);
}

/* The same for the part of a leaf that lies in the range, whose borders have been cut: what they cut
 * out of a leaf is of the level below, and pages. */
static unsigned refit_leaf(const struct radix_pos *pos, vaddr_t va, vaddr_t end, paddr_t pa)
{
    if (pos->va >= va && pos_end(pos) <= end)
        return align_cost(pos->level, new_pa(pos, va, pa));
    if (pos->level < 2)
        return 0;

    uint64_t size = pte_size(pos->level - 1);
    vaddr_t  from = ALIGN_UP(pos->va > va ? pos->va : va, size);
    vaddr_t  last = ALIGN_DOWN(pos_end(pos) < end ? pos_end(pos) : end, size);
    unsigned n = from < last ? (unsigned)((last - from) / size) : 0;
    return n * align_cost(pos->level - 1, pa + (from - va));
}

static unsigned refit_cost(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    unsigned cost = 0;
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        for (unsigned i = 0; s.first.level > 0 && i < s.n; i++) {
            struct radix_pos pos = span_at(&s, i);
            cost += refit_leaf(&pos, va, end, pa);
        }
    }
    return cost;
}

/* Split the range's leaves where their new frames are not aligned for them. The tables have been
 * reserved. */
static void align_range(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        paddr_t misfit = new_pa(&s.first, va, pa) & (pte_size(s.first.level) - 1);
        if (!misfit)
            continue;
        struct radix_pos pos = s.first;
        while (new_pa(&pos, va, pa) & (pte_size(pos.level) - 1))
            radix_split(rx, &pos, pos.va);
        s = (struct radix_span){.first = pos, .n = PTE_PER_TABLE};
    }
}

/* --- replace --- */

static void replace_span(struct radix *rx, const struct radix_span *span, paddr_t pa)
{
    pte_t *pte = span->first.pte, step = pte_of_pa(pte_size(span->first.level));
    pte_t  frame = pte_of_pa(pa);
    for (unsigned i = 0; i < span->n; i++, pte++, frame += step)
        pte_change(pte, frame | (pte_load(pte) & ~(PTE_PPN_MASK | PTE_D)));
    radix_mark_stale(rx, span->first.va, radix_span_end(span));
}

int radix_replace(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    int err = radix_check_mapped(rx, va, end);
    if (err)
        return err;
    err = radix_cut_out(rx, va, end, refit_cost(rx, va, end, pa));
    if (err)
        return err;

    align_range(rx, va, end, pa);
    pte_fence(); /* the frames were filled before they are reachable */
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end))
        replace_span(rx, &s, new_pa(&s.first, va, pa));
    radix_join_range(rx, va, end);
    radix_release(rx);
    return 0;
}

/* --- suspend, resume --- */

static void hide_span(struct radix *rx, const struct radix_span *span)
{
    pte_t seen = 0;
    for (unsigned i = 0; i < span->n; i++)
        seen |= pte_clear(span->first.pte + i, PTE_V);
    if (seen & PTE_V)
        radix_mark_stale(rx, span->first.va, radix_span_end(span));
}

int radix_suspend(struct radix *rx, vaddr_t va, vaddr_t end)
{
    ASSERT(rx->hidden_lo >= rx->hidden_hi);
    int err = radix_check_mapped(rx, va, end);
    if (err)
        return err;
    /* Frames that no large leaf can hold are the worst that can come. */
    err = radix_cut_out(rx, va, end, refit_cost(rx, va, end, va + PAGE_SIZE));
    if (err)
        return err;

    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end))
        hide_span(rx, &s);
    rx->hidden_lo = va;
    rx->hidden_hi = end;
    rx->hidden_spare = rx->spare;
    rx->hidden_nspare = rx->nspare;
    rx->spare = 0;
    rx->nspare = 0;
    return 0;
}

/* No walk gets to these entries, so that nobody else changes them. */
static void show_span(const struct radix_span *span, paddr_t pa)
{
    pte_t *pte = span->first.pte, step = pte_of_pa(pte_size(span->first.level));
    pte_t  frame = pte_of_pa(pa);
    for (unsigned i = 0; i < span->n; i++, pte++, frame += step) {
        pte_t flags = pte_load(pte) & ~PTE_PPN_MASK;
        pte_store(pte, frame | flags | (flags & PTE_RIGHTS ? PTE_V : 0));
    }
}

void radix_resume(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    ASSERT(rx->hidden_lo == va && rx->hidden_hi == end && !rx->spare);
    rx->spare = rx->hidden_spare;
    rx->nspare = rx->hidden_nspare;
    rx->hidden_lo = rx->hidden_hi = 0;
    rx->hidden_spare = 0;
    rx->hidden_nspare = 0;

    align_range(rx, va, end, pa);
    pte_fence(); /* the frames were filled before they are reachable */
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end))
        show_span(&s, new_pa(&s.first, va, pa));
    radix_join_range(rx, va, end);
    radix_release(rx);
}

/* --- move --- */

/* Counts tables for ranges given in ascending order, each table once. */
struct table_count {
    vaddr_t  counted[PTE_LEVELS]; /* [n]: tables of level n - 1 are counted up to here */
    unsigned n;
};

/* Tables that are missing for leaves of `level` in the range. */
static void count_missing(struct radix *rx, struct table_count *count, vaddr_t va, vaddr_t end,
                          unsigned level)
{
    for (unsigned above = level + 1; above <= RADIX_TOP; above++) {
        uint64_t size = pte_size(above);
        vaddr_t  at = ALIGN_DOWN(va, size);
        for (at = at > count->counted[above] ? at : count->counted[above]; at < end; at += size) {
            count->n += radix_find(rx, at).level >= above;
            count->counted[above] = at + size;
        }
    }
}

/* Mapped entries of the span from its i-th on, one behind the other. */
static unsigned stretch(const struct radix_span *span, unsigned i)
{
    unsigned n = 0;
    while (i + n < span->n && pte_load(span->first.pte + i + n))
        n++;
    return n;
}

static void count_stretch(struct radix *rx, struct table_count *count,
                          const struct radix_span *part, vaddr_t va, vaddr_t end, vaddr_t to)
{
    vaddr_t  from = part->first.va > va ? part->first.va : va;
    vaddr_t  last = radix_span_end(part) < end ? radix_span_end(part) : end;
    vaddr_t  dest = to + (from - va);
    unsigned level = part->first.level;
    bool     whole = from == part->first.va && last == radix_span_end(part);
    if (!whole || (dest & (pte_size(level) - 1)))
        level = 0;
    count_missing(rx, count, dest, dest + (last - from), level);
}

static unsigned move_cost(struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to)
{
    struct table_count count = {.n = 0};
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        for (unsigned i = 0, n; i < s.n; i += n + 1) {
            n = stretch(&s, i);
            struct radix_span part = {.first = span_at(&s, i), .n = n};
            if (n)
                count_stretch(rx, &count, &part, va, end, to);
        }
    }
    return count.n;
}

/* Entries taken out that can be mapped in one call. */
struct moving {
    vaddr_t to, end;
    paddr_t pa;
    pte_t   bits;
};

static void put_down(struct radix *rx, const struct moving *m)
{
    if (m->end > m->to)
        radix_map(rx, m->to, m->end, m->pa, m->bits);
}

static bool continues(const struct moving *m, pte_t pte)
{
    return (pte & ~PTE_PPN_MASK) == m->bits && pte_pa(pte) == m->pa + (m->end - m->to);
}

/* The entries of the span appear at `to`, unless they are absent. */
static void move_span(struct radix *rx, const struct radix_span *span, vaddr_t to)
{
    uint64_t      size = pte_size(span->first.level);
    struct moving m = {.to = 0};
    for (unsigned i = 0; i < span->n; i++) {
        pte_t old = pte_swap(span->first.pte + i, 0);
        if (!old)
            continue;
        if (m.end != to + i * size || !continues(&m, old)) {
            put_down(rx, &m);
            m = (struct moving){to + i * size, to + i * size, pte_pa(old), old & ~PTE_PPN_MASK};
        }
        m.end += size;
    }
    put_down(rx, &m);
    if (m.end)
        radix_mark_stale(rx, span->first.va, radix_span_end(span));
}

/* The range is empty now. Not before all of it has moved: an empty table may be where it moves. */
static void retire(struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        if (s.first.level == 0 && s.n == PTE_PER_TABLE)
            radix_cut_table(rx, s.first.va);
        else if (s.first.level < RADIX_TOP)
            radix_note_idle(rx, s.first.va, s.first.level);
    }
}

static bool range_free(struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        if (!span_absent(&s))
            return false;
    }
    return true;
}

int radix_move(struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to)
{
    if (!range_free(rx, to, to + (end - va)))
        return -EEXIST;
    int err = radix_cut_out(rx, va, end, move_cost(rx, va, end, to));
    if (err)
        return err;

    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end))
        move_span(rx, &s, to + (s.first.va - va));
    retire(rx, va, end);
    radix_join_range(rx, to, to + (end - va));
    radix_release(rx);
    return 0;
}

/* --- dirty --- */

static void set_bits(uint8_t *bitmap, uint64_t first, uint64_t end)
{
    for (uint64_t bit = first; bit < end; bit++)
        bitmap[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

/* One entry's share of [va, end). */
static void collect_mark(struct radix *rx, const struct radix_pos *pos, vaddr_t va, vaddr_t end,
                         uint8_t *bitmap)
{
    vaddr_t from = pos->va > va ? pos->va : va;
    vaddr_t last = pos_end(pos) < end ? pos_end(pos) : end;
    set_bits(bitmap, (from - va) >> PAGE_SHIFT, (last - va) >> PAGE_SHIFT);
    if (from == pos->va && last == pos_end(pos)) {
        pte_clear(pos->pte, PTE_D);
        radix_mark_stale(rx, pos->va, pos_end(pos));
    }
}

void radix_clear_dirty(struct radix *rx, vaddr_t va, vaddr_t end, uint8_t *bitmap)
{
    for (struct radix_span s = radix_first(rx, va, end); s.n; s = radix_next(rx, &s, end)) {
        for (unsigned i = 0; i < s.n; i++) {
            struct radix_pos pos = span_at(&s, i);
            pte_t            pte = pte_load(pos.pte);
            if (pte_is_mapped(pte) && (pte & PTE_D))
                collect_mark(rx, &pos, va, end, bitmap);
        }
    }
}
