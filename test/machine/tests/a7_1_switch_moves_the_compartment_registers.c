/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.6, A.7.1: jals and jalrs arrive with urid = the old and usid = the new compartment, uxid
 * untouched, rd = the next instruction, in U, S and M; one to the own compartment, too. Each counts
 * once in scc_switches, and one that is refused does not. The caller needs no right on the target.
 */
#include "lib/sc.h"

#define GATE SPARE(0)

static void check(enum mode mode, struct sc i)
{
    uint64_t switches = csr_read(CSR_SCC_SWITCHES);

    sds_write(1, 0x1234567890abcdef, 0xfedcba0987654321);
    expect_switched(mode, i, 9);
    expect(csr_read(CSR_SCC_SWITCHES), switches + 1);

    i.sd = 4;
    sds_write(1, 7, 8);
    expect_refused(mode, i, BAD_TARGET, GATE);
    expect(csr_read(CSR_SCC_SWITCHES), switches + 1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_XO, P_RX, P_RW}},
    };
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    put_entry(GATE, 9);
    for (unsigned m = 0; m < 3; m++) {
        for (uint64_t sd = 2; sd <= 3; sd++) {
            check(sc_modes[m], SC_JALS(GATE, sd));
            check(sc_modes[m], SC_JALRS(GATE, sd));
        }
        csr_write(CSR_USID, 3);
        expect_switched(sc_modes[m], SC_JALS(GATE, 3), 9);
        expect_switched(sc_modes[m], SC_JALRS(GATE, 3), 9);
        expect_sds(3, 3, 8);
    }
    return 0;
}
