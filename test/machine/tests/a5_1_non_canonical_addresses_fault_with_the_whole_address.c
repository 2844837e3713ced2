/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.1, H11: bits 63..47 must all be equal. Flipping any of them in an address that translates
 * is a page fault, whose tval has all 64 bits, low ones included.
 */
#include "lib/machine.h"

#define LOW  0x0000000000010008ull
#define HIGH 0xfffffffffff10008ull

static void check(uint64_t va)
{
    for (unsigned bit = 47; bit < 64; bit++) {
        progress = bit;
        for (enum access a = FETCH; a < ACCESSES; a++)
            if (a != SC)
                expect_page_fault(MODE_U, a, va ^ 1ull << bit);
        expect_page_fault(MODE_S, LOAD, va ^ 1ull << bit);
        expect_page_fault(MPRV_U, STORE, va ^ 1ull << bit);
    }
    expect_page_fault(MODE_U, LOAD, va ^ 0xffff800000000000);
    expect_page_fault(MODE_U, LOAD, va ^ 0xffff000000000000);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = LOW & -PAGE, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
        {.va = HIGH & -PAGE, .pages = 1, .pa = FRAME(1), .row = {P_RWX, P_RWX}},
    };

    CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    put_code(FRAME(0) + 8, 1);
    put_code(FRAME(1) + 8, 1);
    expect_reaches(MODE_U, FETCH, LOW);
    expect_reaches(MODE_U, FETCH, HIGH);
    expect_reaches(MODE_U, LOAD, LOW);
    expect_reaches(MODE_U, LOAD, HIGH);
    check(LOW);
    check(HIGH);
    return 0;
}
