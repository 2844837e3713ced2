/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.6.6, A.6.7: the right to write a page is a token: one compartment has it, or one grant offers
 * it, and tfer and recv move it. Each compartment belongs to one hart, so whoever has the token is
 * alone on the page, and counts there by a load and a store without any other care. No count is
 * lost; who has the token never misses it; who has passed it on is refused at once.
 */
#include "lib/stress.h"

#define OPERATIONS 15000
#define MEETINGS   60
#define ROUNDS     4

#define TOKENS 3
#define SDS    8
#define VA(c)  (0x10000000ull + 0x1000 * (c)) /* neighbours: their bytes share a word */

static struct table t;

/* Where a token was passed to last: granter << 8 | target. A hint, no more. */
static uint32_t hint[TOKENS];

/* By its hart alone: does this compartment have the token? And how often did it count? */
static bool     has[SDS][TOKENS];
static uint64_t counted[HARTS][TOKENS];

/* SDs 1 to 7 belong to harts 0, 1, 2, 3, 0, 1, 2. */
static uint64_t hart_of(uint64_t sd)
{
    return (sd - 1) % HARTS;
}

static uint64_t own_sd(struct worker *w)
{
    return w->hart + 1 + (w->hart + HARTS + 1 < SDS ? HARTS * below(w, 2) : 0);
}

static void count_up(struct worker *w, uint64_t c)
{
    for (uint64_t n = below(w, 6); n; n--) {
        struct result r = attempt(w, act_load, VA(c), 0);

        must_end(w, r, 0, 0);
        must_end(w, attempt(w, act_store, VA(c), r.value + 1), 0, 0);
        counted[w->hart][c]++;
    }
}

static void must_be_refused(struct worker *w, uint64_t c)
{
    must_end(w, attempt(w, act_store, VA(c), ~0ull), 15, VA(c));
    must_end(w, attempt(w, act_load, VA(c), 0), 13, VA(c));
}

static void pass_on(struct worker *w, uint64_t c)
{
    uint64_t to = 1 + below(w, SDS - 1);

    must_end(w, attempt(w, with_rights(act_tfer, RW), VA(c), to), 0, 0);
    has[w->sd][c] = false;
    __atomic_store_n(&hint[c], (uint32_t)(w->sd << 8 | to), __ATOMIC_RELAXED);
    must_be_refused(w, c);
}

/* From whom it is said to be on offer, or from anybody. */
static void ask_for(struct worker *w, uint64_t c)
{
    uint32_t      said = __atomic_load_n(&hint[c], __ATOMIC_RELAXED);
    uint64_t      from = (said & 0xff) == w->sd ? said >> 8 : 1 + below(w, SDS - 1);
    struct result r = attempt(w, with_rights(act_recv, RW), VA(c), from);

    if (r.cause) {
        must_end(w, r, BAD_SD, 1ull << 32 | w->sd);
        return;
    }
    has[w->sd][c] = true;
    if (hart_of(from) != w->hart)
        w->met++;
}

static void work(struct worker *w)
{
    while (stress_goes_on(w)) {
        uint64_t c = below(w, TOKENS);

        be(w, own_sd(w));
        if (has[w->sd][c]) {
            count_up(w, c);
            if (below(w, 4))
                pass_on(w, c);
        } else if (below(w, 8)) {
            ask_for(w, c);
        } else {
            must_be_refused(w, c);
        }
    }
    be(w, 1);
}

static void check_token(uint64_t c)
{
    uint64_t slot = slot_of(&t, VA(c)), sum = 0, tokens = 0;

    for (uint64_t h = 0; h < HARTS; h++)
        sum += counted[h][c];
    expect(*word_at(FRAME(c)), sum);
    for (uint64_t sd = 1; sd < SDS; sd++) {
        uint32_t g = *grant(&t, sd, slot);

        expect(*perm(&t, sd, slot) & RWX, has[sd][c] ? RW : 0);
        expect_true(g == NO_GRANT || (g & 0xf) == RW);
        tokens += has[sd][c] + (g != NO_GRANT);
    }
    expect(tokens, 1);
}

int main(void)
{
    struct cell cells[TOKENS];
    uint64_t    factor = stress_factor();

    for (uint64_t c = 0; c < TOKENS; c++) {
        cells[c] = (struct cell){.va = VA(c), .pages = 1, .pa = FRAME(c), .row = {0, P_RW}};
        has[1][c] = true;
    }
    t = CELLS_ON(cells);
    for (progress = 0; progress < ROUNDS; progress++) {
        stress_run(&(struct stress){
            .mode = {MODE_U, MODE_U, MODE_U, MODE_U},
            .table = &t,
            .operations = OPERATIONS / ROUNDS * factor,
            .meetings = MEETINGS / ROUNDS * factor,
            .work = {work, work, work, work},
        });
        for (uint64_t c = 0; c < TOKENS; c++)
            check_token(c);
    }
    stress_report();
    return 0;
}
