/* SPDX-License-Identifier: Apache-2.0 */
/* conform_edits.c - celltable.c makes the stores, loads and fences that the checker in protocol/ explored:
 * the edits, each tried on thousands of random tables. conform.c compares.
 *
 * Where a cell goes is the code's choice; the checker's program is written for what it chose.
 */
#include <stdio.h>
#include <string.h>

#include "conform.h"

enum { TABLES = 3000 };

/* What is done to a table. Pages, slots and frames are the code's; row = domain - 1 is the checker's. */
struct edit {
    size_t       slot, to;    /* a live one; another one */
    uint64_t     start, end;  /* of its cell */
    uint64_t     first, last; /* a range in it, or a free one */
    unsigned     rights, row;
    struct unite u;
    bool         differ; /* a user's prot comes between the first look and the hide */
};

struct edit_case {
    const char *name;
    bool (*prepare)(struct edit *e); /* false: not with this table */
    void (*make)(struct edit *e);
    unsigned max_cells, tables, at_least; /* tables that it is tried on, and that must allow it */
};

static unsigned inserts_with_moves;

static uint64_t npages(const struct edit *e)
{
    return e->end - e->start + 1;
}

static bool any_cell(struct edit *e)
{
    return e->slot != 0;
}

/* --- insert, move, remove --- */

/* A free page range, by pages of the table, where we look. */
static bool free_range(struct edit *e)
{
    uint64_t page = 1 + rnd(10);
    size_t   next = celltable_lower(&table, page);
    if (celltable_start(&table, next) <= page || celltable_free(&table) == 0)
        return false;
    e->first = page;
    e->last = page + rnd((unsigned)(celltable_start(&table, next) - page));
    return true;
}

static void insert(struct edit *e)
{
    uint8_t       rights[ROWS] = {PERM_V | PERM_R, PERM_V | PERM_R | PERM_W};
    const uint8_t byte[] = {0, rights[0], rights[1]};
    size_t        before = celltable_before(&table, e->first);
    size_t        slot = celltable_insert(&table, before, e->first, e->last, 50, byte);
    inserts_with_moves += plan_moves_made() != 0;
    order_insert(&plan, (int)slot, (int)e->first, (int)e->last, 50, rights);
}

/* Slots that a cell could move to: those with only empty ones on the way. */
static bool free_way(struct edit *e)
{
    if (!e->slot)
        return false;
    size_t left = celltable_prev(&table, e->slot), right = celltable_next(&table, e->slot + 1);
    e->to = left + 1 + rnd((unsigned)(right - left - 1));
    return e->to != e->slot;
}

static void move(struct edit *e)
{
    move_cell(e->slot, e->to);
    order_move(&plan, (int)e->slot, (int)e->to);
}

static void remove_cell(struct edit *e)
{
    struct cell_column col;
    celltable_remove(&table, e->slot, &col);
    update();
    order_remove(&plan, (int)e->slot);
}

/* --- split, carve --- */

/* e->first is the left part's last page. */
static bool place_to_split(struct edit *e, bool hole)
{
    if (!e->slot || npages(e) < 2u + hole || celltable_free(&table) == 0)
        return false;
    e->first = e->start + rnd((unsigned)npages(e) - 1 - hole);
    e->last = e->first + 1 + hole;
    return true;
}

static bool place_for_a_split(struct edit *e)
{
    return place_to_split(e, false);
}

static bool place_for_a_hole(struct edit *e)
{
    return place_to_split(e, true);
}

static void split(struct edit *e)
{
    size_t right = celltable_split(&table, e->slot, e->first, e->last);
    update();
    plan_moves_made();
    order_split(&plan, (int)right - 1, (int)e->first, (int)e->last);
}

static bool part_of_a_cell(struct edit *e)
{
    if (!e->slot || celltable_free(&table) < 2)
        return false;
    e->first = e->start + rnd((unsigned)npages(e));
    e->last = e->first + rnd((unsigned)(e->end - e->first + 1));
    e->rights = rnd(2) ? PERM_R : rnd(2) ? PERM_R | PERM_W : 0;
    return e->first != e->start || e->last != e->end;
}

static void carve(struct edit *e)
{
    size_t mid = celltable_carve(&table, e->slot, e->first, e->last, e->row + 1, e->rights);
    size_t left = e->first > e->start ? mid - 1 : mid;
    update();
    plan_moves_made();
    order_carve(&plan, (int)left, (int)e->first, (int)e->last, (int)e->row, e->rights);
}

/* --- merge, unite --- */

/* Make the cell and the next one such as can be one; 0 if the table has none there. */
static size_t make_mergeable(size_t slot)
{
    size_t right = slot ? celltable_next(&table, slot + 1) : 0;
    if (!right || right >= table.kfirst ||
        celltable_end(&table, slot) + 1 != celltable_start(&table, right))
        return 0;
    for (size_t dom = 1; dom < TABLE_ROWS; dom++) {
        uint8_t *byte = celltable_byte(&table, dom, right);
        unsigned used = *byte & (PERM_A | PERM_D);
        *byte = (uint8_t)((*celltable_byte(&table, dom, slot) & ~(PERM_A | PERM_D)) | used);
        *celltable_grant(&table, dom, right) = *celltable_grant(&table, dom, slot);
    }
    return celltable_mergeable(&table, slot, right) ? right : 0;
}

static bool two_cells(struct edit *e)
{
    e->to = make_mergeable(e->slot);
    return e->to != 0;
}

static bool two_cells_that_differ(struct edit *e)
{
    e->differ = true;
    return two_cells(e);
}

static void merge(struct edit *e)
{
    if (e->differ)
        user_takes_the_right_to_write(2, e->to);
    begin_to_decide();
    assert_int_equal(celltable_merge(&table, e->slot), e->differ ? 0 : e->slot);
    order_merge(&plan, (int)e->slot, (int)e->to);
}

/* One of the cells has other rights now, or will get those that it has. No cell has grants. */
static void make_change(struct edit *e, size_t dom)
{
    struct unite *u = &e->u;

    for (int k = 0; k < u->n; k++) {
        for (size_t d = 1; d < TABLE_ROWS; d++)
            *celltable_grant(&table, d, (size_t)u->slot[k]) = GRANT_NONE;
    }
    *celltable_byte(&table, dom, (size_t)u->slot[u->changed]) ^= rnd(2) ? PERM_W : 0;
}

/* n cells that can be one but for the rights of one row in one of them. */
static bool union_of(struct edit *e, int n)
{
    struct unite *u = &e->u;

    for (size_t slot = e->slot; slot && u->n < n; slot = make_mergeable(slot))
        u->slot[u->n++] = (int)slot;
    if (u->n < n)
        return false;
    u->changed = (int)rnd((unsigned)n + 1);
    u->row = (int)e->row;
    size_t other = (size_t)u->slot[u->changed == 0], dom = e->row + 1;
    u->rights = perm_rights(*celltable_byte(&table, dom, other));
    if (u->changed < n)
        make_change(e, dom);
    else
        e->differ = rnd(4) == 0;
    return true;
}

static bool union_of_two(struct edit *e)
{
    return union_of(e, 2);
}

static bool union_of_three(struct edit *e)
{
    return union_of(e, 3);
}

static void unite(struct edit *e)
{
    const struct unite *u = &e->u;
    bool                changes = u->changed < u->n;
    size_t              changed = changes ? (size_t)u->slot[u->changed] : 0;

    if (e->differ)
        user_takes_the_right_to_write(2, (size_t)u->slot[u->n - 1]);
    size_t slot = celltable_unite(&table, (size_t)u->slot[0], (size_t)u->slot[1],
                                  (size_t)u->slot[2], changed, changes ? e->row + 1 : 0, u->rights);
    update();
    assert_int_equal(slot, e->differ ? 0 : u->slot[0]);
    order_unite(&plan, u);
}

/* --- other ends, other frames --- */

static bool another_end(struct edit *e)
{
    if (!e->slot)
        return false;
    uint64_t past = celltable_start(&table, celltable_next(&table, e->slot + 1));
    e->last = e->start + rnd((unsigned)(past - e->start));
    return e->last != e->end;
}

static void change_end(struct edit *e)
{
    if (e->last > e->end) {
        celltable_grow_end(&table, e->slot, e->last);
        order_grow_end(&plan, (int)e->slot, (int)e->last);
    } else {
        celltable_shrink_end(&table, e->slot, e->last);
        update();
        order_shrink_end(&plan, (int)e->slot, (int)e->last);
    }
}

static bool another_start(struct edit *e)
{
    if (!e->slot)
        return false;
    size_t   left = celltable_prev(&table, e->slot);
    uint64_t low = left ? celltable_end(&table, left) + 1 : 1;
    e->first = low + rnd((unsigned)(e->end - low + 1));
    return e->first != e->start;
}

static void change_start(struct edit *e)
{
    uint64_t ppn = celltable_ppn(&table, e->slot) + e->first - e->start;
    celltable_change_start(&table, e->slot, e->first, ppn);
    update();
    order_change_start(&plan, (int)e->slot, (int)e->first);
}

static void suspend_and_resume(struct edit *e)
{
    celltable_hide(&table, e->slot);
    update();
    celltable_show(&table, e->slot, e->start, e->end, 60);
    order_migrate(&plan, (int)e->slot, 60);
}

static void copy_on_write(struct edit *e)
{
    celltable_replace(&table, e->slot, 60);
    update();
    celltable_add_rights(&table, e->slot, 1, PERM_W);
    order_copy_on_write(&plan, (int)e->slot, 60);
}

/* --- rights --- */

static bool fewer_rights(struct edit *e)
{
    e->rights = rnd(2) ? PERM_R : 0;
    return any_cell(e);
}

static void revoke(struct edit *e)
{
    celltable_revoke(&table, e->slot, e->row + 1, e->rights);
    update();
    order_revoke(&plan, (int)e->slot, (int)e->row, e->rights);
}

static void clear_dirty(struct edit *e)
{
    celltable_clear_dirty(&table, e->slot);
    update();
    order_clear_dirty(&plan, (int)e->slot);
}

/* --- all of them --- */

static const struct edit_case cases[] = {
    {"an_insert_and_the_moves_it_makes_are_the_verified_orders", free_range, insert, 4, TABLES,
     TABLES / 4},
    {"a_move_over_any_distance_is_the_verified_order", free_way, move, 3, TABLES, TABLES / 4},
    {"a_remove_is_the_verified_order", any_cell, remove_cell, 5, TABLES, TABLES / 2},
    {"a_split_is_the_verified_order", place_for_a_split, split, 4, TABLES, TABLES / 10},
    {"cutting_a_hole_is_the_verified_order", place_for_a_hole, split, 4, TABLES, TABLES / 10},
    {"a_carve_is_the_verified_order", part_of_a_cell, carve, 3, 2 * TABLES, TABLES / 10},
    {"a_merge_is_the_verified_order", two_cells, merge, 4, TABLES, TABLES / 20},
    {"a_merge_that_gives_up_is_the_verified_order", two_cells_that_differ, merge, 4, TABLES,
     TABLES / 20},
    {"a_union_of_two_with_a_change_is_the_verified_order", union_of_two, unite, 5, 3 * TABLES,
     TABLES / 20},
    {"a_union_of_three_with_a_change_is_the_verified_order", union_of_three, unite, 5, 3 * TABLES,
     TABLES / 100},
    {"growing_and_shrinking_the_end_are_the_verified_orders", another_end, change_end, 4, TABLES,
     TABLES / 4},
    {"changing_the_start_is_the_verified_order", another_start, change_start, 4, TABLES,
     TABLES / 4},
    {"suspending_and_resuming_a_cell_is_the_verified_order", any_cell, suspend_and_resume, 4,
     TABLES, TABLES / 2},
    {"replacing_frames_and_then_adding_the_right_is_the_verified_order", any_cell, copy_on_write, 4,
     TABLES, TABLES / 2},
    {"revoking_is_the_verified_order", fewer_rights, revoke, 4, TABLES, TABLES / 2},
    {"clearing_dirty_is_the_verified_order", any_cell, clear_dirty, 4, TABLES, TABLES / 2},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* True if the table allows the edit. */
static bool try_edit(const struct edit_case *c)
{
    struct edit e = {0};

    random_table(c->max_cells);
    e.slot = random_live();
    e.row = rnd(ROWS);
    if (e.slot) {
        e.start = celltable_start(&table, e.slot);
        e.end = celltable_end(&table, e.slot);
    }
    if (!c->prepare(&e))
        return false;
    begin(c->name);
    c->make(&e);
    compare();
    return true;
}

static void the_orders_agree(void **state)
{
    const struct edit_case *c = *state;
    unsigned                n = 0;

    for (unsigned i = 0; i < c->tables; i++)
        n += try_edit(c);
    assert_true(n >= c->at_least);
}

static void inserts_made_moves(void **state)
{
    (void)state;
    assert_true(inserts_with_moves > TABLES / 20);
}

int main(void)
{
    struct CMUnitTest tests[CASES + 1];

    for (size_t i = 0; i < CASES; i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                       .test_func = the_orders_agree,
                                       .initial_state = (void *)(uintptr_t)&cases[i]};
    tests[CASES] = (struct CMUnitTest){.name = "many_of_the_inserts_made_moves",
                                       .test_func = inserts_made_moves};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
