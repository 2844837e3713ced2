/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.2, A.7.1: the target of jals is relative to its own address, from -1 MiB to 1 MiB - 2, each
 * bit of the offset in its place; with rd = x0 it names SD 0: 26, tval 0.
 */
#include "lib/sc.h"

#define MIB 0x100000ull

/* The only cell but the image's is at the target, and the only entry is in its place there: with a
 * bit of the offset wrong, nothing is met. */
static void check_offset(uint64_t offset)
{
    uint64_t     va = (uint64_t)sc_code + offset, page = va & ~(PAGE - 1);
    struct cell  cell = {.va = page, .pages = 2, .pa = FRAME(2), .row = {P_RX, 0, P_RX}};
    struct table t;

    memset(frames[2], 0, 2 * PAGE);
    put_entry(FRAME(2) + va % PAGE, 9);
    t = cells_on(&cell, 1);
    sc_watch(&t);
    sfence();
    csr_write(CSR_USID, 1);
    progress = offset;
    expect_switched(MODE_U, SC_JALS(va, 2), 9);
    csr_write(CSR_USID, 1);
    expect_switched(MODE_S, SC_JALS(va, 2), 9);
}

int main(void)
{
    struct table t;

    check_offset(MIB - 2);
    for (uint64_t bit = 1 << 18; bit < MIB; bit <<= 1) /* outside the image */
        for (uint64_t low = 2; low < PAGE; low <<= 1)
            check_offset(bit | low);
    check_offset((1 << 18) | (1 << 12) | 2);
    check_offset((1 << 18) | (1 << 17) | (1 << 16) | (1 << 15) | (1 << 14) | (1 << 13) | 0x800);
    check_offset(-MIB);
    check_offset(-MIB + 0x802);
    check_offset(-(MIB / 2));

    t = cells_on(NULL, 0);
    sc_watch(&t);
    csr_write(CSR_USID, 1);
    for (unsigned m = 0; m < 3; m++)
        expect_trap(exec(sc_modes[m], 0x0100002b, 2, 2), TRAP_M, BAD_SD, 0);
    return 0;
}
