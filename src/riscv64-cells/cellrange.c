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

static bool reaches_before(const struct celltable *t, size_t slot, struct cell_range r)
{
    return celltable_start(t, slot) < r.start;
}

static bool reaches_past(const struct celltable *t, size_t slot, struct cell_range r)
{
    return celltable_end(t, slot) > r.end;
}

/* --- enter --- */

/* Whether the cell gives everybody what these bytes do, no grants outstanding. */
static bool column_is(const struct celltable *t, size_t slot, const uint8_t *byte)
{
    for (size_t dom = 1; dom < t->doms; dom++) {
        if (perm_rights(tbl_load8(celltable_byte(t, dom, slot))) != perm_rights(byte[dom]) ||
            tbl_load32(celltable_grant(t, dom, slot)) != GRANT_NONE)
            return false;
    }
    return true;
}

/* The surroundings of a range: the search's last slot before it, and the neighbours that touch it; 0 for
 * none. */
struct place {
    size_t before, left, right;
};

/* False if something is mapped in r. Empty slots next to the range say how far it is free: scanning for
 * what is live is for ranges that touch others. */
static bool find_place(struct celltable *t, struct cell_range r, struct place *p)
{
    p->before = celltable_before(t, r.start);
    p->left = p->right = 0;
    if (celltable_start(t, p->before + 1) <= r.end + 1) {
        size_t next = celltable_next(t, p->before + 1);
        if (celltable_start(t, next) <= r.end)
            return false;
        if (celltable_start(t, next) == r.end + 1 && next < t->kfirst)
            p->right = next;
    }
    if (p->before && celltable_end(t, p->before) + 1 == r.start) {
        size_t left = celltable_prev(t, p->before + 1);
        if (left && celltable_end(t, left) + 1 == r.start)
            p->left = left;
    }
    return true;
}

/* Keep only the neighbours that could hold the range as well. */
static void find_joints(const struct celltable *t, struct cell_range r, uint64_t ppn,
                        const uint8_t *byte, struct place *p)
{
    if (p->left && (celltable_ppn(t, p->left) + r.start - celltable_start(t, p->left) != ppn ||
                    !column_is(t, p->left, byte)))
        p->left = 0;
    if (p->right &&
        (celltable_ppn(t, p->right) != ppn + range_pages(r) || !column_is(t, p->right, byte)))
        p->right = 0;
}

/* The neighbour of a cell that ends, or begins, where the cell does not, and could be one with it but for
 * its column; 0 for none. The slot next to the cell tells at a glance (celltable.h) that there is none. */
static size_t touching_left(const struct celltable *t, size_t slot)
{
    if (celltable_end(t, slot - 1) + 1 != celltable_start(t, slot))
        return 0;
    size_t left = celltable_prev(t, slot);
    return celltable_adjacent(t, left, slot) ? left : 0;
}

static size_t touching_right(const struct celltable *t, size_t slot)
{
    if (celltable_start(t, slot + 1) - 1 != celltable_end(t, slot))
        return 0;
    size_t right = celltable_next(t, slot + 1);
    return celltable_adjacent(t, slot, right) ? right : 0;
}

/* Merge the cell with the one before it where possible. Returns its slot. */
static size_t join_left(struct celltable *t, size_t slot)
{
    size_t left = touching_left(t, slot);
    size_t both = left ? celltable_merge(t, left) : 0;
    return both ? both : slot;
}

/* Merge the cell with both neighbours where possible. Returns its slot. */
static size_t join_around(struct celltable *t, size_t slot)
{
    slot = join_left(t, slot);
    size_t all = celltable_merge(t, slot);
    return all ? all : slot;
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

/* Enter beside cells that may touch the range. */
static int enter_beside(struct celltable *t, struct cell_range r, uint64_t ppn, const uint8_t *byte)
{
    struct place p;
    if (!find_place(t, r, &p))
        return -EEXIST;
    find_joints(t, r, ppn, byte, &p);
    if (may_grow(t) && p.left) {
        celltable_grow_end(t, p.left, r.end);
        if (p.right)
            celltable_merge(t, p.left);
        return 0;
    }
    if (may_grow(t) && p.right) {
        celltable_change_start(t, p.right, r.start, ppn);
        return 0;
    }
    if (celltable_free(t) <= t->reserve)
        return -ENOSPC;
    size_t slot = celltable_insert(t, p.before, r.start, r.end, ppn, byte);
    if (p.left || p.right)
        join_around(t, slot);
    return 0;
}

int cellrange_enter(struct celltable *t, struct cell_range r, uint64_t ppn, const uint8_t *byte)
{
    size_t             before = celltable_before(t, r.start);
    const struct cell *at = &t->cell[before];
    if (cell_lo_start(at[1].lo) <= r.end + 1 || cell_lo_end(at[0].lo) + 1 == r.start)
        return enter_beside(t, r, ppn, byte);
    if (celltable_free(t) <= t->reserve)
        return -ENOSPC;
    celltable_insert(t, before, r.start, r.end, ppn, byte);
    return 0;
}

/* --- remove --- */

/* From slot on, which holds pages of r. */
static int remove_from(struct celltable *t, size_t slot, struct cell_range r)
{
    if (reaches_before(t, slot, r)) {
        if (reaches_past(t, slot, r)) {
            if (celltable_free(t) <= t->kept)
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

int cellrange_remove(struct celltable *t, struct cell_range r)
{
    size_t slot = celltable_before(t, r.start) + 1;
    if (celltable_start(t, slot) > r.end) /* live or empty: nothing here */
        return 0;
    if (t->cell[slot].lo == cell_lo(r.start, r.end)) { /* live, since not empty: just this cell */
        celltable_remove(t, slot, NULL);
        return 0;
    }
    slot = celltable_next(t, slot);
    return celltable_start(t, slot) > r.end ? 0 : remove_from(t, slot, r);
}

/* Whatever of r the cell has, which may be the first one after r. */
static __attribute__((noinline)) int remove_part(struct celltable *t, size_t slot,
                                                 struct cell_range r, uint64_t *ppn,
                                                 uint64_t *npages)
{
    uint64_t start = celltable_start(t, slot), end = celltable_end(t, slot);
    if (start > r.end)
        return -ENOENT;
    if (end < r.end && celltable_start(t, celltable_next(t, slot + 1)) <= r.end)
        return -E2BIG;

    uint64_t first = start < r.start ? r.start : start, last = end > r.end ? r.end : end;
    uint64_t frames = celltable_ppn(t, slot) + (first - start);
    int      err = remove_from(t, slot, r);
    if (err)
        return err;
    *ppn = frames;
    *npages = last - first + 1;
    return 0;
}

int cellrange_remove_run(struct celltable *t, struct cell_range r, uint64_t *ppn, uint64_t *npages)
{
    size_t slot = celltable_before(t, r.start) + 1;
    if (celltable_start(t, slot) > r.end) /* live or empty: nothing here */
        return -ENOENT;
    if (t->cell[slot].lo == cell_lo(r.start, r.end)) { /* live, since not empty: just this cell */
        *ppn = celltable_ppn(t, slot);
        *npages = range_pages(r);
        celltable_remove(t, slot, NULL);
        return 0;
    }
    return remove_part(t, celltable_next(t, slot), r, ppn, npages);
}

/* --- protect --- */

static bool changes(const struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    return perm_rights(tbl_load8(celltable_byte(t, dom, slot))) != rights ||
           celltable_takes_away(t, slot, dom, rights);
}

/* The slots that splits at the edges of r need, whatever the cells' rights are by then. */
static size_t edge_slots(struct celltable *t, struct cell_range r)
{
    size_t first = celltable_find(t, r.start), last = celltable_find(t, r.end);
    size_t need = first && reaches_before(t, first, r) ? 1 : 0;
    return last && reaches_past(t, last, r) ? need + 1 : need;
}

/* 0 if every page of r is mapped and the table has the slots to cut r out, and as many as are kept. */
static int check_mapped(struct celltable *t, struct cell_range r, size_t kept)
{
    uint64_t vpn = r.start;
    size_t   slot = celltable_lower(t, vpn);
    size_t   need = reaches_before(t, slot, r);
    for (; vpn <= r.end; slot = celltable_next(t, slot + 1)) {
        if (slot >= t->kfirst || celltable_start(t, slot) > vpn)
            return -EFAULT;
        vpn = celltable_end(t, slot) + 1;
    }
    need += vpn != r.end + 1;
    return need && need + kept > celltable_free(t) ? -ENOSPC : 0;
}

/* Cut the cell so that only its part inside r is left in the slot returned. */
static size_t clip(struct celltable *t, size_t slot, struct cell_range r)
{
    if (reaches_before(t, slot, r))
        slot = celltable_split(t, slot, r.start - 1, r.start);
    if (reaches_past(t, slot, r))
        slot = celltable_prev(t, celltable_split(t, slot, r.end, r.end + 1));
    return slot;
}

static void set_rights(struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    if (celltable_takes_away(t, slot, dom, rights))
        celltable_revoke(t, slot, dom, rights);
    else
        celltable_add_rights(t, slot, dom, rights);
}

static bool has_rights(const struct celltable *t, size_t slot, size_t dom, unsigned rights)
{
    return perm_rights(tbl_load8(celltable_byte(t, dom, slot))) == rights;
}

/* One cell as a whole. With whatever neighbours it comes to equal, it becomes one cell in one edit; one
 * that has other rights for dom now cannot be among them. */
static __attribute__((noinline)) int protect_whole(struct celltable *t, size_t slot, size_t dom,
                                                   unsigned rights)
{
    if (!changes(t, slot, dom, rights))
        return 0;

    size_t left = touching_left(t, slot), right = touching_right(t, slot);
    if (left && !has_rights(t, left, dom, rights))
        left = 0;
    if (right && !has_rights(t, right, dom, rights))
        right = 0;
    if (!left && !right) {
        set_rights(t, slot, dom, rights);
        return 0;
    }

    uint64_t start = celltable_start(t, slot);
    size_t   all = left ? celltable_unite(t, left, slot, right, slot, dom, rights)
                        : celltable_unite(t, slot, right, 0, slot, dom, rights);
    if (!all) {
        slot = celltable_find(t, start); /* the attempt may have moved it */
        set_rights(t, slot, dom, rights);
        join_around(t, slot);
    }
    return 0;
}

/* Part of one cell. */
static __attribute__((noinline)) int protect_part(struct celltable *t, size_t slot,
                                                  struct cell_range r, size_t dom, unsigned rights)
{
    if (!changes(t, slot, dom, rights))
        return 0;

    bool left = reaches_before(t, slot, r), right = reaches_past(t, slot, r);
    if (celltable_free(t) < (size_t)left + right + t->kept)
        return -ENOSPC;

    slot = celltable_carve(t, slot, r.start, r.end, dom, rights);
    if (!left)
        join_left(t, slot);
    else if (!right)
        celltable_merge(t, slot);
    return 0;
}

static __attribute__((noinline)) int protect_many(struct celltable *t, struct cell_range r,
                                                  size_t dom, unsigned rights)
{
    int err = check_mapped(t, r, t->kept);
    if (err)
        return err;

    size_t slot = celltable_lower(t, r.start);
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

/* slot is the first that ends in or after r, live or empty. */
static inline int protect_at(struct celltable *t, size_t slot, struct cell_range r, size_t dom,
                             unsigned rights)
{
    uint64_t lo = t->cell[slot].lo;
    if (cell_lo_start(lo) > r.start)
        return -EFAULT;
    if (cell_lo_end(lo) < r.end)
        return protect_many(t, r, dom, rights);
    if (lo != cell_lo(r.start, r.end))
        return protect_part(t, slot, r, dom, rights);
    return protect_whole(t, slot, dom, rights);
}

static __attribute__((noinline)) int protect_far(struct celltable *t, struct cell_range r,
                                                 size_t dom, unsigned rights)
{
    return protect_at(t, celltable_search(t, r.start) + 1, r, dom, rights);
}

int cellrange_protect(struct celltable *t, struct cell_range r, size_t dom, unsigned rights)
{
    if (!celltable_is_near(t, r.start))
        return protect_far(t, r, dom, rights);
    return protect_at(t, t->hint + 1, r, dom, rights);
}

/* --- other frames, another place --- */

int cellrange_replace(struct celltable *t, struct cell_range r, uint64_t ppn)
{
    int err = check_mapped(t, r, t->kept);
    if (err)
        return err;

    size_t slot = celltable_lower(t, r.start);
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
    size_t slot = celltable_lower(t, r.start);
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
    size_t slot = celltable_find(t, vpn);
    if (slot && slot < t->kfirst && celltable_start(t, slot) < vpn)
        celltable_split(t, slot, vpn - 1, vpn);
}

/* The cells of a suspended range touch each other, so that each one's start, which it keeps while it
 * is hidden, says where the one before it ends. */
int cellrange_suspend(struct celltable *t, struct cell_range r)
{
    int err = check_mapped(t, r, 0);
    if (err)
        return err;

    cut_at(t, r.start);
    cut_at(t, r.end + 1);
    for (size_t slot = celltable_lower(t, r.start);; slot = celltable_next(t, slot + 1)) {
        bool last = celltable_end(t, slot) == r.end;
        celltable_hide(t, slot);
        if (last)
            return 0;
    }
}

static uint64_t suspended_end(const struct celltable *t, struct cell_range r, size_t next)
{
    uint64_t past = celltable_start(t, next);
    return past <= r.end ? past - 1 : r.end;
}

void cellrange_resume(struct celltable *t, struct cell_range r, uint64_t ppn)
{
    uint64_t start = r.start, end;
    size_t   slot = cellrange_find_suspended(t, r, start, &end);
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
size_t cellrange_find_suspended(struct celltable *t, struct cell_range r, uint64_t vpn,
                                uint64_t *end)
{
    size_t next = celltable_lower(t, vpn);
    *end = suspended_end(t, r, next);
    return celltable_prev(t, next);
}

/* Put a removed cell's pages and rights down at start. */
static void put_down(struct celltable *t, struct cell_range at, uint64_t ppn, const uint8_t *byte)
{
    size_t before = celltable_before(t, at.start);
    join_around(t, celltable_insert(t, before, at.start, at.end, ppn, byte));
}

int cellrange_move(struct celltable *t, struct cell_range from, uint64_t to)
{
    size_t at = celltable_lower(t, to);
    if (celltable_start(t, at) <= to + (from.end - from.start))
        return -EEXIST;
    if (edge_slots(t, from) + t->kept > celltable_free(t))
        return -ENOSPC;

    for (;;) {
        size_t slot = celltable_lower(t, from.start);
        if (celltable_start(t, slot) > from.end)
            return 0;
        slot = clip(t, slot, from);

        struct cell_column col;
        uint64_t           ppn = celltable_ppn(t, slot);
        struct cell_range  dest = {to + (celltable_start(t, slot) - from.start),
                                   to + (celltable_end(t, slot) - from.start)};
        celltable_remove(t, slot, &col); /* frees the slot that the insert needs */
        put_down(t, dest, ppn, col.byte);
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
    for (size_t slot = celltable_lower(t, r.start); celltable_start(t, slot) <= r.end;
         slot = celltable_next(t, slot + 1)) {
        bool     whole = !reaches_before(t, slot, r) && !reaches_past(t, slot, r);
        uint64_t first = reaches_before(t, slot, r) ? r.start : celltable_start(t, slot);
        uint64_t last = reaches_past(t, slot, r) ? r.end : celltable_end(t, slot);
        if (whole ? celltable_clear_dirty(t, slot) : celltable_is_dirty(t, slot))
            set_bits(bitmap, first - r.start, last - r.start);
    }
}

/* --- domains --- */

static bool names_domain(const struct celltable *t, size_t slot, size_t dom)
{
    bool found = tbl_load8(celltable_byte(t, dom, slot)) != 0 ||
                 tbl_load32(celltable_grant(t, dom, slot)) != GRANT_NONE;
    for (size_t d = 1; d < t->doms; d++)
        found |= grant_target(tbl_load32(celltable_grant(t, d, slot))) == dom;
    return found;
}

void cellrange_drop_domain(struct celltable *t, size_t dom)
{
    size_t slot;
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
