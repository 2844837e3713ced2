/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.2, A.6.1: entry does nothing, in U, S and M, with the mode on and off: every register keeps
 * its value. Any other operand fields with its funct3 are illegal, with the bits in tval.
 */
#include "lib/machine.h"

#define ENTRY 0x0000100b

extern const char around_entry[];
__asm__(".globl around_entry\n"
        "around_entry:\n"
        "    mv    t0, a0\n"
        "    .word 0x0000100b\n"
        "    .word 0x0000100b\n"
        "    xor   a0, a0, t0\n"
        "    ret\n");

static void check(enum mode mode)
{
    static const uint32_t near[] = {ENTRY | 1 << 7, ENTRY | 1 << 15, ENTRY | 1 << 20,
                                    ENTRY | 1 << 25, ENTRY | 1u << 31};

    sds_write(1, 2, 3);
    struct outcome o = enter(mode, (uint64_t)around_entry, 0x123456789, 77);
    expect(expect_returned(o), 0);
    expect(o.x[5], 0x123456789);
    expect(o.x[11], 77);
    expect_sds(1, 2, 3);
    for (progress = 0; progress < 5; progress++)
        expect_trap(exec(mode, near[progress], 0, 0), TRAP_M, 2, near[progress]);
}

int main(void)
{
    for (int on = 0; on < 2; on++) {
        check(MODE_U);
        check(MODE_S);
        check(MODE_M);
        cells_on(NULL, 0);
    }
    return 0;
}
