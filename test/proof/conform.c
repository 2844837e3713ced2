/* SPDX-License-Identifier: Apache-2.0 */
/* conform.c - celltable.c makes the stores, loads and fences that the checker in protocol/ explored.
 *
 * celltable.c is compiled with tblmem.h replaced by a recorder. On random small tables each edit is
 * done by the code and, as a program of protocol/orders.c, by the checker's editor. Both must do the
 * same operations with the same values between the same fences, and call for a shootdown in the
 * same cases. Between two fences only the order at one place counts: the checker tries the others.
 * Where a cell goes is the code's choice; the checker's program is written for what it chose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/types.h"
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

#include "protocol/world.h"

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

static struct log by_code, by_model;
static bool       recording;
static bool       deciding;         /* loads before the first store only decide whether to begin */
static uint8_t   *changed_at_fence; /* by a user's instruction, after the first hide */
static char       doing[120];

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

enum { N = 6, MODEL_ROWS = ROWS, TABLE_ROWS = ROWS + 1 };

uintptr_t phys_window;

static _Alignas(4096) uint8_t memory[64 * (16 + 5 * TABLE_ROWS)];
static uint64_t         live_bits[1];
static struct celltable table;

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

/* pmap_update(): after the edit, if it took something away. */
static void update(void)
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

static uint64_t rng;

static unsigned rnd(unsigned below)
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

/* Cells in ascending order, often touching, with frames that go on. */
static void random_table(unsigned max_cells)
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

static uint32_t random_live(void)
{
    uint32_t live[N], n = 0;
    for (uint32_t i = 1; i < N; i++) {
        if (celltable_is_live(&table, i))
            live[n++] = i;
    }
    return n ? live[rnd(n)] : 0;
}

/* --- the checker's side --- */

static struct plan plan;

/* A plan on the table as it is now, before the code has its turn. */
static void begin(const char *what)
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
    snprintf(doing, sizeof(doing), "%s", what);
    by_code.n = by_code.segment = 0;
    recording = true;
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

static void compare(void)
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

/* --- each edit --- */

enum { TABLES = 3000 };

/* Moves that the code chose to make, into the plan: a live slot hidden, and its range shown again. */
static void plan_moves_made(void)
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
}

/* A free page range, by pages of the table; false if there is none where we look. */
static bool random_gap(uint64_t *start, uint64_t *end)
{
    uint64_t page = 1 + rnd(10);
    uint32_t next = celltable_lower(&table, page);
    if (celltable_start(&table, next) <= page)
        return false;
    uint64_t room = celltable_start(&table, next) - page;
    *start = page;
    *end = page + rnd((unsigned)room);
    return true;
}

static void an_insert_and_the_moves_it_makes_are_the_verified_orders(void **state)
{
    (void)state;
    unsigned moved = 0;
    for (unsigned i = 0; i < TABLES; i++) {
        uint64_t start, end;
        uint8_t  rights[ROWS] = {PERM_V | PERM_R, PERM_V | PERM_R | PERM_W};

        random_table(4);
        if (!random_gap(&start, &end) || celltable_free(&table) == 0)
            continue;
        begin("insert");
        const uint8_t byte[] = {0, rights[0], rights[1]};
        size_t        before = celltable_before(&table, start);
        size_t        slot = celltable_insert(&table, before, start, end, 50, byte);
        plan_moves_made();
        moved += plan.edit;
        order_insert(&plan, (int)slot, (int)start, (int)end, 50, rights);
        compare();
    }
    assert_true(moved > TABLES / 20);
}

/* Slots that a cell at `from` could move to: those with only empty ones on the way. */
static uint32_t random_way(uint32_t from)
{
    uint32_t left = (uint32_t)celltable_prev(&table, from);
    uint32_t right = (uint32_t)celltable_next(&table, from + 1);
    uint32_t to = left + 1 + rnd(right - left - 1);
    return to == from ? 0 : to;
}

static void a_move_over_any_distance_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(3);
        uint32_t from = random_live(), to = from ? random_way(from) : 0;
        if (!to)
            continue;
        begin("move");
        if (to > from)
            move_up(&table, from, to);
        else
            move_down(&table, from, to);
        order_move(&plan, (int)from, (int)to);
        compare();
    }
}

static void a_remove_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        struct cell_column col;

        random_table(5);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        begin("remove");
        celltable_remove(&table, slot, &col);
        update();
        order_remove(&plan, (int)slot);
        compare();
    }
}

static void split_once(bool hole)
{
    random_table(4);
    uint32_t slot = random_live();
    uint64_t npages = slot ? celltable_end(&table, slot) - celltable_start(&table, slot) + 1 : 0;
    if (npages < 2u + hole || celltable_free(&table) == 0)
        return;
    uint64_t left_end = celltable_start(&table, slot) + rnd((unsigned)npages - 1 - hole);
    uint64_t right_start = left_end + 1 + hole;

    begin(hole ? "cut a hole" : "split");
    size_t right = celltable_split(&table, slot, left_end, right_start);
    update();
    plan_moves_made();
    order_split(&plan, (int)right - 1, (int)left_end, (int)right_start);
    compare();
}

static void a_split_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++)
        split_once(false);
}

static void cutting_a_hole_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++)
        split_once(true);
}

static void a_carve_is_the_verified_order(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < 2 * TABLES; i++) {
        random_table(3);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        uint64_t start = celltable_start(&table, slot), end = celltable_end(&table, slot);
        uint64_t first = start + rnd((unsigned)(end - start + 1));
        uint64_t last = first + rnd((unsigned)(end - first + 1));
        unsigned rights = rnd(2) ? PERM_R : rnd(2) ? PERM_R | PERM_W : 0, row = rnd(ROWS);
        if ((first == start && last == end) || celltable_free(&table) < 2)
            continue;
        begin("carve");
        size_t mid = celltable_carve(&table, slot, first, last, row + 1, rights);
        update();
        plan_moves_made();
        order_carve(&plan, (int)(first > start ? mid - 1 : mid), (int)first, (int)last, (int)row,
                    rights);
        compare();
        n++;
    }
    assert_true(n > TABLES / 10);
}

/* Two neighbours that can be one cell; 0 if the table has none. */
static uint32_t make_mergeable(uint32_t slot)
{
    uint32_t right = slot ? (uint32_t)celltable_next(&table, slot + 1) : 0;
    if (!right || right >= table.kfirst ||
        celltable_end(&table, slot) + 1 != celltable_start(&table, right))
        return 0;
    for (uint32_t dom = 1; dom < TABLE_ROWS; dom++) {
        uint8_t *byte = celltable_byte(&table, dom, right);
        unsigned used = *byte & (PERM_A | PERM_D);
        *byte = (uint8_t)((*celltable_byte(&table, dom, slot) & ~(PERM_A | PERM_D)) | used);
        *celltable_grant(&table, dom, right) = *celltable_grant(&table, dom, slot);
    }
    return celltable_mergeable(&table, slot, right) ? right : 0;
}

/* differ: a user's prot comes between the first look and the hide. */
static bool merge_once(bool differ)
{
    random_table(4);
    uint32_t slot = random_live(), right = make_mergeable(slot);
    if (!right)
        return false;

    begin(differ ? "merge of cells that differ" : "merge");
    if (differ) {
        plan.init.perm[1][right] ^= W;
        changed_at_fence = celltable_byte(&table, 2, right);
    }
    deciding = true;
    assert_int_equal(celltable_merge(&table, slot), differ ? 0 : slot);
    order_merge(&plan, (int)slot, (int)right);
    compare();
    return true;
}

static void a_merge_is_the_verified_order(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < TABLES; i++)
        n += merge_once(false);
    assert_true(n > TABLES / 20);
}

static void a_merge_that_gives_up_is_the_verified_order(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < TABLES; i++)
        n += merge_once(true);
    assert_true(n > TABLES / 20);
}

/* Up to three cells that can be one but for the rights of one row in one of them. */
static bool make_union(struct unite *u)
{
    memset(u, 0, sizeof(*u));
    for (uint32_t slot = random_live(); slot && u->n < 3; slot = make_mergeable(slot))
        u->slot[u->n++] = (int)slot;
    if (u->n < 2)
        return false;
    u->changed = (int)rnd((unsigned)u->n + 1);
    u->row = (int)rnd(ROWS);
    size_t other = (size_t)u->slot[u->changed == 0], dom = (size_t)u->row + 1;
    u->rights = perm_rights(*celltable_byte(&table, dom, other));
    if (u->changed == u->n)
        return true;
    for (int k = 0; k < u->n; k++) {
        for (size_t d = 1; d < TABLE_ROWS; d++)
            *celltable_grant(&table, d, (size_t)u->slot[k]) = GRANT_NONE;
    }
    *celltable_byte(&table, dom, (size_t)u->slot[u->changed]) ^= rnd(2) ? PERM_W : 0;
    return true;
}

static void a_union_with_a_change_is_the_verified_order(void **state)
{
    (void)state;
    unsigned n[4] = {0};
    for (unsigned i = 0; i < 3 * TABLES; i++) {
        struct unite u;
        random_table(5);
        if (!make_union(&u))
            continue;
        bool   changes = u.changed < u.n, differ = !changes && rnd(4) == 0;
        size_t last = (size_t)u.slot[u.n - 1];
        begin("unite");
        if (differ) {
            plan.init.perm[1][last] ^= W;
            changed_at_fence = celltable_byte(&table, 2, last);
        }
        size_t slot = celltable_unite(&table, (size_t)u.slot[0], (size_t)u.slot[1],
                                      (size_t)u.slot[2], changes ? (size_t)u.slot[u.changed] : 0,
                                      changes ? (size_t)u.row + 1 : 0, u.rights);
        update();
        assert_int_equal(slot, differ ? 0 : u.slot[0]);
        order_unite(&plan, &u);
        compare();
        n[u.n]++;
    }
    assert_true(n[2] > TABLES / 20 && n[3] > TABLES / 100);
}

static void growing_and_shrinking_the_end_are_the_verified_orders(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        uint64_t past = celltable_start(&table, celltable_next(&table, slot + 1));
        uint64_t start = celltable_start(&table, slot), old = celltable_end(&table, slot);
        uint64_t end = start + rnd((unsigned)(past - start));
        if (end == old)
            continue;
        begin("change the end");
        if (end > old) {
            celltable_grow_end(&table, slot, end);
            order_grow_end(&plan, (int)slot, (int)end);
        } else {
            celltable_shrink_end(&table, slot, end);
            update();
            order_shrink_end(&plan, (int)slot, (int)end);
        }
        compare();
    }
}

static void changing_the_start_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        uint32_t left = celltable_prev(&table, slot);
        uint64_t low = left ? celltable_end(&table, left) + 1 : 1;
        uint64_t old = celltable_start(&table, slot);
        uint64_t start = low + rnd((unsigned)(celltable_end(&table, slot) - low + 1));
        if (start == old)
            continue;
        begin("change the start");
        celltable_change_start(&table, slot, start, celltable_ppn(&table, slot) + start - old);
        update();
        order_change_start(&plan, (int)slot, (int)start);
        compare();
    }
}

static void suspending_and_resuming_a_cell_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        uint64_t start = celltable_start(&table, slot), end = celltable_end(&table, slot);
        begin("migrate");
        celltable_hide(&table, slot);
        update();
        celltable_show(&table, slot, start, end, 60);
        order_migrate(&plan, (int)slot, 60);
        compare();
    }
}

static void replacing_frames_and_then_adding_the_right_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        begin("copy on write");
        celltable_replace(&table, slot, 60);
        update();
        celltable_add_rights(&table, slot, 1, PERM_W);
        order_copy_on_write(&plan, (int)slot, 60);
        compare();
    }
}

static void revoking_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        unsigned rights = rnd(2) ? PERM_R : 0, row = rnd(ROWS);
        if (!slot)
            continue;
        begin("revoke");
        celltable_revoke(&table, slot, row + 1, rights);
        update();
        order_revoke(&plan, (int)slot, (int)row, rights);
        compare();
    }
}

static void clearing_dirty_is_the_verified_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TABLES; i++) {
        random_table(4);
        uint32_t slot = random_live();
        if (!slot)
            continue;
        begin("clear dirty");
        celltable_clear_dirty(&table, slot);
        update();
        order_clear_dirty(&plan, (int)slot);
        compare();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_insert_and_the_moves_it_makes_are_the_verified_orders),
        cmocka_unit_test(a_move_over_any_distance_is_the_verified_order),
        cmocka_unit_test(a_remove_is_the_verified_order),
        cmocka_unit_test(a_split_is_the_verified_order),
        cmocka_unit_test(cutting_a_hole_is_the_verified_order),
        cmocka_unit_test(a_carve_is_the_verified_order),
        cmocka_unit_test(a_merge_is_the_verified_order),
        cmocka_unit_test(a_merge_that_gives_up_is_the_verified_order),
        cmocka_unit_test(a_union_with_a_change_is_the_verified_order),
        cmocka_unit_test(growing_and_shrinking_the_end_are_the_verified_orders),
        cmocka_unit_test(changing_the_start_is_the_verified_order),
        cmocka_unit_test(suspending_and_resuming_a_cell_is_the_verified_order),
        cmocka_unit_test(replacing_frames_and_then_adding_the_right_is_the_verified_order),
        cmocka_unit_test(revoking_is_the_verified_order),
        cmocka_unit_test(clearing_dirty_is_the_verified_order),
    };
    rng = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
