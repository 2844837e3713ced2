/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2, A.6.1, H2: U neither reads nor writes uxid, and the published helpers that return
 * physical addresses (funct3 7, funct7 0x40..0x43) are illegal in every mode, with their bits in
 * tval, whether the mode is on or not.
 */
#include "lib/machine.h"

static uint32_t helper(unsigned funct7, unsigned rs2)
{
    return funct7 << 25 | rs2 << 20 | 10 << 15 | 7 << 12 | 10 << 7 | 0x0b;
}

static void check(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    static const uint32_t  uxid[] = {0x08402573, 0x08459573, 0x0845a573, 0x0840d573};

    for (progress = 0; progress < 4; progress++) {
        csr_write(CSR_UXID, 5);
        expect_trap(exec(MODE_U, uxid[progress], 0, 2), TRAP_M, 2, uxid[progress]);
        expect(csr_read(CSR_UXID), 5);
        expect(expect_returned(exec(MODE_S, uxid[progress], 0, 2)), 5);
    }
    for (unsigned m = 0; m < 3; m++)
        for (unsigned funct7 = 0x40; funct7 <= 0x43; funct7++) {
            uint32_t insn = helper(funct7, 11);
            expect_trap(exec(modes[m], insn, 0x80000000, 0), TRAP_M, 2, insn);
            insn = helper(funct7, 0);
            expect_trap(exec(modes[m], insn, 0x80000000, 0), TRAP_M, 2, insn);
        }
}

int main(void)
{
    check();
    cells_on(NULL, 0);
    csr_write(CSR_USID, 1);
    check();
    return 0;
}
