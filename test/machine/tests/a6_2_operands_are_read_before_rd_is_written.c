/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.2: operands are read before rd is written: rd may be rs1 or rs2, or x0, of jalrs and excl. A
 * refused instruction leaves rd alone, whichever register it is.
 */
#include "lib/sc.h"

#define VA   0x40000
#define GATE SPARE(0)

static uint32_t jalrs(unsigned rd)
{
    return 11 << 20 | 10 << 15 | rd << 7 | 0x0b;
}

static uint32_t excl(unsigned rd)
{
    return 11 << 20 | 10 << 15 | 7 << 12 | rd << 7 | 0x0b;
}

static void check_jalrs(enum mode mode, unsigned rd, uint64_t was)
{
    sds_write(1, 5, 6);
    struct outcome o = exec(mode, jalrs(rd), GATE, 2);
    expect(o.by, RETURNED);
    expect_sds(2, 1, 6);
    /* put_entry() puts 9 into a0 and exec() has the instruction at a multiple of 16. */
    if (rd == 11 || rd == 12)
        expect(o.x[rd] % 16, 4);
    expect(o.value, 9);

    sds_write(1, 5, 6);
    o = exec(mode, jalrs(rd), GATE, 3);
    expect_trap(o, TRAP_M, 28, GATE);
    if (rd)
        expect(o.x[rd], was == 1 ? 3 : was);
    expect_sds(1, 5, 6);
}

static void check_excl(enum mode mode, unsigned rd, uint64_t was)
{
    sds_write(1, 5, 6);
    struct outcome o = exec(mode, excl(rd), VA, R);
    expect_returned(o);
    if (rd)
        expect(o.x[rd], 1);
    else
        expect(o.value, VA);

    o = exec(mode, excl(rd), VA, X);
    expect_trap(o, TRAP_M, 25, 0x208);
    if (rd)
        expect(o.x[rd], was == 1 ? X : was);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX}},
    };

    put_entry(GATE, 9);
    CELLS_ON(cells);
    for (unsigned m = 0; m < 3; m++) {
        check_jalrs(sc_modes[m], 0, 0);
        check_jalrs(sc_modes[m], 10, GATE);
        check_jalrs(sc_modes[m], 11, 1); /* 1: the second operand */
        check_jalrs(sc_modes[m], 12, 0);
        check_excl(sc_modes[m], 0, 0);
        check_excl(sc_modes[m], 10, VA);
        check_excl(sc_modes[m], 11, 1);
        check_excl(sc_modes[m], 12, 0);
    }
    return 0;
}
