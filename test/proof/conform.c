/* SPDX-License-Identifier: Apache-2.0 */
/* conform.c - what celltable.c did, and what the checker's editor does, on random small tables.
 *
 * celltable.c is compiled with tblmem.h replaced by a recorder. An edit is done by the code and, as a
 * program of protocol/orders.c, by the checker's editor. Both must do the same operations with the
 * same values between the same fences, and call for a shootdown in the same cases. Between two fences
 * only the order at one place counts: the checker tries the others. Which edits: conform_edits.c.
 */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/layout.h"
#include "machine/upcall.h"

/* --- the accesses of celltable.c, in place of tblmem.h --- */

#define RISCV64_CELLS_TBLMEM_H

enum what { LOAD8, STORE8, AND8, OR8, LOAD32, STORE32, STORE64, SHOOTDOWN };

static void recorded(enum what what, const void *at, uint64_t value);
static void fenced(void);

static inline uint32_t tbl_load32(const uint32_t *p)
{
    recorded(LOAD32, p, *p);
    return *p;
}

static inline uint8_t tbl_load8(const uint8_t *p)
{
    recorded(LOAD8, p, *p);
    return *p;
}

static inline void tbl_store64(uint64_t *p, uint64_t v)
{
    recorded(STORE64, p, v);
    *p = v;
}

static inline void tbl_store32(uint32_t *p, uint32_t v)
{
    recorded(STORE32, p, v);
    *p = v;
}

static inline void tbl_store8(uint8_t *p, uint8_t v)
{
    recorded(STORE8, p, v);
    *p = v;
}

static inline uint8_t tbl_and8(uint8_t *p, uint8_t mask)
{
    uint8_t old = *p;
    recorded(AND8, p, mask);
    *p = old & mask;
    return old;
}

static inline uint8_t tbl_or8(uint8_t *p, uint8_t bits)
{
    uint8_t old = *p;
    recorded(OR8, p, bits);
    *p = old | bits;
    return old;
}

static inline void tbl_fence(void)
{
    fenced();
}

#include "riscv64-cells/cellbuild.c"
#include "riscv64-cells/cellroom.c"
#include "riscv64-cells/celltable.c"

/* --- what was done --- */

#define MAX_EVENTS 256

struct event {
    unsigned  segment;
    enum what what;
    unsigned  row, slot; /* of a word: row 0 the low, row 1 the high one */
    unsigned  value;     /* in the checker's encoding (world.h) */
};

struct log {
    struct event e[MAX_EVENTS];
    unsigned     n, segment;
};

static struct log  by_code, by_model;
static bool        recording, deciding;
static uint8_t    *changed_at_fence;
static const char *doing;

static void log_event(struct log *l, enum what what, unsigned row, unsigned slot, unsigned value)
{
    assert_true(l->n < MAX_EVENTS);
    l->e[l->n++] = (struct event){l->segment, what, row, slot, value};
}

/* Fences with nothing between them count as one. */
static void log_fence(struct log *l)
{
    if (l->n && l->e[l->n - 1].segment == l->segment)
        l->segment++;
}

/* --- the code's side --- */

uintptr_t        phys_window;
struct celltable table;
struct plan      plan;

static _Alignas(4096) uint8_t memory[64 * (16 + 5 * TABLE_ROWS)];
static uint64_t live_bits[1];

static unsigned lo_code(uint64_t lo)
{
    return (unsigned)((cell_lo_start(lo) & 15) << 4 | (cell_lo_end(lo) & 15));
}

static unsigned hi_code(uint64_t hi)
{
    return (unsigned)((cell_hi_gen(hi) & 0xff) << 8 | (hi & CELL_VALID ? VALID : 0) |
                      (cell_hi_ppn(hi) & 0x7f));
}

static unsigned grant_code(uint32_t grant)
{
    return grant & 0xff;
}

static void recorded(enum what what, const void *at, uint64_t value)
{
    size_t   offset = (size_t)((const uint8_t *)at - memory);
    unsigned row, slot;

    if (!recording || (deciding && (what == LOAD8 || what == LOAD32)))
        return;
    deciding = false;
    if (what == STORE64) {
        slot = (unsigned)(offset / 16);
        row = offset / 8 % 2;
        value = row ? hi_code(value) : lo_code(value);
    } else if (what == LOAD32 || what == STORE32) {
        offset -= 1024 + 64 * TABLE_ROWS;
        row = (unsigned)(offset / 256) - 1;
        slot = (unsigned)(offset / 4 % 64);
        value = grant_code((uint32_t)value);
    } else {
        offset -= 1024;
        row = (unsigned)(offset / 64) - 1;
        slot = (unsigned)(offset % 64);
    }
    log_event(&by_code, what, row, slot, (unsigned)value);
}

static void fenced(void)
{
    if (!recording)
        return;
    log_fence(&by_code);
    if (changed_at_fence)
        *changed_at_fence ^= PERM_W;
    changed_at_fence = NULL;
}

void update(void)
{
    log_fence(&by_code);
    if (table.stale)
        log_event(&by_code, SHOOTDOWN, 0, 0, 0);
    log_fence(&by_code);
    table.stale = false;
}

void shootdown_others(void)
{
}

void assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "%s: %s (%s:%d)\n", doing, expr, file, line);
    abort();
}

/* --- random tables --- */

static uint64_t rng = 1;

unsigned rnd(unsigned below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)((rng >> 33) % below);
}

static void format_table(void)
{
    struct cell_spec kernel[64 - N];
    uint32_t         n = 64 - N;

    for (uint32_t i = 0; i < n; i++)
        kernel[i] = (struct cell_spec){11 + 2 * i, 12 + 2 * i, 40 + 2 * i, PERM_V | PERM_R};
    celltable_attach(&table, (uintptr_t)memory, 1, TABLE_ROWS, live_bits);
    celltable_format(&table, TABLE_ROWS, kernel, n);
}

static void random_column(uint32_t slot)
{
    static const uint8_t rights[] = {PERM_V | PERM_R, PERM_V | PERM_R | PERM_W, PERM_V,
                                     PERM_V | PERM_R | PERM_X};
    static const uint8_t used[] = {0, PERM_A, PERM_A | PERM_D};

    for (uint32_t dom = 1; dom < TABLE_ROWS; dom++) {
        *celltable_byte(&table, dom, slot) = rights[rnd(4)] | used[rnd(3)];
        if (rnd(3) == 0)
            *celltable_grant(&table, dom, slot) = rnd(2) ? 0x16 : 0x22;
    }
}

static void place_cell(uint32_t slot, uint64_t start, uint64_t end, uint64_t ppn)
{
    table.cell[slot].lo = cell_lo(start, end);
    table.cell[slot].hi = cell_hi(1 + rnd(20), ppn);
    random_column(slot);
    mark_live(&table, slot);
    table.nlive++;
}

/* Empty slots may stand anywhere in their gap, as long as no slot ends before the one before it. */
static void place_empties(void)
{
    for (uint32_t i = 1; i < table.kfirst; i++) {
        if (celltable_is_live(&table, i))
            continue;
        uint64_t past = celltable_start(&table, celltable_next(&table, i));
        uint64_t low = i > 1 ? celltable_end(&table, i - 1) : 0;
        table.cell[i].lo = cell_lo_empty(low + rnd((unsigned)(past - low)));
        table.cell[i].hi = cell_hi_empty(rnd(20));
    }
}

void random_table(unsigned max_cells)
{
    uint64_t page = 1 + rnd(3), ppn = 10;
    unsigned cells = 0;

    format_table();
    table.hint = 0;
    for (uint32_t slot = 1; slot < N && page <= 9 && cells < max_cells; slot++) {
        uint64_t end = page + rnd(3);
        if (rnd(3) == 0)
            continue;
        end = end > 10 ? 10 : end;
        place_cell(slot, page, end, ppn);
        cells++;
        ppn += end - page + 1;
        page = end + 1;
        if (rnd(2)) {
            page += 1 + rnd(2);
            ppn += 20;
        }
    }
    place_empties();
}

size_t random_live(void)
{
    size_t live[N], n = 0;
    for (size_t i = 1; i < N; i++) {
        if (celltable_is_live(&table, i))
            live[n++] = i;
    }
    return n ? live[rnd((unsigned)n)] : 0;
}

/* --- the checker's side --- */

void begin(const char *what)
{
    memset(&plan, 0, sizeof(plan));
    plan.table[0] = (struct table){1, N + 1};
    memset(plan.init.grant, NO_GRANT, sizeof(plan.init.grant));
    for (uint32_t i = 1; i <= N; i++) {
        struct state *s = &plan.init;
        plan.t[i].e = (uint8_t)celltable_end(&table, i);
        s->lo[i] = (uint8_t)lo_code(table.cell[i].lo);
        s->hi[i] = (uint16_t)hi_code(table.cell[i].hi);
        for (unsigned row = 0; row < MODEL_ROWS; row++) {
            s->perm[row][i] = *celltable_byte(&table, row + 1, i);
            s->grant[row][i] = (uint8_t)grant_code(*celltable_grant(&table, row + 1, i));
        }
        if (celltable_is_live(&table, i))
            plan_live(&plan, (int)i, range_start(s->lo[i]), range_end(s->lo[i]), s->hi[i] & 0x7f);
    }
    doing = what;
    by_code.n = by_code.segment = 0;
    recording = true;
    deciding = false;
}

void begin_to_decide(void)
{
    deciding = true;
}

void user_takes_the_right_to_write(size_t dom, size_t slot)
{
    plan.init.perm[dom - 1][slot] ^= W;
    changed_at_fence = celltable_byte(&table, dom, slot);
}

void move_cell(size_t from, size_t to)
{
    if (to > from)
        move_up(&table, from, to);
    else
        move_down(&table, from, to);
}

static void log_byte(const struct op *o, const struct state *s)
{
    static const enum what what[] = {
        [READ] = LOAD8,           [PUT] = STORE8,   [PUT_REG] = STORE8,
        [PUT_AD] = STORE8,        [OR_AD] = OR8,    [AND] = AND8,
        [AND_IF_D] = AND8,        [OR] = OR8,       [AND_IF_TAKES] = AND8,
        [PUT_CHANGED] = STORE8,   [OR_MARKS] = OR8, [GPUT_IF_TAKES] = STORE32,
        [GPUT_CHANGED] = STORE32, [GREAD] = LOAD32, [GPUT] = STORE32,
        [GPUT_REG] = STORE32,
    };
    unsigned value = o->kind >= GREAD ? s->grant[o->a][o->b] : s->perm[o->a][o->b];

    if (o->kind == AND_IF_D && !(s->reg[o->d][o->a] & D))
        return;
    if ((o->kind == AND_IF_TAKES || o->kind == GPUT_IF_TAKES) && !s->takes)
        return;
    if (o->kind == AND_IF_TAKES || o->kind == AND || o->kind == AND_IF_D || o->kind == OR)
        value = o->c;
    if (o->kind == OR_AD)
        value = s->reg[o->c][o->a] & (A | D);
    if (o->kind == OR_MARKS) {
        value = s->reg[o->d][o->a] & (A | D);
        if (!(value & ~s->reg[o->c][o->a]))
            return;
    }
    log_event(&by_model, what[o->kind], o->a, o->b, value);
}

/* `before`: the registers of before the operation; it may have been the last one. */
static void log_op(const struct op *o, const struct state *before, const struct state *s)
{
    switch (o->kind) {
    case LO:
        log_event(&by_model, STORE64, 0, o->a, s->lo[o->a]);
        return;
    case HI:
        log_event(&by_model, STORE64, 1, o->a, s->hi[o->a]);
        return;
    case ACK:
        if (o->a == 0 && (o->c == ALWAYS || (o->c == IF_TAKES && before->takes) ||
                          (o->c == IF_COLLECTED && (before->taken[0] || before->taken[1]))))
            log_event(&by_model, SHOOTDOWN, 0, 0, 0);
        return;
    case BRANCH:
    case DECIDE:
    case COPY:
        return;
    default: {
        struct state now = *s;
        memcpy(now.reg, before->reg, sizeof(now.reg));
        now.takes = before->takes;
        log_byte(o, &now);
        return;
    }
    }
}

/* The program, alone and in program order. */
static bool run_model(void)
{
    struct state s = plan.init;

    plan_finish(&plan, doing);
    world_plan = &plan;
    by_model.n = by_model.segment = 0;
    while (s.segment != DONE) {
        unsigned     i = plan.first[s.segment];
        struct state before = s;
        while (!editor_ready(&s, i))
            i++;
        assert_true(i < plan.first[s.segment + 1]);
        assert_true(editor_step(&s, i));
        log_op(&plan.op[i], &before, &s);
        /* Stores behind the branch wait for what it compared, with or without a fence. */
        if (s.segment != before.segment && plan.op[i].kind != BRANCH)
            log_fence(&by_model);
    }
    return s.aborted;
}

/* A move: a live slot is hidden, and its range shown again. */
int plan_moves_made(void)
{
    struct state s = plan.init;
    unsigned     from = 0, range = 0;

    for (unsigned i = 0; i < by_code.n; i++) {
        const struct event *e = &by_code.e[i];
        if (e->what != STORE64 || e->row != 0 || e->slot >= N)
            continue;
        bool live = range_start((uint8_t)e->value) <= range_end((uint8_t)e->value);
        bool was_live = range_start(s.lo[e->slot]) <= range_end(s.lo[e->slot]);
        if (was_live && !live) {
            from = e->slot;
            range = s.lo[e->slot];
        } else if (live && from && from != e->slot && e->value == range) {
            order_move(&plan, (int)from, (int)e->slot);
            from = 0;
        }
        s.lo[e->slot] = (uint8_t)e->value;
    }
    return plan.edit;
}

/* --- comparing --- */

static int compare_events(const void *x, const void *y)
{
    const struct event *a = *(const struct event *const *)x, *b = *(const struct event *const *)y;

    if (a->segment != b->segment)
        return a->segment < b->segment ? -1 : 1;
    bool a_word = a->what == STORE64, b_word = b->what == STORE64;
    bool a_grant = a->what == LOAD32 || a->what == STORE32;
    bool b_grant = b->what == LOAD32 || b->what == STORE32;
    if (a_word != b_word)
        return a_word - b_word;
    if (a_grant != b_grant)
        return a_grant - b_grant;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a < b ? -1 : 1; /* one place: program order */
}

static void print_log(const struct log *l, const char *whose)
{
    static const char *const name[] = {"load byte",  "store byte",  "amoand",     "amoor",
                                       "load grant", "store grant", "store word", "shootdown"};

    fprintf(stderr, "%s, %s:\n", doing, whose);
    for (unsigned i = 0; i < l->n; i++) {
        const struct event *e = &l->e[i];
        fprintf(stderr, "  %2u  %-11s row %u slot %u  %x\n", e->segment, name[e->what], e->row,
                e->slot, e->value);
    }
}

static bool same_event(const struct event *a, const struct event *b)
{
    return a->segment == b->segment && a->what == b->what && a->row == b->row &&
           a->slot == b->slot && a->value == b->value;
}

static bool is_load(const struct event *e)
{
    return e->what == LOAD8 || e->what == LOAD32;
}

static bool seen_before(const struct log *l, unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (same_event(&l->e[k], &l->e[i]))
            return true;
    }
    return false;
}

/* A place that is read twice between two fences counts once. Loads of a comparison that fails end where
 * the difference was found, and are left out. */
static unsigned sorted(const struct log *l, bool loads, const struct event *list[])
{
    unsigned n = 0;
    for (unsigned i = 0; i < l->n; i++) {
        if (!is_load(&l->e[i]) || (loads && !seen_before(l, i)))
            list[n++] = &l->e[i];
    }
    qsort(list, n, sizeof(list[0]), compare_events);
    return n;
}

void compare(void)
{
    const struct event *code[MAX_EVENTS], *model[MAX_EVENTS];
    bool                aborted;

    recording = false;
    aborted = run_model();
    unsigned n = sorted(&by_code, !aborted, code), m = sorted(&by_model, !aborted, model);
    bool     same = n == m;
    for (unsigned i = 0; same && i < n; i++)
        same = same_event(code[i], model[i]);
    if (!same) {
        print_log(&by_code, "celltable.c");
        print_log(&by_model, "the order that was verified");
    }
    assert_true(same);
}
