/* SPDX-License-Identifier: Apache-2.0 */
/* replace.c - moving to another table while programs run (B.4.1), and what is wrong with doing it
 * in an easier way.
 *
 * The second table lies in slots of its own. Nobody sees it before a hart takes it with GO, which
 * stands for: write satp, fence, leave the kernel. Cells keep their order and get gaps. Which
 * descriptor is where only the editor changes, so those may be copied ahead of time; bytes and
 * grants are the users' until all harts have stopped, and nobody may go on before all will use the
 * second table.
 */
#include "world.h"

enum { ALL_HARTS = HARTS + USERS };

static void on_all(struct plan *p, enum kind kind, int b)
{
    plan_fence(p);
    for (int h = 0; h < ALL_HARTS; h++)
        plan_emit(p, kind, PLAIN, h, b, 0, 0);
    plan_fence(p);
}

static int target(const struct plan *p, int cell)
{
    return p->table[1].first + 2 * cell;
}

/* Cells of the first table, in order. */
static int list_cells(const struct plan *p, int *slots)
{
    int n = 0;
    for (int i = p->table[0].first; i < p->table[0].past; i++) {
        if (p->t[i].live)
            slots[n++] = i;
    }
    return n;
}

static void copy_descriptors(struct plan *p)
{
    int slots[SLOTS], n = list_cells(p, slots);

    plan_fence(p);
    for (int k = 0; k < n; k++) {
        const struct slot *c = &p->t[slots[k]];
        plan_emit(p, HI, FILL, target(p, k), c->base, 1, 1);
        plan_emit(p, LO, FILL, target(p, k), c->start, c->end, 0);
    }
    for (int i = p->table[1].first; i < p->table[1].past; i++) {
        int k = (i - p->table[1].first) / 2;
        if ((i - p->table[1].first) % 2 == 0 && k < n)
            continue;
        int e = (k + 1 < n ? p->t[slots[k + 1]].start : NO_RIGHT) - 1;
        plan_emit(p, LO, EMPTY, i, e + 1, e, 0);
    }
}

static void copy_bytes(struct plan *p)
{
    int slots[SLOTS], n = list_cells(p, slots);

    plan_fence(p);
    for (int k = 0; k < n; k++) {
        for (int row = 0; row < ROWS; row++) {
            plan_emit(p, READ, PLAIN, row, slots[k], k, 0);
            plan_emit(p, PUT_REG, FILL, row, target(p, k), k, 0);
        }
    }
}

static void copy_grants(struct plan *p)
{
    int slots[SLOTS], n = list_cells(p, slots);

    plan_fence(p);
    for (int k = 0; k < n; k++) {
        for (int row = 0; row < ROWS; row++) {
            plan_emit(p, GREAD, PLAIN, row, slots[k], k, 0);
            plan_emit(p, GPUT_REG, FILL, row, target(p, k), k, 0);
        }
    }
}

void order_replace_table(struct plan *p, enum replace_how how)
{
    bool stop = how != REPLACE_RUNNING;
    bool bytes_ahead = how == REPLACE_BYTES_AHEAD, grants_ahead = how == REPLACE_GRANTS_AHEAD;

    p->replaces = true;
    p->table[1] = (struct table){p->table[0].past, SLOTS};
    plan_edit(p);
    if (how == REPLACE_AHEAD || bytes_ahead || grants_ahead)
        copy_descriptors(p);
    if (bytes_ahead)
        copy_bytes(p);
    if (grants_ahead)
        copy_grants(p);
    if (stop)
        on_all(p, STOP, 0);
    if (how != REPLACE_AHEAD && !bytes_ahead && !grants_ahead)
        copy_descriptors(p);
    if (!bytes_ahead)
        copy_bytes(p);
    if (!grants_ahead)
        copy_grants(p);
    plan_fence(p);
    if (how == REPLACE_FREE_EARLY)
        plan_emit(p, FREE, PLAIN, 0, 0, 0, 0);
    if (how == REPLACE_LET_GO)
        on_all(p, GO, 0);
    on_all(p, GO, 1);
    if (how != REPLACE_FREE_EARLY)
        plan_emit(p, FREE, PLAIN, 0, 0, 0, 0);
}
