/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2: entering code in a fresh hart costs walks for its pages; a fetch that fails is one
 * failed walk.
 */
#include "lib/machine.h"

int main(void)
{
    cells_on(NULL, 0);
    csr_write(CSR_USID, 1);
    put_code(FRAME(0), 3);

    uint64_t before = csr_read(CSR_SCC_WALKS);
    expect_returned(enter(MODE_U, FRAME(0), 0, 0));
    expect(csr_read(CSR_SCC_WALKS) - before, 2); /* FRAME(0), and the page of leave */

    struct counts a = counts_read();
    expect_trap(enter(MODE_U, 0x5000, 0, 0), TRAP_M, 12, 0x5000);
    struct counts b = counts_read();
    expect(b.walks - a.walks, 1);
    expect(b.failed - a.failed, 1);
    return 0;
}
