/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.9, A.4.3, H25: firmware that takes a trap in M and goes on in S by mret leaves usid as it
 * was. S then runs on row 0 all the same, also with a usid that no row has, and its sret brings
 * U back with the registers that software set.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_NONE}},
    };
    static const uint64_t usids[] = {2, 1, 7, 8, 0x100000000, ~0ull};
    struct table          t = cells_on(cells, 1);

    csr_write(CSR_USID, 2);
    expect_page_fault(MODE_U, LOAD, VA); /* to M: "firmware" */
    for (progress = 0; progress < 6; progress++) {
        csr_write(CSR_USID, usids[progress]);
        expect_reaches(MODE_S, LOAD, VA);
        expect_reaches(MODE_S, STORE, VA);
        put_code(FRAME(1), 1);
        expect_reaches(MODE_S, FETCH, FRAME(1));
        expect(csr_read(CSR_USID), usids[progress]);
    }

    /* Row 0 also where it has less than the row of usid. */
    perm_put(&t, 0, slot_of(&t, VA), P_NONE);
    sfence();
    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, STORE, VA);
    expect_page_fault(MODE_S, STORE, VA);
    expect_page_fault(MODE_S, LOAD, VA);
    expect_page_fault(MPRV_S, LOAD, VA);
    return 0;
}
