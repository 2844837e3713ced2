/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.7: a cell has up to 2^36 pages. One that begins at page 0 with base 0 is the identity for
 * the low half; its high half lies at V48, not at the sign-extended address.
 */
#include "lib/machine.h"

int main(void)
{
    struct table t = cells_on(NULL, 0);

    desc_put(&t, 1, desc_make(0, 1ull << 36, 0));
    *word_at(FRAME(0)) = 77;
    csr_write(CSR_USID, 1);
    sfence();
    expect(expect_reaches(MODE_U, LOAD, FRAME(0)), 77);
    expect_access_fault(MODE_U, LOAD, 0x7ffffffff000); /* found, but nothing answers there */
    expect_access_fault(MODE_U, LOAD, 0xfffffffffffff000);

    /* The same for one that begins with the high half. */
    desc_put(&t, 1, desc_make(0xffff800000000000, 1ull << 35, FRAME(0)));
    sfence();
    expect(expect_reaches(MPRV_U, LOAD, 0xffff800000000000), 77);
    return 0;
}
