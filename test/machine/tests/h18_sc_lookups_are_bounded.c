/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, H8, H18: SC instructions use Ne = min(N, 64 T) and Me = min(M, R, 0xFFFFFFF): N = 0 and 1
 * find no cell (24); slots from 64 T on are none; M = 0 or R = 0 makes usid invalid (26) before any
 * lookup; M > R gives no rows; an empty slot is passed over and never found.
 */
#include "lib/sc.h"

#define VA      0x40000ull
#define LAST    0x60000ull
#define HIGHEST 0x90000000ull /* above all cells */

static uint8_t space[2 * PAGE] __attribute__((aligned(4096)));

static void check_n(struct table *t)
{
    uint32_t n = meta(t)->N;

    for (uint32_t k = 0; k < 2; k++) {
        meta(t)->N = k;
        sc_watch(t);
        expect_refused(MODE_M, SC_PROT(VA, RW), BAD_ADDRESS, VA);
        expect_refused(MODE_M, SC_REVAL(VA, RW), BAD_ADDRESS, VA);
    }
    meta(t)->N = ~0u; /* 64 slots */
    for (uint64_t slot = n; slot < 64; slot++)
        desc_put(t, slot, desc_empty(HIGHEST / PAGE));
    sc_watch(t);
    expect_done(MODE_M, SC_PROT(VA, RW));
    meta(t)->N = n;
}

static void check_m(struct table *t)
{
    struct meta good = *meta(t);

    meta(t)->M = 0;
    sc_watch(t);
    expect_refused(MODE_M, SC_PROT(VA, RW), BAD_SD, 1);
    expect_refused(MODE_M, SC_PROT(1ull << 47, RW), BAD_SD, 1);
    expect_refused(MODE_M, SC_JALRS(VA, 0), BAD_SD, 1);
    meta(t)->M = good.M;
    meta(t)->R = 0;
    sc_watch(t);
    expect_refused(MODE_M, SC_PROT(VA, RW), BAD_SD, 1);
    *meta(t) = good;
    meta(t)->M = ~0u;
    sc_watch(t);
    expect_refused(MODE_M, SC_GRANT(VA, good.R, R), BAD_SD, good.R);
    csr_write(CSR_USID, good.R);
    expect_refused(MODE_S, SC_PROT(VA, RW), BAD_SD, good.R);
    csr_write(CSR_USID, 1);
    *meta(t) = good;
}

/* Slot 64 of a table with T = 1 is the first place of its permission table. */
static void check_t(void)
{
    struct cell  cells[62];
    struct table t;

    for (unsigned k = 0; k < 62; k++)
        cells[k] = (struct cell){0x100000 + 2 * k * PAGE, 1, FRAME(0), {P_RW, P_RW}};
    t = table_build((uint64_t)space, 1, 4, cells, 62);
    expect(meta(&t)->N, 64);
    desc_put(&t, 64, desc_make(LAST + (1ull << 40), 1, FRAME(0)));
    csr_write(CSR_SATP, table_satp(&t));
    csr_write(CSR_USID, 3); /* PT(0) is spoilt by it */
    for (uint32_t n = 64; n < 70; n++) {
        meta(&t)->N = n;
        sc_watch(&t);
        uint64_t va = LAST + (1ull << 40);
        expect_refused(MODE_M, SC_REVAL(va, R), BAD_ADDRESS, va);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = LAST, .pages = 1, .pa = FRAME(1), .row = {P_RW, P_RW}},
    };
    struct table t = CELLS_ON(cells);

    csr_write(CSR_USID, 1);
    check_n(&t);
    check_m(&t);

    desc_put(&t, slot_of(&t, LAST), desc_empty(LAST / PAGE - 1));
    sfence();
    sc_watch(&t);
    for (unsigned m = 0; m < 3; m++) {
        expect_refused(sc_modes[m], SC_PROT(LAST, RW), BAD_ADDRESS, LAST);
        expect_refused(sc_modes[m], SC_REVAL(LAST - 1, RW), BAD_ADDRESS, LAST - 1);
        expect_done(sc_modes[m], SC_PROT(VA, RW));
    }
    check_t();
    return 0;
}
