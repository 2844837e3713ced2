/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.6: the instruction behind the write of satp comes from where the new satp says: another
 * frame (Bare to table, table to table), or nowhere, which is a fetch fault with exact epc.
 */
#include "lib/machine.h"

static uint8_t space[2][PAGE] __attribute__((aligned(4096)));

/* At pa: csrw satp, a1; return k */
static void put_switch(uint64_t pa, unsigned k)
{
    *(volatile uint32_t *)pa = 0x18059073;
    put_code(pa + 4, k);
}

/* A table in which the page at FRAME(0) is frame k. */
static struct table swapped(unsigned which, unsigned k)
{
    struct table t = table_build((uint64_t)space[which], 1, 4, NULL, 0);
    uint64_t     at = FRAME(0), end = (FRAME(0) | 0xfffff) + 1;

    /* image up to FRAME(0), that page, and the rest */
    extern uint8_t image_start[];
    uint64_t       start = (uint64_t)image_start;
    meta(&t)->N = 4;
    desc_put(&t, 1, desc_make(start, (at - start) / PAGE, start));
    desc_put(&t, 2, desc_make(at, 1, FRAME(k)));
    desc_put(&t, 3, desc_make(at + PAGE, (end - at) / PAGE - 1, at + PAGE));
    for (unsigned slot = 1; slot < 4; slot++)
        *perm(&t, 0, slot) = P_RWX;
    return t;
}

int main(void)
{
    struct table one = swapped(0, 1), two = swapped(1, 2);

    for (unsigned k = 0; k < 3; k++)
        put_switch(FRAME(k) + 0x100, 20 + k);
    struct outcome o = enter(MODE_S, FRAME(0) + 0x100, 0, table_satp(&one));
    expect(expect_returned(o), 21);
    o = enter(MODE_S, FRAME(0) + 0x100, 0, table_satp(&two));
    expect(expect_returned(o), 22);
    o = enter(MODE_S, FRAME(0) + 0x100, 0, 0);
    expect(expect_returned(o), 20);

    meta(&one)->N = 2; /* only what lies below FRAME(0) */
    o = enter(MODE_S, FRAME(0) + 0x100, 0, table_satp(&one));
    expect(expect_trap(o, TRAP_M, 12, FRAME(0) + 0x104), FRAME(0) + 0x104);
    return 0;
}
