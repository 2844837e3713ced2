/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.6, A.1.7: end is the last page (inclusive); cells may touch, have one page, map the same
 * frames, and need no alignment.
 */
#include "lib/machine.h"

#define VA 0x12343000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(3), .row = {0, P_RO}},
        {.va = VA + 1 * PAGE, .pages = 3, .pa = FRAME(0), .row = {0, P_RW}},
        {.va = VA + 4 * PAGE, .pages = 1, .pa = FRAME(3), .row = {0, P_RW}},
        {.va = VA + 5 * PAGE, .pages = 1, .pa = FRAME(2), .row = {0, P_NONE}},
    };
    static const unsigned frame_of[] = {3, 0, 1, 2, 3};

    for (unsigned k = 0; k < 4; k++)
        *word_at(FRAME(k) + PAGE - 8) = k;
    cells_on(cells, 4);
    csr_write(CSR_USID, 1);

    for (progress = 0; progress < 5; progress++)
        expect(expect_reaches(MODE_U, LOAD, VA + progress * PAGE + PAGE - 8), frame_of[progress]);
    expect_page_fault(MODE_U, LOAD, VA - 8);
    expect_page_fault(MODE_U, LOAD, VA + 5 * PAGE);
    expect_page_fault(MODE_U, LOAD, VA + 6 * PAGE);

    /* One frame by two cells with different rights. */
    expect_page_fault(MODE_U, STORE, VA + 8);
    expect_reaches(MODE_U, STORE, VA + 4 * PAGE + 8);
    expect(expect_reaches(MODE_U, LOAD, VA + 8), probe_value);
    return 0;
}
