/* SPDX-License-Identifier: Apache-2.0
 *
 * A.9.1, H29: the instruction behind sfence.vma is fetched by the table as it is then. S executes
 * a page, moves that page's cell to another frame by one store, fences, and goes on in the
 * other frame; likewise when the page's right to execute is gone.
 */
#include "lib/machine.h"

#define VA 0x10000

/* sd a1, 0(a0) ; sfence.vma ; return k */
static void put_move(uint64_t pa, unsigned k)
{
    ((volatile uint32_t *)pa)[0] = 0x00b53023;
    ((volatile uint32_t *)pa)[1] = 0x12000073;
    put_code(pa + 8, k);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RX}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     slot = slot_of(&t, VA), hi = (uint64_t)&desc(&t, slot)->hi;

    put_move(FRAME(0), 10);
    put_move(FRAME(1), 11);
    for (progress = 0; progress < 6; progress++) {
        unsigned       to = 1 - progress % 2;
        struct outcome o = enter(MODE_S, VA, hi, desc_make(VA, 1, FRAME(to)).hi);
        expect(expect_returned(o), 10 + to);
    }

    uint64_t       row = (uint64_t)perm(&t, 0, 0) + (slot & ~7ull), shift = 8 * (slot & 7);
    uint64_t       without_x = (*word_at(row) & ~(0xffull << shift)) | (uint64_t)P_RO << shift;
    struct outcome o = enter(MODE_S, VA, row, without_x);
    expect(expect_trap(o, TRAP_M, 12, VA + 8), VA + 8);
    return 0;
}
