/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.1, A.4.2: loads and stores in M with MPRV use the row of usid (MPP = U) or row 0 (MPP = S);
 * with MPP = M, and without MPRV, the table does not matter. Fetches in M never use it: the
 * code of these probes is in no row here.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RO, P_RW, P_NONE}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     image = slot_of(&t, 0x80000000);

    for (unsigned sd = 0; sd < SPEC_ROWS; sd++)
        perm_put(&t, sd, image, P_NONE);
    sfence();

    csr_write(CSR_USID, 1);
    for (progress = 0; progress < 3; progress++) {
        expect_reaches(MPRV_S, LOAD, VA);
        expect_page_fault(MPRV_S, STORE, VA);
        expect_reaches(MPRV_U, STORE, VA);
    }
    csr_write(CSR_USID, 2);
    expect_page_fault(MPRV_U, LOAD, VA);
    expect_reaches(MPRV_S, LOAD, VA);
    expect_page_fault(MPRV_U, LOAD, FRAME(0));
    expect_reaches(MODE_M, LOAD, FRAME(0));
    expect_access_fault(MODE_M, LOAD, VA);

    /* MPRV with MPP = M */
    csr_set(CSR_MSTATUS, MSTATUS_MPP | MSTATUS_MPRV);
    expect(*(volatile uint64_t *)FRAME(0), probe_value);
    csr_clear(CSR_MSTATUS, MSTATUS_MPRV);
    return 0;
}
