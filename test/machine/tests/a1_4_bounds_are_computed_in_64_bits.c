/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4: min(N, 64*T) and the addresses of the rows do not wrap at 2^32. With T = 2^26, 64*T is
 * 2^32, not 0: the cell is found, and its row is looked for 64 GiB behind (access fault).
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
    for (progress = 0; progress < 3; progress++) {
        meta(&t)->T = (uint32_t[]){1u << 26, (1u << 26) + 1, 0xffffffff}[progress];
        sfence();
        expect_access_fault(MPRV_U, LOAD, VA);
        expect_access_fault(MPRV_S, STORE, VA);
        expect_page_fault(MPRV_U, LOAD, VA + PAGE);
    }
    return 0;
}
