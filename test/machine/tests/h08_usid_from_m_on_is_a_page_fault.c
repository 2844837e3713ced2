/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.3, H8: usid >= Me is a page fault of the kind of the access, judged on all 64 bits; the
 * machine lives on.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_RW, P_RW, P_RW, P_RW}},
    };
    static const uint64_t invalid[] = {
        5,
        6,
        7,
        8,
        63,
        64,
        1000000,
        0xfffffff,
        0xffffffff,
        0x100000000,
        0x100000001,
        0x8000000000000001,
        0xffffffff00000001,
        ~0ull,
    };
    struct table t = cells_on(cells, 1);

    meta(&t)->M = 5;
    sfence();
    for (progress = 0; progress < sizeof(invalid) / sizeof(invalid[0]); progress++) {
        csr_write(CSR_USID, 4);
        expect_reaches(MODE_U, STORE, VA);
        csr_write(CSR_USID, invalid[progress]);
        expect_page_fault(MPRV_U, LOAD, VA);
        expect_page_fault(MPRV_U, STORE, VA);
        expect_page_fault(MPRV_U, AMO, VA);
        expect_page_fault(MPRV_U, LR, VA);
        expect_page_fault(MODE_U, FETCH, 0x80000000);
    }
    return 0;
}
