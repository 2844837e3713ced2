/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.12: PA is computed in full; from 2^56 on it is an access fault, not what the low 56 bits
 * would reach: here RAM.
 */
#include "lib/machine.h"

#define VA 0x100000000ull

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1 << 20, .pa = (1ull << 56) - PAGE, .row = {0, P_RWX}},
    };
    /* One page to 2^56, from there as far as FRAME(0) is from 0. */
    uint64_t wrapped = VA + PAGE + FRAME(0);

    cells_on(cells, 1);
    csr_write(CSR_USID, 1);
    *word_at(FRAME(0)) = 1;
    expect_access_fault(MODE_U, LOAD, wrapped);
    expect_access_fault(MODE_U, STORE, wrapped);
    expect_access_fault(MODE_U, FETCH, wrapped);
    expect_access_fault(MODE_U, AMO, wrapped + 8);
    expect(*word_at(FRAME(0)), 1);
    expect_access_fault(MODE_U, LOAD, VA); /* the last page below: nothing answers there */
    return 0;
}
