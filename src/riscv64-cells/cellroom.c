/* SPDX-License-Identifier: Apache-2.0 */
/* cellroom.c - a packed-memory array: empty slots among the cells, so that an insert moves a few of
 * them and not half of the table.
 *
 * A cell moves by the order "move" of celltable.c and is never unreachable for longer than that takes.
 * Where no slot is empty in the right place, the cells up to the nearest empty one shift by one if
 * it is near. Else all cells of a window are laid out anew: the smallest aligned one of up to a word
 * of the bitmap that is not too full. Half of its empty slots go to the place that asked, for
 * programs that make ranges side by side, and the other half is spread evenly, for those that do not.
 *
 * A cell that moves rewrites every empty slot that it passes, so laying out W slots costs up to W * W
 * stores, and larger windows are not worth it. Where none will do, the cells up to the nearest empty
 * slot shift however many they are, and the table is marked as crowded in that place: the owner gives
 * it another one, laid out in the same manner as a whole (celltable_copy_cells()), at a cost that grows
 * with the cells but is paid once for a number of inserts that grows with them, too.
 */
#include "riscv64-cells/cellroom.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "riscv64-cells/celledit.h"

/* --- moving a cell --- */

/* Only empty slots lie between. They and the slot that is left lie on the cell's other side
 * afterwards, at e: its own start - 1 or its own end, so that the ends of all slots stay in
 * order. While it is hidden any place in the gap is right for them. */
static void move(struct celltable *t, size_t from, size_t to, uint64_t e)
{
    struct cell_column col;
    struct cell        cell = t->cell[from];
    size_t             first = from < to ? from + 1 : to + 1, past = from < to ? to : from;

    hide(t, from, e);
    for (size_t i = first; i < past; i++)
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

static void move_up(struct celltable *t, size_t from, size_t to)
{
    move(t, from, to, celltable_start(t, from) - 1);
}

static void move_down(struct celltable *t, size_t from, size_t to)
{
    move(t, from, to, celltable_end(t, from));
}

/* --- laying out a window --- */

/* Slots [first, past) with `items` cells; the k-th, which may be none, is followed by the gap. */
struct window {
    size_t first, past;
    size_t items, before; /* cells; those left of the gap */
    size_t gap, even;     /* empty slots of the gap; of the rest */
};

/* Live slots in [first, past), which does not cross a word's border. */
static size_t count_live(const struct celltable *t, size_t first, size_t past)
{
    return bits_count(t->live[first / 64] >> (first % 64) << (64 - (past - first)));
}

#define WINDOW_MIN ((size_t)16)
#define WINDOW_MAX ((size_t)64)

/* The window to lay out for n empty slots after `slot`, at most 13/16 full; false if there is none. Slot
 * 0 and the kernel's cells lie at the ends of the table and are no part of any. */
static bool find_window(const struct celltable *t, size_t slot, size_t n, struct window *w)
{
    for (size_t size = WINDOW_MIN; size <= WINDOW_MAX; size *= 2) {
        size_t first = slot & ~(size - 1), past = first + size;
        size_t live = count_live(t, first, past);
        if (live + n > size / 16 * 13)
            continue;
        w->first = first ? first : 1;
        w->past = past < t->kfirst ? past : t->kfirst;
        w->items = live - (first == 0) - (past - w->past);
        return true;
    }
    return false;
}

/* Where cell k belongs. */
static size_t window_slot(const struct window *w, size_t k)
{
    size_t slot = w->first + k + w->even * (k + 1) / (w->items + 1);
    return k < w->before ? slot : slot + w->gap;
}

/* Lay out the window with a gap of at least n after `slot`. Cells that go down move in ascending
 * order, those that go up in descending order, so that each finds its way free. Returns the last
 * live slot before the gap. */
static size_t lay_out(struct celltable *t, struct window *w, size_t slot, size_t n)
{
    size_t empty = w->past - w->first - w->items, at = w->first - 1;

    w->gap = empty / 2 > n ? empty / 2 : n;
    w->even = empty - w->gap;
    w->before = slot < w->first ? 0 : count_live(t, w->first, slot + 1);
    for (size_t k = 0; k < w->items; k++) {
        at = celltable_next(t, at + 1);
        if (window_slot(w, k) < at)
            move_down(t, at, window_slot(w, k));
    }
    at = w->past;
    for (size_t k = w->items; k-- > 0;) {
        at = celltable_prev(t, at);
        if (window_slot(w, k) > at)
            move_up(t, at, window_slot(w, k));
    }
    return w->before ? window_slot(w, w->before - 1) : celltable_prev(t, w->first);
}

/* --- room --- */

/* Shifting a few neighbours is cheaper than laying out many. */
#define SHIFT_MAX 4u

/* The first empty slot after `slot`, kfirst if there is none. */
static size_t next_empty(const struct celltable *t, size_t slot)
{
    for (size_t k = slot / 64; k < t->lines; k++) {
        uint64_t word = ~t->live[k];
        if (k == slot / 64)
            word = word >> (slot % 64) << (slot % 64);
        if (word)
            return k * 64 + bits_lowest(word);
    }
    return t->kfirst;
}

/* The last empty slot before `slot`, 0 if there is none. */
static size_t prev_empty(const struct celltable *t, size_t slot)
{
    for (size_t k = slot / 64 + 1; k-- > 0;) {
        uint64_t word = ~t->live[k];
        if (k == slot / 64)
            word &= (1ull << (slot % 64)) - 1;
        if (word)
            return k * 64 + bits_highest(word);
    }
    return 0;
}

/* Shift the cells from `right` on by one, up to the nearest empty slot, or those down from `slot`:
 * whichever are fewer, if they are at most `max`. False if not; *slot is where its cell is then. */
static bool shift(struct celltable *t, size_t *slot, size_t right, size_t max)
{
    size_t up = next_empty(t, right), down = *slot ? prev_empty(t, *slot) : 0;
    size_t above = up < t->kfirst ? up - right : SIZE_MAX;
    size_t below = down ? *slot - down : SIZE_MAX;

    if (above > max && below > max)
        return false;
    if (above <= below) {
        for (; up > right; up--)
            move_up(t, up - 1, up);
        return true;
    }
    for (; down < *slot; down++)
        move_down(t, down + 1, down);
    --*slot;
    return true;
}

/* Make the gap after live slot (or slot 0) larger, to n; `right` is the next live one. Returns where the
 * cell is then. */
static size_t widen(struct celltable *t, size_t slot, size_t right, size_t n)
{
    struct window w;
    ASSERT(celltable_free(t) >= n - (right - slot - 1));
    if (shift(t, &slot, right, SHIFT_MAX))
        return slot;
    if (find_window(t, slot, n, &w))
        return lay_out(t, &w, slot, n);
    t->crowded = right < t->kfirst ? celltable_start(t, right) : VPN_MASK;
    shift(t, &slot, right, SIZE_MAX - 1);
    return slot;
}

size_t cellroom_after(struct celltable *t, size_t slot, size_t n)
{
    for (;;) {
        size_t right = slot + 1;
        while (right <= slot + n && !celltable_is_live(t, right))
            right++;
        if (right > slot + n)
            return slot;
        slot = widen(t, slot, right, n);
    }
}

size_t cellroom_move_up_to(struct celltable *t, size_t slot, size_t next)
{
    move_up(t, slot, next - 1);
    return next - 1;
}

size_t cellroom_move_down_to(struct celltable *t, size_t slot, size_t prev)
{
    move_down(t, slot, prev + 1);
    return prev + 1;
}

/* Whether a cell at vpn is much nearer to the one below, or above. Beside the metacell or the kernel's
 * cells nothing is near. */
struct nearness {
    bool below, above;
};

static struct nearness nearness(const struct celltable *t, size_t left, size_t right, uint64_t vpn)
{
    uint64_t below = left ? vpn - celltable_end(t, left) : VPN_MASK;
    uint64_t above = right < t->kfirst ? celltable_start(t, right) - vpn : VPN_MASK;
    return (struct nearness){below < above / 4, above < below / 4};
}

/* The place for a cell at vpn in a gap. Programs make ranges side by side, upwards or downwards: one
 * that is near to a neighbour goes close to it, so that the gap lasts for a whole row of them.
 * Otherwise the middle. */
static size_t gap_slot(const struct celltable *t, size_t left, size_t right, uint64_t vpn)
{
    struct nearness near = nearness(t, left, right, vpn);
    size_t          middle = (right - left) / 2, step = t->lines <= CELLROOM_SMALL ? 2 : 1;
    if (step > middle)
        step = middle;
    if (near.below)
        return left + step;
    return near.above ? right - step : left + middle;
}

size_t cellroom_for(struct celltable *t, size_t before, uint64_t vpn)
{
    size_t left = celltable_prev(t, before + 1), right = celltable_next(t, before + 1);
    if (right - left == 1) {
        left = cellroom_after(t, left, 1);
        right = celltable_next(t, left + 1);
        if (t->crowded && nearness(t, left, right, vpn).above)
            t->crowded = vpn; /* the next ones of the row come below this one */
    }
    return gap_slot(t, left, right, vpn);
}

uint64_t cellroom_expected(const struct celltable *t)
{
    if (t->crowded || t->cut)
        return t->crowded ? t->crowded : t->cut; /* what was cut is often cut again, further up */

    size_t          slot = celltable_next(t, t->hint + 1);
    size_t          left = celltable_prev(t, slot);
    uint64_t        start = celltable_start(t, slot);
    struct nearness near = {false, false};
    if (slot < t->kfirst)
        near = nearness(t, left, celltable_next(t, slot + 1), start);
    return near.below ? celltable_end(t, slot) + 1 : start;
}
