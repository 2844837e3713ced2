/* SPDX-License-Identifier: Apache-2.0 */
/* orders.c - the edits of celltable.c, operation by operation.
 *
 * test/proof/conform.c compares these programs with what celltable.c does: the same operations with the
 * same values between the same fences. docs/edit-protocol.md says why they are as they are.
 */
#include "world.h"

/* --- moving a cell --- */

void order_move(struct plan *p, int from, int to)
{
    struct slot c = p->t[from];
    int         e = to > from ? c.start - 1 : plan_right_start(p, from) - 1;

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
    plan_empties_before(p, slot, start - 1);
    plan_empties_after(p, slot);
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
    plan_hide(p, slot, plan_right_start(p, slot) - 1, stage);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_clear(p, slot);
    plan_emit(p, HI, CLEAR, slot, 0, 0, 0);
    plan_shootdown(p);
    p->t[slot].live = 0;
}

/* --- cutting --- */

/* [start, left_end] stays in slot, [right_start, end] goes to `right`; what lies between is gone. */
void order_split(struct plan *p, int slot, int right, int left_end, int right_start)
{
    struct slot c = p->t[slot];
    int         base = c.base + right_start - c.start, stage = 0;
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
    for (int i = slot + 1; i < right; i++)
        plan_emit(p, LO, EMPTY, i, right_start, right_start - 1, 0);
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
        plan_shootdown(p);
}

/* Three cells of one in slots slot, slot + 1, slot + 2; the middle one is one page before
 * right_start and gets these rights and no grants. */
void order_split_three(struct plan *p, int slot, int right_start, const uint8_t *rights)
{
    struct slot c = p->t[slot];
    int         mid = right_start - 1, stage = plan_stage(p), right = slot + 2;

    p->in_place = true;
    for (int row = 0; row < ROWS; row++) {
        p->set_rights[stage][row][mid] = rights[row];
        p->set_grants[stage][row][mid] = NO_GRANT;
    }
    plan_edit(p);
    plan_hide(p, slot, c.start - 1, 0);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_fence(p);
    plan_fill(p, right, 0);
    plan_emit(p, HI, FILL, right, c.base + right_start - c.start, 1, 1);
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, PUT_AD, FILL, row, slot + 1, 0, rights[row]);
        plan_emit(p, GPUT, FILL, row, slot + 1, NO_GRANT, 0);
    }
    plan_emit(p, HI, FILL, slot + 1, c.base + mid - c.start, 1, 1);
    plan_emit(p, LO, EMPTY, slot + 1, mid, mid - 1, 0); /* not right of the third part */
    plan_fence(p);
    plan_emit(p, LO, SHOW, right, right_start, c.end, 0);
    plan_emit(p, LO, SHOW, slot + 1, mid, mid, 0)->stage = (uint8_t)stage;
    plan_emit(p, LO, SHOW, slot, c.start, mid - 1, 0);
    plan_live(p, slot, c.start, mid - 1, c.base);
    plan_live(p, slot + 1, mid, mid, c.base + mid - c.start);
    plan_live(p, right, right_start, c.end, c.base + right_start - c.start);
    plan_shootdown(p);
}

/* --- joining --- */

void order_merge(struct plan *p, int slot, int right)
{
    struct slot a = p->t[slot], b = p->t[right];
    int         e = plan_right_start(p, right) - 1;

    p->in_place = true;
    plan_edit(p);
    plan_hide(p, slot, a.start - 1, 0);
    plan_hide(p, right, e, 0);
    plan_fence(p);
    plan_read(p, slot, 0);
    plan_read(p, right, 1);
    struct op *branch = plan_emit(p, BRANCH, PLAIN, 0, 0, 0, 0);
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, READ, PLAIN, row, right, 2, 0);
        plan_emit(p, OR_AD, FILL, row, slot, 2, 0);
    }
    plan_fence(p);
    plan_clear(p, right);
    plan_emit(p, HI, CLEAR, right, 0, 0, 0);
    for (int i = slot + 1; i < right; i++)
        plan_emit(p, LO, EMPTY, i, e + 1, e, 0);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, a.start, b.end, 0);
    p->jump[p->njumps++] = (uint16_t)(p->seg * SEG); /* the edit ends here */

    /* They differ: nothing but the two ranges was changed, and both are put back. */
    plan_fence(p);
    branch->a = (uint8_t)p->seg;
    plan_emit(p, LO, SHOW, right, b.start, b.end, 0);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, a.start, a.end, 0);
    plan_live(p, slot, a.start, b.end, a.base);
    p->t[right].live = 0;
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
    plan_empties_after(p, slot);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, c.start, end, 0)->stage = (uint8_t)stage;
    p->t[slot].end = (uint8_t)end;
}

void order_shrink_end(struct plan *p, int slot, int end)
{
    struct slot c = p->t[slot];
    int         stage = plan_stage(p);

    p->in_place = true;
    plan_unmap(p, stage, end + 1, c.end);
    plan_edit(p);
    plan_emit(p, LO, SHOW, slot, c.start, end, 0)->stage = (uint8_t)stage;
    plan_shootdown(p);
    p->t[slot].end = (uint8_t)end;
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
        plan_empties_before(p, slot, start - 1);
        plan_fence(p);
    }
    plan_hide(p, slot, (grows ? start : c.start) - 1, grows ? 0 : stage);
    plan_fence(p);
    plan_emit(p, HI, FILL, slot, base, 1, 1);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, start, c.end, 0)->stage = (uint8_t)(grows ? stage : 0);
    if (!grows)
        plan_shootdown(p);
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
    plan_shootdown(p);
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
    plan_shootdown(p);
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
    plan_hide(p, slot, plan_right_start(p, slot) - 1, 0);
    plan_fence(p);
    plan_emit(p, AND, CLEAR, row, slot, A | D, 0);
    if (rights)
        plan_emit(p, OR, FILL, row, slot, (int)(V | A | rights), 0);
    for (int r = 0; r < ROWS; r++)
        plan_emit(p, GPUT, CLEAR, r, slot, NO_GRANT, 0);
    plan_fence(p);
    plan_emit(p, LO, SHOW, slot, c.start, c.end, 0)->stage = (uint8_t)stage;
    plan_shootdown(p);
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
        plan_emit(p, ACK, PLAIN, h, 0, 1, 0);
}
