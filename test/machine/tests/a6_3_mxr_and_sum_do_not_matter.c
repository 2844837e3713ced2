/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, A.7.1: SC instructions act for usid and look at the rights themselves: mstatus.MXR and
 * SUM change nothing, neither for own rights nor for the entry check, which is a fetch.
 */
#include "lib/sc.h"

#define EXEC_ONLY 0x40000
#define DATA      SPARE(0)
#define GATE      SPARE(1)

static const uint64_t bits[] = {0, MSTATUS_MXR, MSTATUS_SUM, MSTATUS_MXR | MSTATUS_SUM};

int main(void)
{
    static const struct cell cells[] = {
        {.va = EXEC_ONLY, .pages = 1, .pa = FRAME(0), .row = {P_XO, P_XO}},
        {.va = DATA, .pages = 1, .pa = DATA, .row = {P_RX, P_RX, P_RW}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_XO}},
    };
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    put_entry(DATA, 8);
    put_entry(GATE, 9);
    for (progress = 0; progress < 12; progress++) {
        enum mode mode = sc_modes[progress % 3];

        csr_clear(CSR_MSTATUS, MSTATUS_MXR | MSTATUS_SUM);
        csr_set(CSR_MSTATUS, bits[progress / 3]);
        sds_write(1, 0, 0);
        expect_refused(mode, SC_EXCL(EXEC_ONLY, R), BAD_RIGHTS, 0x202);
        expect(expect_done(mode, SC_EXCL(EXEC_ONLY, X)), 1);
        expect_refused(mode, SC_JALRS(DATA, 2), BAD_TARGET, DATA);
        expect_switched(mode, SC_JALRS(GATE, 2), 9);
    }
    return 0;
}
