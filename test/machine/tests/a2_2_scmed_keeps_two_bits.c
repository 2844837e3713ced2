/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2: bits 63..2 of scmed read 0, bits 1 and 0 hold what is written.
 */
#include "lib/machine.h"

int main(void)
{
    csr_write(CSR_SCMED, ~0ull);
    expect(csr_read(CSR_SCMED), 3);
    csr_write(CSR_SCMED, 0xfffffffffffffffe);
    expect(csr_read(CSR_SCMED), 2);
    csr_write(CSR_SCMED, 1);
    expect(csr_read(CSR_SCMED), 1);
    csr_write(CSR_SCMED, 4);
    expect(csr_read(CSR_SCMED), 0);
    return 0;
}
