/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - writing down the editor's program, and the truth that it brings about.
 *
 * A plan knows the table that its program leads to (p->t), so that the next edit can be planned on
 * it, and for each stage of the truth which frame a page has and how rights and grants change. An
 * operation that carries a stage is the one that makes it true.
 */
#include <stdlib.h>
#include <string.h>

#include "../rvwmo/rvwmo.h"
#include "world.h"

/* --- the table to begin with --- */

static const struct slot cells[2][3] = {
    {{1, 3, 5, 17, 5}, {1, 8, 9, 30, 9}, {1, 11, 12, 40, 12}},
    {{1, 3, 5, 17, 5},
     {1, 6, 7, 20, 7},
     {1, 11, 12, 40, 12}}, /* A and B touch, their frames as well */
};

static const uint8_t patterns[3][3][ROWS] = {
    {{V | R | W, V | R}, {V | R, V | R | W}, {V | R | W, V | R}},
    {{V | R | W, V | R | W}, {V | R | W, V | R | W}, {V | R | W, V | R | W}},
    {{V | R, V | R}, {V | R, V | R}, {V | R, V | R}},
};

/* Cell k (0: A, 1: B, 2: K, which is the kernel's and never touched) into its slot. */
static void place_cell(struct plan *p, int slot, const struct slot *c, const uint8_t *rights,
                       const struct variant *v, bool grants)
{
    struct state *s = &p->init;

    p->t[slot] = *c;
    s->hi[slot] = (uint16_t)(1 << 8 | VALID | c->base);
    for (int row = 0; row < ROWS; row++)
        s->perm[row][slot] = rights[row] | v->ad;
    if (grants)
        s->grant[0][slot] = 2 << 4 | R | (v->rights != 2 ? W : 0);
    for (int q = c->start; q <= c->end; q++) {
        p->frame[0][q] = (uint8_t)(c->base + q - c->start);
        for (int row = 0; row < ROWS; row++) {
            s->rights[row][q] = s->perm[row][slot] & RIGHTS;
            s->grants[row][q] = s->grant[row][slot];
        }
    }
}

static uint8_t lo_of(int start, int end)
{
    return (uint8_t)(start << 4 | end);
}

void plan_start(struct plan *p, const struct setup *setup, const struct variant *v)
{
    const int at[3] = {setup->a, setup->b, setup->k};

    memset(p, 0, sizeof(*p));
    p->dirty = v->ad & D;
    p->table[0] = (struct table){1, (uint8_t)(setup->n + 1)};
    memset(p->init.grant, NO_GRANT, sizeof(p->init.grant));
    memset(p->init.rights, UNMAPPED, sizeof(p->init.rights));
    memset(p->init.grants, NO_GRANT, sizeof(p->init.grants));
    for (int k = 0; k < 3; k++) {
        if (at[k])
            place_cell(p, at[k], &cells[setup->touching][k],
                       patterns[v->rights][setup->touching && k == 1 ? 0 : k], v,
                       v->grants && k < 2);
    }
    for (int i = 1; i <= setup->n; i++) {
        if (!p->t[i].live)
            p->t[i].e = (uint8_t)(setup->low ? p->t[i - 1].e : plan_right_start(p, i) - 1);
        p->init.lo[i] = p->t[i].live ? lo_of(p->t[i].start, p->t[i].end)
                                     : lo_of(p->t[i].e + 1, p->t[i].e);
    }
}

/* --- operations --- */

struct op *plan_emit(struct plan *p, enum kind kind, enum role role, int a, int b, int c, int d)
{
    if (p->nops == OPS)
        abort();
    struct op *o = &p->op[p->nops++];
    *o = (struct op){.kind = (uint8_t)kind,
                     .role = (uint8_t)role,
                     .edit = (uint8_t)p->edit,
                     .a = (uint8_t)a,
                     .b = (uint8_t)b,
                     .c = (uint8_t)c,
                     .d = (uint8_t)d,
                     .seg = (uint16_t)(p->seg * SEG)};
    if (kind == LO)
        p->t[a].e = (uint8_t)c;
    return o;
}

void plan_fence(struct plan *p)
{
    p->seg++;
}

void plan_edit(struct plan *p)
{
    plan_fence(p);
    p->edit++;
}

int plan_right_start(const struct plan *p, int slot)
{
    for (int i = slot + 1; i < SLOTS; i++) {
        if (p->t[i].live)
            return p->t[i].start;
    }
    return NO_RIGHT;
}

void plan_touch(struct plan *p, int first, int last)
{
    for (int q = first; q <= last; q++)
        p->affected[q] = 1;
}

void plan_live(struct plan *p, int slot, int start, int end, int base)
{
    p->t[slot] = (struct slot){1, (uint8_t)start, (uint8_t)end, (uint8_t)base, (uint8_t)end};
}

/* The store that hides a cell; the fence is the caller's. */
void plan_hide(struct plan *p, int slot, int e, int stage)
{
    plan_touch(p, p->t[slot].start, p->t[slot].end);
    plan_emit(p, LO, HIDE, slot, e + 1, e, 0)->stage = (uint8_t)stage;
}

/* Those left of slot that a range from `start` on would pass go as far down as they may. */
void plan_empties_before(struct plan *p, int slot, int start)
{
    int i = slot - 1;
    while (i > 0 && p->t[i].e >= start)
        i--;
    int e = i ? p->t[i].e : 0;
    while (++i < slot)
        plan_emit(p, LO, EMPTY, i, e + 1, e, 0);
}

/* Those right of slot that a range up to `end` would pass go as far up as they may. */
void plan_empties_after(struct plan *p, int slot, int end)
{
    int i = slot + 1;
    while (i < p->table[0].past && p->t[i].e < end)
        i++;
    int e = p->t[i].live ? p->t[i].start - 1 : p->t[i].e;
    while (--i > slot)
        plan_emit(p, LO, EMPTY, i, e + 1, e, 0);
}

void plan_read(struct plan *p, int slot, int reg)
{
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, READ, PLAIN, row, slot, reg, 0);
        plan_emit(p, GREAD, PLAIN, row, slot, reg, 0);
    }
}

void plan_clear(struct plan *p, int slot)
{
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, PUT, CLEAR, row, slot, 0, 0);
        plan_emit(p, GPUT, CLEAR, row, slot, NO_GRANT, 0);
    }
}

void plan_fill(struct plan *p, int slot, int reg)
{
    for (int row = 0; row < ROWS; row++) {
        plan_emit(p, PUT_REG, FILL, row, slot, reg, 0);
        plan_emit(p, GPUT_REG, FILL, row, slot, reg, 0);
    }
}

void plan_shootdown(struct plan *p, int when)
{
    plan_fence(p);
    for (int h = 0; h < HARTS; h++)
        plan_emit(p, ACK, PLAIN, h, 0, when, 0);
    plan_fence(p);
}

/* --- the truth --- */

int plan_stage(struct plan *p)
{
    int s = ++p->stage;
    if (s == STAGES)
        abort();
    memcpy(p->frame[s], p->frame[s - 1], PAGES);
    memset(p->set_rights[s], KEEP, sizeof(p->set_rights[s]));
    memset(p->set_grants[s], KEEP, sizeof(p->set_grants[s]));
    return s;
}

/* rights NULL: the pages keep theirs. */
void plan_map(struct plan *p, int stage, int first, int last, int base, const uint8_t *rights)
{
    for (int q = first; q <= last; q++) {
        p->frame[stage][q] = (uint8_t)(base + q - first);
        for (int row = 0; rights && row < ROWS; row++) {
            p->set_rights[stage][row][q] = rights[row];
            p->set_grants[stage][row][q] = NO_GRANT;
        }
    }
}

void plan_unmap(struct plan *p, int stage, int first, int last)
{
    for (int q = first; q <= last; q++) {
        p->frame[stage][q] = 0;
        for (int row = 0; row < ROWS; row++) {
            p->set_rights[stage][row][q] = UNMAPPED;
            p->set_grants[stage][row][q] = NO_GRANT;
        }
    }
}

void plan_inherit(struct plan *p, int stage, int page, int frame, uint8_t from)
{
    p->frame[stage][page] = (uint8_t)frame;
    for (int row = 0; row < ROWS; row++) {
        p->set_rights[stage][row][page] = from;
        p->set_grants[stage][row][page] = from;
    }
}

/* --- from segments with gaps in their numbers to a program --- */

static void sort_by_segment(struct plan *p)
{
    for (int i = 1; i < p->nops; i++) {
        struct op o = p->op[i];
        int       k = i;
        for (; k > 0 && p->op[k - 1].seg > o.seg; k--)
            p->op[k] = p->op[k - 1];
        p->op[k] = o;
    }
}

/* The segment that a number of before has become; the next one if nothing is left of it. */
static uint8_t renumbered(const uint16_t *was, int n, unsigned seg)
{
    for (int i = 0; i < n; i++) {
        if (was[i] >= seg)
            return (uint8_t)i;
    }
    return DONE;
}

static void number_segments(struct plan *p)
{
    uint16_t was[SEGMENTS];
    int      n = 0;

    for (int i = 0; i < p->nops; i++) {
        if (n == 0 || p->op[i].seg != was[n - 1]) {
            if (n == SEGMENTS)
                abort();
            was[n] = p->op[i].seg;
            p->first[n++] = (uint8_t)i;
        }
    }
    p->first[n] = (uint8_t)p->nops;
    for (int i = 0; i < n; i++)
        p->next[i] = (uint8_t)(i + 1 == n ? DONE : i + 1);
    for (int k = 0; k < p->njumps; k++)
        p->next[renumbered(was, n, p->jump[k])] = DONE;
    for (int i = 0; i < p->nops; i++) {
        if (p->op[i].kind == BRANCH)
            p->op[i].a = renumbered(was, n, p->op[i].a * SEG);
        p->op[i].seg = renumbered(was, n, p->op[i].seg);
    }
}

/* Where things are in a table of one line and three rows (cell.h), row 0 being the kernel's. */
static uint32_t address_of(const struct op *o)
{
    switch (o->kind) {
    case LO:
        return 16u * o->a;
    case HI:
        return 16u * o->a + 8;
    case GREAD:
    case GPUT:
    case GPUT_REG:
    case GPUT_IF_TAKES:
    case GPUT_CHANGED:
        return 1024 + 64 * 3 + 256u * (o->a + 1u) + 4u * o->b;
    default:
        return 1024 + 64u * (o->a + 1u) + o->b;
    }
}

/* The earlier operations of the segment that loaded what o stores: row o->a of register `reg`. */
static uint32_t loaded_by(const struct op *op, int n, unsigned row, unsigned reg, bool grant)
{
    uint32_t set = 0;
    for (int i = 0; i < n; i++) {
        if (op[i].kind == (grant ? GREAD : READ) && op[i].a == row && op[i].c == reg)
            set |= 1u << i;
    }
    return set;
}

static uint32_t all_loads(const struct op *op, int n)
{
    uint32_t set = 0;
    for (int i = 0; i < n; i++) {
        if (op[i].kind == READ || op[i].kind == GREAD)
            set |= 1u << i;
    }
    return set;
}

static struct rv_op memory_op(const struct op *op, int i)
{
    const struct op *o = &op[i];
    struct rv_op     m = {.at = address_of(o), .size = 1};

    switch (o->kind) {
    case LO:
    case HI:
        m.size = 8;
        m.store = true;
        break;
    case READ:
        m.load = true;
        break;
    case GREAD:
        m.size = 4;
        m.load = true;
        break;
    case GPUT_REG:
    case GPUT_CHANGED:
        m.data = loaded_by(op, i, o->a, o->c, true);
        m.size = 4;
        m.store = true;
        break;
    case GPUT:
    case GPUT_IF_TAKES:
        m.size = 4;
        m.store = true;
        break;
    case PUT_REG:
    case PUT_AD:
    case PUT_CHANGED:
        m.data = loaded_by(op, i, o->a, o->c, false);
        m.store = true;
        break;
    case PUT:
        m.store = true;
        break;
    case OR_AD:
    case OR_SAVED:
        m.data = loaded_by(op, i, o->a, o->c, false);
        break;
    case AND_IF_D:
        m.ctrl = loaded_by(op, i, o->a, o->d, false);
        break;
    case OR_MARKS:
        m.data = all_loads(op, i);
        break;
    default:
        break;
    }
    if (o->kind == OR_MARKS || o->kind == AND_IF_TAKES || o->kind == OR_AD || o->kind == OR_SAVED ||
        o->kind == AND || o->kind == AND_IF_D ||
        o->kind == OR) { /* a word: there are no byte atomics */
        m.at &= ~3u;
        m.size = 4;
        m.load = m.store = true;
    }
    return m;
}

static bool is_memory(const struct op *o)
{
    return o->kind < BRANCH;
}

/* Where there are more operations than this in a segment, its loads take place in program order: there
 * would be too many states. */
enum { LOOSE_LOADS = 16 };

/* A branch or decision waits for what was loaded, and stores wait for it; loads do not. */
static void order_segment(struct op *op, int n)
{
    struct rv_op m[RV_OPS] = {{0}};
    uint32_t     before[RV_OPS], branches = 0;

    if (n > RV_OPS)
        abort();
    for (int i = 0; i < n; i++)
        m[i] = is_memory(&op[i]) ? memory_op(op, i) : m[i];
    rv_preserved(m, (unsigned)n, before);
    for (int i = 0; i < n; i++) {
        op[i].before = before[i];
        if (n > LOOSE_LOADS && m[i].load && !m[i].store)
            op[i].before |= all_loads(op, i);
        if (op[i].kind == BRANCH || op[i].kind == DECIDE) {
            op[i].before = all_loads(op, i);
            branches |= 1u << i;
        } else if (m[i].store) {
            op[i].before |= branches;
        }
    }
}

void plan_finish(struct plan *p, const char *name)
{
    p->name = name;
    sort_by_segment(p);
    number_segments(p);
    for (int seg = 0, i = 0; i < p->nops; seg++) {
        order_segment(&p->op[i], p->first[seg + 1] - p->first[seg]);
        i = p->first[seg + 1];
    }
}
