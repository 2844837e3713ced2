/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.3: usid, urid and uxid hold any 64-bit value, apart from each other.
 */
#include "lib/machine.h"

int main(void)
{
    for (progress = 0; progress < 64; progress++) {
        uint64_t bit = 1ull << progress;

        sds_write(bit, ~bit, bit - 1);
        expect_sds(bit, ~bit, bit - 1);
    }
    cells_on(NULL, 0);
    sds_write(~0ull, 0x123456789abcdef0, 1ull << 63);
    expect_sds(~0ull, 0x123456789abcdef0, 1ull << 63);
    return 0;
}
