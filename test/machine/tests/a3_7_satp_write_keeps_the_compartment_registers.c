/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.7, A.2.6: a write of satp, to the mode, inside it and back to Bare, leaves usid, urid and
 * uxid alone, in S and in M.
 */
#include "lib/machine.h"

int main(void)
{
    static const uint32_t csrw_satp = 0x18051073; /* csrw satp, a0 */
    struct table          t = cells_on(NULL, 0);
    const uint64_t        values[] = {0, table_satp(&t), table_satp(&t) | 7ull << 44, 0};

    for (progress = 0; progress < 4; progress++) {
        sds_write(5, 6, 7);
        expect_returned(exec(MODE_S, csrw_satp, values[progress], 0));
        expect(csr_read(CSR_SATP), values[progress]);
        expect_sds(5, 6, 7);
        csr_write(CSR_SATP, values[progress]);
        expect_sds(5, 6, 7);
    }
    return 0;
}
