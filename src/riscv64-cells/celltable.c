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
 *     A cell that moves right, is split or merged or starts elsewhere hides at its own start - 1
 *     (the lower one), any other at the start of the next live cell - 1 (or, since it stays where it
 *     is, at its own as well). Before a live range is stored, the empties that it would pass are
 *     rewritten.
 *  4. The generation goes up whenever a high word is written for a live cell. When it wraps, other
 *     harts answer a shootdown first, so that no walk can sleep through 2,048 fills.
 *  5. Live bytes change by amoand and amoor only. Into a hidden slot that will be emptied, or an
 *     empty one, plain stores do.
 *
 *  F stands for the fence; lo, hi are the words of slot s.
 *
 *  move s to d     lo[s] empty F take column F put column, hi[d] F lo[d]; hi[s] cleared
 *  insert          empties around, column, hi F lo
 *  remove          lo empty F take column, hi cleared; shootdown
 * split, hole lo[s] empty F read column F put column in d, hi[d] F lo[d], lo[s]; hole: shootdown
 *  merge s, d      lo[s], lo[d] empty F read both F (differ: show both, give up)
 *                  A/D into s, column[d] cleared, hi[d] cleared, empties between F lo[s]
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
 * Source: securecells.md A.1, A.5, B.2, B.3.
 */
#include "riscv64-cells/celltable.h"

#include "lib/assert.h"
#include "machine/layout.h"
#include "machine/upcall.h"
#include "riscv64-cells/tblmem.h"

/* --- building --- */

void celltable_attach(struct celltable *t, paddr_t base, uint32_t lines, uint32_t rows,
                      uint64_t *live)
{
    t->base = base;
    t->lines = lines;
    t->rows = rows;
    t->nslots = TABLE_SLOTS(lines);
    t->cell = phys_ptr(base);
    t->perm = (uint8_t *)(t->cell + t->nslots);
    t->grant = (uint32_t *)(void *)(t->perm + (size_t)t->nslots * rows);
    t->live = live;
}

static void mark_live(struct celltable *t, uint32_t slot)
{
    t->live[slot / 64] |= 1ull << (slot % 64);
}

static void mark_empty(struct celltable *t, uint32_t slot)
{
    t->live[slot / 64] &= ~(1ull << (slot % 64));
}

/* M and N share a word, so that both change in one store (A.5.2). */
static void store_doms(struct celltable *t, uint32_t doms)
{
    t->doms = doms;
    tbl_store64(&t->cell[0].hi, doms | (uint64_t)t->nslots << 32);
}

/* Row dom as B.1.2 wants it, eight bytes a store: nslots is a multiple of 64. */
static void clear_row(struct celltable *t, uint32_t dom)
{
    uint64_t *bytes = (uint64_t *)(void *)celltable_byte(t, dom, 0);
    for (uint32_t i = 0; i < t->nslots / 8; i++)
        tbl_store64(&bytes[i], 0);

    uint64_t *grants = (uint64_t *)(void *)celltable_grant(t, dom, 0);
    for (uint32_t i = 0; i < t->nslots / 2; i++)
        tbl_store64(&grants[i], (uint64_t)GRANT_NONE << 32 | GRANT_NONE);
}

void celltable_format(struct celltable *t, uint32_t doms, const struct cell_spec *kernel,
                      uint32_t n)
{
    ASSERT(n > 0 && n < t->nslots && doms >= 1 && doms <= t->rows);

    t->kfirst = t->nslots - n;
    t->nlive = 0;
    t->stale = false;
    t->moved = 0;
    for (uint32_t i = 0; i < t->lines; i++)
        t->live[i] = 0;
    mark_live(t, 0);
    for (uint32_t dom = 0; dom < t->rows; dom++)
        clear_row(t, dom);

    tbl_store64(&t->cell[0].lo, t->rows | (uint64_t)t->lines << 32);
    store_doms(t, doms);
    for (uint32_t i = 1; i < t->kfirst; i++) {
        tbl_store64(&t->cell[i].lo, cell_lo_empty(kernel[0].start - 1));
        tbl_store64(&t->cell[i].hi, 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = t->kfirst + i;
        tbl_store8(celltable_byte(t, 0, slot), kernel[i].byte);
        tbl_store64(&t->cell[slot].hi, cell_hi(0, kernel[i].ppn));
        tbl_store64(&t->cell[slot].lo, cell_lo(kernel[i].start, kernel[i].end));
        mark_live(t, slot);
    }
}

bool celltable_kernel_spec(const struct celltable *t, uint32_t k, struct cell_spec *spec)
{
    uint32_t slot = t->kfirst + k;
    if (slot >= t->nslots)
        return false;

    spec->start = celltable_start(t, slot);
    spec->end = celltable_end(t, slot);
    spec->ppn = celltable_ppn(t, slot);
    spec->byte = *celltable_byte(t, 0, slot);
    return true;
}

void celltable_set_doms(struct celltable *t, uint32_t doms)
{
    ASSERT(doms >= 1 && doms <= t->rows);

    for (uint32_t dom = t->doms; dom < doms; dom++)
        clear_row(t, dom);
    tbl_fence(); /* the rows before the M that makes them valid: pairs with the walker's read */
    store_doms(t, doms);
}

/* --- looking --- */

uint32_t celltable_next(const struct celltable *t, uint32_t slot)
{
    uint32_t k = slot / 64;
    uint64_t word = t->live[k] >> (slot % 64) << (slot % 64);
    while (!word)
        word = t->live[++k];
    return k * 64 + (uint32_t)__builtin_ctzll(word);
}

uint32_t celltable_prev(const struct celltable *t, uint32_t slot)
{
    uint32_t k = (slot - 1) / 64;
    uint32_t above = 63 - (slot - 1) % 64;
    uint64_t word = t->live[k] << above >> above;
    while (!word)
        word = t->live[--k]; /* ends at bit 0, the metacell's */
    return k * 64 + 63 - (uint32_t)__builtin_clzll(word);
}

/* The first empty slot after `slot`, nslots if there is none. */
static uint32_t next_empty(const struct celltable *t, uint32_t slot)
{
    for (uint32_t k = slot / 64; k < t->lines; k++) {
        uint64_t word = ~t->live[k];
        if (k == slot / 64)
            word = word >> (slot % 64) << (slot % 64);
        if (word)
            return k * 64 + (uint32_t)__builtin_ctzll(word);
    }
    return t->nslots;
}

/* The last empty slot before `slot`, 0 if there is none. */
static uint32_t prev_empty(const struct celltable *t, uint32_t slot)
{
    uint32_t above = 63 - (slot - 1) % 64;
    uint64_t word = ~t->live[(slot - 1) / 64] << above >> above;
    for (uint32_t k = (slot - 1) / 64;; word = ~t->live[--k]) {
        if (word)
            return k * 64 + 63 - (uint32_t)__builtin_clzll(word);
        if (k == 0)
            return 0;
    }
}

uint32_t celltable_lower(const struct celltable *t, uint64_t vpn)
{
    /* Ends of the slots are in order but for empties among themselves, which all lie on the
     * same side of vpn unless vpn is in their gap: then any place in the gap will do. */
    uint32_t lo = 1, hi = t->nslots - 1;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (vpn > celltable_end(t, mid))
            lo = mid + 1;
        else
            hi = mid;
    }
    return celltable_next(t, lo);
}

uint32_t celltable_find(const struct celltable *t, uint64_t vpn)
{
    if (vpn > celltable_end(t, t->nslots - 1))
        return 0;
    uint32_t slot = celltable_lower(t, vpn);
    return celltable_start(t, slot) <= vpn ? slot : 0;
}

static bool columns_equal(const struct celltable *t, uint32_t a, uint32_t b)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        if (perm_rights(tbl_load8(celltable_byte(t, dom, a))) !=
                perm_rights(tbl_load8(celltable_byte(t, dom, b))) ||
            tbl_load32(celltable_grant(t, dom, a)) != tbl_load32(celltable_grant(t, dom, b)))
            return false;
    }
    return true;
}

bool celltable_mergeable(const struct celltable *t, uint32_t a, uint32_t b)
{
    if (a == 0 || b >= t->kfirst)
        return false;

    uint64_t lo = t->cell[a].lo, hi_a = t->cell[a].hi, hi_b = t->cell[b].hi;
    uint64_t npages = cell_lo_end(lo) + 1 - cell_lo_start(lo);
    return cell_lo_end(lo) + 1 == celltable_start(t, b) &&
           cell_hi_ppn(hi_a) + npages == cell_hi_ppn(hi_b) && !((hi_a ^ hi_b) & CELL_VALID) &&
           columns_equal(t, a, b);
}

/* --- parts of edits --- */

/* The high word for a live cell in slot, with base and valid as in `like`. */
static uint64_t next_hi(struct celltable *t, uint32_t slot, uint64_t like)
{
    uint64_t gen = (cell_hi_gen(t->cell[slot].hi) + 1) & CELL_GEN_MASK;
    if (gen == 0)
        shootdown_others(); /* rule 4: no walk of before may meet this generation again */
    return (like & ~(CELL_GEN_MASK << CELL_GEN_SHIFT)) | gen << CELL_GEN_SHIFT;
}

static void set_lo(struct celltable *t, uint32_t slot, uint64_t lo)
{
    tbl_store64(&t->cell[slot].lo, lo);
}

static void set_hi(struct celltable *t, uint32_t slot, uint64_t hi)
{
    tbl_store64(&t->cell[slot].hi, hi);
}

static void set_hi_empty(struct celltable *t, uint32_t slot)
{
    set_hi(t, slot, cell_hi_empty(cell_hi_gen(t->cell[slot].hi)));
}

static void hide(struct celltable *t, uint32_t slot, uint64_t e)
{
    set_lo(t, slot, cell_lo_empty(e));
    tbl_fence(); /* hidden before a byte or grant is touched: pairs with the walker's re-read */
}

/* Last of every edit: its stores have arrived before the first of the next one, or a
 * shootdown. The orders are checked edit by edit and rely on that. */
static void end_edit(void)
{
    tbl_fence();
}

/* e for a cell that leaves nothing to its left in the gap: the next cell's start - 1. */
static uint64_t e_right(const struct celltable *t, uint32_t slot)
{
    return celltable_start(t, celltable_next(t, slot + 1)) - 1;
}

static void read_column(const struct celltable *t, uint32_t slot, struct cell_column *col)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        col->byte[dom] = tbl_load8(celltable_byte(t, dom, slot));
        col->grant[dom] = tbl_load32(celltable_grant(t, dom, slot));
    }
}

static void clear_column(struct celltable *t, uint32_t slot)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        tbl_store8(celltable_byte(t, dom, slot), 0);
        tbl_store32(celltable_grant(t, dom, slot), GRANT_NONE);
    }
}

static void put_column(struct celltable *t, uint32_t slot, const struct cell_column *col)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        tbl_store8(celltable_byte(t, dom, slot), col->byte[dom]);
        tbl_store32(celltable_grant(t, dom, slot), col->grant[dom]);
    }
}

static void scrub_grants(struct celltable *t, uint32_t slot)
{
    for (uint32_t dom = 1; dom < t->doms; dom++)
        tbl_store32(celltable_grant(t, dom, slot), GRANT_NONE);
}

/* Rule 3 for the empties left of slot, up to the live cell before it. */
static void lower_empties_before(struct celltable *t, uint32_t slot, uint64_t e)
{
    for (uint32_t i = slot - 1; !celltable_is_live(t, i); i--)
        set_lo(t, i, cell_lo_empty(e));
}

/* Rule 3 for the empties right of slot. */
static void raise_empties_after(struct celltable *t, uint32_t slot)
{
    uint32_t right = celltable_next(t, slot + 1);
    uint64_t lo = cell_lo_empty(celltable_start(t, right) - 1);
    for (uint32_t i = slot + 1; i < right; i++)
        set_lo(t, i, lo);
}

/* --- finding room --- */

/* Move a cell to an empty slot with only empty ones between, hiding it at e. Those between lie
 * on its other side afterwards: while it is hidden any place in the gap is right for them. */
static void move(struct celltable *t, uint32_t from, uint32_t to, uint64_t e)
{
    struct cell_column col;
    struct cell        cell = t->cell[from];
    uint32_t           first = from < to ? from + 1 : to + 1, past = from < to ? to : from;

    hide(t, from, e);
    for (uint32_t i = first; i < past; i++)
        set_lo(t, i, cell_lo_empty(e));
    read_column(t, from, &col);
    clear_column(t, from);
    tbl_fence(); /* taken here before it appears there: no right is in two places */
    put_column(t, to, &col);
    set_hi(t, to, next_hi(t, to, cell.hi));
    tbl_fence(); /* complete before it is shown: pairs with the walker's read of the low word */
    set_lo(t, to, cell.lo);
    set_hi_empty(t, from);
    end_edit();
    mark_empty(t, from);
    mark_live(t, to);
    t->moved++;
}

static void move_up(struct celltable *t, uint32_t from, uint32_t to)
{
    move(t, from, to, celltable_start(t, from) - 1);
}

static void move_down(struct celltable *t, uint32_t from, uint32_t to)
{
    move(t, from, to, e_right(t, from));
}

/* Slots [first, past) in which `items` things, cells and one place to be left empty, are
 * spread evenly. */
struct window {
    uint32_t first, past;
    uint32_t items;
};

/* Where item k belongs. */
static uint32_t window_slot(const struct window *w, uint32_t k)
{
    return w->first + (2 * k + 1) * (w->past - w->first) / (2 * w->items);
}

/* Live slots in [first, past). */
static uint32_t count_live(const struct celltable *t, uint32_t first, uint32_t past)
{
    uint32_t n = 0;
    for (uint32_t i = celltable_next(t, first); i < past; i = celltable_next(t, i + 1))
        n++;
    return n;
}

/* The smallest window around `slot` that is at most half full, or all of the users' slots. */
static struct window window_around(const struct celltable *t, uint32_t slot)
{
    for (uint32_t half = 8;; half *= 2) {
        struct window w = {slot > half ? slot - half : 1,
                           slot + half < t->kfirst ? slot + half : t->kfirst, 0};
        w.items = count_live(t, w.first, w.past) + 1;
        if (2 * w.items <= w.past - w.first || (w.first == 1 && w.past == t->kfirst))
            return w;
    }
}

/* Spread the cells around live slot `right` evenly; returns the empty slot left for a new cell
 * before it. Cells that go down move in ascending order, those that go up in descending order,
 * so that each finds its way free. */
static uint32_t spread(struct celltable *t, uint32_t right)
{
    struct window w = window_around(t, right);
    uint32_t      place = count_live(t, w.first, right); /* the item to be left empty */
    uint32_t      slot = w.first - 1;

    for (uint32_t k = 0; k < w.items; k++) {
        if (k == place)
            continue;
        slot = celltable_next(t, slot + 1);
        if (window_slot(&w, k) < slot)
            move_down(t, slot, window_slot(&w, k));
    }
    slot = w.past;
    for (uint32_t k = w.items; k-- > 0;) {
        if (k == place)
            continue;
        slot = celltable_prev(t, slot);
        if (window_slot(&w, k) > slot)
            move_up(t, slot, window_slot(&w, k));
    }
    return window_slot(&w, place);
}

/* Moving a few neighbours is cheaper than spreading many. */
#define SHIFT_MAX 4u

/* The place for a cell at vpn in a gap. Programs make ranges side by side, upwards or
 * downwards: one that is much nearer to a neighbour goes close to it, two slots off, so that
 * the gap lasts for a whole row of them. Otherwise the middle. Beside the metacell or the
 * kernel's cells nothing is near. */
static uint32_t gap_slot(const struct celltable *t, uint32_t left, uint32_t right, uint64_t vpn)
{
    uint64_t below = left ? vpn - celltable_end(t, left) : VPN_MASK;
    uint64_t above = right < t->kfirst ? celltable_start(t, right) - vpn : VPN_MASK;
    uint32_t middle = (right - left) / 2;
    uint32_t step = middle < 2 ? middle : 2;

    if (below < above / 4)
        return left + step;
    return above < below / 4 ? right - step : left + middle;
}

/* An empty slot between the live cell `right` and the one before it, for a cell at vpn; may
 * move cells. The policy of where to open a gap is here alone: in an existing gap as
 * gap_slot() says; else by a short shift towards the nearest empty slot; else by spreading the
 * neighbourhood, which pays for the next inserts there as well (a packed-memory array). */
static uint32_t make_room(struct celltable *t, uint32_t right, uint64_t vpn)
{
    uint32_t left = celltable_prev(t, right);
    if (right - left > 1)
        return gap_slot(t, left, right, vpn);

    ASSERT(celltable_free(t) > 0);
    uint32_t up = next_empty(t, right), down = prev_empty(t, right);
    if (up < t->nslots && up - right <= SHIFT_MAX) {
        for (; up > right; up--)
            move_up(t, up - 1, up);
        return right;
    }
    if (down > 0 && left - down <= SHIFT_MAX) {
        for (; down < left; down++)
            move_down(t, down + 1, down);
        return left;
    }
    return spread(t, right);
}

/* --- edits --- */

uint32_t celltable_insert(struct celltable *t, uint64_t start, uint64_t end, uint64_t ppn,
                          const struct cell_column *col)
{
    uint32_t slot = make_room(t, celltable_lower(t, start), start);

    lower_empties_before(t, slot, start - 1);
    raise_empties_after(t, slot);
    for (uint32_t dom = 1; dom < t->doms; dom++) /* grants of an empty slot are none already */
        tbl_store8(celltable_byte(t, dom, slot), col->byte[dom]);
    set_hi(t, slot, next_hi(t, slot, cell_hi(0, ppn)));
    tbl_fence(); /* all of it before the commit: pairs with the walker's read of the low word */
    set_lo(t, slot, cell_lo(start, end));
    end_edit();
    mark_live(t, slot);
    t->nlive++;
    return slot;
}

void celltable_remove(struct celltable *t, uint32_t slot, struct cell_column *col)
{
    hide(t, slot, e_right(t, slot));
    if (col)
        read_column(t, slot, col);
    clear_column(t, slot);
    set_hi_empty(t, slot);
    end_edit();
    mark_empty(t, slot);
    t->nlive--;
    t->stale = true;
}

/* Both slots' low words are stored last, either first: the pages of each were hidden together. */
uint32_t celltable_split(struct celltable *t, uint32_t slot, uint64_t left_end,
                         uint64_t right_start)
{
    uint32_t right = slot + 1;
    if (celltable_is_live(t, right)) {
        right = make_room(t, right, right_start);
        slot = celltable_prev(t, right);
    }

    struct cell_column col;
    struct cell        cell = t->cell[slot];
    uint64_t           start = cell_lo_start(cell.lo);
    uint64_t           ppn = cell_hi_ppn(cell.hi) + (right_start - start);

    hide(t, slot, start - 1);
    for (uint32_t i = slot + 1; i < right; i++)
        set_lo(t, i, cell_lo_empty(right_start - 1));
    read_column(t, slot, &col);
    tbl_fence(); /* read before it is shown again, when it belongs to the users anew */
    put_column(t, right, &col);
    set_hi(t, right, next_hi(t, right, cell_hi(0, ppn) & (cell.hi | ~CELL_VALID)));
    tbl_fence(); /* the right half is complete before it is shown */
    set_lo(t, right, cell_lo(right_start, cell_lo_end(cell.lo)));
    set_lo(t, slot, cell_lo(start, left_end));
    end_edit();
    mark_live(t, right);
    t->nlive++;
    t->stale |= right_start != left_end + 1;
    return right;
}

bool celltable_merge(struct celltable *t, uint32_t slot)
{
    uint32_t right = celltable_next(t, slot + 1);
    if (!celltable_mergeable(t, slot,
                             right)) /* cheap refusal; proves nothing while they are shown */
        return false;

    uint64_t lo = t->cell[slot].lo, right_lo = t->cell[right].lo;
    uint64_t e = e_right(t, right);
    set_lo(t, slot, cell_lo_empty(cell_lo_start(lo) - 1));
    hide(t, right, e); /* its fence orders both */

    bool equal = columns_equal(t, slot, right);
    if (equal) {
        for (uint32_t dom = 1; dom < t->doms; dom++) {
            uint8_t byte = tbl_load8(celltable_byte(t, dom, right));
            tbl_or8(celltable_byte(t, dom, slot), byte & (PERM_A | PERM_D));
        }
        tbl_fence(); /* read before it is taken */
        clear_column(t, right);
        set_hi_empty(t, right);
        for (uint32_t i = slot + 1; i < right; i++)
            set_lo(t, i, cell_lo_empty(e));
        mark_empty(t, right);
        t->nlive--;
        lo = cell_lo(cell_lo_start(lo), cell_lo_end(right_lo));
    } else {
        set_lo(t, right, right_lo);
    }
    tbl_fence(); /* A and D have arrived, and no stale empty is left, before the cell is shown */
    set_lo(t, slot, lo);
    end_edit();
    return equal;
}

void celltable_grow_end(struct celltable *t, uint32_t slot, uint64_t end)
{
    raise_empties_after(t, slot);
    tbl_fence(); /* no empty may point left of the new end once that is seen */
    set_lo(t, slot, cell_lo(celltable_start(t, slot), end));
    end_edit();
}

void celltable_shrink_end(struct celltable *t, uint32_t slot, uint64_t end)
{
    set_lo(t, slot, cell_lo(celltable_start(t, slot), end));
    end_edit();
    t->stale = true;
}

void celltable_change_start(struct celltable *t, uint32_t slot, uint64_t start, uint64_t ppn)
{
    struct cell cell = t->cell[slot];
    uint64_t    old = cell_lo_start(cell.lo);

    if (start < old) {
        lower_empties_before(t, slot, start - 1);
        tbl_fence(); /* the empties before the range that passes them */
    } else {
        t->stale = true;
    }
    hide(t, slot, (start < old ? start : old) - 1);
    set_hi(t, slot, next_hi(t, slot, cell_hi(0, ppn) & (cell.hi | ~CELL_VALID)));
    tbl_fence(); /* base before range: no address may meet the other one's base */
    set_lo(t, slot, cell_lo(start, cell_lo_end(cell.lo)));
    end_edit();
}

/* At its own start - 1: so it remembers where it began, and no empty between it and its neighbours
 * is out of place, before or after. */
void celltable_hide(struct celltable *t, uint32_t slot)
{
    hide(t, slot, celltable_start(t, slot) - 1);
    t->stale = true;
}

void celltable_show(struct celltable *t, uint32_t slot, uint64_t start, uint64_t end, uint64_t ppn)
{
    uint64_t hi = t->cell[slot].hi;
    set_hi(t, slot, next_hi(t, slot, cell_hi(0, ppn) & (hi | ~CELL_VALID)));
    tbl_fence(); /* base before range: the old base is never seen again */
    set_lo(t, slot, cell_lo(start, end));
    end_edit();
}

void celltable_replace(struct celltable *t, uint32_t slot, uint64_t ppn)
{
    uint64_t valid = t->cell[slot].hi | ~CELL_VALID;
    set_hi(t, slot, next_hi(t, slot, cell_hi(0, ppn) & valid));
    end_edit();
    t->stale = true;
}

void celltable_revoke(struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights)
{
    uint64_t lo = t->cell[slot].lo;
    uint8_t *byte = celltable_byte(t, dom, slot);

    hide(t, slot, e_right(t, slot));
    tbl_and8(byte, PERM_A | PERM_D); /* D stays to be collected, also one set by a late walker */
    if (rights)
        tbl_or8(byte, (uint8_t)(PERM_V | PERM_A | rights));
    scrub_grants(t, slot); /* else a receive would give the right back (B.3.1) */
    tbl_fence();           /* rights are gone before the cell is shown again */
    set_lo(t, slot, lo);
    end_edit();
    t->stale = true;
}

void celltable_add_rights(struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights)
{
    tbl_or8(celltable_byte(t, dom, slot), (uint8_t)(PERM_V | PERM_A | rights));
}

bool celltable_clear_dirty(struct celltable *t, uint32_t slot)
{
    unsigned all = 0;
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        if (tbl_load8(celltable_byte(t, dom, slot)) & PERM_D)
            all |= tbl_and8(celltable_byte(t, dom, slot), (uint8_t)~PERM_D);
    }
    t->stale |= (all & PERM_D) != 0;
    return all & PERM_D;
}

bool celltable_is_dirty(const struct celltable *t, uint32_t slot)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        if (tbl_load8(celltable_byte(t, dom, slot)) & PERM_D)
            return true;
    }
    return false;
}

/* --- a larger table --- */

void celltable_copy(struct celltable *to, const struct celltable *from)
{
    ASSERT(to->nlive == 0 && from->nlive < to->kfirst && from->doms <= to->rows);

    uint32_t left = from->nlive, src = 0, dst = 0;
    while (left > 0) {
        struct cell_column col;
        src = celltable_next(from, src + 1);
        read_column(from, src, &col);

        uint32_t next = dst + (to->kfirst - dst) / (left + 1);
        next = next > dst ? next : dst + 1;
        put_column(to, next, &col);
        set_hi(to, next, next_hi(to, next, from->cell[src].hi));
        set_lo(to, next, from->cell[src].lo);
        mark_live(to, next);
        lower_empties_before(to, next, celltable_start(from, src) - 1);
        to->nlive++;
        left--;
        dst = next;
    }
}
