/* SPDX-License-Identifier: Apache-2.0 */
/* editor.c - one operation of the editor's program, and what it makes true. */
#include <string.h>

#include "world.h"

static const struct op *op_of(unsigned op)
{
    return &world_plan->op[op];
}

bool editor_ready(const struct state *s, unsigned op)
{
    unsigned i = op - world_plan->first[s->segment];
    return !(s->done >> i & 1) && !(op_of(op)->before & ~s->done);
}

bool hart_between_instructions(const struct state *s, unsigned hart)
{
    return hart >= HARTS || s->w[hart].pc == IDLE || s->w[hart].pc >= TLB;
}

/* --- the truth --- */

static void change_rights(const struct state *s, uint8_t *truth, uint8_t how)
{
    uint8_t rights = how & RIGHTS;
    if ((how & 0xf0) == ADD)
        *truth |= how & RIGHTS;
    else if ((how & 0xf0) == ONLY)
        *truth &= how & RIGHTS;
    else if ((how & 0xf0) == CHANGE && s->takes)
        *truth = rights ? V | rights : 0;
    else if ((how & 0xf0) == CHANGE)
        *truth |= rights ? V | rights : 0;
    else
        *truth = how;
}

static void change_grant(const struct state *s, uint8_t *truth, uint8_t how)
{
    if (how != SCRUB)
        *truth = how;
    else if (s->takes)
        *truth = NO_GRANT;
}

/* Pages that inherit do so from one that is settled: those like the left one in ascending order
 * with everything else, those like the right one after that, in descending order. */
typedef void (*change_fn)(const struct state *, uint8_t *, uint8_t);

static void change_row(const struct state *s, uint8_t *truth, const uint8_t *how, change_fn change)
{
    for (int q = 1; q < PAGES; q++) {
        if (how[q] == AS_LEFT)
            truth[q] = truth[q - 1];
        else if (how[q] != KEEP && how[q] != AS_RIGHT)
            change(s, &truth[q], how[q]);
    }
    for (int q = PAGES - 2; q > 0; q--) {
        if (how[q] == AS_RIGHT)
            truth[q] = truth[q + 1];
    }
}

static void enter_stages_up_to(struct state *s, unsigned stage)
{
    while (s->stage < stage) {
        s->stage++;
        for (int row = 0; row < ROWS; row++) {
            change_row(s, s->rights[row], world_plan->set_rights[s->stage][row], change_rights);
            change_row(s, s->grants[row], world_plan->set_grants[s->stage][row], change_grant);
        }
    }
}

/* --- operations --- */

static void collect(struct state *s, unsigned row, uint8_t byte)
{
    if (world_plan->collects && byte & D)
        s->taken[row] = 1;
}

/* Rights without V are none. */
static unsigned rights_of(unsigned byte)
{
    return byte & V ? byte & RWX : 0;
}

static bool columns_differ(const struct state *s, const struct op *o)
{
    int n = o->b & 15, changed = o->b >> 4;

    for (int row = 0; row < ROWS; row++) {
        for (int k = 0; k < n; k++) {
            bool     here = k == changed && row == o->c;
            unsigned first = changed == 0 && row == o->c ? o->d : rights_of(s->reg[0][row]);
            if ((here ? o->d : rights_of(s->reg[k][row])) != first ||
                s->greg[k][row] != s->greg[0][row] || (changed < n && s->greg[k][row] != NO_GRANT))
                return true;
        }
    }
    return false;
}

/* A right that is held, or that a standing grant would let the row receive. */
static bool takes_away(const struct state *s, const struct op *o)
{
    if (rights_of(s->reg[o->b][o->a]) & ~o->c)
        return true;
    for (int row = 0; o->d && row < ROWS; row++) {
        if (s->greg[o->b][row] >> 4 == o->a + 1 && s->greg[o->b][row] & RWX & ~o->c)
            return true;
    }
    return false;
}

static bool has_user_protected(const struct state *s, unsigned row)
{
    for (int u = 0; u < USERS; u++) {
        if (s->user_done[u] == 1 && world_user[u].kind == PROT && world_user[u].row == row)
            return true;
    }
    return false;
}

/* W that was saved comes back: right unless a user's prot took it away since. */
static void or_saved(struct state *s, const struct op *o, uint8_t *byte)
{
    uint8_t w = s->reg[o->c][o->a] & W;
    *byte |= w;
    if (!w || has_user_protected(s, o->a))
        return;
    for (int q = range_start(s->lo[o->b]); q <= range_end(s->lo[o->b]) && q < PAGES; q++)
        s->rights[o->a][q] |= W;
}

static bool byte_operation(struct state *s, const struct op *o)
{
    uint8_t *byte = &s->perm[o->a][o->b];
    uint8_t *reg = &s->reg[o->c < REGS ? o->c : 0][o->a];

    switch (o->kind) {
    case READ:
        *reg = *byte;
        collect(s, o->a, *byte);
        return true;
    case PUT:
        *byte = o->c;
        return true;
    case PUT_REG:
        *byte = *reg;
        return true;
    case PUT_AD:
        *byte = (*reg & (A | D)) | o->d;
        return true;
    case OR_AD:
        *byte |= *reg & (A | D);
        return true;
    case OR_SAVED:
        or_saved(s, o, byte);
        return true;
    case OR:
        *byte |= o->c;
        return true;
    case OR_MARKS:
        if (s->reg[o->d][o->a] & (A | D) & ~*reg)
            *byte |= s->reg[o->d][o->a] & (A | D);
        return true;
    case PUT_CHANGED:
        *byte = s->takes ? *reg & (A | D) : *reg;
        *byte |= o->d ? V | A | o->d : 0;
        return true;
    case AND_IF_TAKES:
        if (s->takes)
            *byte &= o->c;
        return true;
    case AND:
        *byte &= o->c;
        return true;
    case AND_IF_D:
        if (s->reg[o->d][o->a] & D) {
            collect(s, o->a, *byte);
            *byte &= o->c;
        }
        return true;
    default:
        return false;
    }
}

static bool grant_operation(struct state *s, const struct op *o)
{
    uint8_t *grant = &s->grant[o->a][o->b];

    switch (o->kind) {
    case GREAD:
        s->greg[o->c][o->a] = *grant;
        return true;
    case GPUT:
        *grant = o->c;
        return true;
    case GPUT_REG:
        *grant = s->greg[o->c][o->a];
        return true;
    case GPUT_IF_TAKES:
        if (s->takes)
            *grant = NO_GRANT;
        return true;
    case GPUT_CHANGED:
        *grant = s->takes ? NO_GRANT : s->greg[o->c][o->a];
        return true;
    default:
        return false;
    }
}

/* What another hart does for the editor, between two of its instructions. */
static bool hart_operation(struct state *s, const struct op *o)
{
    uint8_t bit = (uint8_t)(1u << o->a);

    if (!hart_between_instructions(s, o->a))
        return false;
    if (o->kind == STOP)
        s->stopped |= bit;
    if (o->kind == GO)
        s->stopped &= (uint8_t)~bit;
    if (o->kind == GO && o->b)
        s->second |= bit;
    if ((o->kind == ACK || (o->kind == GO && o->b)) && o->a < HARTS && s->w[o->a].pc == TLB)
        s->w[o->a].pc = END;
    return true;
}

static bool shootdown_needed(const struct state *s, const struct op *o)
{
    if (o->c != IF_COLLECTED)
        return o->c == ALWAYS || s->takes;
    for (int row = 0; row < ROWS; row++) {
        if (s->taken[row])
            return true;
    }
    return false;
}

static void set_hi(struct state *s, const struct op *o)
{
    unsigned gen = (s->hi[o->a] >> 8) + o->d;
    s->hi[o->a] = (uint16_t)(gen << 8 | (o->c ? VALID : 0) | o->b);
}

static bool perform(struct state *s, const struct op *o)
{
    switch (o->kind) {
    case LO:
        s->lo[o->a] = (uint8_t)(o->b << 4 | o->c);
        return true;
    case HI:
        set_hi(s, o);
        return true;
    case COPY:
        s->copied = 1;
        s->lost = 0;
        return true;
    case FREE:
        s->freed = 1;
        return true;
    case BRANCH:
        return true;
    case DECIDE:
        s->takes = takes_away(s, o);
        return true;
    case ACK:
        return !shootdown_needed(s, o) || hart_operation(s, o);
    case STOP:
    case GO:
        return hart_operation(s, o);
    default:
        return byte_operation(s, o) || grant_operation(s, o);
    }
}

static void go_to(struct state *s, uint8_t segment)
{
    s->segment = segment;
    s->done = 0;
    if (segment != DONE)
        return;
    if (!s->aborted)
        s->stage = (uint8_t)world_plan->stage;
    s->takes = 0;
    memset(s->reg, 0, sizeof(s->reg)); /* nobody reads them again: fewer states */
    memset(s->greg, 0, sizeof(s->greg));
}

bool editor_step(struct state *s, unsigned op)
{
    const struct plan *p = world_plan;
    const struct op   *o = op_of(op);

    if (!perform(s, o))
        return false;
    enter_stages_up_to(s, o->stage);
    s->done |= 1u << (op - p->first[s->segment]);
    if (o->kind == BRANCH && columns_differ(s, o)) {
        s->aborted = 1;
        go_to(s, o->a);
        return true;
    }
    unsigned n = p->first[s->segment + 1] - p->first[s->segment];
    if (s->done == (n == 32 ? ~0u : (1u << n) - 1))
        go_to(s, p->next[s->segment]);
    return true;
}
