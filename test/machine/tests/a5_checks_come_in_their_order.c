/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.1, A.5.2 to A.5.8: what decides first gives the cause. A non-canonical address faults without any
 * table; the table's metacell comes before the SD; the SD before the search; a cell's validity
 * before its permission byte. PMP tells which part of the table a walk has come to.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     slot = slot_of(&t, VA);

    progress = 1; /* no metacell */
    pmp_set(0, t.base, 16, PMP_NONE);
    sfence();
    csr_write(CSR_USID, 1);
    expect_page_fault(MPRV_U, LOAD, 1ull << 47);
    expect_access_fault(MPRV_U, LOAD, VA);
    csr_write(CSR_USID, 1000);
    expect_access_fault(MPRV_U, LOAD, VA);

    progress = 2; /* no descriptor */
    pmp_set(0, t.base + 16, 16, PMP_NONE);
    pmp_set(1, t.base + 32, 16, PMP_NONE);
    sfence();
    expect_page_fault(MPRV_U, LOAD, VA);
    csr_write(CSR_USID, 1);
    expect_access_fault(MPRV_U, LOAD, VA);

    progress = 3; /* no permission byte */
    pmp_clear(1);
    pmp_set(0, (uint64_t)perm(&t, 1, 0), 64, PMP_NONE);
    sfence();
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_page_fault(MPRV_U, LOAD, VA + PAGE);
    desc(&t, slot)->hi &= ~DESC_VALID;
    expect_page_fault(MPRV_U, LOAD, VA);

    progress = 4; /* a right that is missing comes before a PA that does not exist */
    pmp_clear(0);
    desc_put(&t, slot, desc_make(VA, 1, 0xff000000000));
    perm_put(&t, 1, slot, P_RO);
    sfence();
    expect_page_fault(MPRV_U, STORE, VA);
    expect_access_fault(MPRV_U, LOAD, VA);
    return 0;
}
