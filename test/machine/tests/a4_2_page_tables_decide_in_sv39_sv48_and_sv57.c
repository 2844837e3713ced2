/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.2, A.2.1: page tables mean with the extension what they mean without it, in each mode; a4_4_... shows what is
 * otherwise in the mode of the table. usid is somebody's, and nobody asks.
 */
#include "lib/machine.h"
#include "lib/radix.h"

int main(void)
{
    for (progress = SV39; progress <= SV57; progress++) {
        csr_write(CSR_USID, 3);
        check_radix_mode(progress);
    }
    expect(counts_read().walks, 0);
    expect(counts_read().descs, 0);
    return 0;
}
