/* SPDX-License-Identifier: Apache-2.0 */
/* litmus.c - every global memory order of a litmus test.
 *
 * An order is built one operation after the other, respecting preserved program order. For a complete
 * one the load value axiom says what each byte of each load is: the last store, in the global order, of
 * those that precede the load there or in its hart's program order (so that a hart sees its own stores
 * early). Then the rules of preserved program order that speak of values (2, 3 and 12) are checked. An
 * AMO is one operation, so nothing comes between its load and its store.
 */
#include "litmus.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 32
#define INIT   (-1)

struct event {
    unsigned hart, index; /* in its program */
    uint32_t before;      /* set of events */
};

static const struct litmus *test;
static struct event         event[EVENTS];
static unsigned             nevents;
static int                  number_of[LIT_HARTS][LIT_OPS];
static unsigned             order[EVENTS], position[EVENTS];
static uint64_t             norders;

static const struct rv_op *memory_of(unsigned e)
{
    return &test->memory[event[e].hart][event[e].index];
}

static const struct lit_op *op_of(unsigned e)
{
    return &test->op[event[e].hart][event[e].index];
}

static bool program_order(unsigned a, unsigned b)
{
    return event[a].hart == event[b].hart && event[a].index < event[b].index;
}

static bool touches(unsigned e, uint32_t byte)
{
    const struct rv_op *m = memory_of(e);
    return m->at <= byte && byte < m->at + m->size;
}

/* --- values --- */

static uint64_t loaded(unsigned e);

static uint64_t operand(unsigned e)
{
    const struct lit_value *v = &op_of(e)->value;
    uint64_t                r = v->reg < 0 ? 0 : loaded((unsigned)number_of[event[e].hart][v->reg]);
    return (r & v->mask) | v->bits;
}

static uint64_t stored(unsigned e)
{
    switch (op_of(e)->what) {
    case LIT_OR:
        return loaded(e) | operand(e);
    case LIT_AND:
        return loaded(e) & operand(e);
    default:
        return operand(e);
    }
}

/* A compare-exchange that finds something else does not store. */
static bool stores(unsigned e)
{
    return memory_of(e)->store && (op_of(e)->what != LIT_CAS || loaded(e) == op_of(e)->expected);
}

/* The store that load e takes a byte from: the load value axiom. */
static int source(unsigned e, uint32_t byte)
{
    int best = INIT;
    for (unsigned s = 0; s < nevents; s++) {
        bool seen = s != e && (position[s] < position[e] || program_order(s, e));
        if (seen && memory_of(s)->store && touches(s, byte) && stores(s) &&
            (best == INIT || position[s] > position[best]))
            best = (int)s;
    }
    return best;
}

static uint8_t byte_of_store(int s, uint32_t byte)
{
    if (s == INIT)
        return test->init[byte];
    return (uint8_t)(stored((unsigned)s) >> 8 * (byte - memory_of((unsigned)s)->at));
}

static uint64_t loaded(unsigned e)
{
    const struct rv_op *m = memory_of(e);
    uint64_t            v = 0;
    for (uint32_t i = 0; i < m->size; i++)
        v |= (uint64_t)byte_of_store(source(e, m->at + i), m->at + i) << 8 * i;
    return v;
}

static uint8_t final_byte(uint32_t byte)
{
    int last = INIT;
    for (unsigned s = 0; s < nevents; s++) {
        if (memory_of(s)->store && touches(s, byte) && stores(s) &&
            (last == INIT || position[s] > position[last]))
            last = (int)s;
    }
    return byte_of_store(last, byte);
}

/* --- the rules that speak of values --- */

static bool store_between(unsigned a, unsigned b, uint32_t byte)
{
    for (unsigned s = 0; s < nevents; s++) {
        if (program_order(a, s) && program_order(s, b) && memory_of(s)->store && touches(s, byte))
            return true;
    }
    return false;
}

/* Rule 2: two loads of one byte, no store to it between, from different stores. */
static bool rule_2(unsigned a, unsigned b)
{
    for (uint32_t byte = memory_of(a)->at; byte < memory_of(a)->at + memory_of(a)->size; byte++) {
        if (touches(b, byte) && !store_between(a, b, byte) && source(a, byte) != source(b, byte))
            return true;
    }
    return false;
}

static bool reads_from(unsigned b, unsigned s)
{
    for (uint32_t i = 0; i < memory_of(b)->size; i++) {
        if (source(b, memory_of(b)->at + i) == (int)s)
            return true;
    }
    return false;
}

/* Rule 12: b reads from a store between that depends on a. */
static bool rule_12(unsigned a, unsigned b)
{
    for (unsigned m = 0; m < nevents; m++) {
        if (program_order(a, m) && program_order(m, b) && memory_of(m)->store &&
            (memory_of(m)->addr | memory_of(m)->data) >> event[a].index & 1 && reads_from(b, m))
            return true;
    }
    return false;
}

static bool values_keep_order(void)
{
    for (unsigned a = 0; a < nevents; a++) {
        for (unsigned b = 0; b < nevents; b++) {
            if (!program_order(a, b) || position[a] < position[b] || !memory_of(b)->load)
                continue;
            if (memory_of(a)->load && rule_2(a, b))
                return false;
            if (memory_of(a)->load && memory_of(a)->store && reads_from(b, a)) /* rule 3 */
                return false;
            if (memory_of(a)->load && rule_12(a, b))
                return false;
        }
    }
    return true;
}

/* --- outcomes --- */

static bool register_is(unsigned hart, char reg, uint64_t want)
{
    for (unsigned i = test->n[hart]; i-- > 0;) {
        if (test->op[hart][i].to == reg)
            return loaded((unsigned)number_of[hart][i]) == want;
    }
    fprintf(stderr, "litmus: no register %u:%c in: %s\n", hart, reg, test->outcome);
    exit(2);
}

static bool place_is(const char *name, const char *size, unsigned index, uint64_t want)
{
    uint32_t n = *size == 'w' ? 4 : *size == 'b' ? 1 : 8;
    uint32_t at = 8 * (uint32_t)(strchr(test->place, *name) - test->place) + n * index;
    for (uint32_t i = 0; i < n; i++) {
        if (final_byte(at + i) != (uint8_t)(want >> 8 * i))
            return false;
    }
    return true;
}

/* One `1:a=1`, `x=2` or `x.b1=3`. */
static bool condition(const char *s)
{
    unsigned hart, index = 0;
    char     name[2], size[2] = "";
    uint64_t want = strtoull(strchr(s, '=') + 1, NULL, 0);

    if (sscanf(s, "%u:%1[a-z]=", &hart, name) == 2)
        return register_is(hart, *name, want);
    if (sscanf(s, "%1[a-z].%1[wb]%u", name, size, &index) >= 1)
        return place_is(name, size, index, want);
    fprintf(stderr, "litmus: bad outcome: %s\n", s);
    exit(2);
}

static bool outcome_holds(void)
{
    char copy[300], *next = NULL;
    bool all = true, any = false;
    snprintf(copy, sizeof(copy), "%s or", test->outcome);
    for (char *s = strtok_r(copy, " ", &next); s; s = strtok_r(NULL, " ", &next)) {
        if (strcmp(s, "or") == 0) {
            any |= all;
            all = true;
        } else if (all) {
            all = condition(s);
        }
    }
    return any;
}

/* --- orders --- */

static void gather_events(void)
{
    nevents = 0;
    for (unsigned h = 0; h < test->harts; h++) {
        uint32_t before[RV_OPS];
        rv_preserved(test->memory[h], test->n[h], before);
        for (unsigned i = 0; i < test->n[h]; i++) {
            number_of[h][i] = -1;
            if (test->op[h][i].what == LIT_FENCE)
                continue;
            struct event e = {h, i, 0};
            for (unsigned k = 0; k < i; k++) {
                if (before[i] >> k & 1)
                    e.before |= 1u << number_of[h][k];
            }
            number_of[h][i] = (int)nevents;
            event[nevents++] = e;
        }
    }
}

static bool extend(unsigned n, uint32_t placed)
{
    if (n == nevents) {
        norders++;
        return outcome_holds() && values_keep_order();
    }
    for (unsigned e = 0; e < nevents; e++) {
        if (placed >> e & 1 || event[e].before & ~placed)
            continue;
        order[n] = e;
        position[e] = n;
        if (extend(n + 1, placed | 1u << e))
            return true;
    }
    return false;
}

bool litmus_allowed(const struct litmus *t, uint64_t *orders)
{
    test = t;
    norders = 0;
    gather_events();
    bool allowed = extend(0, 0);
    *orders += norders;
    return allowed;
}
