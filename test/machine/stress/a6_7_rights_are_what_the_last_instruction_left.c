/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.6.6, A.6.7 for four harts on the same cells as the same compartments. Each cell has one hart
 * that changes rights on it, by prot, grant, tfer, recv, inval and reval; all harts load, store,
 * fetch, AMO and LR/SC there without pause. Beside each right stands a word that says what it is,
 * or that it is being changed. An access between two equal readings of that word must end as it
 * says: a right that was lost is lost for the first access that begins afterwards on any hart,
 * whatever it has cached; one that was not taken is never missed; SD 6, which never had any, never
 * gets one. The hart that changes a cell knows its rows and grants exactly, and finds them so.
 */
#include "lib/stress.h"

#define OPERATIONS 30000
#define MEETINGS   300

#define CELLS    8
#define SOLE     6 /* cells from here on have one holder at a time, and are given up by inval */
#define BIG      5 /* a cell of many pages; the others have two. Two of each are used */
#define VA(c)    (0x10000000ull + 0x1000000 * (c))
#define BANK     5 /* always has everything on the shared cells, and lends it */
#define STRANGER 6
#define SDS      8

#define CHANGING 1

/* What an instruction has left of (cell, SD): number << 8 | rights, or CHANGING. */
static uint32_t said[CELLS][SDS];

/* What its hart knows of a cell. */
static struct {
    uint64_t rights[SDS];
    uint32_t grant[SDS];
    bool     valid;
} known[CELLS];

static uint64_t     stored[HARTS][CELLS][2]; /* each hart has a word of its own in each page */
static struct table t;

/* ---- the accesses ---------------------------------------------------------------------------- */
static uint64_t pages_of(uint64_t c)
{
    return c == BIG ? 1024 : 2;
}

/* The last two. */
static uint64_t page_at(uint64_t c, uint64_t k)
{
    return VA(c) + (pages_of(c) - 2 + k) * PAGE;
}

static uint64_t place(struct worker *w, const struct touch *touch, uint64_t page)
{
    if (touch->code == act_call)
        return page + (below(w, 2) ? PAGE_CODE : PAGE_EXCL);
    return page + PAGE_DATA + 64 * w->hart;
}

/* It was done: what did it do? */
static void judge_value(struct worker *w, const struct touch *touch, uint64_t page, uint64_t *mine,
                        uint64_t operand, uint64_t value)
{
    if (touch->code == act_call && operand != X)
        must_be(w, value, page);
    if (touch->code == act_load || touch->code == act_add)
        must_be(w, value, *mine);
    if (touch->code == act_store || (touch->code == act_reserve && value == 0))
        *mine = operand;
    if (touch->code == act_add)
        *mine += operand;
}

static void touch_cell(struct worker *w, uint64_t c, uint64_t sd)
{
    const struct touch *touch = &touches[below(w, TOUCHES)];
    uint64_t            k = below(w, 2), at = place(w, touch, page_at(c, k)), rights;
    uint64_t            operand = at % PAGE == PAGE_EXCL ? X : random_number(w);
    uint32_t            before, after;
    struct result       r;

    be(w, sd);
    before = __atomic_load_n(&said[c][sd], __ATOMIC_ACQUIRE);
    r = attempt(w, touch->code, at, operand);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    after = __atomic_load_n(&said[c][sd], __ATOMIC_RELAXED);

    if (r.cause == 0)
        judge_value(w, touch, page_at(c, k), &stored[w->hart][c][k], operand, r.value);
    if (before != after || (before & CHANGING)) {
        w->met++;
        return;
    }
    rights = before & RWX;
    if (rights_allow(rights, touch))
        must_end(w, r, 0, 0);
    else
        must_end(w, r, rights & R ? touch->cause : touch->first, at);
}

/* ---- the changes ----------------------------------------------------------------------------- */
static void announce(uint64_t c, uint64_t sd)
{
    __atomic_store_n(&said[c][sd], said[c][sd] | CHANGING, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void say(uint64_t c, uint64_t sd, uint64_t rights)
{
    known[c].rights[sd] = rights;
    __atomic_store_n(&said[c][sd], ((said[c][sd] >> 8) + 1) << 8 | (uint32_t)rights,
                     __ATOMIC_RELEASE);
}

/* A random choice of rights; of nothing, nothing. */
static uint64_t some_of(struct worker *w, uint64_t rights)
{
    return random_number(w) & rights & RWX;
}

static uint64_t some_right_of(struct worker *w, uint64_t rights)
{
    uint64_t p = some_of(w, rights);

    return p ? p : rights;
}

static void restrict_rights(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t rights = known[c].rights[sd];
    uint64_t p = c < SOLE ? some_of(w, rights) : some_right_of(w, rights);

    be(w, sd);
    if (!rights) {
        must_end(w, attempt(w, act_prot, VA(c), p), BAD_RIGHTS, 0x200 | p);
        return;
    }
    announce(c, sd);
    must_end(w, attempt(w, act_prot, VA(c), p), 0, 0);
    say(c, sd, p);
}

/* To the bank, which gets nothing new by it. */
static void give_back(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t rights = known[c].rights[sd], p = some_right_of(w, rights ? rights : RWX);

    be(w, sd);
    if (!rights) {
        must_end(w, attempt(w, with_rights(act_tfer, p), VA(c), BANK), BAD_RIGHTS, 0x200 | p);
        return;
    }
    announce(c, sd);
    must_end(w, attempt(w, with_rights(act_tfer, p), VA(c), BANK), 0, 0);
    say(c, sd, 0);
    known[c].grant[sd] = GRANT_WORD(BANK, p);
}

/* A grant of the bank, taken in part or all of it, by the one it is for; or by another. */
static void lend(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t offered = RW | some_of(w, X);

    be(w, BANK);
    must_end(w, attempt(w, with_rights(act_grant, offered), VA(c), sd), 0, 0);
    known[c].grant[BANK] = GRANT_WORD(sd, offered);
    be(w, 3 - sd);
    must_end(w, attempt(w, with_rights(act_recv, R), VA(c), BANK), BAD_SD, 1ull << 32 | (3 - sd));
}

static void borrow(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t grant = known[c].grant[BANK], offered = grant & RWX;
    uint64_t p = R | some_of(w, RWX); /* never W alone: it would take X away (A.1.11) */

    be(w, sd);
    if (grant >> 4 != sd) {
        must_end(w, attempt(w, with_rights(act_recv, p), VA(c), BANK), BAD_SD, 1ull << 32 | sd);
        return;
    }
    if (p & ~offered) {
        must_end(w, attempt(w, with_rights(act_recv, p), VA(c), BANK), BAD_RIGHTS, 0x300 | p);
        return;
    }
    announce(c, sd);
    must_end(w, attempt(w, with_rights(act_recv, p), VA(c), BANK), 0, 0);
    say(c, sd, known[c].rights[sd] | p);
    known[c].grant[BANK] = p == offered ? NO_GRANT : GRANT_WORD(sd, offered & ~p);
}

static void ask_excl(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t      p = some_right_of(w, known[c].rights[sd]), others = 0;
    struct result r;

    if (!p)
        return;
    for (uint64_t j = 0; j < SDS; j++)
        others |= (j == sd ? 0 : known[c].rights[j]) | (known[c].grant[j] & RWX);
    be(w, sd);
    r = attempt(w, act_excl, VA(c), p);
    must_end(w, r, 0, 0);
    must_be(w, r.value, !(others & p));
}

static void give_up(struct worker *w, uint64_t c)
{
    uint64_t sd = known[c].rights[1] ? 1 : 2;

    be(w, sd);
    announce(c, sd);
    must_end(w, attempt(w, act_inval, VA(c), 0), 0, 0);
    say(c, sd, 0);
    known[c].valid = false;
}

static void take_over(struct worker *w, uint64_t c, uint64_t sd)
{
    uint64_t p = some_right_of(w, RWX);

    be(w, sd);
    announce(c, sd);
    must_end(w, attempt(w, act_reval, VA(c), p), 0, 0);
    say(c, sd, p);
    known[c].valid = true;
}

static void change_sole(struct worker *w, uint64_t c, uint64_t sd)
{
    if (!known[c].valid)
        take_over(w, c, sd);
    else if (below(w, 2))
        give_up(w, c);
    else if (known[c].rights[sd] && below(w, 2))
        restrict_rights(w, c, sd);
    else
        ask_excl(w, c, sd);
}

static void change_shared(struct worker *w, uint64_t c, uint64_t sd)
{
    switch (below(w, 8)) {
    case 0:
        restrict_rights(w, c, sd);
        break;
    case 1:
        give_back(w, c, sd);
        break;
    case 2:
        ask_excl(w, c, below(w, 2) ? sd : BANK);
        break;
    case 3:
    case 4:
        lend(w, c, sd);
        break;
    default:
        borrow(w, c, sd);
    }
}

/* All rows and grants of a cell, by its hart: nobody else changes more than A and D. */
static void look_at_table(struct worker *w, uint64_t c)
{
    uint64_t slot = slot_of(&t, VA(c));

    for (uint64_t sd = 1; sd < SDS; sd++) {
        must_be(w, *perm(&t, sd, slot) & RWX, known[c].rights[sd]);
        must_be(w, *grant(&t, sd, slot), known[c].grant[sd]);
    }
    must_be(w, desc(&t, slot)->hi >> 63, known[c].valid);
}

/* ---- SD 6 ------------------------------------------------------------------------------------ */
static void intrude(struct worker *w, uint64_t c)
{
    uint64_t p = some_right_of(w, RWX), from = below(w, 2) ? BANK : 1 + below(w, 2);

    be(w, STRANGER);
    switch (below(w, 6)) {
    case 0:
        must_end(w, attempt(w, act_prot, VA(c), p), BAD_RIGHTS, 0x200 | p);
        break;
    case 1:
        must_end(w, attempt(w, with_rights(act_grant, p), VA(c), STRANGER), BAD_RIGHTS, 0x200 | p);
        break;
    case 2:
        must_end(w, attempt(w, with_rights(act_tfer, p), VA(c), 1), BAD_RIGHTS, 0x200 | p);
        break;
    case 3:
        must_end(w, attempt(w, with_rights(act_recv, p), VA(c), from), BAD_SD,
                 1ull << 32 | STRANGER);
        break;
    case 4:
        must_end(w, attempt(w, act_excl, VA(c), p), BAD_RIGHTS, 0x200 | p);
        break;
    default:
        must_end(w, attempt(w, act_inval, VA(c), 0), BAD_RIGHTS, 0x200 | P_NONE);
        break;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */
static void work(struct worker *w)
{
    while (stress_goes_on(w)) {
        uint64_t c = below(w, CELLS), own = below(w, 2) * HARTS + w->hart, sd = 1 + below(w, 2);

        switch (below(w, 16)) {
        case 0:
            intrude(w, below(w, SOLE)); /* a cell that is valid */
            break;
        case 1:
            look_at_table(w, own);
            break;
        case 2:
        case 3:
            if (own < SOLE)
                change_shared(w, own, sd);
            else
                change_sole(w, own, sd);
            break;
        default:
            if (w->hart != HARTS - 1) /* which is in S, on row 0 */
                touch_cell(w, c, below(w, 8) ? sd : STRANGER);
        }
    }
    be(w, 1);
    all_meet(w);
    look_at_table(w, w->hart);
    look_at_table(w, w->hart + HARTS);
}

static void make_table(void)
{
    struct cell cells[CELLS];

    for (uint64_t c = 0; c < CELLS; c++) {
        cells[c] = (struct cell){.va = VA(c),
                                 .pages = pages_of(c),
                                 .pa = FRAME(2 * c) - (pages_of(c) - 2) * PAGE,
                                 .row = {P_RWX, P_NONE, P_NONE, 0, 0, P_RWX, P_NONE, 0}};
        known[c].rights[BANK] = RWX;
        known[c].valid = true;
        if (c >= SOLE) {
            cells[c].row[BANK] = 0;
            known[c].rights[BANK] = 0;
            cells[c].row[1] = P_RWX;
            known[c].rights[1] = RWX;
            said[c][1] = RWX;
        }
        for (uint64_t sd = 0; sd < SDS; sd++)
            known[c].grant[sd] = NO_GRANT;
        put_page(FRAME(2 * c), page_at(c, 0));
        put_page(FRAME(2 * c + 1), page_at(c, 1));
    }
    t = cells_on(cells, CELLS);
}

int main(void)
{
    uint64_t factor = stress_factor();

    make_table();
    stress_run(&(struct stress){
        .mode = {MODE_U, MODE_U, MODE_U, MODE_S},
        .table = &t,
        .operations = OPERATIONS * factor,
        .meetings = MEETINGS * factor,
        .work = {work, work, work, work},
    });
    stress_report();
    return 0;
}
