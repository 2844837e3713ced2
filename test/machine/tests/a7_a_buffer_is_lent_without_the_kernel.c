/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7: the first example of docs/securecells.md. SD 1 offers a buffer to SD 2 and calls it; SD 2 takes
 * the offer, reads, gives the right up and returns. No trap on the way; what is left is as before.
 */
#include "lib/sc.h"

#define VA 0x40000

/* a0: buffer. Stays with SD 1 but for the call. */
extern const char lend[], lend_gate[];
__asm__(".globl lend, lend_gate\n"
        "lend:\n"
        "    mv    s0, ra\n"
        "    li    a1, 2\n"
        "    la    a2, lend_gate\n"
        "    .insn s 0x0b, 4, a1, 2(a0)\n"        /* grant a0, a1, 2 */
        "    .insn r 0x0b, 0, 0x00, ra, a2, a1\n" /* jalrs ra, a2, a1 */
        "    .insn i 0x0b, 1, x0, x0, 0\n"        /* entry */
        "    mv    a0, t1\n"
        "    jr    s0\n"
        "    .balign 4\n"
        "lend_gate:\n"
        "    .insn i 0x0b, 1, x0, x0, 0\n" /* entry */
        "    csrr  t0, 0x83\n"
        "    .insn s 0x0b, 6, t0, 2(a0)\n" /* recv a0, t0, 2 */
        "    ld    t1, 0(a0)\n"
        "    .insn r 0x0b, 3, 0x00, x0, a0, x0\n"   /* prot a0, zero */
        "    .insn r 0x0b, 0, 0x00, x0, ra, t0\n"); /* jalrs zero, ra, t0 */

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_NONE}},
    };
    struct table t = cells_on(cells, 1);

    sc_watch(&t);
    *word_at(FRAME(0)) = 0x1234;
    sds_write(1, 0, 0);
    expect(expect_returned(enter(MODE_U, (uint64_t)lend, VA, 0)), 0x1234);
    expect_sds(1, 2, 0);
    expect_as_shadow(); /* the right came and went, and so did the offer */

    /* Nothing of it is left: SD 2 reads nothing on its own. */
    sds_write(2, 0, 0);
    expect_page_fault(MODE_U, LOAD, VA);
    return 0;
}
