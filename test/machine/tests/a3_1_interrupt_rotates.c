/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.1, A.3.2: an interrupt taken in S rotates like an exception, with the mode on and in Bare,
 * from U and from S; the same interrupt taken in M moves nothing.
 */
#include "lib/machine.h"

#define SSI       0x2
#define SSI_CAUSE (1ull << 63 | 1)

static const uint32_t nop = 0x00000013;

static void check(enum mode from)
{
    csr_set(CSR_MIP, SSI);
    csr_set(CSR_MSTATUS, MSTATUS_SIE);
    csr_write(CSR_MIDELEG, SSI);
    sds_write(3, 4, 5);
    expect_trap(exec(from, nop, 0, 0), TRAP_S, SSI_CAUSE, 0);
    expect_sds(0, 3, 4);

    csr_write(CSR_MIDELEG, 0);
    sds_write(3, 4, 5);
    expect_trap(exec(from, nop, 0, 0), TRAP_M, SSI_CAUSE, 0);
    expect_sds(3, 4, 5);
}

int main(void)
{
    csr_write(CSR_MIE, SSI);
    for (progress = 0; progress < 2; progress++) {
        check(MODE_U);
        check(MODE_S);
        cells_on(NULL, 0);
    }
    return 0;
}
