/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, A.2.3: U as SD 1 loads and traps into S; S returns by sret to U as a compartment whose number
 * is that of SD 1 in its low bits only. There is no such compartment, so it cannot fetch: what is
 * cached of SD 1, code and data, is not its own. M takes no part in between.
 */
#include "lib/machine.h"

#define VA 0x10000

/* a0: address, a1: the SD to go on as. */
extern const char one_loads[], handler[], other_loads[];
__asm__(".globl one_loads, handler, other_loads\n"
        "one_loads:\n"
        "    ld    s1, (a0)\n"
        "    ecall\n"
        "    .balign 4\n"
        "handler:\n"
        "    la    t0, other_loads\n"
        "    csrw  sepc, t0\n"
        "    csrw  0x83, a1\n"
        "    sret\n"
        "other_loads:\n"
        "    ld    s3, (a0)\n"
        "    .word 0x00100073\n"); /* ebreak: not delegated */

static struct outcome go_on_as(uint64_t sd)
{
    sds_write(1, 0, 0);
    return enter(MODE_U, (uint64_t)one_loads, VA, sd);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_RW}},
    };
    struct outcome o;

    *word_at(FRAME(0)) = 42;
    CELLS_ON(cells);
    csr_write(CSR_STVEC, (uint64_t)handler);
    csr_write(CSR_MEDELEG, 1 << 8);
    for (progress = 3; progress < 64; progress++) {
        o = go_on_as(1);
        expect(o.cause, 3);
        expect(o.x[19], 42);

        uint64_t other = 1ull << progress | 1;
        o = go_on_as(other);
        expect(expect_trap(o, TRAP_M, 12, (uint64_t)other_loads), (uint64_t)other_loads);
        expect_sds(other, 0, 0);
    }
    return 0;
}
