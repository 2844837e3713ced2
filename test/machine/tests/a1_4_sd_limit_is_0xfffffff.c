/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4: Me is at most 0xfffffff. With M and R at their largest, SD 0xffffffe is valid (its row
 * lies 1 TiB behind, where nothing answers: an access fault), and SD 0xfffffff is not.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
    };
    struct table t = cells_on(cells, 1);

    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    *meta(&t) = (struct meta){.R = 0xffffffff, .T = 64, .M = 0xffffffff, .N = 3};
    sfence();
    csr_write(CSR_USID, 0xffffffe);
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_U, STORE, VA);
    csr_write(CSR_USID, 0xfffffff);
    expect_page_fault(MPRV_U, LOAD, VA);
    csr_write(CSR_USID, 0x10000000);
    expect_page_fault(MPRV_U, STORE, VA);
    return 0;
}
