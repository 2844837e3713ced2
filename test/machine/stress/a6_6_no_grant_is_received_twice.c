/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.6.6: four harts are the same four compartments and all pass on and receive what any of these
 * has: R and W of a few cells, in existence once each. Every tfer that succeeded is matched by
 * exactly one recv, or its grant still stands: by cell, by granter and by receiver. excl, where it
 * is not refused, says that nobody else can have the right, and prot to what one has changes
 * nothing. Two harts are in U, two in S.
 */
#include "lib/stress.h"

#define OPERATIONS 15000
#define MEETINGS   20
#define ROUNDS     4

#define CELLS 4
#define SDS   5
#define VA(c) (0x10000000ull + 0x1000 * (c))

static struct table t;
static uint32_t hint[CELLS]; /* granter << 8 | target: this grant stood, nobody said it is gone */

/* How often they succeeded, by granter and receiver. */
static uint64_t passed[HARTS][CELLS][SDS][SDS], received[HARTS][CELLS][SDS][SDS];

static void pass_on(struct worker *w, uint64_t c)
{
    uint64_t      to = 1 + below(w, SDS - 1);
    struct result r = attempt(w, with_rights(act_tfer, RW), VA(c), to);

    if (r.cause) {
        must_end(w, r, BAD_RIGHTS, 0x200 | RW);
        return;
    }
    passed[w->hart][c][w->sd][to]++;
    __atomic_store_n(&hint[c], (uint32_t)(w->sd << 8 | to), __ATOMIC_RELEASE);
}

/* Believe the hint, or ask anybody. If that grant is gone, another hart was faster. */
static void receive(struct worker *w, uint64_t c)
{
    uint32_t      said = __atomic_load_n(&hint[c], __ATOMIC_ACQUIRE);
    bool          sure = said && below(w, 4);
    uint64_t      from = sure ? said >> 8 : 1 + below(w, SDS - 1);
    struct result r;

    if (sure)
        be(w, said & 0xff);
    r = attempt(w, with_rights(act_recv, RW), VA(c), from);
    if (r.cause) {
        must_end(w, r, BAD_SD, 1ull << 32 | w->sd);
        w->met += sure;
        return;
    }
    received[w->hart][c][from][w->sd]++;
    said = (uint32_t)(from << 8 | w->sd);
    __atomic_compare_exchange_n(&hint[c], &said, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void ask_excl(struct worker *w, uint64_t c)
{
    uint64_t      p = below(w, 2) ? R : RW;
    struct result r = attempt(w, act_excl, VA(c), p);

    if (r.cause)
        must_end(w, r, BAD_RIGHTS, 0x200 | p);
    else
        must_be(w, r.value, 1);
}

static void keep(struct worker *w, uint64_t c)
{
    struct result r = attempt(w, act_prot, VA(c), RW);

    if (r.cause)
        must_end(w, r, BAD_RIGHTS, 0x200 | RW);
}

static void work(struct worker *w)
{
    while (stress_goes_on(w)) {
        uint64_t c = below(w, CELLS);

        be(w, 1 + below(w, SDS - 1));
        switch (below(w, 8)) {
        case 0:
            ask_excl(w, c);
            break;
        case 1:
            keep(w, c);
            break;
        case 2:
        case 3:
        case 4:
            pass_on(w, c);
            break;
        default:
            receive(w, c);
        }
    }
    be(w, 1);
}

static void check_cell(uint64_t c)
{
    uint64_t slot = slot_of(&t, VA(c)), tokens = 0;

    for (uint64_t g = 1; g < SDS; g++) {
        for (uint64_t v = 1; v < SDS; v++) {
            uint64_t out = 0, in = 0, stands = *grant(&t, g, slot) == GRANT_WORD(v, RW);

            for (uint64_t h = 0; h < HARTS; h++) {
                out += passed[h][c][g][v];
                in += received[h][c][g][v];
            }
            expect(out, in + stands);
            tokens += stands;
        }
        tokens += (*perm(&t, g, slot) & RWX) == RW;
        expect_true(!(*perm(&t, g, slot) & RWX) || (*perm(&t, g, slot) & RWX) == RW);
    }
    expect(tokens, 1);
}

int main(void)
{
    struct cell cells[CELLS];
    uint64_t    factor = stress_factor();

    for (uint64_t c = 0; c < CELLS; c++)
        cells[c] = (struct cell){.va = VA(c), .pages = 1, .pa = FRAME(c), .row = {0, P_RW}};
    t = CELLS_ON(cells);
    for (progress = 0; progress < ROUNDS; progress++) {
        stress_run(&(struct stress){
            .mode = {MODE_U, MODE_S, MODE_U, MODE_S},
            .table = &t,
            .operations = OPERATIONS / ROUNDS * factor,
            .meetings = MEETINGS / ROUNDS * factor,
            .work = {work, work, work, work},
        });
        for (uint64_t c = 0; c < CELLS; c++)
            check_cell(c);
    }
    stress_report();
    return 0;
}
