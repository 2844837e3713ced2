/* SPDX-License-Identifier: Apache-2.0 */
/* naive.c - edits as one would write them at first. Each of them must be found wrong. */
#include <string.h>

#include "world.h"

/* Take W away, shoot down, copy, new frames, give W back. A user's prot meanwhile is undone. */
void naive_migrate_by_write_protection(struct plan *p, int slot, int base)
{
    struct slot c = p->t[slot];

    p->migrates = true;
    plan_edit(p);
    for (int row = 0; row < ROWS; row++)
        plan_emit(p, READ, PLAIN, row, slot, 0, 0);
    for (int row = 0; row < ROWS; row++) {
        int stage = plan_stage(p);
        for (int q = c.start; q <= c.end; q++)
            p->set_rights[stage][row][q] = ONLY | (RIGHTS & ~W);
        plan_fence(p);
        plan_emit(p, AND, PLAIN, row, slot, 0xff & ~W, 0)->stage = (uint8_t)stage;
    }
    plan_shootdown(p, ALWAYS);
    plan_emit(p, COPY, PLAIN, 0, 0, 0, 0);
    plan_fence(p);

    int moved = plan_stage(p);
    plan_map(p, moved, c.start, c.end, base, NULL);
    plan_emit(p, HI, FILL, slot, base, 1, 1)->stage = (uint8_t)moved;
    plan_shootdown(p, ALWAYS);
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, OR_SAVED, PLAIN, row, slot, 0, 0);
        plan_fence(p);
    }
    plan_live(p, slot, c.start, c.end, base);
}

/* The right to write before the new frames. */
void naive_copy_on_write_right_first(struct plan *p, int slot, int base)
{
    struct slot c = p->t[slot];

    order_add_rights(p, slot, 0, W);
    int moved = plan_stage(p);
    plan_map(p, moved, c.start, c.end, base, NULL);
    plan_edit(p);
    plan_emit(p, HI, FILL, slot, base, 1, 1)->stage = (uint8_t)moved;
    plan_shootdown(p, ALWAYS);
    plan_live(p, slot, c.start, c.end, base);
}

static void clear_bytes(struct plan *p, int slot)
{
    for (int row = 0; row < ROWS; row++) {
        int stage = plan_stage(p);
        for (int q = p->t[slot].start; q <= p->t[slot].end; q++)
            p->set_rights[stage][row][q] = 0;
        plan_emit(p, AND, PLAIN, row, slot, A | D, 0)->stage = (uint8_t)stage;
        plan_fence(p);
    }
}

static void scrub_grants(struct plan *p, int slot)
{
    for (int row = 0; row < ROWS; row++) {
        int stage = plan_stage(p);
        for (int q = p->t[slot].start; q <= p->t[slot].end; q++)
            p->set_grants[stage][row][q] = NO_GRANT;
        plan_emit(p, GPUT, PLAIN, row, slot, NO_GRANT, 0)->stage = (uint8_t)stage;
        plan_fence(p);
    }
}

/* Bytes, shootdown, grants, with nothing hidden; twice: bytes, grants, and the bytes again. */
void naive_revoke(struct plan *p, int slot, bool twice)
{
    for (int q = p->t[slot].start; q <= p->t[slot].end; q++)
        p->revoked_page[q] = 1;
    p->revoked = (1u << ROWS) - 1;
    plan_edit(p);
    clear_bytes(p, slot);
    if (!twice)
        plan_shootdown(p, ALWAYS);
    scrub_grants(p, slot);
    if (twice) {
        clear_bytes(p, slot);
        plan_shootdown(p, ALWAYS);
    }
    p->revoke_stage = p->stage;
}
