/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3 (C8), H11: an operand address is judged on all 64 bits: one that is not canonical, or lies in
 * no cell, is cause 24 with all of it in tval, though its low 48 bits name a cell; an invalid cell
 * is found; addresses of the high half are canonical and found.
 */
#include "lib/sc.h"

#define LOW     0x40000ull
#define HIGH    0xffffffffc0000000ull
#define INVALID 0x48000ull
#define LAST    0xfffffffffffff000ull

static const uint64_t bad[] = {
    0,
    0xfff,
    LOW - 1,
    LOW + 2 * PAGE,
    LOW | 1ull << 47,
    LOW | 1ull << 48,
    LOW | 1ull << 52,
    LOW | 1ull << 63,
    LOW | 0xffffull << 48,
    LOW | 0xffff8ull << 44,
    HIGH & 0xffffffffffff,
    HIGH ^ 1ull << 63,
    HIGH ^ 1ull << 48,
    HIGH ^ 1ull << 47,
    HIGH - 1,
    HIGH + PAGE,
    0x7fffffffffff,
    0x800000000000,
    0xffff7fffffffffff,
    0xffff800000000000,
};

static void check_bad(enum mode mode, uint64_t va)
{
    expect_refused(mode, SC_PROT(va, R), BAD_ADDRESS, va);
    expect_refused(mode, SC_GRANT(va, 2, R), BAD_ADDRESS, va);
    expect_refused(mode, SC_TFER(va, 2, R), BAD_ADDRESS, va);
    expect_refused(mode, SC_RECV(va, 2, R), BAD_ADDRESS, va);
    expect_refused(mode, SC_EXCL(va, R), BAD_ADDRESS, va);
    expect_refused(mode, SC_INVAL(va), BAD_ADDRESS, va);
    expect_refused(mode, SC_REVAL(va, R), BAD_ADDRESS, va);
}

/* Any address of the cell names it. */
static void check_good(enum mode mode, uint64_t va)
{
    expect(expect_done(mode, SC_EXCL(va, R)), 1);
    expect_done(mode, SC_PROT(va, RW));
    expect_refused(mode, SC_REVAL(va, R), BAD_STATE, 1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = LOW, .pages = 2, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = HIGH, .pages = 1, .pa = FRAME(2), .row = {P_RW, P_RW}},
        {.va = LAST, .pages = 1, .pa = FRAME(3), .row = {P_RW, P_RW}},
        {.va = INVALID, .pages = 1, .pa = FRAME(4), .row = {P_RW, P_RW}},
    };
    struct table t = CELLS_ON(cells);

    desc(&t, slot_of(&t, INVALID))->hi &= ~DESC_VALID;
    sc_watch(&t);
    csr_write(CSR_USID, 1);
    for (unsigned m = 0; m < 3; m++) {
        for (progress = 0; progress < sizeof(bad) / sizeof(bad[0]); progress++)
            check_bad(sc_modes[m], bad[progress]);
        check_good(sc_modes[m], LOW);
        check_good(sc_modes[m], LOW + 2 * PAGE - 1);
        check_good(sc_modes[m], HIGH + 7);
        check_good(sc_modes[m], LAST);
        check_good(sc_modes[m], ~0ull);
        expect_refused(sc_modes[m], SC_PROT(INVALID + 5, R), BAD_STATE, 0);
        expect_refused(sc_modes[m], SC_INVAL(INVALID), BAD_STATE, 0);
    }
    return 0;
}
