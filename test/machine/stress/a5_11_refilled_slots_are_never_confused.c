/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.5.11, A.6.6: hart 0 edits the table as a kernel does, by B.2: it moves cells from slot to slot,
 * gives them other memory, takes cells out and puts them back, so that each slot belongs to one
 * cell after another. Three harts use the cells meanwhile: they load, store, fetch, switch,
 * restrict, grant, pass on, receive. Every page says its own address. No access ever meets another
 * page than its own, no instruction another cell's rights or grants: each hart has compartments to
 * itself and knows what these have, to the bit. A fault of a cell that was not hidden at the time
 * is final; of one that was, it may be spurious, and the instruction is made again (B.2.7).
 */
#include "lib/stress.h"

#define OPERATIONS 8000
#define MEETINGS   40
#define ROUNDS     4

#define USERS      (HARTS - 1)
#define CELLS      7
#define GUEST      5 /* cells from here on come and go; nobody changes rights on them */
#define SLOTS      11
#define VA(c)      (0x10000000ull + 2 * PAGE * (c))
#define SDS        8
#define HOST       7 /* has everything on every cell, and changes nothing */
#define SPARES     (FRAMES - CELLS)
#define FREE       CELLS
#define LENDER(sd) ((sd) + 3) /* each user's second compartment lends to its first */

#define HIDDEN  1
#define PRESENT 2

static struct table t;

/* Of each cell: number << 8 | HIDDEN | PRESENT. Written by hart 0. */
static uint32_t said[CELLS];

/* The editor's own: which cell a slot holds, or FREE; where a cell's memory is. */
static uint64_t cell_in[SLOTS + 1], frame_of[CELLS], spare[SPARES];

/* Shootdowns: asked for, and acknowledged by each user. */
static uint64_t asked, acknowledged[HARTS];

static uint64_t edits;

/* ---- the editor (S, row 0) ------------------------------------------------------------------- */
static void full_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Every user between two instructions, with nothing cached (B.2.9). */
static void shoot_down(void)
{
    uint64_t number = asked + 1;

    full_fence();
    __atomic_store_n(&asked, number, __ATOMIC_SEQ_CST);
    fence();
    for (uint64_t h = 1; h <= USERS; h++) {
        while (__atomic_load_n(&acknowledged[h], __ATOMIC_ACQUIRE) < number)
            ;
    }
}

static void say(uint64_t c, uint32_t what)
{
    __atomic_store_n(&said[c], (said[c] & ~0xffu) + 0x100 + what, __ATOMIC_SEQ_CST);
    full_fence();
}

static uint64_t page_of(uint64_t c)
{
    return VA(c) / PAGE;
}

/* The start of the next live cell behind this slot: at last that of the image. */
static uint64_t next_start(uint64_t slot)
{
    for (slot++; slot <= SLOTS; slot++) {
        if (cell_in[slot] != FREE)
            return page_of(cell_in[slot]);
    }
    return 0x80000;
}

static void set_range(uint64_t slot, struct desc d)
{
    desc(&t, slot)->lo = d.lo;
}

static void hide(uint64_t slot, uint64_t e)
{
    set_range(slot, desc_empty(e));
    full_fence();
}

/* The high word for another cell, B.2.4: when the generation comes round, nobody is on the way. */
static void set_memory(uint64_t slot, uint64_t frame)
{
    uint64_t generation = ((desc(&t, slot)->hi >> DESC_GENERATION) + 1) & 0x7ff;

    if (generation == 0)
        shoot_down();
    desc(&t, slot)->hi = desc_make(0, 1, FRAME(frame)).hi | generation << DESC_GENERATION;
    full_fence();
}

static void show(uint64_t slot, uint64_t c)
{
    cell_in[slot] = c;
    set_range(slot, desc_make(VA(c), 1, 0));
}

/* What a hidden slot holds goes to another; a walk may be late with A and D, no more. These are
 * forgotten now and then, to let walks set them again.
 */
static void take_row(uint64_t from, uint8_t bytes[SDS], uint32_t grants[SDS])
{
    for (uint64_t sd = 0; sd < SDS; sd++) {
        bytes[sd] = *perm(&t, sd, from) & (edits % 2 ? 0xff : (uint8_t)~P_AD);
        *perm(&t, sd, from) = 0;
        grants[sd] = *grant(&t, sd, from);
        *grant(&t, sd, from) = NO_GRANT;
    }
    full_fence();
}

static void put_row(uint64_t to, const uint8_t bytes[SDS], const uint32_t grants[SDS])
{
    for (uint64_t sd = 0; sd < SDS; sd++) {
        *perm(&t, sd, to) = bytes[sd];
        *grant(&t, sd, to) = grants[sd];
    }
}

static void move(uint64_t from, uint64_t to)
{
    uint64_t c = cell_in[from];
    uint8_t  bytes[SDS];
    uint32_t grants[SDS];

    say(c, HIDDEN | PRESENT);
    hide(from, to > from ? page_of(c) - 1 : next_start(from) - 1);
    take_row(from, bytes, grants);
    put_row(to, bytes, grants);
    set_memory(to, frame_of[c]);
    cell_in[from] = FREE;
    show(to, c);
    say(c, PRESENT);
}

static void copy_page(uint64_t to, uint64_t from)
{
    for (uint64_t k = 0; k < PAGE / 8; k++)
        ((volatile uint64_t *)FRAME(to))[k] = ((volatile uint64_t *)FRAME(from))[k];
}

/* To other memory; what was the cell's is nobody's, and says so. */
static void migrate(uint64_t slot, uint64_t n)
{
    uint64_t c = cell_in[slot], old = frame_of[c];

    say(c, HIDDEN | PRESENT);
    hide(slot, next_start(slot) - 1);
    shoot_down();
    copy_page(spare[n], old);
    frame_of[c] = spare[n];
    spare[n] = old;
    set_memory(slot, frame_of[c]);
    memset(frames[old], 0xff, PAGE);
    show(slot, c);
    say(c, PRESENT);
}

static void take_out(uint64_t slot)
{
    uint64_t c = cell_in[slot];
    uint8_t  bytes[SDS];
    uint32_t grants[SDS];

    say(c, HIDDEN | PRESENT);
    hide(slot, next_start(slot) - 1);
    take_row(slot, bytes, grants);
    cell_in[slot] = FREE;
    shoot_down();
    say(c, 0);
}

/* Empties that a cell of this page will pass are rewritten first (rule 5). */
static void make_way(uint64_t slot, uint64_t page)
{
    for (uint64_t s = slot - 1; s >= 1 && cell_in[s] == FREE; s--)
        hide(s, page - 1);
    for (uint64_t s = slot + 1; s <= SLOTS && cell_in[s] == FREE; s++)
        hide(s, next_start(slot) - 1);
}

static void put_in(uint64_t slot, uint64_t c)
{
    static const uint8_t  bytes[SDS] = {P_RW, P_RO, P_RW, P_RX, P_RO, P_RW, P_RX, P_RWX};
    static const uint32_t grants[SDS] = {NO_GRANT, NO_GRANT, NO_GRANT, NO_GRANT,
                                         NO_GRANT, NO_GRANT, NO_GRANT, NO_GRANT};

    say(c, HIDDEN);
    make_way(slot, page_of(c));
    put_row(slot, bytes, grants);
    set_memory(slot, frame_of[c]);
    show(slot, c);
    say(c, PRESENT);
}

/* Where cell c would stand: a free slot between its neighbours, or 0. */
static uint64_t slot_for(uint64_t c)
{
    uint64_t found = 0;

    for (uint64_t s = 1; s <= SLOTS; s++) {
        if (cell_in[s] == FREE)
            found = s;
        else if (cell_in[s] < c)
            found = 0;
        else
            break;
    }
    return found;
}

static void edit_guest(uint64_t c)
{
    for (uint64_t s = 1; s <= SLOTS; s++) {
        if (cell_in[s] == c) {
            take_out(s);
            return;
        }
    }
    if (slot_for(c))
        put_in(slot_for(c), c);
}

static void edit(struct worker *w)
{
    uint64_t s = 1 + below(w, SLOTS), to = below(w, 2) ? s + 1 : s - 1;

    if (below(w, 128) == 0)
        edit_guest(GUEST + below(w, CELLS - GUEST));
    else if (cell_in[s] == FREE)
        return;
    else if (to >= 1 && to <= SLOTS && cell_in[to] == FREE)
        move(s, to);
    else if (below(w, 128) == 0)
        migrate(s, below(w, SPARES));
    edits++;
}

/* The kernel sees every page in its place at any time. */
static void look(struct worker *w)
{
    uint64_t      c = below(w, CELLS);
    struct result r = attempt(w, act_load, VA(c), 0);

    if (!(said[c] & PRESENT)) {
        must_end(w, r, 13, VA(c));
        return;
    }
    must_end(w, r, 0, 0);
    must_be(w, r.value, VA(c));
}

static void edit_and_look(struct worker *w)
{
    while (stress_goes_on(w)) {
        edit(w);
        for (uint64_t n = below(w, 16); n; n--)
            look(w);
    }
}

/* ---- the users ------------------------------------------------------------------------------- */
/* What a hart's compartments have: of its first, of the other's grants. */
static struct {
    uint64_t rights;
    uint32_t grant, lent;
} known[HARTS][CELLS];

static uint64_t stored[HARTS][CELLS];

static void answer_shootdown(struct worker *w)
{
    uint64_t number = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);

    if (acknowledged[w->hart] == number)
        return;
    fence();
    __atomic_store_n(&acknowledged[w->hart], number, __ATOMIC_RELEASE);
}

static bool may_be_spurious(uint64_t cause)
{
    return cause == 12 || cause == 13 || cause == 15 || cause == BAD_ADDRESS || cause == BAD_TARGET;
}

/* In place of a lock on the table. */
static void wait_while_hidden(struct worker *w, uint64_t c)
{
    do
        answer_shootdown(w);
    while (__atomic_load_n(&said[c], __ATOMIC_ACQUIRE) & HIDDEN);
}

/* Make the instruction until its end is final. *present: then, and the cell was there or not. */
static struct result insist(struct worker *w, uint64_t c, const char *code, uint64_t a0,
                            uint64_t a1, bool *present)
{
    for (;;) {
        uint32_t      before = __atomic_load_n(&said[c], __ATOMIC_ACQUIRE), after;
        struct result r = attempt(w, code, a0, a1);

        full_fence();
        after = __atomic_load_n(&said[c], __ATOMIC_RELAXED);
        if (code == act_switch && r.cause == 12)
            become(w->sd); /* the gate went away under the one who was in it */
        *present = after & PRESENT;
        if (before != after || (before & HIDDEN))
            w->met++;
        else
            return r;
        if (!may_be_spurious(r.cause)) {
            *present = r.cause == 0 || *present;
            return r;
        }
        w->repeated++;
        wait_while_hidden(w, c);
    }
}

static uint64_t some_of(struct worker *w, uint64_t rights)
{
    return random_number(w) & rights & RWX;
}

static uint64_t some_right_of(struct worker *w, uint64_t rights)
{
    uint64_t p = some_of(w, rights);

    return p ? p : rights;
}

static uint64_t rights_of(struct worker *w, uint64_t c)
{
    static const uint64_t guests[SDS] = {RW, R, RW, RX, R, RW, RX, RWX};

    if (w->sd == HOST)
        return RWX;
    if (c >= GUEST)
        return guests[w->sd];
    return w->sd == w->hart ? known[w->hart][c].rights : RWX;
}

static void touch_cell(struct worker *w, uint64_t c)
{
    const struct touch *touch = &touches[below(w, TOUCHES)];
    uint64_t           *mine = &stored[w->hart][c], operand = random_number(w);
    uint64_t            rights = rights_of(w, c), at = VA(c) + PAGE_DATA + 64 * w->hart;
    bool                stamp = below(w, 2), present;
    struct result       r;

    if (touch->code == act_call)
        at = VA(c) + PAGE_CODE;
    if (touch->code == act_load && stamp)
        at = VA(c);
    r = insist(w, c, touch->code, at, operand, &present);
    if (!present || !rights_allow(rights, touch)) {
        must_end(w, r, rights & R && present ? touch->cause : touch->first, at);
        return;
    }
    must_end(w, r, 0, 0);
    if (at == VA(c) || touch->code == act_call)
        must_be(w, r.value, VA(c));
    else if (touch->code == act_load || touch->code == act_add)
        must_be(w, r.value, *mine);
    if (touch->code == act_store || (touch->code == act_reserve && r.value == 0))
        *mine = operand;
    if (touch->code == act_add)
        *mine += operand;
}

/* To the compartment that all have in common and back, through the page's own gate. */
static void switch_there(struct worker *w, uint64_t c)
{
    bool          present;
    struct result r = insist(w, c, act_switch, VA(c) + PAGE_GATE, HOST, &present);

    if (r.cause) {
        must_be(w, present, false);
        must_end(w, r, BAD_TARGET, VA(c) + PAGE_GATE);
    } else {
        must_be(w, r.value, w->sd);
    }
}

static void restrict_rights(struct worker *w, uint64_t c)
{
    uint64_t      rights = known[w->hart][c].rights, p = some_of(w, rights);
    bool          present;
    struct result r = insist(w, c, act_prot, VA(c), p, &present);

    must_end(w, r, rights ? 0 : BAD_RIGHTS, 0x200 | p);
    known[w->hart][c].rights = p;
}

/* To itself, by grant or by tfer. */
static void offer(struct worker *w, uint64_t c, bool all)
{
    uint64_t      rights = known[w->hart][c].rights, p = some_right_of(w, rights ? rights : RWX);
    const char   *code = with_rights(all ? act_tfer : act_grant, p);
    bool          present;
    struct result r = insist(w, c, code, VA(c), w->hart, &present);

    must_end(w, r, rights ? 0 : BAD_RIGHTS, 0x200 | p);
    if (rights)
        known[w->hart][c].grant = GRANT_WORD(w->hart, p);
    if (all)
        known[w->hart][c].rights = 0;
}

static void lend(struct worker *w, uint64_t c)
{
    uint64_t p = R | some_of(w, RWX);
    bool     present;

    be(w, LENDER(w->hart));
    must_end(w, insist(w, c, with_rights(act_grant, p), VA(c), w->hart, &present), 0, 0);
    known[w->hart][c].lent = GRANT_WORD(w->hart, p);
}

/* Never W alone: it would take X away (A.1.11). */
static void receive(struct worker *w, uint64_t c, uint64_t from, uint32_t *g)
{
    uint64_t      offered = *g & RWX, p = R | some_of(w, offered);
    bool          present;
    struct result r = insist(w, c, with_rights(act_recv, p), VA(c), from, &present);

    if (*g == NO_GRANT) {
        must_end(w, r, BAD_SD, 1ull << 32 | w->hart);
    } else if (!(offered & R)) {
        must_end(w, r, BAD_RIGHTS, 0x300 | p);
    } else {
        must_end(w, r, 0, 0);
        known[w->hart][c].rights |= p;
        *g = p == offered ? NO_GRANT : *g & ~(uint32_t)p;
    }
}

static void ask_excl(struct worker *w, uint64_t c)
{
    uint64_t      rights = known[w->hart][c].rights, p = some_right_of(w, rights ? rights : R);
    bool          present;
    struct result r = insist(w, c, act_excl, VA(c), p, &present);

    must_end(w, r, rights ? 0 : BAD_RIGHTS, 0x200 | p);
    if (rights)
        must_be(w, r.value, 0); /* SD 7 has it, too */
}

static void change(struct worker *w, uint64_t c)
{
    be(w, w->hart);
    switch (below(w, 8)) {
    case 0:
        restrict_rights(w, c);
        break;
    case 1:
        offer(w, c, false);
        break;
    case 2:
        offer(w, c, true);
        break;
    case 3:
        receive(w, c, w->hart, &known[w->hart][c].grant);
        break;
    case 4:
        ask_excl(w, c);
        break;
    case 5:
        lend(w, c);
        break;
    default:
        receive(w, c, LENDER(w->hart), &known[w->hart][c].lent);
    }
}

static void use(struct worker *w)
{
    while (stress_goes_on(w)) {
        uint64_t sds[] = {w->hart, LENDER(w->hart), HOST};

        answer_shootdown(w);
        switch (below(w, 4)) {
        case 0:
            change(w, below(w, GUEST));
            break;
        case 1:
            be(w, w->hart);
            switch_there(w, below(w, CELLS));
            break;
        default:
            be(w, sds[below(w, 3)]);
            touch_cell(w, below(w, CELLS));
        }
    }
    __atomic_store_n(&acknowledged[w->hart], ~0ull, __ATOMIC_RELEASE); /* of all that may come */
}

/* ---- in M, when all harts rest --------------------------------------------------------------- */
static void check_cell(uint64_t c)
{
    uint64_t slot = slot_of(&t, VA(c));

    expect(slot != 0, !!(said[c] & PRESENT));
    if (!slot || c >= GUEST)
        return;
    expect(cell_in[slot], c);
    expect(*word_at(FRAME(frame_of[c])), VA(c));
    for (uint64_t h = 1; h <= USERS; h++) {
        expect(*perm(&t, h, slot) & RWX, known[h][c].rights);
        expect(*perm(&t, LENDER(h), slot) & RWX, RWX);
        expect(*grant(&t, h, slot), known[h][c].grant);
        expect(*grant(&t, LENDER(h), slot), known[h][c].lent);
        expect(*(uint64_t *)(FRAME(frame_of[c]) + PAGE_DATA + 64 * h), stored[h][c]);
    }
    expect(*perm(&t, HOST, slot) & RWX, RWX);
    expect(*grant(&t, HOST, slot), NO_GRANT);
}

static void check_free_slot(uint64_t slot)
{
    for (uint64_t sd = 0; sd < SDS; sd++) {
        expect(*perm(&t, sd, slot) & ~P_AD, 0);
        expect(*grant(&t, sd, slot), NO_GRANT);
    }
}

static void make_table(void)
{
    struct cell cells[SLOTS];

    /* The slots that begin free are filled by cells behind the others, and emptied. */
    for (uint64_t s = 0; s < SLOTS; s++) {
        cells[s] = (struct cell){.va = VA(s),
                                 .pages = 1,
                                 .pa = FRAME(s),
                                 .row = {P_RW, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX}};
    }
    t = cells_on(cells, SLOTS);
    for (uint64_t s = 1; s <= SLOTS; s++) {
        bool free = s - 1 >= GUEST;

        cell_in[s] = free ? FREE : s - 1;
        for (uint64_t sd = 0; free && sd < SDS; sd++)
            *perm(&t, sd, s) = 0;
        if (free)
            desc_put(&t, s, desc_empty(0x80000 - 1));
    }
    for (uint64_t c = 0; c < CELLS; c++) {
        frame_of[c] = c;
        put_page(FRAME(c), VA(c));
        said[c] = c < GUEST ? PRESENT : 0;
        for (uint64_t h = 1; h <= USERS; h++) {
            known[h][c].rights = RWX;
            known[h][c].grant = known[h][c].lent = NO_GRANT;
        }
    }
    for (uint64_t n = 0; n < SPARES; n++)
        spare[n] = CELLS + n;
}

int main(void)
{
    uint64_t factor = stress_factor();

    make_table();
    for (progress = 0; progress < ROUNDS; progress++) {
        for (uint64_t h = 1; h <= USERS; h++)
            acknowledged[h] = asked;
        stress_run(&(struct stress){
            .mode = {MODE_S, MODE_U, MODE_U, MODE_U},
            .table = &t,
            .operations = OPERATIONS / ROUNDS * factor,
            .meetings = MEETINGS / ROUNDS * factor,
            .work = {edit_and_look, use, use, use},
        });
        for (uint64_t c = 0; c < CELLS; c++)
            check_cell(c);
        for (uint64_t s = 1; s <= SLOTS; s++) {
            if (cell_in[s] == FREE)
                check_free_slot(s);
        }
    }
    stress_report();
    print("# %d edits, %d shootdowns\n", edits, asked);
    return 0;
}
