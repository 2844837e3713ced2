/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5: the fault of an AMO is that of a store, whichever right is missing, and so is that of an SC
 * whose right to load went away after the LR that made the reservation. Misaligned ones are the
 * misaligned fault of a store (6), at the end of a page as well.
 */
#include "lib/machine.h"

#define VA 0x10000

/* S: lr, sd a1 to its own row's byte in the table (by VA = PA), sfence.vma, sc. */
extern const char lose_and_sc[], the_sc[];
__asm__(".globl lose_and_sc, the_sc\n"
        "lose_and_sc:\n"
        "    li    t0, 0x10000\n"
        "    lr.d  t1, (t0)\n"
        "    sb    a1, (a0)\n"
        "    sfence.vma\n"
        "the_sc:\n"
        "    sc.d  a0, t1, (t0)\n"
        "    ret\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     byte = (uint64_t)perm(&t, 0, slot_of(&t, VA));

    for (uint64_t k = 1; k < 8; k++) {
        expect_trap(probe(MPRV_S, AMO, VA + k), TRAP_M, 6, VA + k);
        expect_trap(probe(MPRV_S, AMO, VA + PAGE - k), TRAP_M, 6, VA + PAGE - k);
    }
    perm_put(&t, 0, slot_of(&t, VA), P_XO);
    sfence();
    expect_page_fault(MPRV_S, AMO, VA);
    perm_put(&t, 0, slot_of(&t, VA), P_RO);
    sfence();
    expect_page_fault(MPRV_S, AMO, VA);
    perm_put(&t, 0, slot_of(&t, VA), P_RW);
    sfence();

    expect(expect_returned(enter(MODE_S, (uint64_t)lose_and_sc, byte, P_RW)), 0);
    for (progress = 0; progress < 2; progress++) {
        struct outcome o = enter(MODE_S, (uint64_t)lose_and_sc, byte, progress ? P_RO : P_NONE);
        expect(expect_trap(o, TRAP_M, 15, VA), (uint64_t)the_sc);
        *(volatile uint8_t *)byte = P_RW;
        sfence();
    }
    return 0;
}
