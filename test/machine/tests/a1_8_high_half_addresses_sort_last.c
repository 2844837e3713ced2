/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.8: page numbers compare as unsigned 36-bit numbers, so the high half sorts behind the low
 * one; first and last page of either half are found.
 */
#include "lib/machine.h"

int main(void)
{
    static const struct cell cells[] = {
        {.va = 0x0000000000000000, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
        {.va = 0x0000000000003000, .pages = 1, .pa = FRAME(1), .row = {0, P_RW}},
        {.va = 0x00007ffffffff000, .pages = 1, .pa = FRAME(2), .row = {0, P_RW}},
        {.va = 0xffff800000000000, .pages = 1, .pa = FRAME(3), .row = {0, P_RW}},
        {.va = 0xffffffff80000000, .pages = 1, .pa = FRAME(4), .row = {0, P_RW}},
        {.va = 0xfffffffffffff000, .pages = 1, .pa = FRAME(5), .row = {0, P_RW}},
    };

    for (unsigned k = 0; k < 6; k++)
        *word_at(FRAME(k) + 8) = 100 + k;
    CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < 6; progress++)
        expect(expect_reaches(MODE_U, LOAD, cells[progress].va + 8), 100 + progress);
    expect_page_fault(MODE_U, LOAD, 0xffff800000001000);
    expect_page_fault(MODE_U, LOAD, 0xffffffffffffeff8);
    expect_page_fault(MODE_U, LOAD, 0x00007fffffffeff8);
    return 0;
}
