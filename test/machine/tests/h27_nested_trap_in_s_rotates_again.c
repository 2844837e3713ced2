/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.1, H27: there is one level. A second trap into S moves the first one's values on, and what
 * was in uxid is gone unless software saved it (B.5); two srets bring back the rest.
 */
#include "lib/machine.h"

int main(void)
{
    const uint32_t illegal = 0xffffffff, sret = 0x10200073;

    cells_on(NULL, 0);
    csr_write(CSR_MEDELEG, 1 << 2);
    sds_write(5, 6, 7);
    expect_trap(exec(MODE_U, illegal, 0, 0), TRAP_S, 2, illegal);
    expect_sds(0, 5, 6);
    expect_trap(exec(MODE_S, illegal, 0, 0), TRAP_S, 2, illegal);
    expect_sds(0, 0, 5);

    csr_write(CSR_SEPC, (uint64_t)leave);
    csr_set(CSR_MSTATUS, MSTATUS_SPP);
    expect_returned(exec(MODE_S, sret, 0, 0));
    expect_sds(0, 5, 0);
    csr_write(CSR_SEPC, (uint64_t)leave);
    csr_clear(CSR_MSTATUS, MSTATUS_SPP);
    expect_returned(exec(MODE_S, sret, 0, 0));
    expect_sds(5, 0, 0);
    return 0;
}
