/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.5: table addresses have 64 bits, and one from 2^56 on fails like a bus error. With
 * T = 2^31 the row of SD 2^19 - 16 starts at B + 2^56; cut to 56 bits that would be the table
 * itself, where the byte of slot 16 is the first of descriptor 1: made to look like P_RWX.
 */
#include "lib/machine.h"

#define VA 0x70000000

int main(void)
{
    static const struct cell cell = {.va = VA, .pages = 1, .pa = FRAME(1), .row = {0, P_RW}};
    struct table             t = cells_on_behind_a_row(&cell, 1);

    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    meta(&t)->T = 1u << 31;
    meta(&t)->R = meta(&t)->M = 0xffffffff;
    sfence();
    csr_write(CSR_USID, (1 << 19) - 16);
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_U, STORE, VA);
    expect_access_fault(MODE_U, FETCH, VA);
    return 0;
}
