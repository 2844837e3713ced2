/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.1.6: the four bytes of an entry may lie in two cells with memory far apart. Both are fetched
 * as the target SD; if it cannot fetch the second half, that is 28 with the target in tval, like
 * all else.
 */
#include "lib/sc.h"

#define FIRST  0x40000ull
#define SECOND (FIRST + PAGE)
#define TARGET (SECOND - 2)

static struct table t;

static void put_halves(uint64_t first, uint64_t second)
{
    *(volatile uint16_t *)(first + PAGE - 2) = INSN_ENTRY & 0xffff;
    *(volatile uint16_t *)second = INSN_ENTRY >> 16;
    put_code(second + 2, 9);
}

static void check_refused_with(uint8_t first, uint8_t second)
{
    perm_put(&t, 2, slot_of(&t, FIRST), first);
    perm_put(&t, 2, slot_of(&t, SECOND), second);
    sfence();
    csr_write(CSR_USID, 1);
    for (unsigned m = 0; m < 3; m++)
        expect_refused(sc_modes[m], SC_JALRS(TARGET, 2), BAD_TARGET, TARGET);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = FIRST, .pages = 1, .pa = FRAME(5), .row = {P_RX, P_NONE, P_RX}},
        {.va = SECOND, .pages = 1, .pa = FRAME(1), .row = {P_RX, P_NONE, P_RX}},
    };

    t = CELLS_ON(cells);
    sc_watch(&t);
    put_halves(FRAME(5), FRAME(1));
    for (unsigned m = 0; m < 2; m++) { /* in M the target is fetched at PA = VA */
        csr_write(CSR_USID, 1);
        expect_switched(sc_modes[m], SC_JALRS(TARGET, 2), 9);
    }
    check_refused_with(P_RX, P_RW);
    check_refused_with(P_RX, P_NONE);
    check_refused_with(P_RW, P_RX);
    check_refused_with(P_NONE, P_RX);
    check_refused_with(P_RX, 0);
    perm_put(&t, 2, slot_of(&t, SECOND), P_RX);
    desc(&t, slot_of(&t, SECOND))->hi &= ~DESC_VALID;
    check_refused_with(P_RX, P_RX);
    desc(&t, slot_of(&t, SECOND))->hi |= DESC_VALID;
    *(volatile uint16_t *)FRAME(1) = 1;
    check_refused_with(P_RX, P_RX);
    return 0;
}
