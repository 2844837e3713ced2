/* SPDX-License-Identifier: Apache-2.0 */
/* orders.c - the edits of celltable.c, operation by operation.
 *
 * test/proof/conform_edits.c compares these programs with what celltable.c does: the same operations with the
 * same values between the same fences. docs/edit-protocol.md says why they are as they are.
 */
#include "world.h"

/* --- moving a cell --- */

void order_move(struct plan *p, int from, int to)
{
    struct slot c = p->t[from];
    int         e = to > from ? c.start - 1 : c.end;

    plan_edit(p);
    plan_hide(p, from, e, 0);
    plan_fence(p);
    for (int i = from < to ? from + 1 : to + 1; i < (from < to ? to : from); i++)
        plan_emit(p, LO, EMPTY, i, e + 1, e, 0);
    plan_read(p, from, 0);
    plan_clear(p, from);
    plan_fence(p);
    plan_fill(p, to, 0);
    plan_emit(p, HI, FILL, to, c.base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, to, c.start, c.end, 0);
    plan_emit(p, HI, CLEAR, from, 0, 0, 0);
    p->t[from].live = 0;
    plan_live(p, to, c.start, c.end, c.base);
}

/* --- in and out --- */

void order_insert(struct plan *p, int slot, int start, int end, int base, const uint8_t *rights)
{
    int stage = plan_stage(p);
    plan_map(p, stage, start, end, base, rights);
    plan_touch(p, start, end);

    plan_edit(p);
    plan_empties_before(p, slot, start);
    plan_empties_after(p, slot, end);
    for (int row = 0; row < ROWS; row++) /* the grants of an empty slot are none already */
        plan_emit(p, PUT, FILL, row, slot, rights[row], 0);
    plan_emit(p, HI, FILL, slot, base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, start, end, 0)->stage = (uint8_t)stage;
    plan_live(p, slot, start, end, base);
}

void order_remove(struct plan *p, int slot)
{
    int stage = plan_stage(p);
    plan_unmap(p, stage, p->t[slot].start, p->t[slot].end);
    p->collects = true;

    plan_edit(p);
    plan_hide(p, slot, slot > 1 ? p->t[slot - 1].e : 0, stage);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_clear(p, slot);
    plan_emit(p, HI, CLEAR, slot, 0, 0, 0);
    plan_shootdown(p, ALWAYS);
    p->t[slot].live = 0;
}

/* --- cutting --- */

/* [start, left_end] stays in slot, [right_start, end] goes to the next; what lies between is gone. */
void order_split(struct plan *p, int slot, int left_end, int right_start)
{
    struct slot c = p->t[slot];
    int         base = c.base + right_start - c.start, stage = 0, right = slot + 1;
    bool        hole = right_start > left_end + 1;

    p->in_place = true;
    if (hole) {
        stage = plan_stage(p);
        plan_unmap(p, stage, left_end + 1, right_start - 1);
        p->collects = true;
    }
    plan_edit(p);
    plan_hide(p, slot, c.start - 1, stage);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_fence(p);
    plan_fill(p, right, 0);
    plan_emit(p, HI, FILL, right, base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, right, right_start, c.end, 0);
    plan_emit(p, LO, SHOW, slot, c.start, left_end, 0);
    plan_live(p, slot, c.start, left_end, c.base);
    plan_live(p, right, right_start, c.end, base);
    if (hole)
        plan_shootdown(p, ALWAYS);
}

/* The truth of a change of rights, which takes away what more there was. */
static int change_stage(struct plan *p, int first, int last, int row, unsigned rights)
{
    int stage = plan_stage(p);
    for (int q = first; q <= last; q++) {
        p->set_rights[stage][row][q] = (uint8_t)(CHANGE | rights);
        for (int r = 0; r < ROWS; r++)
            p->set_grants[stage][r][q] = SCRUB;
    }
    return stage;
}

/* Exactly these rights in a hidden slot that will be shown again, which takes away or only adds. */
static void write_rights(struct plan *p, int slot, int row, unsigned rights)
{
    plan_emit(p, AND_IF_TAKES, CLEAR, row, slot, A | D, 0);
    if (rights)
        plan_emit(p, OR, FILL, row, slot, (int)(V | A | rights), 0);
    for (int r = 0; r < ROWS; r++)
        plan_emit(p, GPUT_IF_TAKES, CLEAR, r, slot, NO_GRANT, 0);
}

static void put_changed_column(struct plan *p, int slot, int row, unsigned rights)
{
    for (int r = 0; r < ROWS; r++) {
        if (r == row)
            plan_emit(p, PUT_CHANGED, FILL, r, slot, 0, (int)rights);
        else
            plan_emit(p, PUT_REG, FILL, r, slot, 0, 0);
        plan_emit(p, GPUT_CHANGED, FILL, r, slot, 0, 0);
    }
}

/* [first, last] becomes a cell of its own with other rights for one row. */
void order_carve(struct plan *p, int slot, int first, int last, int row, unsigned rights)
{
    struct slot c = p->t[slot];
    bool        left = first > c.start, right = last < c.end;
    int         mid = slot + left, tail = mid + 1;
    int         stage = change_stage(p, first, last, row, rights);

    p->in_place = true;
    plan_edit(p);
    plan_hide(p, slot, c.start - 1, 0);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_emit(p, READ, PLAIN, row, slot, 1, 0); /* once more, for the decision */
    for (int r = 0; r < ROWS; r++)
        plan_emit(p, GREAD, PLAIN, r, slot, 1, 0);
    plan_emit(p, DECIDE, PLAIN, row, 1, (int)rights, 1);
    plan_fence(p);
    if (right) {
        plan_fill(p, tail, 0);
        plan_emit(p, HI, FILL, tail, c.base + last + 1 - c.start, 1, 1);
    }
    if (left) {
        put_changed_column(p, mid, row, rights);
        plan_emit(p, HI, FILL, mid, c.base + first - c.start, 1, 1);
        plan_emit(p, LO, EMPTY, mid, first, first - 1, 0);
    } else {
        write_rights(p, slot, row, rights);
    }
    plan_fence(p);
    if (right)
        plan_emit(p, LO, SHOW, tail, last + 1, c.end, 0);
    plan_emit(p, LO, SHOW, mid, first, last, 0)->stage = (uint8_t)stage;
    if (left)
        plan_emit(p, LO, SHOW, slot, c.start, first - 1, 0);
    plan_live(p, slot, c.start, first - 1, c.base);
    plan_live(p, mid, first, last, c.base + first - c.start);
    if (right)
        plan_live(p, tail, last + 1, c.end, c.base + last + 1 - c.start);
    plan_shootdown(p, IF_TAKES);
}

/* --- joining --- */

/* A and D of cell k go to the first one. */
static void add_marks(struct plan *p, const struct unite *u, int k)
{
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, READ, PLAIN, row, u->slot[0], 3 + k, 0);
        plan_emit(p, OR_MARKS, FILL, row, u->slot[0], 3 + k, k);
    }
}

/* The first cell's slot becomes the place of all; the other ones and those between are empty. */
static void empty_others(struct plan *p, const struct unite *u, int end)
{
    for (int k = 1; k < u->n; k++) {
        plan_clear(p, u->slot[k]);
        plan_emit(p, HI, CLEAR, u->slot[k], 0, 0, 0);
    }
    for (int i = u->slot[0] + 1; i <= u->slot[u->n - 1]; i++)
        plan_emit(p, LO, EMPTY, i, end + 1, end, 0);
}

void order_unite(struct plan *p, const struct unite *u)
{
    struct slot c[3];
    int         stage = 0, first = u->slot[0];
    bool        changes = u->changed < u->n;

    for (int k = 0; k < u->n; k++)
        c[k] = p->t[u->slot[k]];
    int end = c[u->n - 1].end;
    if (changes)
        stage = change_stage(p, c[u->changed].start, c[u->changed].end, u->row, u->rights);

    p->in_place = true;
    plan_edit(p);
    plan_hide(p, first, c[0].start - 1, 0);
    for (int k = 1; k < u->n; k++)
        plan_hide(p, u->slot[k], c[k].end, 0);
    plan_fence(p);
    for (int k = 0; k < u->n; k++)
        plan_read(p, u->slot[k], k);
    struct op *branch = plan_emit(p, BRANCH, PLAIN, 0, u->n | u->changed << 4, u->row,
                                  (int)u->rights);
    if (changes)
        plan_emit(p, DECIDE, PLAIN, u->row, u->changed, (int)u->rights, 0);
    if (u->changed == 0)
        write_rights(p, first, u->row, u->rights);
    for (int k = 1; k < u->n; k++)
        add_marks(p, u, k);
    plan_fence(p);
    empty_others(p, u, end);
    plan_fence(p);
    plan_emit(p, LO, SHOW, first, c[0].start, end, 0)->stage = (uint8_t)stage;
    if (changes)
        plan_shootdown(p, IF_TAKES);
    p->jump[p->njumps++] = p->op[p->nops - 1].seg; /* the edit ends here */

    /* They differ: nothing but the ranges was changed, and all are put back. */
    plan_fence(p);
    branch->a = (uint8_t)p->seg;
    for (int k = 1; k < u->n; k++)
        plan_emit(p, LO, SHOW, u->slot[k], c[k].start, c[k].end, 0);
    plan_fence(p);
    plan_emit(p, LO, SHOW, first, c[0].start, c[0].end, 0);

    for (int i = first + 1; i <= u->slot[u->n - 1]; i++)
        p->t[i] = (struct slot){0, 0, 0, 0, (uint8_t)end};
    plan_live(p, first, c[0].start, end, c[0].base);
}

void order_merge(struct plan *p, int slot, int right)
{
    const struct unite u = {.n = 2, .slot = {slot, right}, .changed = 2};
    order_unite(p, &u);
}

/* --- growing and shrinking --- */

void order_grow_end(struct plan *p, int slot, int end)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p);

    p->in_place = true;
    for (int q = c.end + 1; q <= end; q++)
        plan_inherit(p, stage, q, c.base + q - c.start, AS_LEFT);
    plan_touch(p, c.end + 1, end);
    plan_edit(p);
    plan_empties_after(p, slot, end);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, c.start, end, 0)->stage = (uint8_t)stage;
    plan_live(p, slot, c.start, end, c.base);
}

void order_shrink_end(struct plan *p, int slot, int end)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p);

    p->in_place = true;
    plan_unmap(p, stage, end + 1, c.end);
    plan_edit(p);
    plan_emit(p, LO, SHOW, slot, c.start, end, 0)->stage = (uint8_t)stage;
    plan_shootdown(p, ALWAYS);
    plan_live(p, slot, c.start, end, c.base);
}

void order_change_start(struct plan *p, int slot, int start)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p), base = c.base + start - c.start;
    bool        grows = start < c.start;

    p->in_place = true;
    if (grows) {
        for (int q = start; q < c.start; q++)
            plan_inherit(p, stage, q, base + q - start, AS_RIGHT);
        plan_touch(p, start, c.start - 1);
    } else {
        plan_unmap(p, stage, c.start, start - 1);
    }
    plan_edit(p);
    if (grows) {
        plan_empties_before(p, slot, start);
        plan_fence(p);
    }
    plan_hide(p, slot, (grows ? start : c.start) - 1, grows ? 0 : stage);
    plan_fence(p);
    plan_emit(p, HI, FILL, slot, base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, start, c.end, 0)->stage = (uint8_t)(grows ? stage : 0);
    if (!grows)
        plan_shootdown(p, ALWAYS);
    plan_live(p, slot, start, c.end, base);
}

/* --- other frames --- */

/* Suspend (hide, shootdown), copy, resume. */
void order_migrate(struct plan *p, int slot, int base)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p);

    p->migrates = true;
    plan_map(p, stage, c.start, c.end, base, NULL);
    plan_edit(p);
    plan_hide(p, slot, c.start - 1, 0);
    plan_shootdown(p, ALWAYS);
    plan_emit(p, COPY, PLAIN, 0, 0, 0, 0);
    plan_fence(p);
    plan_emit(p, HI, FILL, slot, base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, c.start, c.end, 0)->stage = (uint8_t)stage;
    plan_live(p, slot, c.start, c.end, base);
}

/* Contents are equal and nobody can write; row 0 may, once all use the new frames. */
void order_copy_on_write(struct plan *p, int slot, int base)
{
    struct slot c = p->t[slot];
    int         moved = plan_stage(p);
    plan_map(p, moved, c.start, c.end, base, NULL);

    plan_edit(p);
    plan_emit(p, HI, FILL, slot, base, 1, 1)->stage = (uint8_t)moved;
    plan_shootdown(p, ALWAYS);
    plan_live(p, slot, c.start, c.end, base);
    order_add_rights(p, slot, 0, W);
}

/* --- rights --- */

/* Compartment row + 1 has exactly these rights afterwards. */
void order_revoke(struct plan *p, int slot, int row, unsigned rights)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p);

    for (int q = c.start; q <= c.end; q++) {
        p->revoked_page[q] = 1;
        p->set_rights[stage][row][q] = (uint8_t)(rights ? V | rights : 0);
        for (int r = 0; r < ROWS; r++)
            p->set_grants[stage][r][q] = NO_GRANT;
    }
    if (!rights) {
        p->revoked |= 1u << row;
        if (!p->revoke_stage)
            p->revoke_stage = stage;
    }
    plan_edit(p);
    plan_hide(p, slot, c.start - 1, 0);
    plan_fence(p);
    plan_emit(p, AND, CLEAR, row, slot, A | D, 0);
    if (rights)
        plan_emit(p, OR, FILL, row, slot, (int)(V | A | rights), 0);
    for (int r = 0; r < ROWS; r++)
        plan_emit(p, GPUT, CLEAR, r, slot, NO_GRANT, 0);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, c.start, c.end, 0)->stage = (uint8_t)stage;
    plan_shootdown(p, ALWAYS);
}

void order_add_rights(struct plan *p, int slot, int row, unsigned rights)
{
    int stage = plan_stage(p);
    for (int q = p->t[slot].start; q <= p->t[slot].end; q++)
        p->set_rights[stage][row][q] = (uint8_t)(ADD | V | rights);
    plan_edit(p);
    plan_emit(p, OR, SHOW, row, slot, (int)(V | A | rights), 0)->stage = (uint8_t)stage;
}

void order_clear_dirty(struct plan *p, int slot)
{
    p->collects = true;
    plan_edit(p);
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, READ, PLAIN, row, slot, 0, 0);
        plan_emit(p, AND_IF_D, CLEAR, row, slot, 0xff & ~D, 0);
    }
    /* No fence before it in the code: whether there is a shootdown at all depends on what the
     * amoands returned, and stores wait for branches. */
    plan_fence(p);
    for (int h = 0; h < HARTS; h++)
        plan_emit(p, ACK, PLAIN, h, 0, IF_COLLECTED, 0);
}
