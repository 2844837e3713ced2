/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.3, A.7.1: a switch in S moves the registers, but S runs on row 0 before and after: the check
 * wants X in the target's row, the fetch that follows in row 0. In U the target's row is the row.
 */
#include "lib/sc.h"

#define GATE SPARE(0)
#define DATA 0x40000

/* entry; a0 = the word at s1; return */
static void put_reader(uint64_t pa)
{
    uint32_t *code = (uint32_t *)pa;

    code[0] = INSN_ENTRY;
    code[1] = 0x0004b503; /* ld a0, 0(s1) */
    code[2] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
}

/* s1 = a0; jalrs t0, a2, a1, with a2 = GATE */
extern const char load_after_switch[];
__asm__(".globl load_after_switch\n"
        "load_after_switch:\n"
        "    mv    s1, a0\n"
        "    li    a2, 0x80080000\n"
        "    .insn r 0x0b, 0, 0x00, t0, a2, a1\n");

static struct outcome go(enum mode mode, uint64_t sd)
{
    sds_write(1, 0, 0);
    return enter(mode, (uint64_t)load_after_switch, DATA, sd);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = DATA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_NONE, P_NONE, P_RW}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX, P_RX, P_RX}},
    };
    struct table t = CELLS_ON(cells);
    uint64_t     gate = slot_of(&t, GATE);

    put_reader(GATE);
    *word_at(FRAME(0)) = 77;
    expect(expect_returned(go(MODE_S, 2)), 77); /* row 0 has it */
    expect_sds(2, 1, 0);
    expect(expect_trap(go(MODE_U, 2), TRAP_M, 13, DATA), GATE + 4);
    expect_sds(2, 1, 0);
    expect(expect_returned(go(MODE_U, 3)), 77);

    perm_put(&t, 0, gate, P_RW); /* S arrives and cannot fetch: no longer the switch's affair */
    sfence();
    expect(expect_trap(go(MODE_S, 2), TRAP_M, 12, GATE), GATE);
    expect_sds(2, 1, 0);
    expect(expect_returned(go(MODE_U, 3)), 77);

    perm_put(&t, 2, gate, P_RW);
    perm_put(&t, 0, gate, P_RX);
    sfence();
    expect_trap(go(MODE_S, 2), TRAP_M, 28, GATE);
    expect_sds(1, 0, 0);
    return 0;
}
