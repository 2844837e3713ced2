/* SPDX-License-Identifier: Apache-2.0 */
/* radix.c - the tree of page tables.
 *
 * Walkers on other harts read entries, and set A and D, at any instant. So an entry is changed by
 * one 8-byte store where nothing can be lost, by an atomic exchange or compare-exchange where D
 * may arrive late; a table is complete before an entry points to it; and a table that was taken
 * out is kept until the shootdown, since walk caches may point to it.
 *
 * Valid entries are changed in place, without making them invalid first: the architecture lets a
 * hart use the old or the new one until its fence, and both are right until pmap_update()
 * returns.
 */
#include "riscv64-sv48/radix.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/upcall.h"

#define TOP (PTE_LEVELS - 1)

static pte_t pte_load(const pte_t *p)
{
    return *(const volatile pte_t *)p;
}

static void pte_store(pte_t *p, pte_t v)
{
    *(volatile pte_t *)p = v;
}

static pte_t pte_swap(pte_t *p, pte_t v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_RELAXED);
}

/* Replace all of *p but D, which stays as it is at that moment. Returns the old entry. */
static pte_t pte_change(pte_t *p, pte_t v)
{
    pte_t old = pte_load(p);
    while (!__atomic_compare_exchange_n(p, &old, v | (old & PTE_D), false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        ;
    return old;
}

static pte_t *table_at(paddr_t pa)
{
    return phys_ptr(pa);
}

/* --- frames for tables --- */

void radix_give(struct radix *rx, paddr_t frame)
{
    *(paddr_t *)phys_ptr(frame) = rx->spare;
    rx->spare = frame;
    rx->nspare++;
}

static paddr_t spare_pop(struct radix *rx)
{
    ASSERT(rx->nspare > 0);

    paddr_t frame = rx->spare;
    rx->spare = *(paddr_t *)phys_ptr(frame);
    rx->nspare--;
    return frame;
}

void radix_release(struct radix *rx)
{
    while (rx->nspare > 0)
        frame_free(spare_pop(rx), 1);
}

static int reserve(struct radix *rx, unsigned ntables)
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

/* A reserved frame, its entries unset. */
static paddr_t table_take(struct radix *rx)
{
    rx->ntables++;
    return spare_pop(rx);
}

static void table_clear(pte_t *table)
{
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        table[i] = 0;
}

/* The link through a dead table is its first word; page-aligned, so a walker sees an invalid
 * entry. */
static void table_bury(struct radix *rx, paddr_t table)
{
    pte_store(table_at(table), rx->dead);
    rx->dead = table;
    rx->ntables--;
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
    table_clear(table_at(root));
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
    free_below(rx->root, TOP, 0);
}

/* --- positions --- */

/* Go down from the entry for va in this table as far as there are tables. */
static struct radix_pos descend(pte_t *table, unsigned level, vaddr_t va)
{
    pte_t *pte = table + pte_index(va, level);
    while (level > 0 && pte_is_table(pte_load(pte))) {
        level--;
        pte = table_at(pte_pa(*pte)) + pte_index(va, level);
    }
    return (struct radix_pos){pte, ALIGN_DOWN(va, pte_size(level)), level};
}

struct radix_pos radix_find(const struct radix *rx, vaddr_t va)
{
    return descend(table_at(rx->root), TOP, va);
}

void radix_step(const struct radix *rx, struct radix_pos *pos)
{
    vaddr_t va = pos->va + pte_size(pos->level);
    if (pte_index(va, pos->level) == 0) {
        *pos = radix_find(rx, va);
    } else if (pos->level > 0 && pte_is_table(pte_load(pos->pte + 1))) {
        *pos = descend(table_at(pte_pa(pos->pte[1])), pos->level - 1, va);
    } else {
        pos->pte++;
        pos->va = va;
    }
}

static vaddr_t pos_end(const struct radix_pos *pos)
{
    return pos->va + pte_size(pos->level);
}

static void mark_stale(struct radix *rx, const struct radix_pos *pos)
{
    if (pos->va < rx->stale_lo)
        rx->stale_lo = pos->va;
    if (pos_end(pos) > rx->stale_hi)
        rx->stale_hi = pos_end(pos);
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

int radix_map_cost(const struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    unsigned n = 0;
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (pte_load(pos.pte) != 0)
            return -EEXIST;
        vaddr_t from = pos.va > va ? pos.va : va;
        vaddr_t to = pos_end(&pos) < end ? pos_end(&pos) : end;
        n += tables_below(pos.level, from, to, pa + (from - va));
    }
    return (int)n;
}

/* Put an empty table under an absent entry and go down to the entry for va in it. */
static void grow_table(struct radix *rx, struct radix_pos *pos, vaddr_t va)
{
    paddr_t table = table_take(rx);
    table_clear(table_at(table));
    __atomic_thread_fence(__ATOMIC_RELEASE); /* cleared before it is reachable */
    pte_store(pos->pte, pte_of_pa(table) | PTE_V);
    *pos = descend(table_at(table), pos->level - 1, va);
}

/* Leaves from pos on, one behind the other, up to the table's end, a table below, or end. The first
 * fits, and so do all. Returns how many bytes they map; pos moves to the last one. */
static uint64_t map_run(struct radix_pos *pos, vaddr_t end, pte_t leaf)
{
    uint64_t size = pte_size(pos->level), step = pte_of_pa(size), done = 0;
    unsigned left = PTE_PER_TABLE - pte_index(pos->va, pos->level);
    if ((end - pos->va) / size < left)
        left = (unsigned)((end - pos->va) / size);

    pte_t *pte = pos->pte;
    for (; done == 0 || (left > 0 && pte_load(pte) == 0); left--, done += size, leaf += step)
        pte_store(pte++, leaf);
    pos->pte = pte - 1;
    pos->va += done - size;
    return done;
}

void radix_map(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits)
{
    struct radix_pos pos = radix_find(rx, va);
    for (;;) {
        while (pos.level > 0 && !leaf_fits(pos.level, va, end, pa))
            grow_table(rx, &pos, va);
        uint64_t done = map_run(&pos, end, pte_of_pa(pa) | bits);
        va += done;
        pa += done;
        if (va >= end)
            break;
        radix_step(rx, &pos);
    }
}

int radix_enter(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits)
{
    int cost = radix_map_cost(rx, va, end, pa);
    if (cost < 0)
        return cost;
    int err = reserve(rx, (unsigned)cost);
    if (err)
        return err;
    radix_map(rx, va, end, pa, bits);
    return 0;
}

/* --- splitting leaves --- */

/* Replace a large leaf by a table of leaves of the next level, and go down to the one for va. */
static void split(struct radix *rx, struct radix_pos *pos, vaddr_t va)
{
    paddr_t  table = table_take(rx);
    pte_t   *entry = table_at(table);
    pte_t    old = pte_load(pos->pte);
    uint64_t step = pte_of_pa(pte_size(pos->level - 1));
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        entry[i] = old + i * step;

    __atomic_thread_fence(__ATOMIC_RELEASE); /* filled before it is reachable */
    pte_t last = pte_swap(pos->pte, pte_of_pa(table) | PTE_V);
    if ((last & ~old) & PTE_D) { /* written between our read and the exchange */
        for (unsigned i = 0; i < PTE_PER_TABLE; i++)
            __atomic_fetch_or(&entry[i], PTE_D, __ATOMIC_RELAXED);
    }
    if (old & PTE_V)
        mark_stale(rx, pos); /* the large translation may still be cached */
    *pos = descend(entry, pos->level - 1, va);
}

/* Tables to make va a border between leaves. */
static unsigned border_cost(const struct radix *rx, vaddr_t va)
{
    struct radix_pos pos = radix_find(rx, va);
    unsigned         n = 0;
    if (pte_load(pos.pte) != 0) {
        for (unsigned level = pos.level; level > 0 && (va & (pte_size(level) - 1)); level--)
            n++;
    }
    return n;
}

static void make_border(struct radix *rx, vaddr_t va)
{
    struct radix_pos pos = radix_find(rx, va);
    while (pte_load(pos.pte) != 0 && pos.va != va)
        split(rx, &pos, va);
}

/* Reserve for both borders of a range and `more`, then make the borders. */
static int cut_out(struct radix *rx, vaddr_t va, vaddr_t end, unsigned more)
{
    unsigned cost = border_cost(rx, va);
    if (end < USER_END)
        cost += border_cost(rx, end);
    int err = reserve(rx, cost + more);
    if (err)
        return err;
    make_border(rx, va);
    if (end < USER_END)
        make_border(rx, end);
    return 0;
}

/* --- remove --- */

/* Looks from the entry behind `from` on, where a neighbour is likely. A table is empty once in
 * its life, so that the full look costs no more than its clearing did. */
static bool table_empty(const pte_t *table, unsigned from)
{
    for (unsigned i = 1; i <= PTE_PER_TABLE; i++) {
        if (table[(from + i) % PTE_PER_TABLE])
            return false;
    }
    return true;
}

/* Take out the tables below this one that are empty, where they cover part of the range. */
static void prune(struct radix *rx, paddr_t table, unsigned level, vaddr_t va, vaddr_t end)
{
    while (va < end) {
        vaddr_t next = ALIGN_DOWN(va, pte_size(level)) + pte_size(level);
        pte_t  *pte = table_at(table) + pte_index(va, level);
        if (pte_is_table(*pte)) {
            paddr_t below = pte_pa(*pte);
            if (level > 1)
                prune(rx, below, level - 1, va, next < end ? next : end);
            if (table_empty(table_at(below), pte_index(va, level - 1))) {
                pte_store(pte, 0);
                table_bury(rx, below);
            }
        }
        va = next;
    }
}

int radix_remove(struct radix *rx, vaddr_t va, vaddr_t end)
{
    int err = cut_out(rx, va, end, 0);
    if (err)
        return err;

    bool removed = false;
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (pte_load(pos.pte) == 0)
            continue;
        pte_store(pos.pte, 0);
        mark_stale(rx, &pos);
        removed = true;
    }
    if (removed)
        prune(rx, rx->root, TOP, va, end);
    radix_release(rx);
    return 0;
}

/* --- protect --- */

static int check_mapped(const struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (!pte_is_mapped(pte_load(pos.pte)))
            return -EFAULT;
    }
    return 0;
}

int radix_protect(struct radix *rx, vaddr_t va, vaddr_t end, pte_t rights)
{
    int err = check_mapped(rx, va, end);
    if (!err)
        err = cut_out(rx, va, end, 0);
    if (err)
        return err;

    pte_t bits = pte_user_bits(rights);
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        pte_t old = pte_change(pos.pte, (pte_load(pos.pte) & PTE_PPN_MASK) | bits);
        if (old & PTE_RIGHTS & ~rights)
            mark_stale(rx, &pos);
    }
    radix_release(rx);
    return 0;
}

/* --- replace --- */

/* Tables to split a leaf of this level until its parts can hold pa. */
static unsigned align_cost(unsigned level, paddr_t pa)
{
    if (!(pa & (pte_size(level) - 1)))
        return 0;
    return level == 1 ? 1 : 1 + PTE_PER_TABLE * align_cost(level - 1, pa);
}

/* The leaf at pos lies at [pos.va, ...); its first page inside the range. */
static paddr_t new_pa(const struct radix_pos *pos, vaddr_t va, paddr_t pa)
{
    return pa + (pos->va - va);
}

int radix_replace(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    int err = check_mapped(rx, va, end);
    if (err)
        return err;
    unsigned more = 0;
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos))
        more += align_cost(pos.level, new_pa(&pos, va, pa));
    err = cut_out(rx, va, end, more);
    if (err)
        return err;

    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        while (new_pa(&pos, va, pa) & (pte_size(pos.level) - 1))
            split(rx, &pos, pos.va);
        pte_t flags = pte_load(pos.pte) & ~(PTE_PPN_MASK | PTE_D);
        pte_change(pos.pte, pte_of_pa(new_pa(&pos, va, pa)) | flags);
        mark_stale(rx, &pos);
    }
    radix_release(rx);
    return 0;
}

/* --- suspend, resume --- */

/* Tables to split a leaf of this level down to pages. */
static unsigned split_cost(unsigned level)
{
    return level == 0 ? 0 : level == 1 ? 1 : 1 + PTE_PER_TABLE * split_cost(level - 1);
}

/* V is taken away by an atomic operation, and a hart that sets A or D looks at V in the same step
 * (4.3.2, step 9): a write before it is seen in D, a write after it faults. */
int radix_suspend(struct radix *rx, vaddr_t va, vaddr_t end)
{
    ASSERT(rx->hidden_lo >= rx->hidden_hi);
    int err = check_mapped(rx, va, end);
    if (err)
        return err;
    unsigned more = 0;
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos))
        more += split_cost(pos.level);
    err = cut_out(rx, va, end, more);
    if (err)
        return err;

    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (__atomic_fetch_and(pos.pte, ~PTE_V, __ATOMIC_RELAXED) & PTE_V)
            mark_stale(rx, &pos);
    }
    rx->hidden_lo = va;
    rx->hidden_hi = end;
    rx->hidden_spare = rx->spare;
    rx->hidden_nspare = rx->nspare;
    rx->spare = 0;
    rx->nspare = 0;
    return 0;
}

void radix_resume(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa)
{
    ASSERT(rx->hidden_lo == va && rx->hidden_hi == end && !rx->spare);
    rx->spare = rx->hidden_spare;
    rx->nspare = rx->hidden_nspare;
    rx->hidden_lo = rx->hidden_hi = 0;
    rx->hidden_spare = 0;
    rx->hidden_nspare = 0;

    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        while (new_pa(&pos, va, pa) & (pte_size(pos.level) - 1))
            split(rx, &pos, pos.va);
        pte_t flags = pte_load(pos.pte) & ~PTE_PPN_MASK;
        if (flags & PTE_RIGHTS)
            flags |= PTE_V;
        pte_store(pos.pte, pte_of_pa(new_pa(&pos, va, pa)) | flags);
    }
    radix_release(rx);
}

/* --- move --- */

/* Counts tables for ranges given in ascending order, each table once. */
struct table_count {
    vaddr_t  counted[PTE_LEVELS]; /* [n]: tables of level n - 1 are counted up to here */
    unsigned n;
};

/* Tables that are missing for leaves of `level` in the range. */
static void count_missing(const struct radix *rx, struct table_count *count, vaddr_t va,
                          vaddr_t end, unsigned level)
{
    for (unsigned above = level + 1; above <= TOP; above++) {
        uint64_t size = pte_size(above);
        vaddr_t  at = ALIGN_DOWN(va, size);
        for (at = at > count->counted[above] ? at : count->counted[above]; at < end; at += size) {
            count->n += radix_find(rx, at).level >= above;
            count->counted[above] = at + size;
        }
    }
}

static unsigned move_cost(const struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to)
{
    struct table_count count = {.n = 0};
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (pte_load(pos.pte) == 0)
            continue;
        vaddr_t  from = pos.va > va ? pos.va : va;
        vaddr_t  last = pos_end(&pos) < end ? pos_end(&pos) : end;
        vaddr_t  dest = to + (from - va);
        bool     whole = from == pos.va && last == pos_end(&pos);
        unsigned level = whole && !(dest & (pte_size(pos.level) - 1)) ? pos.level : 0;
        count_missing(rx, &count, dest, dest + (last - from), level);
    }
    return count.n;
}

static bool range_free(const struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (pte_load(pos.pte) != 0)
            return false;
    }
    return true;
}

int radix_move(struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to)
{
    if (!range_free(rx, to, to + (end - va)))
        return -EEXIST;
    int err = cut_out(rx, va, end, move_cost(rx, va, end, to));
    if (err)
        return err;

    bool moved = false;
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        pte_t old = pte_swap(pos.pte, 0);
        if (old == 0)
            continue;
        vaddr_t dest = to + (pos.va - va);
        radix_map(rx, dest, dest + pte_size(pos.level), pte_pa(old), old & ~PTE_PPN_MASK);
        mark_stale(rx, &pos);
        moved = true;
    }
    if (moved)
        prune(rx, rx->root, TOP, va, end);
    radix_release(rx);
    return 0;
}

/* --- dirty --- */

static void set_bits(uint8_t *bitmap, uint64_t first, uint64_t end)
{
    for (uint64_t bit = first; bit < end; bit++)
        bitmap[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

void radix_clear_dirty(struct radix *rx, vaddr_t va, vaddr_t end, uint8_t *bitmap)
{
    for (struct radix_pos pos = radix_find(rx, va); pos.va < end; radix_step(rx, &pos)) {
        if (!pte_is_mapped(pte_load(pos.pte)) || !(pte_load(pos.pte) & PTE_D))
            continue;
        vaddr_t from = pos.va > va ? pos.va : va;
        vaddr_t last = pos_end(&pos) < end ? pos_end(&pos) : end;
        set_bits(bitmap, (from - va) >> PAGE_SHIFT, (last - va) >> PAGE_SHIFT);
        if (from == pos.va && last == pos_end(&pos)) {
            __atomic_fetch_and(pos.pte, ~PTE_D, __ATOMIC_RELAXED);
            mark_stale(rx, &pos);
        }
    }
}

/* --- counting --- */

size_t radix_leaves(const struct radix *rx)
{
    size_t n = 0;
    for (struct radix_pos pos = radix_find(rx, 0); pos.va < USER_END; radix_step(rx, &pos))
        n += pte_is_mapped(pte_load(pos.pte));
    return n;
}
