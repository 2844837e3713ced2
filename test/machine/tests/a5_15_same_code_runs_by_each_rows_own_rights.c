/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15 for fetches: code that one compartment has just executed is a fetch fault for another
 * that may not, also when it is already on its way through that very page: usid changes in S
 * and M, never in U, so the way in is mret here and sret there.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RX, P_RW, P_NONE, P_XO}},
    };
    static const bool may[] = {false, true, false, false, true};
    const uint32_t    sret = 0x10200073;

    cells_on(cells, 1);
    put_code(FRAME(0), 21);
    for (progress = 0; progress < 40; progress++) {
        uint64_t sd = 1 + progress * 3 % 4;

        csr_write(CSR_USID, sd);
        if (may[sd])
            expect(expect_reaches(MODE_U, FETCH, VA), 21);
        else
            expect_page_fault(MODE_U, FETCH, VA);

        sds_write(0, sd, 0);
        csr_write(CSR_SEPC, VA);
        csr_clear(CSR_MSTATUS, MSTATUS_SPP);
        struct outcome o = exec(MODE_S, sret, 0, 0);
        if (may[sd])
            expect(expect_returned(o), 21);
        else
            expect_trap(o, TRAP_M, 12, VA);
    }
    return 0;
}
