/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.14, A.9.2: an edit that only adds is seen by the next walk without a fence: a new cell, an
 * empty slot that becomes one, a right, V, a larger M, N, R. Each is tried and refused first.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_NONE, 0, P_RW}},
        {.va = VA + 2 * PAGE, .pages = 1, .pa = FRAME(2), .row = {0, P_RW, P_RW}},
    };
    const uint64_t new_va = 0x90000000; /* behind the image */
    struct table   t = CELLS_ON(cells);
    uint64_t       first = slot_of(&t, VA), second = slot_of(&t, VA + 2 * PAGE);

    put_code(FRAME(0), 1);
    csr_write(CSR_USID, 1);

    progress = 1; /* rights, one by one */
    for (enum access a = FETCH; a < ACCESSES; a++)
        if (a != SC)
            expect_page_fault(MODE_U, a, VA);
    perm_put(&t, 1, first, P_XO);
    expect_reaches(MODE_U, FETCH, VA);
    expect_page_fault(MODE_U, LOAD, VA);
    perm_put(&t, 1, first, P_RX);
    expect_reaches(MODE_U, LOAD, VA);
    expect_page_fault(MODE_U, STORE, VA);
    perm_put(&t, 1, first, P_RWX);
    expect_reaches(MODE_U, STORE, VA);

    progress = 2; /* a cell at the end */
    expect_page_fault(MODE_U, LOAD, new_va);
    *perm(&t, 1, 4) = P_RW;
    desc_put(&t, 4, desc_make(new_va, 1, FRAME(1)));
    expect_page_fault(MODE_U, LOAD, new_va);
    meta(&t)->N = 5;
    expect_reaches(MODE_U, LOAD, new_va);

    progress = 3; /* a cell that was hidden */
    desc_put(&t, second, desc_empty(VA / PAGE + 1));
    sfence();
    expect_page_fault(MODE_U, LOAD, VA + 2 * PAGE);
    desc_put(&t, second, desc_make(VA + PAGE, 2, FRAME(1)));
    expect_reaches(MODE_U, LOAD, VA + 2 * PAGE);
    expect_reaches(MODE_U, LOAD, VA + PAGE);

    progress = 4; /* a compartment */
    meta(&t)->M = 3;
    sfence();
    csr_write(CSR_USID, 3);
    expect_page_fault(MPRV_U, LOAD, VA);
    meta(&t)->M = 4;
    expect_reaches(MPRV_U, LOAD, VA);

    progress = 5; /* validity */
    desc(&t, first)->hi &= ~DESC_VALID;
    sfence();
    expect_page_fault(MPRV_U, LOAD, VA);
    desc(&t, first)->hi |= DESC_VALID;
    expect_reaches(MPRV_U, LOAD, VA);
    return 0;
}
