/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, A.5.3, H18: Me = 0 refuses every row, that of the supervisor included; Me = 1 leaves
 * only it.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    struct table t = cells_on(cells, 1);

    for (int r_is_zero = 0; r_is_zero < 2; r_is_zero++) {
        meta(&t)->M = r_is_zero ? 8 : 0;
        meta(&t)->R = r_is_zero ? 0 : 8;
        sfence();
        for (uint64_t sd = 0; sd < 2; sd++) {
            csr_write(CSR_USID, sd);
            expect_page_fault(MPRV_U, LOAD, VA);
            expect_page_fault(MPRV_S, STORE, VA);
            expect_page_fault(MODE_S, FETCH, 0x80000000);
        }
    }

    *meta(&t) = (struct meta){.R = 8, .T = 1, .M = 1, .N = 3};
    sfence();
    csr_write(CSR_USID, 1);
    expect_page_fault(MPRV_U, LOAD, VA);
    expect_reaches(MPRV_S, LOAD, VA);
    csr_write(CSR_USID, 0);
    expect_reaches(MPRV_U, LOAD, VA);
    return 0;
}
