/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.1, A.2.6: a satp write with a MODE that the hart does not have changes no bit, whatever
 * PPN and ASID come with it; 14 is accepted, 15 is not.
 */
#include "lib/machine.h"

static bool is_supported(uint64_t mode)
{
    return mode == 0 || (mode >= 8 && mode <= 10) || mode == SATP_MODE_CELLS;
}

int main(void)
{
    struct table   t = cells_on(NULL, 0);
    const uint64_t on = table_satp(&t);

    for (progress = 0; progress < 16; progress++) {
        if (is_supported(progress))
            continue;
        csr_write(CSR_SATP, progress << 60 | 0x1234ull << 44 | 0x80123);
        expect(csr_read(CSR_SATP), on);
    }
    csr_write(CSR_SATP, on | 0xffffull << 44);
    expect(csr_read(CSR_SATP), on | 0xffffull << 44); /* ASID is kept, A.2.6: as in Sv48 */
    csr_write(CSR_USID, 1);
    *word_at(FRAME(0)) = 5;
    expect(expect_reaches(MODE_U, LOAD, FRAME(0)), 5); /* and has no effect */
    csr_write(CSR_SATP, 0);
    expect(csr_read(CSR_SATP), 0);
    return 0;
}
