/* SPDX-License-Identifier: Apache-2.0 */
/* faults.c - what is broken on purpose: an edit's program is changed, or the machine's walker.
 *
 * The changes find operations by kind and role, in the first edit of a scenario only. HOISTED is
 * before the first hide, TOUCHED right after it, SHOWN after the last store that shows a cell.
 */
#include <string.h>

#include "world.h"

#define KIND(k) (1u << (k))
#define ROLE(r) (1u << (r))
#define ANY     (~0u)

#define BYTES_AND_GRANTS (KIND(PUT_REG) | KIND(GPUT_REG))

enum place { HOISTED, TOUCHED, SHOWN, LAST };

static bool matches(const struct op *o, unsigned kinds, unsigned roles)
{
    return o->edit == 1 && kinds >> o->kind & 1 && roles >> o->role & 1;
}

static unsigned segment_of_first(const struct plan *p, enum role role)
{
    for (int i = 0; i < p->nops; i++) {
        if (p->op[i].edit == 1 && p->op[i].role == role)
            return p->op[i].seg;
    }
    return p->op[0].seg;
}

static unsigned segment_of_last(const struct plan *p, enum role role)
{
    unsigned seg = p->op[0].seg;
    for (int i = 0; i < p->nops; i++) {
        if (p->op[i].edit == 1 && p->op[i].role == role)
            seg = p->op[i].seg;
    }
    return seg;
}

static uint16_t segment_at(const struct plan *p, enum place place)
{
    switch (place) {
    case HOISTED:
        return (uint16_t)(segment_of_first(p, HIDE) - SEG / 2);
    case TOUCHED:
        return (uint16_t)(segment_of_first(p, HIDE) + SEG / 4);
    case SHOWN:
        return (uint16_t)(segment_of_last(p, SHOW) + SEG / 2);
    default:
        return (uint16_t)(p->op[p->nops - 1].seg + SEG);
    }
}

static void place(struct plan *p, unsigned kinds, unsigned roles, enum place where)
{
    uint16_t seg = segment_at(p, where);
    for (int i = 0; i < p->nops; i++) {
        if (matches(&p->op[i], kinds, roles))
            p->op[i].seg = seg;
    }
}

static void drop(struct plan *p, unsigned kinds, unsigned roles)
{
    int n = 0;
    for (int i = 0; i < p->nops; i++) {
        if (!matches(&p->op[i], kinds, roles))
            p->op[n++] = p->op[i];
    }
    p->nops = n;
}

static struct op *first_of(struct plan *p, unsigned kinds, unsigned roles)
{
    for (int i = 0; i < p->nops; i++) {
        if (matches(&p->op[i], kinds, roles))
            return &p->op[i];
    }
    return &p->op[0];
}

static void hide_at(struct plan *p, int start, int end)
{
    struct op *o = first_of(p, KIND(LO), ROLE(HIDE));
    o->b = (uint8_t)start;
    o->c = (uint8_t)end;
}

/* An atomic operation becomes a load, a fence, and a plain store. */
static void make_plain(struct plan *p, unsigned kind, uint8_t rights)
{
    for (int i = 0, n = p->nops; i < n; i++) {
        struct op o = p->op[i];
        if (o.kind != kind)
            continue;
        struct op load = o;
        load.kind = READ;
        load.c = load.d = load.stage = 0;
        load.seg -= SEG / 4;
        p->op[i].kind = PUT_AD;
        p->op[i].c = 0;
        p->op[i].d = rights;
        p->op[p->nops++] = load;
    }
}

/* --- moving --- */

static void no_hide(struct plan *p)
{
    place(p, ANY, ROLE(HIDE) | ROLE(CLEAR), SHOWN);
}

static void take_before_hide(struct plan *p)
{
    place(p, KIND(READ) | KIND(GREAD), ANY, HOISTED);
    place(p, KIND(PUT) | KIND(GPUT), ROLE(CLEAR), HOISTED);
}

static void read_before_hide(struct plan *p)
{
    place(p, KIND(READ) | KIND(GREAD), ANY, HOISTED);
}

static void read_grants_before_hide(struct plan *p)
{
    place(p, KIND(GREAD), ANY, HOISTED);
}

static void show_before_base(struct plan *p)
{
    place(p, KIND(HI), ROLE(FILL), SHOWN);
}

static void show_before_columns(struct plan *p)
{
    place(p, BYTES_AND_GRANTS, ROLE(FILL), SHOWN);
}

static void base_before_hide(struct plan *p)
{
    place(p, KIND(HI), ROLE(FILL), HOISTED);
}

static void no_clear(struct plan *p)
{
    drop(p, KIND(PUT) | KIND(GPUT), ROLE(CLEAR));
}

static void hide_past_left(struct plan *p)
{
    hide_at(p, 5, 4); /* A ends at 5 */
}

static void hide_past_right(struct plan *p)
{
    hide_at(p, 12, 11); /* K starts at 11 */
}

static void hide_at_minus_one(struct plan *p)
{
    hide_at(p, 0, 15);
}

static void hide_on_wrong_side(struct plan *p)
{
    hide_at(p, 11, 10);
}

static void no_empties(struct plan *p)
{
    for (int i = 0; i < p->nops; i++)
        p->op[i].edit = 1; /* whichever of the edits it is */
    drop(p, KIND(LO), ROLE(EMPTY));
}

static void no_generation(struct plan *p)
{
    for (int i = 0; i < p->nops; i++) {
        if (p->op[i].kind == HI)
            p->op[i].d = 0;
    }
}

/* --- shootdowns and copies --- */

static void no_shootdown(struct plan *p)
{
    drop(p, KIND(ACK), ANY);
}

static void shootdown_first(struct plan *p)
{
    place(p, KIND(ACK), ANY, HOISTED);
}

static void shootdown_last(struct plan *p)
{
    place(p, KIND(ACK), ANY, LAST);
}

static void copy_before_shootdown(struct plan *p)
{
    place(p, KIND(COPY), ANY, TOUCHED);
}

/* --- splitting and merging --- */

static void no_hide_at_all(struct plan *p)
{
    drop(p, ANY, ROLE(HIDE));
}

static void hide_right_only(struct plan *p)
{
    struct op *o = first_of(p, KIND(LO), ROLE(HIDE));
    memmove(o, o + 1, (size_t)(&p->op[p->nops] - (o + 1)) * sizeof(*o));
    p->nops--;
}

static void no_inherited_dirty(struct plan *p)
{
    drop(p, KIND(OR_MARKS), ANY);
}

static void no_comparison(struct plan *p)
{
    drop(p, KIND(BRANCH), ANY);
}

/* --- rights --- */

static void keep_grants(struct plan *p)
{
    drop(p, KIND(GPUT), ANY);
}

static void clear_whole_byte(struct plan *p)
{
    first_of(p, KIND(AND), ANY)->c = 0;
}

static void plain_revoke(struct plan *p)
{
    make_plain(p, AND, 0);
}

static void plain_add(struct plan *p)
{
    make_plain(p, OR, p->init.perm[0][3] & RIGHTS ? V | R | W : V | W);
}

const struct fault faults[] = {
    {"move_without_a_hide", "insert_after_a_move_right", no_hide, SOUND, false},
    {"bytes_and_grants_taken_before_the_hide", "insert_after_a_move_right", take_before_hide, SOUND,
     false},
    {"columns_read_before_the_hide", "insert_after_a_move_right", read_before_hide, SOUND, false},
    {"grants_read_before_the_hide", "insert_after_a_move_right", read_grants_before_hide, SOUND,
     false},
    {"low_word_before_the_high_word", "shrink_at_the_start", show_before_base, SOUND, false},
    {"low_word_before_the_high_word_in_a_clean_slot", "insert_after_two_moves_right",
     show_before_base, SOUND, true},
    {"low_word_before_the_column", "insert_after_a_move_right", show_before_columns, SOUND, false},
    {"high_word_before_the_hide", "shrink_at_the_start", base_before_hide, SOUND, false},
    {"column_of_the_old_slot_not_cleared", "move_right", no_clear, SOUND, false},
    {"hidden_left_of_the_gap", "insert_after_a_move_right", hide_past_left, SOUND, false},
    {"hidden_right_of_the_gap", "move_two_right", hide_past_right, SOUND, false},
    {"hidden_at_minus_one", "insert_after_a_move_right", hide_at_minus_one, SOUND, false},
    {"hidden_where_it_moves_to", "move_right", hide_on_wrong_side, SOUND, false},
    {"grown_past_stale_empties", "remove_then_grow_over_it", no_empties, SOUND, false},
    {"inserted_before_stale_empties", "insert_between_empty_slots", no_empties, SOUND, false},
    {"start_lowered_past_stale_empties", "grow_down_to_page_one", no_empties, SOUND, false},
    {"moved_over_stale_empties", "move_far_right", no_empties, SOUND, false},
    {"merged_over_stale_empties", "merge_over_a_gap", no_empties, SOUND, false},
    {"generation_stands_still", "insert_twice_and_come_back", no_generation, SOUND, false},
    {"remove_without_a_shootdown", "remove_in_the_middle", no_shootdown, SOUND, false},
    {"hole_without_a_shootdown", "split_with_a_hole", no_shootdown, SOUND, false},
    {"shrink_without_a_shootdown", "shrink_the_end", no_shootdown, SOUND, false},
    {"shrink_at_the_start_without_a_shootdown", "shrink_at_the_start", no_shootdown, SOUND, false},
    {"migrate_without_a_shootdown", "migrate", no_shootdown, SOUND, false},
    {"copy_on_write_without_a_shootdown", "copy_on_write", no_shootdown, SOUND, false},
    {"revoke_without_a_shootdown", "revoke_from_one_row", no_shootdown, SOUND, false},
    {"reduce_without_a_shootdown", "reduce_rights", no_shootdown, SOUND, false},
    {"clear_dirty_without_a_shootdown", "clear_dirty", no_shootdown, SOUND, false},
    {"protect_the_middle_without_a_shootdown", "carve_the_middle", no_shootdown, SOUND, false},
    {"shootdown_before_the_hide", "remove_in_the_middle", shootdown_first, SOUND, false},
    {"shootdown_only_after_the_right_to_write", "copy_on_write", shootdown_last, SOUND, false},
    {"frames_copied_before_the_shootdown", "migrate", copy_before_shootdown, SOUND, false},
    {"split_without_a_hide", "split_in_two", no_hide_at_all, SOUND, false},
    {"split_reads_before_the_hide", "split_in_two", read_before_hide, SOUND, false},
    {"merge_hides_the_right_cell_only", "merge_neighbours", hide_right_only, SOUND, false},
    {"merge_drops_the_dirty_bit", "merge_neighbours", no_inherited_dirty, SOUND, false},
    {"merge_does_not_compare_when_hidden", "merge_neighbours", no_comparison, SOUND, false},
    {"revoke_keeps_the_grants", "revoke_from_both_rows", keep_grants, SOUND, false},
    {"revoke_clears_the_dirty_bit", "revoke_from_one_row", clear_whole_byte, SOUND, false},
    {"revoke_by_load_and_store", "revoke_from_one_row", plain_revoke, SOUND, false},
    {"right_added_by_load_and_store", "add_a_right", plain_add, SOUND, false},
    {"walker_does_not_read_again", "insert_after_a_move_right", NULL, NO_REREAD, false},
    {"walker_reads_again_before_it_sets_dirty", "remove_in_the_middle", NULL, REREAD_EARLY, false},
    {"walker_reads_only_the_low_word_again", "insert_twice_and_come_back", NULL, REREAD_LOW_ONLY,
     false},
    {"walker_sets_dirty_by_a_plain_store", "remove_in_the_middle", NULL, PLAIN_AD, false},
    {"walker_reads_descriptors_in_halves", "insert_after_a_move_right", NULL, HALVES, true},
    {"walker_reads_descriptors_in_halves_at_a_new_start", "shrink_at_the_start", NULL, HALVES,
     true},
};
const unsigned nfaults = sizeof(faults) / sizeof(faults[0]);
