/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, H18: with Ne <= 1, also because T is 0, no cell is found and no descriptor is read.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
    };
    static const struct meta empty[] = {
        {.R = 8, .T = 1, .M = 8, .N = 0},
        {.R = 8, .T = 1, .M = 8, .N = 1},
        {.R = 8, .T = 0, .M = 8, .N = 3},
    };
    struct table t = cells_on(cells, 1);

    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    for (progress = 0; progress < 3; progress++) {
        *meta(&t) = empty[progress];
        sfence();
        uint64_t before = csr_read(CSR_SCC_DESCS);
        expect_page_fault(MPRV_U, LOAD, VA);
        expect_page_fault(MODE_U, FETCH, 0x80000000);
        expect_page_fault(MODE_S, FETCH, 0x80000000);
        expect(csr_read(CSR_SCC_DESCS), before);
    }
    return 0;
}
