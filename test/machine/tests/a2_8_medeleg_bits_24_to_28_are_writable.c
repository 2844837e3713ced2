/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.8: each of bits 24..28 of medeleg can be set and cleared alone; nothing forces them, and a
 * delegated one reaches S: cause 26 of sret does here.
 */
#include "lib/machine.h"

int main(void)
{
    const uint32_t sret = 0x10200073;

    for (progress = 24; progress <= 28; progress++) {
        csr_write(CSR_MEDELEG, 1ull << progress);
        expect(csr_read(CSR_MEDELEG), 1ull << progress);
        csr_write(CSR_MEDELEG, 0);
        expect(csr_read(CSR_MEDELEG), 0);
    }
    csr_write(CSR_MEDELEG, 0x1f00b109);
    expect(csr_read(CSR_MEDELEG), 0x1f00b109);

    cells_on(NULL, 0);
    sds_write(0, 0, 0);
    csr_write(CSR_MEDELEG, 1 << 26);
    expect_trap(exec(MODE_S, sret, 0, 0), TRAP_S, 26, 0);
    csr_write(CSR_MEDELEG, 0x1f << 24 & ~(1 << 26));
    expect_trap(exec(MODE_S, sret, 0, 0), TRAP_M, 26, 0);
    return 0;
}
