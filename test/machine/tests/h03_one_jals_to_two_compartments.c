/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, A.7.1, H3: one and the same jals, with its target on the same page, goes to SD 3 many times
 * and then to SD 2: the target's load is judged by the row of SD 2, though the two blocks have run
 * one after the other all the time. Nothing but the entry stands before it: a CSR instruction would
 * end the block, and hide that it was joined to the switch.
 */
#include "lib/sc.h"

#define VA 0x40000

/* a0: word, a1: rounds as SD 3 before the one as SD 2. */
extern const char same_page[], target_load[];
__asm__("    .balign 256\n"
        ".globl same_page, target_load\n"
        "same_page:\n"
        "    li    s3, 3\n"
        "1:  mv    t0, s3\n"
        "    .insn j 0x2b, t0, 2f\n"
        "    .word 0x0000100b\n"
        "    addi  a1, a1, -1\n"
        "    bgtz  a1, 1b\n"
        "    li    s3, 2\n"
        "    beqz  a1, 1b\n"
        "    ret\n"
        "2:  .word 0x0000100b\n"
        "target_load:\n"
        "    ld    t2, (a0)\n"
        "    csrr  t1, 0x83\n"
        "    .insn r 0x0b, 0, 0x00, x0, t0, t1\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_NONE, P_RW}},
    };
    struct table t = cells_on(cells, 1);

    for (progress = 0; progress < 5; progress++) {
        sds_write(1, 0, 0);
        struct outcome o = enter(MODE_U, (uint64_t)same_page, VA, 1000);
        expect(expect_trap(o, TRAP_M, 13, VA), (uint64_t)target_load);
        expect_sds(2, 1, 0);
    }
    perm_put(&t, 2, slot_of(&t, VA), P_RW);
    sds_write(1, 0, 0);
    expect_returned(enter(MODE_U, (uint64_t)same_page, VA, 1000));
    return 0;
}
