/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.11, A.5.8, A.6.7: W beside X without R denies everything, so a recv of W takes X away though no bit
 * goes. U runs the code of a cell, receives W on it and runs it again, without leaving U: the second fetch
 * is refused. (A.6.7 names recv only among what gains; this machine takes lost rights as lost.)
 */
#include "lib/sc.h"

#define CODE SPARE(0)

/* a0: the code's cell, a1: the granter. */
extern const char run_receive_run[], second_call[];
__asm__(".globl run_receive_run, second_call\n"
        "run_receive_run:\n"
        "    mv    s0, ra\n"
        "    mv    s1, a0\n"
        "    jalr  s1\n"
        "    mv    s2, a0\n"
        "    mv    a0, s1\n"
        "    .insn s 0x0b, 6, a1, 4(a0)\n" /* recv a0, a1, W */
        "    jalr  s1\n"
        "second_call:\n"
        "    mv    ra, s0\n"
        "    ret\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = CODE, .pages = 1, .pa = CODE, .row = {P_RX, P_XO, P_RWX}},
    };
    struct table   t = CELLS_ON(cells);
    uint64_t       slot = slot_of(&t, CODE);
    struct outcome o;

    put_code(CODE, 21);
    for (progress = 0; progress < 10; progress++) {
        perm_put(&t, 1, slot, P_XO);
        *grant(&t, 2, slot) = GRANT_WORD(1, W);
        sfence();
        csr_write(CSR_USID, 1);
        o = enter(MODE_U, (uint64_t)run_receive_run, CODE, 2);
        expect(expect_trap(o, TRAP_M, 12, CODE), CODE);
        expect(o.x[18], 21);
        expect(o.x[1], (uint64_t)second_call);
        expect(*perm(&t, 1, slot), P_XO | P_W);
        expect(*grant(&t, 2, slot), NO_GRANT);
    }
    return 0;
}
