/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, H3: after a switch in U the next access is judged by the new row, with no fence and no
 * trap between: SD 1 loads, switches, SD 2 loads the same word, switches back, SD 1 loads again.
 * Many times over the same code, so that whatever is cached for one is there for the other.
 */
#include "lib/sc.h"

#define VA 0x40000

/* a0: word, a1: number of rounds. SD 1 may read, SD 2 must have what s1 says it should. */
extern const char rounds[], in_sd2[], sd1_load[], sd2_load[];
__asm__(".globl rounds, in_sd2, sd1_load, sd2_load\n"
        "rounds:\n"
        "    mv    s0, ra\n"
        "    la    s2, in_sd2\n"
        "    li    s3, 2\n"
        "    li    s4, 0\n"
        "1:\n"
        "sd1_load:\n"
        "    ld    t0, (a0)\n"
        "    add   s4, s4, t0\n"
        "    .insn r 0x0b, 0, 0x00, ra, s2, s3\n"
        "    .word 0x0000100b\n"
        "    ld    t0, (a0)\n"
        "    add   s4, s4, t0\n"
        "    addi  a1, a1, -1\n"
        "    bnez  a1, 1b\n"
        "    mv    a0, s4\n"
        "    jr    s0\n"
        "    .balign 4\n"
        "in_sd2:\n"
        "    .word 0x0000100b\n"
        "    csrr  s5, 0x83\n"
        "sd2_load:\n"
        "    ld    t0, (a0)\n"
        "    add   s4, s4, t0\n"
        "    .insn r 0x0b, 0, 0x00, x0, ra, s5\n");

static struct outcome go(uint64_t n)
{
    sds_write(1, 0, 0);
    return enter(MODE_U, (uint64_t)rounds, VA, n);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_RW}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     slot = slot_of(&t, VA);

    *word_at(FRAME(0)) = 5;
    for (progress = 0; progress < 5; progress++) {
        perm_put(&t, 2, slot, P_RW);
        perm_put(&t, 1, slot, P_RW);
        sfence();
        expect(expect_returned(go(1000)), 15000);
        expect_sds(1, 2, 0);

        perm_put(&t, 2, slot, P_NONE);
        sfence();
        struct outcome o = go(1000);
        expect(expect_trap(o, TRAP_M, 13, VA), (uint64_t)sd2_load);
        expect(o.x[11], 1000);
        expect_sds(2, 1, 0);

        perm_put(&t, 1, slot, P_NONE);
        perm_put(&t, 2, slot, P_RW);
        sfence();
        expect(expect_trap(go(1000), TRAP_M, 13, VA), (uint64_t)sd1_load);
    }
    return 0;
}
