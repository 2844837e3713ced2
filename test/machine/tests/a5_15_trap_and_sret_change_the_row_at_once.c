/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, A.4.3, A.3.1, A.3.3: U as SD 1 loads, traps into S, S loads the same word, returns by sret
 * to U as SD 2, which loads it, too. M takes no part and nothing is fenced, so that what one has
 * cached is there when the next one comes: each must be judged by its own row.
 */
#include "lib/machine.h"

#define VA 0x10000

/* a0: address, a1: the SD to go on as. */
extern const char sd1_loads[], handler_loads[], sd2_loads[];
__asm__(".globl sd1_loads, handler_loads, sd2_loads\n"
        "sd1_loads:\n"
        "    ld    s1, (a0)\n"
        "    ecall\n"
        "    .balign 4\n"
        "handler_loads:\n"
        "    ld    s2, (a0)\n"
        "    la    t0, sd2_loads\n"
        "    csrw  sepc, t0\n"
        "    csrw  0x83, a1\n"
        "    sret\n"
        "sd2_loads:\n"
        "    ld    s3, (a0)\n"
        "    .word 0x00100073\n"); /* ebreak: not delegated */

static struct table t;

static struct outcome round(uint8_t row0, uint8_t row1, uint8_t row2)
{
    uint64_t slot = slot_of(&t, VA);

    perm_put(&t, 0, slot, row0);
    perm_put(&t, 1, slot, row1);
    perm_put(&t, 2, slot, row2);
    sfence();
    sds_write(1, 0, 0);
    return enter(MODE_U, (uint64_t)sd1_loads, VA, 2);
}

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};
    struct outcome           o;

    *word_at(FRAME(0)) = 42;
    t = cells_on(cells, 1);
    csr_write(CSR_STVEC, (uint64_t)handler_loads);
    csr_write(CSR_MEDELEG, 1 << 8);

    for (progress = 0; progress < 10; progress++) {
        o = round(P_RW, P_RW, P_RW);
        expect(o.cause, 3);
        expect(o.x[9], 42);
        expect(o.x[18], 42);
        expect(o.x[19], 42);

        o = round(P_NONE, P_RW, P_RW);
        expect(expect_trap(o, TRAP_M, 13, VA), (uint64_t)handler_loads);
        o = round(P_RW, P_RW, P_NONE);
        expect(expect_trap(o, TRAP_M, 13, VA), (uint64_t)sd2_loads);
        expect_sds(2, 0, 0);
        o = round(P_RW, P_NONE, P_RW);
        expect(expect_trap(o, TRAP_M, 13, VA), (uint64_t)sd1_loads);
    }
    return 0;
}
