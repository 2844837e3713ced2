/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.1: a target is a multiple of 2, no more; jalrs clears bit 0 of rs1, and nothing else; four
 * bytes at the very end of a page, or over two pages of it, are an entry as anywhere.
 */
#include "lib/sc.h"

#define CELL SPARE(0)

static void check(uint64_t target, unsigned k)
{
    struct sc odd = SC_JALRS(target | 1, 2);

    put_entry(target, k);
    for (unsigned m = 0; m < 3; m++) {
        progress = target;
        csr_write(CSR_USID, 1);
        expect_switched(sc_modes[m], SC_JALS(target, 2), k);
        csr_write(CSR_USID, 1);
        expect_switched(sc_modes[m], SC_JALRS(target, 2), k);
        csr_write(CSR_USID, 1);
        expect_switched(sc_modes[m], odd, k);
        csr_write(CSR_USID, 1);
        expect_refused(sc_modes[m], SC_JALRS(target + 2, 2), BAD_TARGET, target + 2);
        expect_refused(sc_modes[m], SC_JALRS(target - 2, 2), BAD_TARGET, target - 2);
        expect_refused(sc_modes[m], SC_JALS(target + 2, 2), BAD_TARGET, target + 2);
        expect_refused(sc_modes[m], SC_JALRS(target + 3, 2), BAD_TARGET, target + 2);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = CELL, .pages = 3, .pa = CELL, .row = {P_RX, 0, P_RX}},
    };
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    check(CELL + 0x100, 1);
    check(CELL + 0x202, 2);
    check(CELL + 0x30a, 3);
    check(CELL + PAGE - 4, 4);
    check(CELL + 2 * PAGE - 2, 5);
    return 0;
}
