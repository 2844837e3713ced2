/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.3, A.5.15: what runs after sret to U uses the row of the restored usid, and no translation
 * of the row before: two compartments take turns at one page that only one of them may read.
 */
#include "lib/machine.h"

#define VA 0x10000

/* Let the next sret go to U, as SD urid, to code that loads from a0. */
static void back_to(uint64_t urid)
{
    extern const char probe_load[];

    sds_write(0, urid, 0);
    csr_write(CSR_SEPC, (uint64_t)probe_load);
    csr_clear(CSR_MSTATUS, MSTATUS_SPP);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, P_NONE}},
    };
    const uint32_t sret = 0x10200073;

    *word_at(FRAME(0)) = 99;
    cells_on(cells, 1);
    for (progress = 0; progress < 4; progress++) {
        back_to(1);
        expect(expect_returned(exec(MODE_S, sret, VA, 0)), 99);
        expect_sds(1, 0, 0);
        back_to(2);
        expect_trap(exec(MODE_S, sret, VA, 0), TRAP_M, 13, VA);
        expect_sds(2, 0, 0);
    }
    return 0;
}
