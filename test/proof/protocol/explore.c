/* SPDX-License-Identifier: Apache-2.0 */
/* explore.c - every interleaving, breadth first. States are kept whole and compared whole, so
 * nothing is missed by a collision, and the path to a violation is a shortest one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define WORDS (sizeof(union packed) / 8)

/* How a state was reached: an operation of the editor, or a step of a hart. */
enum { WALKER_STEP = 200, USER_STEP = 300 };

static union packed *state;
static uint32_t     *parent, *table, nstates, capacity, table_size;
static uint16_t     *how;

static void *allocated(void *p)
{
    if (p)
        return p;
    fprintf(stderr, "explore: no memory\n");
    exit(2);
}

static void resize_states(uint32_t n)
{
    capacity = n;
    state = allocated(realloc(state, n * sizeof(*state)));
    parent = allocated(realloc(parent, n * sizeof(*parent)));
    how = allocated(realloc(how, n * sizeof(*how)));
}

void explore_init(void)
{
    resize_states(1u << 16);
    table_size = 1u << 14;
    table = allocated(calloc(table_size, sizeof(*table)));
}

static uint32_t hash(const union packed *c)
{
    uint64_t h = 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; i < WORDS; i++) {
        h = (h ^ c->word[i]) * 0xff51afd7ed558ccdull;
        h ^= h >> 29;
    }
    return (uint32_t)(h ^ h >> 32);
}

static void grow_table(void)
{
    table_size *= 2;
    table = allocated(realloc(table, table_size * sizeof(*table)));
    memset(table, 0, table_size * sizeof(*table));
    for (uint32_t i = 0; i < nstates; i++) {
        uint32_t h = hash(&state[i]) & (table_size - 1);
        while (table[h])
            h = (h + 1) & (table_size - 1);
        table[h] = i + 1;
    }
}

static void add(const union packed *c, uint32_t from, uint16_t by)
{
    uint32_t h = hash(c) & (table_size - 1);
    for (; table[h]; h = (h + 1) & (table_size - 1)) {
        if (memcmp(&state[table[h] - 1], c, sizeof(*c)) == 0)
            return;
    }
    if (nstates == capacity)
        resize_states(2 * capacity);
    state[nstates] = *c;
    parent[nstates] = from;
    how[nstates] = by;
    table[h] = ++nstates;
    if (nstates * 2 > table_size)
        grow_table();
}

static void arrive(union packed *c, uint32_t from, uint16_t by)
{
    world_see(&c->s);
    if (c->s.segment == DONE)
        world_check_done(&c->s);
    add(c, from, by);
}

/* Without world_any_order: the first operation that can take place, and no other. */
static void editor_steps(uint32_t at)
{
    unsigned segment = state[at].s.segment;

    for (unsigned i = world_plan->first[segment]; i < world_plan->first[segment + 1]; i++) {
        union packed c = state[at];
        if (!editor_ready(&c.s, i))
            continue;
        if (editor_step(&c.s, i))
            arrive(&c, at, (uint16_t)i);
        if (world_violation || !world_any_order)
            return;
    }
}

static void expand(uint32_t at)
{
    if (state[at].s.segment != DONE)
        editor_steps(at);
    for (unsigned h = 0; h < HARTS && !world_violation; h++) {
        union packed c = state[at];
        if (world_access[h].on && walker_step(&c.s, h))
            arrive(&c, at, (uint16_t)(WALKER_STEP + h));
    }
    for (unsigned u = 0; u < USERS && !world_violation; u++) {
        union packed c = state[at];
        if (!world_user[u].kind || c.s.user_done[u] || c.s.stopped >> (HARTS + u) & 1)
            continue;
        user_step(&c.s, u);
        arrive(&c, at, (uint16_t)(USER_STEP + u));
    }
}

bool explore_run(const struct plan *p)
{
    union packed c;

    world_plan = p;
    world_violation = NULL;
    nstates = 0;
    memset(table, 0, table_size * sizeof(*table));
    memset(&c, 0, sizeof(c));
    c.s = p->init;
    add(&c, 0, 0);
    for (uint32_t i = 0; i < nstates && !world_violation; i++)
        expand(i);
    world_count.states += nstates;
    world_count.runs++;
    if (table_size > 1u << 16)
        table_size = 1u << 14;
    return !world_violation;
}

/* --- how it came to a violation --- */

static void print_row_op(const struct op *o, const char *text, int before, int after)
{
    printf("#   editor  %s of compartment %d, slot %d: %x -> %x\n", text, o->a + 1, o->b, before,
           after);
}

static void print_editor(const struct op *o, const struct state *before, const struct state *after)
{
    static const char *const row_op[] = {
        [READ] = "read byte",
        [PUT] = "byte =",
        [PUT_REG] = "byte = saved",
        [PUT_AD] = "byte = A, D",
        [OR_AD] = "byte |= A, D",
        [AND] = "byte &=",
        [AND_IF_D] = "byte &=",
        [OR] = "byte |=",
        [AND_IF_TAKES] = "byte &=",
        [PUT_CHANGED] = "byte = changed",
        [OR_MARKS] = "byte |= A, D of all",
        [GPUT_IF_TAKES] = "grant =",
        [GPUT_CHANGED] = "grant = changed",
        [OR_SAVED] = "byte |= saved W",
        [GREAD] = "read grant",
        [GPUT_REG] = "grant = saved",
        [GPUT] = "grant =",
    };
    static const char *const other_op[] = {
        [ACK] = "shootdown answered by hart",
        [DECIDE] = "decide what is taken away, row",
        [COPY] = "copy frames",
        [BRANCH] = "compare columns",
        [STOP] = "stop hart",
        [GO] = "let go hart",
        [FREE] = "free the first table",
    };

    if (o->kind == LO)
        printf("#   editor  lo[%d] = [%d, %d]%s\n", o->a, o->b, o->c, o->stage ? "  (commit)" : "");
    else if (o->kind == HI)
        printf("#   editor  hi[%d] = frame %d, valid %d\n", o->a, o->b, o->c);
    else if (o->kind >= BRANCH)
        printf("#   editor  %s %d\n", other_op[o->kind], o->a);
    else if (o->kind >= GREAD)
        print_row_op(o, row_op[o->kind], before->grant[o->a][o->b], after->grant[o->a][o->b]);
    else
        print_row_op(o, row_op[o->kind], before->perm[o->a][o->b], after->perm[o->a][o->b]);
}

static void print_step(uint32_t at)
{
    static const char *const pc_name[] = {
        "begin",
        "probe",
        "read high word",
        "read byte",
        "set A/D",
        "read again",
        "high again",
        "access",
        "cached access",
        "faulted",
        "ended without caching",
    };
    static const char *const insn[] = {"", "prot", "grant", "tfer", "recv"};
    const struct state      *before = &state[parent[at]].s, *after = &state[at].s;

    if (how[at] < WALKER_STEP) {
        print_editor(&world_plan->op[how[at]], before, after);
    } else if (how[at] < USER_STEP) {
        unsigned h = how[at] - WALKER_STEP;
        printf("#   hart %u  %s; then: %s\n", h, pc_name[before->w[h].pc], pc_name[after->w[h].pc]);
    } else {
        const struct user *u = &world_user[how[at] - USER_STEP];
        printf("#   user    %s by compartment %d, page %d, rights %x: %s\n", insn[u->kind],
               u->row + 1, u->page, u->perm,
               after->user_done[how[at] - USER_STEP] == 1 ? "done" : "refused");
    }
}

void explore_trace(void)
{
    uint32_t path[400];
    int      n = 0;

    printf("# %s: %s, %s\n", world_plan->name, world_violation, world_violation_text);
    for (int h = 0; h < HARTS; h++) {
        const struct access *a = &world_access[h];
        if (a->on)
            printf("#   hart %d: %s page %d as compartment %d\n", h,
                   a->store ? "store to" : "load from", a->page, a->row + 1);
    }
    for (uint32_t i = nstates - 1; i && n < 400; i = parent[i])
        path[n++] = i;
    while (n > 0)
        print_step(path[--n]);
}
