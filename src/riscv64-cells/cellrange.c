/* SPDX-License-Identifier: Apache-2.0 */
/* cellrange.c - ranges to edits: which cells does a range touch, what has to be cut and joined.
 *
 * Decide, then perform: a call first looks at every cell concerned, counts the slots that splits
 * at the edges will need, and only then edits. Each edit is safe by itself for walkers
 * (celltable.c), and each state between two edits is a map that gives nobody more than the old or
 * the new one does, so a call may be a chain of edits.
 */
#include "riscv64-cells/cellrange.h"

#include "lib/errno.h"
#include "riscv64-cells/tblmem.h"

static uint64_t range_pages(struct cell_range r)
{
    return r.end - r.start + 1;
}

static bool reaches_before(const struct celltable *t, uint32_t slot, struct cell_range r)
{
    return celltable_start(t, slot) < r.start;
}

static bool reaches_past(const struct celltable *t, uint32_t slot, struct cell_range r)
{
    return celltable_end(t, slot) > r.end;
}

/* --- enter --- */

static void fill_column(const struct celltable *t, const uint8_t *rights, uint32_t ndoms,
                        struct cell_column *col)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        unsigned r = dom < ndoms ? rights[dom] : 0;
        col->byte[dom] = (uint8_t)(r ? PERM_V | PERM_A | r : 0);
        col->grant[dom] = GRANT_NONE;
    }
}

/* Whether the cell gives everybody what col does, no grants outstanding. */
static bool column_is(const struct celltable *t, uint32_t slot, const struct cell_column *col)
{
    for (uint32_t dom = 1; dom < t->doms; dom++) {
        if (perm_rights(tbl_load8(celltable_byte(t, dom, slot))) != perm_rights(col->byte[dom]) ||
            tbl_load32(celltable_grant(t, dom, slot)) != GRANT_NONE)
            return false;
    }
    return true;
}

/* The neighbours of a free range that could hold it as well; 0 for none. */
struct joints {
    uint32_t left, right;
};

static struct joints find_joints(const struct celltable *t, struct cell_range r, uint64_t ppn,
                                 uint32_t next, const struct cell_column *col)
{
    struct joints j = {celltable_prev(t, next), next < t->kfirst ? next : 0};

    if (j.left && (celltable_end(t, j.left) + 1 != r.start ||
                   celltable_ppn(t, j.left) + r.start - celltable_start(t, j.left) != ppn ||
                   !column_is(t, j.left, col)))
        j.left = 0;
    if (j.right &&
        (celltable_start(t, j.right) != r.end + 1 ||
         celltable_ppn(t, j.right) != ppn + range_pages(r) || !column_is(t, j.right, col)))
        j.right = 0;
    return j;
}

/* Merge the cell with both neighbours where possible. Returns its slot. */
static uint32_t join_around(struct celltable *t, uint32_t slot)
{
    uint32_t left = celltable_prev(t, slot);
    if (left && celltable_merge(t, left))
        slot = left;
    celltable_merge(t, slot);
    return slot;
}

/* With one compartment, growing a neighbour is the cheapest enter there is: no slot, one or
 * two stores. Its rights were compared a moment ago; an instruction that changed them since
 * acts as if it had come after the growth, which is all that a program can tell of cell
 * borders it does not choose. With several compartments that could pass a right on the new
 * pages to another one, so the pages get their definite rights in a cell of their own, which
 * is then merged if equal. */
static bool may_grow(const struct celltable *t)
{
    return t->doms <= 2;
}

int cellrange_enter(struct celltable *t, struct cell_range r, uint64_t ppn, const uint8_t *rights,
                    uint32_t ndoms)
{
    uint32_t next = celltable_lower(t, r.start);
    if (celltable_start(t, next) <= r.end)
        return -EEXIST;

    struct cell_column col;
    fill_column(t, rights, ndoms, &col);
    struct joints j = find_joints(t, r, ppn, next, &col);
    if (may_grow(t) && j.left) {
        celltable_grow_end(t, j.left, r.end);
        if (j.right)
            celltable_merge(t, j.left);
        return 0;
    }
    if (may_grow(t) && j.right) {
        celltable_change_start(t, j.right, r.start, ppn);
        return 0;
    }
    if (celltable_free(t) == 0)
        return -ENOSPC;
    uint32_t slot = celltable_insert(t, r.start, r.end, ppn, &col);
    if (j.left || j.right)
        join_around(t, slot);
    return 0;
}

/* --- remove --- */

int cellrange_remove(struct celltable *t, struct cell_range r)
{
    uint32_t slot = celltable_lower(t, r.start);
    if (celltable_start(t, slot) > r.end)
        return 0;

    if (reaches_before(t, slot, r)) {
        if (reaches_past(t, slot, r)) {
            if (celltable_free(t) == 0)
                return -ENOSPC;
            celltable_split(t, slot, r.start - 1, r.end + 1);
            return 0;
        }
        celltable_shrink_end(t, slot, r.start - 1);
        slot = celltable_next(t, slot + 1);
    }
    while (celltable_end(t, slot) <= r.end) {
        celltable_remove(t, slot, NULL);
        slot = celltable_next(t, slot + 1);
    }
    if (celltable_start(t, slot) <= r.end) {
        uint64_t cut = r.end + 1 - celltable_start(t, slot);
        celltable_change_start(t, slot, r.end + 1, celltable_ppn(t, slot) + cut);
    }
    return 0;
}

/* --- protect --- */

/* Whether setting dom's rights on the cell takes something away: a right that it holds, or one that
 * a standing grant would let it receive. */
static bool takes_away(const struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights)
{
    if (perm_rights(tbl_load8(celltable_byte(t, dom, slot))) & ~rights)
        return true;
    for (uint32_t d = 1; d < t->doms; d++) {
        uint32_t grant = tbl_load32(celltable_grant(t, d, slot));
        if (grant_target(grant) == dom && (grant & PERM_RIGHTS & ~rights))
            return true;
    }
    return false;
}

static bool changes(const struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights)
{
    return perm_rights(tbl_load8(celltable_byte(t, dom, slot))) != rights ||
           takes_away(t, slot, dom, rights);
}

/* The slots that splits at the edges of r need, whatever the cells' rights are by then. */
static uint32_t edge_slots(const struct celltable *t, struct cell_range r)
{
    uint32_t first = celltable_find(t, r.start), last = celltable_find(t, r.end);
    uint32_t need = first && reaches_before(t, first, r) ? 1 : 0;
    return last && reaches_past(t, last, r) ? need + 1 : need;
}

/* 0 if every page of r is mapped and the table has the slots to cut r out. */
static int check_mapped(const struct celltable *t, struct cell_range r)
{
    uint64_t vpn = r.start;
    uint32_t slot = celltable_lower(t, vpn);
    uint32_t need = reaches_before(t, slot, r);
    for (; vpn <= r.end; slot = celltable_next(t, slot + 1)) {
        if (slot >= t->kfirst || celltable_start(t, slot) > vpn)
            return -EFAULT;
        vpn = celltable_end(t, slot) + 1;
    }
    need += vpn != r.end + 1;
    return need > celltable_free(t) ? -ENOSPC : 0;
}

/* Cut the cell so that only its part inside r is left in the slot returned. */
static uint32_t clip(struct celltable *t, uint32_t slot, struct cell_range r)
{
    if (reaches_before(t, slot, r))
        slot = celltable_split(t, slot, r.start - 1, r.start);
    if (reaches_past(t, slot, r))
        slot = celltable_prev(t, celltable_split(t, slot, r.end, r.end + 1));
    return slot;
}

static uint32_t join_left(struct celltable *t, uint32_t slot)
{
    uint32_t left = celltable_prev(t, slot);
    return left && celltable_merge(t, left) ? left : slot;
}

static void set_rights(struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights)
{
    if (takes_away(t, slot, dom, rights))
        celltable_revoke(t, slot, dom, rights);
    else
        celltable_add_rights(t, slot, dom, rights);
}

int cellrange_protect(struct celltable *t, struct cell_range r, uint32_t dom, unsigned rights)
{
    int err = check_mapped(t, r);
    if (err)
        return err;

    uint32_t slot = celltable_lower(t, r.start);
    for (;; slot = celltable_next(t, slot + 1)) {
        if (changes(t, slot, dom, rights)) {
            slot = clip(t, slot, r);
            set_rights(t, slot, dom, rights);
        }
        slot = join_left(t, slot);
        if (celltable_end(t, slot) >= r.end)
            break;
    }
    celltable_merge(t, slot);
    return 0;
}

/* --- other frames, another place --- */

int cellrange_replace(struct celltable *t, struct cell_range r, uint64_t ppn)
{
    int err = check_mapped(t, r);
    if (err)
        return err;

    uint32_t slot = celltable_lower(t, r.start);
    for (;; slot = celltable_next(t, slot + 1)) {
        slot = clip(t, slot, r);
        celltable_replace(t, slot, ppn + (celltable_start(t, slot) - r.start));
        if (celltable_end(t, slot) >= r.end)
            break;
    }
    return 0;
}

void cellrange_join(struct celltable *t, struct cell_range r)
{
    uint32_t slot = celltable_lower(t, r.start);
    while (slot < t->kfirst && celltable_start(t, slot) <= r.end) {
        slot = join_left(t, slot);
        slot = celltable_next(t, slot + 1);
    }
    if (slot < t->kfirst)
        join_left(t, slot);
}

/* Make vpn, if it is mapped, the first page of a cell. */
static void cut_at(struct celltable *t, uint64_t vpn)
{
    uint32_t slot = celltable_find(t, vpn);
    if (slot && slot < t->kfirst && celltable_start(t, slot) < vpn)
        celltable_split(t, slot, vpn - 1, vpn);
}

/* The cells of a suspended range touch each other, so that each one's start, which it keeps while it
 * is hidden, says where the one before it ends. */
int cellrange_suspend(struct celltable *t, struct cell_range r)
{
    int err = check_mapped(t, r);
    if (err)
        return err;

    cut_at(t, r.start);
    cut_at(t, r.end + 1);
    for (uint32_t slot = celltable_lower(t, r.start);; slot = celltable_next(t, slot + 1)) {
        bool last = celltable_end(t, slot) == r.end;
        celltable_hide(t, slot);
        if (last)
            return 0;
    }
}

static uint64_t suspended_end(const struct celltable *t, struct cell_range r, uint32_t next)
{
    uint64_t past = celltable_start(t, next);
    return past <= r.end ? past - 1 : r.end;
}

void cellrange_resume(struct celltable *t, struct cell_range r, uint64_t ppn)
{
    uint64_t start = r.start, end;
    uint32_t slot = cellrange_find_suspended(t, r, start, &end);
    for (;;) {
        celltable_show(t, slot, start, end, ppn + (start - r.start));
        if (end == r.end)
            break;
        slot = celltable_next(t, slot + 1);
        start = end + 1;
        end = suspended_end(t, r, celltable_next(t, slot + 1));
    }
    cellrange_join(t, r);
}

/* What is hidden at start - 1 ends, for the search, before its first page. */
uint32_t cellrange_find_suspended(const struct celltable *t, struct cell_range r, uint64_t vpn,
                                  uint64_t *end)
{
    uint32_t next = celltable_lower(t, vpn);
    *end = suspended_end(t, r, next);
    return celltable_prev(t, next);
}

/* Put a removed cell's pages and rights down at start. */
static void put_down(struct celltable *t, struct cell_range at, uint64_t ppn,
                     const struct cell_column *col)
{
    join_around(t, celltable_insert(t, at.start, at.end, ppn, col));
}

int cellrange_move(struct celltable *t, struct cell_range from, uint64_t to)
{
    uint32_t at = celltable_lower(t, to);
    if (celltable_start(t, at) <= to + (from.end - from.start))
        return -EEXIST;
    if (edge_slots(t, from) > celltable_free(t))
        return -ENOSPC;

    for (;;) {
        uint32_t slot = celltable_lower(t, from.start);
        if (celltable_start(t, slot) > from.end)
            return 0;
        slot = clip(t, slot, from);

        struct cell_column col;
        uint64_t           ppn = celltable_ppn(t, slot);
        struct cell_range  dest = {to + (celltable_start(t, slot) - from.start),
                                   to + (celltable_end(t, slot) - from.start)};
        celltable_remove(t, slot, &col); /* frees the slot that the insert needs */
        put_down(t, dest, ppn, &col);
    }
}

/* --- dirty --- */

static void set_bits(uint8_t *bitmap, uint64_t first, uint64_t last)
{
    for (uint64_t bit = first; bit <= last; bit++)
        bitmap[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

void cellrange_clear_dirty(struct celltable *t, struct cell_range r, uint8_t *bitmap)
{
    for (uint32_t slot = celltable_lower(t, r.start); celltable_start(t, slot) <= r.end;
         slot = celltable_next(t, slot + 1)) {
        bool     whole = !reaches_before(t, slot, r) && !reaches_past(t, slot, r);
        uint64_t first = reaches_before(t, slot, r) ? r.start : celltable_start(t, slot);
        uint64_t last = reaches_past(t, slot, r) ? r.end : celltable_end(t, slot);
        if (whole ? celltable_clear_dirty(t, slot) : celltable_is_dirty(t, slot))
            set_bits(bitmap, first - r.start, last - r.start);
    }
}

/* --- domains --- */

static bool names_domain(const struct celltable *t, uint32_t slot, uint32_t dom)
{
    bool found = tbl_load8(celltable_byte(t, dom, slot)) != 0 ||
                 tbl_load32(celltable_grant(t, dom, slot)) != GRANT_NONE;
    for (uint32_t d = 1; d < t->doms; d++)
        found |= grant_target(tbl_load32(celltable_grant(t, d, slot))) == dom;
    return found;
}

void cellrange_drop_domain(struct celltable *t, uint32_t dom)
{
    uint32_t slot;
    for (slot = celltable_next(t, 1); slot < t->kfirst; slot = celltable_next(t, slot + 1)) {
        if (!names_domain(t, slot, dom))
            continue;
        celltable_revoke(t, slot, dom, 0);
        /* Nobody walks this row any more. What it wrote stays known, in the first
         * compartment's byte. */
        if (tbl_and8(celltable_byte(t, dom, slot), 0) & PERM_D)
            tbl_or8(celltable_byte(t, 1, slot), PERM_D);
    }
    cellrange_join(t, (struct cell_range){1, celltable_start(t, t->kfirst) - 1});
}
