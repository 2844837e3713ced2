/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.6: the search compares a page with a slot's end first. An empty slot as A.1.9 wants it gives
 * the same answer either way; one whose start lies further behind its end does not: a page
 * between the two is looked for to the right of the slot.
 */
#include "lib/machine.h"

#define LEFT   0x100
#define END    0x120
#define BEFORE 0x110
#define AFTER  0x180
#define START  0x200

int main(void)
{
    static const struct cell cells[] = {
        {.va = LEFT * PAGE, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
        {.va = END * PAGE, .pages = 1, .pa = FRAME(1), .row = {0, P_RW}},
        {.va = AFTER * PAGE, .pages = 1, .pa = FRAME(2), .row = {0, P_RW}},
    };
    struct table t = CELLS_ON(cells);

    meta(&t)->N = 4; /* without the image: the search reads slot 2 first */
    desc(&t, 2)->lo = START | (uint64_t)END << 36;
    sfence();
    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, AFTER * PAGE);
    expect_reaches(MPRV_U, LOAD, LEFT * PAGE);
    expect_page_fault(MPRV_U, LOAD, BEFORE * PAGE);
    expect_page_fault(MPRV_U, LOAD, END * PAGE);
    return 0;
}
