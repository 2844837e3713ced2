/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.10, A.5.7: a cell with valid = 0 is found, and is a page fault whatever its rows say; the
 * cells beside it are not affected. No A or D is set.
 */
#include "lib/machine.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
        {.va = VA + PAGE, .pages = 1, .pa = FRAME(1), .row = {0x0f, 0x0f}},
        {.va = VA + 2 * PAGE, .pages = 1, .pa = FRAME(2), .row = {P_RWX, P_RWX}},
    };
    struct table t = CELLS_ON(cells);
    uint64_t     slot = slot_of(&t, VA + PAGE);

    desc(&t, slot)->hi &= ~DESC_VALID;
    sfence();
    csr_write(CSR_USID, 1);
    for (enum access a = FETCH; a < ACCESSES; a++) {
        if (a == SC)
            continue;
        expect_page_fault(MODE_U, a, VA + PAGE);
        expect_page_fault(MODE_S, a, VA + PAGE);
    }
    expect(*perm(&t, 0, slot), 0x0f);
    expect(*perm(&t, 1, slot), 0x0f);
    expect_reaches(MODE_U, LOAD, VA);
    expect_reaches(MODE_U, LOAD, VA + 2 * PAGE);

    desc(&t, slot)->hi |= DESC_VALID; /* failed walks are not cached (A.5.14): no fence */
    expect_reaches(MODE_U, LOAD, VA + PAGE);
    return 0;
}
