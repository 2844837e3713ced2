/* SPDX-License-Identifier: Apache-2.0 */
/* celltable.c - the edits of a SecureCells table that others walk at the same time.
 *
 * One editor (the caller holds the map's lock). Walkers and users' instructions on other harts
 * run between any two of its stores. The orders below keep three promises at every instant: the
 * table is sorted for the hardware's search; a lookup finds the old truth, the new one, or faults
 * on a cell that is being edited, and that fault is found spurious and retried; no domain sees a
 * permission that it has in neither state. The rules behind them:
 *
 *  1. Hide first, touch second. Bytes and grants of a live slot belong to the users' instructions.
 *     Hiding is one store of an empty range to the low word, and then a full fence: it must be
 *     ordered before the following *loads* as well.
 *  2. Commit last: bytes, grants, high word, fence, low word.
 *  3. An empty slot's e lies in the gap between its live neighbours, before and after the edit.
 *     A cell hides at its own start - 1 (the lower one, if that changes), but at its own end when
 *     another slot to its left takes over its pages: it moves left, or is joined to a neighbour there.
 *     Before a live range is stored, the empties that it would pass are rewritten.
 *  4. The generation goes up whenever a high word is written for a live cell. When it wraps, other
 *     harts answer a shootdown first, so that no walk can sleep through 2,048 fills.
 *  5. Live bytes change by amoand and amoor only. Into a hidden slot that will be emptied, or an
 *     empty one, plain stores do.
 *
 *  F stands for the fence; lo, hi are the words of slot s.
 *
 *  move s to d     lo[s] empty F take column F put column, hi[d] F lo[d]; hi[s] cleared
 *                  (cellroom.c)
 *  insert          empties around, column, hi F lo
 *  remove          lo empty F take column, hi cleared; shootdown
 *  split, hole     lo[s] empty F read column F put column in d, hi[d] F lo[d], lo[s]; hole: shootdown
 *  carve           lo[s] empty F read column F columns, hi[new] of up to three parts, one of them with
 *                  other rights F their lo; rights lost: shootdown
 *  unite s, d...   all lo empty F read all F (differ: show all, give up)
 *                  A/D into s, other columns, hi cleared, empties between F lo[s]; one of them gets
 *                  other rights in passing, and if it loses some: shootdown
 *  grow end        empties to the right F lo
 *  shrink end      lo; shootdown
 *  change start    empties to the left F lo empty F hi F lo; shrinking: shootdown
 *  replace frames  hi; shootdown                    (equal contents, nobody can write)
 *  move frames     lo empty F; shootdown; the caller copies; hi F lo
 *  revoke          lo empty F amoand bytes, scrub the column's grants F lo as before; shootdown
 *  add right       amoor
 *  clear dirty     amoand; shootdown
 *
 * "Shootdown" only sets t->stale here; pmap_update() does it. Grow end gives the new pages the
 * rights and grants that the cell has at that store; cellrange.c says when that is used.
 *
 * Row 0 of every user cell is 0 and stays 0: the kernel reaches users' memory through the window
 * only, so it needs no right there, a stray kernel pointer into user space faults, and no edit
 * ever touches row 0. Grants of row 0 do not exist.
 *
 * The ends of all slots, empty ones included, never fall from one slot to the next. So a search that
 * ignores what is empty finds the place of a page, and where the empties next to that place are on
 * the wrong side of a new range, they are few and adjacent.
 *
 * Source: securecells.md A.1, A.5, B.2, B.3; docs/edit-protocol.md has the orders with their reasons
 * and what was explored of them, and test/proof compares them with what this file does.
 */
#include "riscv64-cells/celltable.h"

#include "lib/assert.h"
#include "riscv64-cells/celledit.h"
#include "riscv64-cells/cellroom.h"

/* --- looking --- */

size_t celltable_search(struct celltable *t, uint64_t vpn)
{
    const char *at = (const char *)t->cell;
    uint64_t    bound = vpn << CELL_END_SHIFT;
    for (size_t step = t->nslots / 2 * sizeof(struct cell); step >= sizeof(struct cell);
         step /= 2) {
        if (((const struct cell *)(const void *)(at + step))->lo < bound)
            at += step;
    }
    size_t found = (size_t)((const struct cell *)(const void *)at - t->cell);
    if (found + 1 < t->nslots) /* the hint is a slot with another one after it */
        t->hint = found;
    return found;
}

size_t celltable_lower(struct celltable *t, uint64_t vpn)
{
    return celltable_next(t, celltable_before(t, vpn) + 1);
}

/* An empty slot there begins after vpn. */
size_t celltable_find(struct celltable *t, uint64_t vpn)
{
    size_t slot = celltable_before(t, vpn) + 1;
    return slot < t->nslots && celltable_start(t, slot) <= vpn ? slot : 0;
}

static bool columns_equal(const struct celltable *t, size_t a, size_t b)
{
    for (size_t dom = 1; dom < t->doms; dom++) {
        if (perm_rights(tbl_load8(celltable_byte(t, dom, a))) !=
                perm_rights(tbl_load8(celltable_byte(t, dom, b))) ||
            tbl_load32(celltable_grant(t, dom, a)) != tbl_load32(celltable_grant(t, dom, b)))
            return false;
    }
    return true;
}

bool celltable_mergeable(const struct celltable *t, size_t a, size_t b)
{
    return celltable_adjacent(t, a, b) && columns_equal(t, a, b);
}

static inline bool takes_away(const struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    if (perm_rights(tbl_load8(celltable_byte(t, dom, slot))) & ~rights)
        return true;
    for (size_t d = 1; d < t->doms; d++) {
        uint32_t grant = tbl_load32(celltable_grant(t, d, slot));
        if (grant_target(grant) == dom && (grant & PERM_RIGHTS & ~rights))
            return true;
    }
    return false;
}

bool celltable_takes_away(const struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    return takes_away(t, slot, dom, rights);
}

/* --- parts of edits --- */

/* Edits that change rights are compiled twice: for tables with one compartment, which most programs never
 * leave, columns are two registers and not arrays. */
#define ONE_COMPARTMENT 2u /* domains: the kernel's and that one */

/* A copy of the handle for the time of an edit: *t the compiler would read again after every fence. */
static inline __attribute__((always_inline)) struct celltable handle(const struct celltable *t,
                                                                     size_t                  doms)
{
    struct celltable h = *t;
    h.doms = doms;
    return h;
}

/* Rights that a domain is to have in a cell; slot 0: no change. */
struct change {
    size_t   slot, dom;
    unsigned rights;
};

/* Rule 3 for the empties left of slot: those that [start, ...] in it would pass go as far down as they
 * may. */
static void lower_empties_before(struct celltable *t, size_t slot, uint64_t start)
{
    size_t i = slot - 1;
    while (i > 0 && celltable_end(t, i) >= start)
        i--;
    if (i + 1 == slot)
        return;
    uint64_t lo = cell_lo_empty(i ? celltable_end(t, i) : 0);
    while (++i < slot)
        set_lo(t, i, lo);
}

/* Rule 3 for the empties right of slot: those that [..., end] in it would pass go as far up. */
static void raise_empties_after(struct celltable *t, size_t slot, uint64_t end)
{
    size_t i = slot + 1;
    while (celltable_end(t, i) < end)
        i++;
    if (i == slot + 1)
        return;
    uint64_t lo = cell_lo_empty(celltable_start(t, i) - 1);
    while (--i > slot)
        set_lo(t, i, lo);
}

/* Set dom's rights to exactly `rights` in a hidden slot that will be shown again, or add them. D
 * stays to be collected, also one set by a late walker. Grants that stand would let a receive give
 * back what is taken (B.3.1). */
static inline void write_rights(const struct celltable *t, size_t slot, size_t dom, unsigned rights,
                                bool takes)
{
    uint8_t *byte = celltable_byte(t, dom, slot);
    if (takes)
        tbl_and8(byte, PERM_A | PERM_D);
    if (rights)
        tbl_or8(byte, (uint8_t)(PERM_V | PERM_A | rights));
    if (takes)
        scrub_grants(t, slot);
}

/* write_rights() in a column on its way to another slot. */
static inline void change_rights(struct cell_column *col, size_t doms, size_t dom, unsigned rights,
                                 bool takes)
{
    unsigned byte = takes ? col->byte[dom] & (PERM_A | PERM_D) : col->byte[dom];
    col->byte[dom] = (uint8_t)(rights ? byte | PERM_V | PERM_A | rights : byte);
    for (size_t d = 1; takes && d < doms; d++)
        col->grant[d] = GRANT_NONE;
}

/* --- insert, remove --- */

/* Grants of an empty slot are none already. */
static void put_bytes(struct celltable *t, size_t slot, const uint8_t *byte)
{
    uint8_t *to = celltable_byte(t, 1, slot);
    size_t   doms = t->doms, stride = t->nslots;
    for (size_t dom = 1; dom < doms; dom++, to += stride)
        tbl_store8(to, byte[dom]);
}

/* The slot where the search ended will do as it is: it is empty, and so is, in a table that has room to
 * spare, the next one, and no empty slot has to be rewritten. */
static bool fits_at_once(const struct celltable *t, size_t slot, uint64_t end)
{
    uint64_t near = t->live[slot / 64] >> (slot % 64);
    uint64_t want = t->lines <= CELLROOM_SMALL ? 3 : 1;
    return !(near & want) && cell_lo_end(t->cell[slot + 1].lo) >= end;
}

static size_t make_place(struct celltable *t, size_t before, uint64_t start, uint64_t end)
{
    size_t slot = cellroom_for(t, before, start);
    lower_empties_before(t, slot, start);
    raise_empties_after(t, slot, end);
    return slot;
}

size_t celltable_insert(struct celltable *t, size_t before, uint64_t start, uint64_t end,
                        uint64_t ppn, const uint8_t *byte)
{
    size_t slot = before;
    if (!fits_at_once(t, before, end))
        slot = make_place(t, before, start, end);

    put_bytes(t, slot, byte);
    set_hi(t, slot, next_hi(t, slot, cell_hi(0, ppn)));
    tbl_fence(); /* all of it before the commit: pairs with the walker's read of the low word */
    set_lo(t, slot, cell_lo(start, end));
    end_edit();
    mark_live(t, slot);
    t->nlive++;
    t->hint = slot - 1;
    t->cut = 0;
    return slot;
}

/* At the lowest e that may be: so the slot looks as before the cell came, and for a range that comes
 * to the same place nothing has to be rewritten. */
void celltable_remove(struct celltable *t, size_t slot, struct cell_column *col)
{
    hide(t, slot, slot > 1 ? celltable_end(t, slot - 1) : 0);
    if (col)
        read_column(t, slot, col);
    clear_column(t, slot);
    set_hi_empty(t, slot);
    end_edit();
    mark_empty(t, slot);
    t->nlive--;
    t->stale = true;
    t->hint = slot;
}

/* --- split, carve --- */

/* Make the n slots after the cell empty, if they are not. */
static inline size_t room_after(struct celltable *t, size_t slot, size_t n)
{
    bool free = !celltable_is_live(t, slot + 1) && (n == 1 || !celltable_is_live(t, slot + 2));
    return free ? slot : cellroom_after(t, slot, n);
}

/* Both slots' low words are stored last, either first: the pages of each were hidden together. */
size_t celltable_split(struct celltable *t, size_t slot, uint64_t left_end, uint64_t right_start)
{
    slot = room_after(t, slot, 1);

    struct cell_column col;
    struct cell        cell = t->cell[slot];
    size_t             right = slot + 1;
    uint64_t           start = cell_lo_start(cell.lo);
    uint64_t           ppn = cell_hi_ppn(cell.hi) + (right_start - start);

    hide(t, slot, start - 1);
    read_column(t, slot, &col);
    tbl_fence(); /* read before it is shown again, when it belongs to the users anew */
    put_column(t, right, &col);
    set_hi(t, right, next_hi(t, right, hi_with_ppn(cell.hi, ppn)));
    tbl_fence(); /* the right half is complete before it is shown */
    set_lo(t, right, cell_lo(right_start, cell_lo_end(cell.lo)));
    set_lo(t, slot, cell_lo(start, left_end));
    end_edit();
    mark_live(t, right);
    t->nlive++;
    t->stale |= right_start != left_end + 1;
    t->cut = cell_lo_end(cell.lo) + 1;
    return right;
}

/* Fill a slot with a part of the cell whose high word is hi: `off` pages into it. */
static inline void put_part(const struct celltable *t, size_t slot, const struct cell_column *col,
                            uint64_t hi, uint64_t off)
{
    put_column(t, slot, col);
    set_hi(t, slot, next_hi(t, slot, hi + (off << CELL_PPN_SHIFT)));
}

/* The parts left and right of the carved one, which is the cell's own slot if there is none on the
 * left. New slots are next to each other: no empties between. */
static inline __attribute__((always_inline)) size_t carve(struct celltable *t, size_t slot,
                                                          uint64_t first, uint64_t last,
                                                          struct change c, size_t doms)
{
    uint64_t start = celltable_start(t, slot), end = celltable_end(t, slot);
    size_t   left = first > start, right = last < end;
    slot = room_after(t, slot, left + right);

    const struct celltable h = handle(t, doms);
    struct cell_column     col;
    uint64_t               hi = h.cell[slot].hi;
    size_t                 mid = slot + left;

    hide(&h, slot, start - 1);
    read_column(&h, slot, &col);
    bool takes = takes_away(&h, slot, c.dom, c.rights);
    tbl_fence(); /* read before it is shown again */
    if (right)
        put_part(&h, mid + 1, &col, hi, last + 1 - start);
    if (left) {
        change_rights(&col, doms, c.dom, c.rights, takes);
        put_part(&h, mid, &col, hi, first - start);
        set_lo(&h, mid, cell_lo_empty(first - 1)); /* the part after it must not lie left of it */
    } else {
        write_rights(&h, slot, c.dom, c.rights, takes);
    }
    tbl_fence(); /* all parts are complete before one is shown */
    if (right) {
        set_lo(&h, mid + 1, cell_lo(last + 1, end));
        mark_live(&h, mid + 1);
    }
    if (left) {
        set_lo(&h, slot, cell_lo(start, first - 1));
        mark_live(&h, mid);
    }
    set_lo(&h, mid, cell_lo(first, last));
    end_edit();
    t->nlive += left + right;
    t->stale |= takes;
    t->cut = end + 1;
    t->hint = mid - 1;
    return mid;
}

static __attribute__((noinline)) size_t carve_many(struct celltable *t, size_t slot, uint64_t first,
                                                   uint64_t last, struct change c)
{
    return carve(t, slot, first, last, c, t->doms);
}

size_t celltable_carve(struct celltable *t, size_t slot, uint64_t first, uint64_t last, size_t dom,
                       unsigned rights)
{
    if (t->doms != ONE_COMPARTMENT)
        return carve_many(t, slot, first, last, (struct change){slot, dom, rights});
    return carve(t, slot, first, last, (struct change){slot, 1, rights}, ONE_COMPARTMENT);
}

/* --- merge, unite --- */

static inline unsigned rights_after(const struct celltable *t, size_t slot, size_t dom,
                                    struct change c)
{
    if (slot == c.slot && dom == c.dom)
        return c.rights;
    return perm_rights(tbl_load8(celltable_byte(t, dom, slot)));
}

/* Whether two columns give the same once the change is made. There must be no grants then, so that
 * nobody has to ask what the change does to them. */
static inline bool columns_agree(const struct celltable *t, size_t a, size_t b, struct change c)
{
    size_t dom = 1;
    do {
        uint32_t offer = tbl_load32(celltable_grant(t, dom, a));
        if (tbl_load32(celltable_grant(t, dom, b)) != offer || (c.slot && offer != GRANT_NONE) ||
            rights_after(t, a, dom, c) != rights_after(t, b, dom, c))
            return false;
    } while (++dom < t->doms);
    return true;
}

/* A and D of one column go to another's. */
static inline void add_marks(const struct celltable *t, size_t to, size_t from)
{
    size_t dom = 1;
    do {
        uint8_t *byte = celltable_byte(t, dom, to);
        uint8_t  marks = tbl_load8(celltable_byte(t, dom, from)) & (PERM_A | PERM_D);
        if (marks & ~tbl_load8(byte))
            tbl_or8(byte, marks);
    } while (++dom < t->doms);
}

static inline void empty_hidden(const struct celltable *t, size_t slot)
{
    clear_column(t, slot);
    set_hi_empty(t, slot);
    mark_empty(t, slot);
}

/* Make the change, with which the cells agree, in one that is hidden and has no grants. Of the columns
 * only the first one's stays. Returns whether it takes something away. */
static inline bool make_change(const struct celltable *t, size_t first, struct change c)
{
    unsigned had = perm_rights(tbl_load8(celltable_byte(t, c.dom, c.slot)));
    bool     takes = had & ~c.rights;
    if (c.slot == first)
        write_rights(t, first, c.dom, c.rights, takes);
    return takes;
}

/* Every cell hides in its own gap, the first at its start - 1 and the others at their ends, so that it does
 * not matter in which order these stores arrive. */
static inline __attribute__((always_inline)) size_t unite(struct celltable *t, size_t first,
                                                          size_t second, size_t third,
                                                          struct change c, size_t doms)
{
    const struct celltable h = handle(t, doms);
    uint64_t               lo = h.cell[first].lo, lo2 = h.cell[second].lo, lo3 = h.cell[third].lo;
    uint64_t               end = cell_lo_end(third ? lo3 : lo2);

    set_lo(&h, first, cell_lo_empty(cell_lo_start(lo) - 1));
    set_lo(&h, second, cell_lo_empty(cell_lo_end(lo2)));
    if (third)
        set_lo(&h, third, cell_lo_empty(end));
    tbl_fence(); /* hidden before a byte or grant is touched: pairs with the walker's re-read */

    bool agree = columns_agree(&h, first, second, c) &&
                 (!third || columns_agree(&h, first, third, c));
    if (agree) {
        if (c.slot)
            t->stale |= make_change(&h, first, c);
        add_marks(&h, first, second);
        if (third)
            add_marks(&h, first, third);
        tbl_fence(); /* read before it is taken */
        empty_hidden(&h, second);
        if (third)
            empty_hidden(&h, third);
        for (size_t i = first + 1; i <= (third ? third : second); i++)
            set_lo(&h, i, cell_lo_empty(end));
        lo = cell_lo(cell_lo_start(lo), end);
        t->nlive -= third ? 2 : 1;
        t->hint = first - 1;
    } else {
        set_lo(&h, second, lo2);
        if (third)
            set_lo(&h, third, lo3);
    }
    tbl_fence(); /* A and D have arrived, and no stale empty is left, before the cell is shown */
    set_lo(&h, first, lo);
    end_edit();
    return agree ? first : 0;
}

static __attribute__((noinline)) size_t unite_many(struct celltable *t, size_t first, size_t second,
                                                   size_t third, struct change c)
{
    return unite(t, first, second, third, c, t->doms);
}

size_t celltable_unite(struct celltable *t, size_t first, size_t second, size_t third,
                       size_t changed, size_t dom, unsigned rights)
{
    size_t near = cellroom_up_to(t, first, second);
    size_t last = third ? cellroom_down_to(t, third, second) : 0;
    if (changed == first)
        changed = near;
    if (t->doms != ONE_COMPARTMENT)
        return unite_many(t, near, second, last, (struct change){changed, dom, rights});
    return unite(t, near, second, last, (struct change){changed, 1, rights}, ONE_COMPARTMENT);
}

size_t celltable_merge(struct celltable *t, size_t slot)
{
    size_t right = celltable_next(t, slot + 1);
    /* A cheap refusal; what it reads proves nothing while they are shown. */
    return celltable_mergeable(t, slot, right) ? celltable_unite(t, slot, right, 0, 0, 0, 0) : 0;
}

/* --- other ends --- */

void celltable_grow_end(struct celltable *t, size_t slot, uint64_t end)
{
    raise_empties_after(t, slot, end);
    tbl_fence(); /* no empty may point left of the new end once that is seen */
    set_lo(t, slot, cell_lo(celltable_start(t, slot), end));
    end_edit();
}

void celltable_shrink_end(struct celltable *t, size_t slot, uint64_t end)
{
    set_lo(t, slot, cell_lo(celltable_start(t, slot), end));
    end_edit();
    t->stale = true;
}

void celltable_change_start(struct celltable *t, size_t slot, uint64_t start, uint64_t ppn)
{
    struct cell cell = t->cell[slot];
    uint64_t    old = cell_lo_start(cell.lo);

    if (start < old) {
        lower_empties_before(t, slot, start);
        tbl_fence(); /* the empties before the range that passes them */
    } else {
        t->stale = true;
    }
    hide(t, slot, (start < old ? start : old) - 1);
    set_hi(t, slot, next_hi(t, slot, hi_with_ppn(cell.hi, ppn)));
    tbl_fence(); /* base before range: no address may meet the other one's base */
    set_lo(t, slot, cell_lo(start, cell_lo_end(cell.lo)));
    end_edit();
}

/* --- other frames --- */

/* At its own start - 1: so it remembers where it began, and no empty between it and its neighbours
 * is out of place, before or after. */
void celltable_hide(struct celltable *t, size_t slot)
{
    hide(t, slot, celltable_start(t, slot) - 1);
    t->stale = true;
}

void celltable_show(struct celltable *t, size_t slot, uint64_t start, uint64_t end, uint64_t ppn)
{
    set_hi(t, slot, next_hi(t, slot, hi_with_ppn(t->cell[slot].hi, ppn)));
    tbl_fence(); /* base before range: the old base is never seen again */
    set_lo(t, slot, cell_lo(start, end));
    end_edit();
}

void celltable_replace(struct celltable *t, size_t slot, uint64_t ppn)
{
    set_hi(t, slot, next_hi(t, slot, hi_with_ppn(t->cell[slot].hi, ppn)));
    end_edit();
    t->stale = true;
}

/* --- rights --- */

void celltable_revoke(struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    uint64_t lo = t->cell[slot].lo;

    hide(t, slot, cell_lo_start(lo) - 1);
    write_rights(t, slot, dom, rights, true);
    tbl_fence(); /* rights are gone before the cell is shown again */
    set_lo(t, slot, lo);
    end_edit();
    t->stale = true;
}

void celltable_add_rights(struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    tbl_or8(celltable_byte(t, dom, slot), (uint8_t)(PERM_V | PERM_A | rights));
}

bool celltable_clear_dirty(struct celltable *t, size_t slot)
{
    unsigned all = 0;
    for (size_t dom = 1; dom < t->doms; dom++) {
        if (tbl_load8(celltable_byte(t, dom, slot)) & PERM_D)
            all |= tbl_and8(celltable_byte(t, dom, slot), (uint8_t)~PERM_D);
    }
    t->stale |= (all & PERM_D) != 0;
    return all & PERM_D;
}

bool celltable_is_dirty(const struct celltable *t, size_t slot)
{
    for (size_t dom = 1; dom < t->doms; dom++) {
        if (tbl_load8(celltable_byte(t, dom, slot)) & PERM_D)
            return true;
    }
    return false;
}
