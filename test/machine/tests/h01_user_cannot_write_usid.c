/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2, H1: U reads usid but never writes it, by none of the six CSR instructions. S and M do.
 * The mode on or off makes no difference.
 */
#include "lib/machine.h"

/* csrrw a0, usid, a1 and so on; immediates 1 */
static const uint32_t writes[] = {0x08259573, 0x0825a573, 0x0825b573,
                                  0x0820d573, 0x0820e573, 0x0820f573};
static const uint32_t read = 0x08202573;

static void check(void)
{
    for (progress = 0; progress < 6; progress++) {
        csr_write(CSR_USID, 1);
        expect_trap(exec(MODE_U, writes[progress], 0, 2), TRAP_M, 2, writes[progress]);
        expect(csr_read(CSR_USID), 1);
        expect_returned(exec(MODE_S, writes[progress], 0, 2));
        expect_returned(exec(MODE_M, writes[progress], 0, 2));
    }
    csr_write(CSR_USID, 1);
    expect(expect_returned(exec(MODE_U, read, 0, 0)), 1);
    expect_returned(exec(MODE_S, writes[0], 0, 3));
    expect(csr_read(CSR_USID), 3);
}

int main(void)
{
    check();
    cells_on(NULL, 0);
    check();
    return 0;
}
