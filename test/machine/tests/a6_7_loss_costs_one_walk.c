/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.7, A.2.2: an instruction that takes a right on a page away costs its hart one walk, that of the
 * next access to it; neither other cells nor the code are walked for again. One that takes nothing
 * costs none and is no flush. Of the specification this is what scc_flushes counts; the rest is what the emulator
 * promises (decision 0012).
 */
#include "lib/sc.h"

#define VA    0x40000ull
#define OTHER (VA + 8 * PAGE)

/* a0: cell, a1: rights or SD, OTHER: another cell. Both are loaded before and after. */
#define AROUND(name, insn)                                                          \
    __asm__(".globl " #name "\n" #name ": lui t2, 8\nadd t2, t2, a0\n"              \
            "ld t0, (a0)\nld t0, (t2)\n" insn "\nld t0, (a0)\nld t0, (t2)\nret\n"); \
    extern const char name[];

AROUND(by_nothing, "nop")
AROUND(by_prot, ".insn r 0x0b, 3, 0x00, x0, a0, a1")
AROUND(by_recv, ".insn s 0x0b, 6, a1, 8(a0)")

static struct counts around(const char *code, uint64_t a1, uint8_t own)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = OTHER, .pages = 1, .pa = FRAME(2), .row = {P_RW, P_RW}},
    };
    struct table  t = CELLS_ON(cells);
    struct counts before, after;

    *perm(&t, 1, slot_of(&t, VA)) = own;
    *grant(&t, 2, slot_of(&t, VA)) = GRANT_WORD(1, X);
    csr_write(CSR_USID, 1);
    before = counts_read();
    expect_returned(enter(MODE_U, (uint64_t)code, VA, a1));
    after = counts_read();
    return (struct counts){.walks = after.walks - before.walks,
                           .flushes = after.flushes - before.flushes};
}

static void check(struct counts got, uint64_t walks, uint64_t flushes)
{
    expect(got.walks, walks);
    expect(got.flushes, flushes);
}

int main(void)
{
    around(by_nothing, 0, P_RW); /* whatever the first use of a row costs */

    uint64_t walks = around(by_nothing, 0, P_RW).walks;
    expect_true(walks >= 3); /* two cells and the code */
    check(around(by_prot, R, P_RW), walks + 1, 1);
    check(around(by_prot, RX, P_RWX), walks + 1, 1);
    check(around(by_prot, RW, P_RW), walks, 0);
    check(around(by_recv, 2, P_RW), walks, 0);
    return 0;
}
