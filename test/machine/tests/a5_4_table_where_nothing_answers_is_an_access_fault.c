/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.4: a bus error on a table read is an access fault: the whole table where nothing answers,
 * then a table at the end of RAM of which only the cell list, or the list and row 0, is there.
 */
#include "lib/machine.h"

#define VA      0x10000
#define RAM_END 0x88000000ull /* 128 MiB, the default */

static void expect_refused(void)
{
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_U, STORE, VA);
    expect_access_fault(MODE_U, FETCH, 0x80000000);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    const uint64_t nowhere = 0xff000000000;
    struct table   t;

    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | nowhere >> 12);
    csr_write(CSR_USID, 1);
    expect_refused();
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | 0xfffffffffff);
    expect_refused();

    /* T = 4: the list takes the last page, every row lies behind RAM. */
    csr_write(CSR_SATP, 0);
    t = table_build(RAM_END - 8 * PAGE, 4, 16, cells, 1);
    memcpy((void *)(RAM_END - PAGE), (void *)t.base, 1024);
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | (RAM_END - PAGE) >> 12);
    expect_refused();
    expect_access_fault(MPRV_S, LOAD, VA);
    expect_page_fault(MPRV_U, LOAD, VA + PAGE); /* no cell: no row is read */

    /* T = 3: 3072 bytes of list, five rows of 192 bytes before the end of RAM, not the sixth. */
    memset((void *)(RAM_END - PAGE), 0, PAGE);
    t = table_build(RAM_END - PAGE, 3, 1, cells, 1);
    meta(&t)->M = meta(&t)->R = 16;
    for (unsigned sd = 0; sd < 5; sd++)
        *perm(&t, sd, slot_of(&t, VA)) = P_RW;
    csr_write(CSR_SATP, table_satp(&t));
    for (unsigned sd = 0; sd < 5; sd++) {
        csr_write(CSR_USID, sd);
        expect_reaches(MPRV_U, LOAD, VA);
    }
    csr_write(CSR_USID, 6); /* slots 0..63 of row 5 are still inside */
    expect_refused();
    return 0;
}
