/* SPDX-License-Identifier: Apache-2.0 */
/* scenarios.c - tables and what is done to them.
 *
 * Pictures show slots from 1: A and B are the cells ([3,5] and [8,9], or [3,5] and [6,7] where they
 * touch), K the kernel's first one ([11,12]), . an empty slot, X a new cell.
 */
#include <string.h>

#include "world.h"

/* --- insert --- */

static void insert_in_gap(struct plan *p, const uint8_t *rights) /* A.B..K -> AXB..K */
{
    order_insert(p, 2, 6, 7, 50, rights);
}

static void insert_one_right(struct plan *p, const uint8_t *rights) /* AB...K -> AXB..K */
{
    order_move(p, 2, 3);
    order_insert(p, 2, 6, 6, 50, rights);
}

static void insert_one_left(struct plan *p, const uint8_t *rights) /* .ABK -> AXBK */
{
    order_move(p, 2, 1);
    order_insert(p, 2, 6, 7, 50, rights);
}

static void insert_two_right(struct plan *p, const uint8_t *rights) /* AB.K -> XABK */
{
    order_move(p, 2, 3);
    order_move(p, 1, 2);
    order_insert(p, 1, 1, 2, 50, rights);
}

static void insert_two_left(struct plan *p, const uint8_t *rights) /* .ABK -> ABXK */
{
    order_move(p, 2, 1);
    order_move(p, 3, 2);
    order_insert(p, 3, 10, 10, 50, rights);
}

static void insert_between_empties(struct plan *p, const uint8_t *rights) /* ..AB.K -> .XAB.K */
{
    order_insert(p, 2, 2, 2, 50, rights);
}

static void insert_middle_of_three(struct plan *p, const uint8_t *rights) /* A...BK -> A.X.BK */
{
    order_insert(p, 3, 7, 7, 50, rights);
}

static void insert_back_and_forth(struct plan *p, const uint8_t *rights)
{
    order_move(p, 2, 3); /* .A.K -> .XAK: X takes the slot that A had, ... */
    order_insert(p, 2, 1, 1, 50, rights);
    order_move(p, 2, 1); /* ... -> XAYK: and A comes back to it */
    order_move(p, 3, 2);
    order_insert(p, 3, 8, 8, 55, rights);
}

/* --- remove --- */

static void remove_b(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_remove(p, 3);
}

static void remove_a(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_remove(p, 2);
}

static void remove_then_grow(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_remove(p, 3);
    order_grow_end(p, 1, 9);
}

static void remove_then_insert(struct plan *p, const uint8_t *rights)
{
    order_remove(p, 3);
    order_insert(p, 3, 6, 7, 50, rights);
}

/* --- split and merge --- */

static void split_in_two(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_split(p, 1, 4, 5);
}

static void split_hole(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_split(p, 1, 3, 5);
}

static void carve_middle(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_carve(p, 1, 4, 4, 0, R);
}

static void carve_first(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_carve(p, 1, 3, 3, 0, R);
}

static void carve_last(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_carve(p, 1, 5, 5, 1, R | W);
}

static void carve_to_nothing(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_carve(p, 1, 4, 4, 1, 0);
}

static void split_with_move(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_move(p, 2, 3);
    order_split(p, 1, 3, 4);
}

static void split_then_merge(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_split(p, 1, 3, 4);
    order_merge(p, 1, 2);
}

/* Rights of a part taken away and given back, as mprotect() twice does. */
static void carve_then_unite(struct plan *p, const uint8_t *rights)
{
    const struct unite u = {3, {1, 2, 3}, 1, 0, R | W};
    (void)rights;
    order_carve(p, 1, 4, 4, 0, R);
    order_unite(p, &u);
}

static void unite_two_changing_the_first(struct plan *p, const uint8_t *rights)
{
    const struct unite u = {2, {1, 2}, 0, 0, R};
    (void)rights;
    order_carve(p, 1, 5, 5, 0, R);
    order_unite(p, &u);
}

static void unite_two_changing_the_second(struct plan *p, const uint8_t *rights)
{
    const struct unite u = {2, {1, 2}, 1, 0, R};
    (void)rights;
    order_carve(p, 1, 3, 3, 0, R);
    order_unite(p, &u);
}

static void merge_neighbours(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_merge(p, 1, 2);
}

static void merge_over_a_gap(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_merge(p, 2, 4);
}

/* --- grow and shrink --- */

static void grow_end(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_grow_end(p, 1, 7);
}

static void shrink_end(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_shrink_end(p, 1, 3);
}

static void grow_start(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_change_start(p, 3, 6);
}

static void grow_start_to_page_1(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_change_start(p, 3, 1);
}

static void shrink_start(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_change_start(p, 1, 4);
}

static void grow_then_shrink(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_grow_end(p, 1, 7);
    order_shrink_end(p, 1, 4);
}

/* --- frames --- */

static void migrate(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_migrate(p, 1, 60);
}

static void copy_on_write(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_copy_on_write(p, 1, 60);
}

/* --- rights --- */

static void revoke_one(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_revoke(p, 1, 1, 0);
}

static void revoke_both(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_revoke(p, 1, 0, 0);
    order_revoke(p, 1, 1, 0);
}

static void reduce_rights(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_revoke(p, 1, 0, R);
}

static void add_right(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_add_rights(p, 3, 0, W);
}

static void clear_dirty(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_clear_dirty(p, 1);
}

/* --- rebalancing --- */

static void move_right(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_move(p, 2, 3);
}

static void move_left(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_move(p, 2, 1);
}

static void move_two_right(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_move(p, 3, 4);
    order_move(p, 2, 3);
}

static void move_far_right(struct plan *p, const uint8_t *rights) /* A...BK -> ...ABK */
{
    (void)rights;
    order_move(p, 1, 4);
}

static void move_far_left(struct plan *p, const uint8_t *rights) /* A...BK -> AB...K */
{
    (void)rights;
    order_move(p, 5, 2);
}

/* --- another table --- */

static void replace_table(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_STOPPED);
}

static void replace_table_ahead(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_AHEAD);
}

static void replace_running(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_RUNNING);
}

static void replace_bytes_ahead(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_BYTES_AHEAD);
}

static void replace_grants_ahead(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_GRANTS_AHEAD);
}

static void replace_let_go(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_LET_GO);
}

static void replace_free_early(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    order_replace_table(p, REPLACE_FREE_EARLY);
}

/* --- naive --- */

static void migrate_naive(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    naive_migrate_by_write_protection(p, 1, 60);
}

static void copy_on_write_naive(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    naive_copy_on_write_right_first(p, 1, 60);
}

static void revoke_naive(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    naive_revoke(p, 1, false);
}

static void revoke_naive_twice(struct plan *p, const uint8_t *rights)
{
    (void)rights;
    naive_revoke(p, 1, true);
}

const struct scenario scenarios[] = {
    {"insert_into_a_gap", insert_in_gap, {6, 1, 3, 6, false, false}, false},
    {"insert_after_a_move_right", insert_one_right, {6, 1, 2, 6, false, false}, false},
    {"insert_after_a_move_left", insert_one_left, {4, 2, 3, 4, false, false}, false},
    {"insert_after_two_moves_right", insert_two_right, {4, 1, 2, 4, false, false}, false},
    {"insert_after_two_moves_left", insert_two_left, {4, 2, 3, 4, false, false}, false},
    {"insert_between_empty_slots", insert_between_empties, {6, 3, 4, 6, false, false}, false},
    {"insert_in_the_middle_of_three", insert_middle_of_three, {6, 1, 5, 6, false, false}, false},
    {"remove_in_the_middle", remove_b, {6, 1, 3, 6, false, false}, false},
    {"remove_the_first_cell", remove_a, {6, 2, 4, 6, false, false}, false},
    {"split_in_two", split_in_two, {6, 1, 4, 6, false, false}, false},
    {"split_with_a_hole", split_hole, {6, 1, 4, 6, false, false}, false},
    {"carve_the_middle", carve_middle, {6, 1, 4, 6, false, false}, false},
    {"carve_the_first_part", carve_first, {6, 1, 4, 6, false, false}, false},
    {"carve_the_last_part", carve_last, {6, 1, 4, 6, false, false}, false},
    {"carve_and_take_everything", carve_to_nothing, {6, 1, 4, 6, false, false}, false},
    {"carve_then_unite_three", carve_then_unite, {5, 1, 4, 5, false, false}, false},
    {"unite_two_and_change_the_first",
     unite_two_changing_the_first,
     {4, 1, 3, 4, false, false},
     false},
    {"unite_two_and_change_the_second",
     unite_two_changing_the_second,
     {4, 1, 3, 4, false, false},
     false},
    {"split_after_a_move", split_with_move, {5, 1, 2, 5, false, false}, false},
    {"merge_neighbours", merge_neighbours, {6, 1, 2, 6, true, false}, false},
    {"merge_over_a_gap", merge_over_a_gap, {6, 2, 4, 6, true, false}, false},
    {"insert_between_low_empty_slots", insert_middle_of_three, {6, 1, 5, 6, false, true}, false},
    {"grow_the_end_over_low_empty_slots", grow_end, {6, 1, 4, 6, false, true}, false},
    {"grow_the_end", grow_end, {6, 1, 3, 6, false, false}, false},
    {"shrink_the_end", shrink_end, {6, 1, 3, 6, false, false}, false},
    {"grow_at_the_start", grow_start, {6, 1, 3, 6, false, false}, false},
    {"grow_down_to_page_one", grow_start_to_page_1, {5, 3, 4, 5, false, false}, false},
    {"shrink_at_the_start", shrink_start, {6, 1, 3, 6, false, false}, false},
    {"migrate", migrate, {6, 1, 3, 6, false, false}, false},
    {"copy_on_write", copy_on_write, {6, 1, 3, 6, false, false}, true},
    {"revoke_from_one_row", revoke_one, {6, 1, 3, 6, false, false}, false},
    {"revoke_from_both_rows", revoke_both, {6, 1, 3, 6, false, false}, false},
    {"reduce_rights", reduce_rights, {6, 1, 3, 6, false, false}, false},
    {"add_a_right", add_right, {6, 1, 3, 6, false, false}, false},
    {"clear_dirty", clear_dirty, {6, 1, 3, 6, false, false}, false},
    {"move_right", move_right, {5, 1, 2, 5, false, false}, false},
    {"move_left", move_left, {5, 2, 4, 5, false, false}, false},
    {"move_two_right", move_two_right, {5, 2, 3, 5, false, false}, false},
    {"move_far_right", move_far_right, {6, 1, 5, 6, false, false}, false},
    {"move_far_left", move_far_left, {6, 1, 5, 6, false, false}, false},
    {"insert_twice_and_come_back", insert_back_and_forth, {4, 2, 0, 4, false, false}, false},
    {"remove_then_grow_over_it", remove_then_grow, {5, 1, 3, 5, false, false}, false},
    {"remove_then_insert_there", remove_then_insert, {4, 2, 3, 4, false, false}, false},
    {"grow_then_shrink", grow_then_shrink, {5, 1, 3, 5, false, false}, false},
    {"split_then_merge", split_then_merge, {4, 1, 3, 4, false, false}, false},
    {"replace_the_table", replace_table, {2, 1, 2, 0, false, false}, false},
    {"replace_the_table_descriptors_ahead", replace_table_ahead, {2, 1, 2, 0, false, false}, false},
    {"replace_the_table_and_free_it_while_all_stand",
     replace_free_early,
     {2, 1, 2, 0, false, false},
     false},
};
const unsigned nscenarios = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario naive_scenarios[] = {
    {"migrate_by_write_protection", migrate_naive, {6, 1, 3, 6, false, false}, false},
    {"copy_on_write_with_the_right_first", copy_on_write_naive, {6, 1, 3, 6, false, false}, true},
    {"revoke_bytes_then_grants", revoke_naive, {6, 1, 3, 6, false, false}, false},
    {"revoke_bytes_grants_bytes", revoke_naive_twice, {6, 1, 3, 6, false, false}, false},
    {"replace_the_table_while_all_run", replace_running, {2, 1, 2, 0, false, false}, false},
    {"replace_the_table_bytes_copied_ahead",
     replace_bytes_ahead,
     {2, 1, 2, 0, false, false},
     false},
    {"replace_the_table_grants_copied_ahead",
     replace_grants_ahead,
     {2, 1, 2, 0, false, false},
     false},
    {"replace_the_table_and_let_go_before_the_switch",
     replace_let_go,
     {2, 1, 2, 0, false, false},
     false},
};
const unsigned nnaive = sizeof(naive_scenarios) / sizeof(naive_scenarios[0]);

int scenario_find(const char *name)
{
    for (unsigned i = 0; i < nscenarios; i++) {
        if (strcmp(scenarios[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

const struct fault *world_seeded;
int                 world_without_fence = -1;

/* Segment k + 1 begins before k has ended. */
static void leave_out_fence(struct plan *p, int k)
{
    int segments = 0, last = -1, joined = -1;

    for (int i = 0; i < p->nops; i++) {
        if (p->op[i].seg != last)
            segments++;
        last = p->op[i].seg;
        if (segments == k + 1)
            joined = last;
        else if (segments == k + 2)
            p->op[i].seg = (uint16_t)joined;
        for (int j = 0; segments == k + 2 && j < p->njumps; j++) {
            if (p->jump[j] == last) /* its end is the joined segment's */
                p->jump[j] = (uint16_t)joined;
        }
    }
}

bool scenario_build(const struct scenario *s, const struct variant *v, struct plan *p)
{
    static const uint8_t other[ROWS] = {V | R | X, V | R | W}, same[ROWS] = {V | R | W, V | R | W};

    if ((v->rights == 2) != s->read_only)
        return false;
    plan_start(p, &s->setup, v);
    s->build(p, v->rights == 1 ? same : other);
    if (world_seeded && world_seeded->plan)
        world_seeded->plan(p);
    if (world_without_fence >= 0)
        leave_out_fence(p, world_without_fence);
    plan_finish(p, s->name);
    return true;
}
