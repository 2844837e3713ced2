/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.4, A.5.9: S reaches what row 0 says with SUM = 0 as with 1. MXR lets loads (not stores)
 * reach what may only be executed, and nothing stays cached when it is cleared again.
 */
#include "lib/machine.h"

#define VA_RW 0x10000
#define VA_X  0x20000
#define VA_NO 0x30000

static void check(enum mode mode)
{
    for (progress = 0; progress < 8; progress++) {
        bool mxr = progress & 1;

        csr_clear(CSR_MSTATUS, MSTATUS_MXR | MSTATUS_SUM);
        csr_set(CSR_MSTATUS, (mxr ? MSTATUS_MXR : 0) | (progress & 2 ? MSTATUS_SUM : 0));
        expect_reaches(mode, STORE, VA_RW);
        expect_reaches(mode, LOAD, VA_RW);
        expect_page_fault(mode, LOAD, VA_NO);
        expect_page_fault(mode, STORE, VA_X);
        if (mxr) {
            expect_reaches(mode, LOAD, VA_X);
            expect_reaches(mode, LR, VA_X);
        } else {
            expect_page_fault(mode, LOAD, VA_X);
            expect_page_fault(mode, LR, VA_X);
        }
        expect_page_fault(mode, AMO, VA_X);
    }
    csr_clear(CSR_MSTATUS, MSTATUS_MXR | MSTATUS_SUM);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA_RW, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = VA_X, .pages = 1, .pa = FRAME(1), .row = {P_XO, P_XO}},
        {.va = VA_NO, .pages = 1, .pa = FRAME(2), .row = {P_NONE, P_NONE}},
    };

    CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    check(MODE_U);
    check(MODE_S);
    check(MPRV_U);
    return 0;
}
