/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, H18: valid SDs are those below min(M, R). Behind the last row of the permission table
 * lie the grants, whose empty value 0xfffffff0 would read as a byte with all rights.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, P_RW, P_RW}},
    };
    struct table t = cells_on(cells, 1);

    for (uint64_t k = 0; k < 64 * SPEC_ROWS; k++)
        *grant(&t, 0, k) = 0xffffffff;
    for (progress = 0; progress < 4; progress++) {
        meta(&t)->M = (uint32_t[]){9, 100, 0x10000000, 0xffffffff}[progress];
        sfence();
        csr_write(CSR_USID, 3);
        expect_reaches(MPRV_U, LOAD, VA);
        for (uint64_t sd = SPEC_ROWS; sd < SPEC_ROWS + 4; sd++) {
            csr_write(CSR_USID, sd);
            expect_page_fault(MPRV_U, LOAD, VA);
            expect_page_fault(MODE_U, FETCH, 0x80000000);
        }
    }

    /* R counts, too, when it is smaller than the space that the rows have. */
    meta(&t)->R = 2;
    sfence();
    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    csr_write(CSR_USID, 2);
    expect_page_fault(MPRV_U, LOAD, VA);
    return 0;
}
