/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.2: exceptions taken in M, from U, S and M, with the mode on and off, leave usid, urid and
 * uxid alone.
 */
#include "lib/machine.h"

int main(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    const uint32_t         ecall = 0x00000073, illegal = 0xffffffff;

    for (progress = 0; progress < 2; progress++) {
        for (unsigned m = 0; m < 3; m++) {
            sds_write(3, 4, 5);
            expect_trap(exec(modes[m], ecall, 0, 0), TRAP_M, 8 + modes[m], 0);
            expect_sds(3, 4, 5);
            expect_trap(exec(modes[m], illegal, 0, 0), TRAP_M, 2, illegal);
            expect_sds(3, 4, 5);
        }
        cells_on(NULL, 0);
    }
    return 0;
}
