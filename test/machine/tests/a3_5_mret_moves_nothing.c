/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.5: mret leaves usid, urid and uxid alone, to U, S and M, the mode on or off, urid = 0 or
 * not. (Every entry of this library is an mret; the code entered reads what it finds.)
 */
#include "lib/machine.h"

int main(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};

    for (progress = 0; progress < 2; progress++) {
        for (unsigned m = 0; m < 3; m++) {
            sds_write(1, 2, 3);
            expect(expect_returned(exec(modes[m], 0x08202573, 0, 0)), 1); /* csrr a0, usid */
            expect(expect_returned(exec(modes[m], 0x08302573, 0, 0)), 2); /* csrr a0, urid */
            expect_sds(1, 2, 3);
            sds_write(1, 0, 3);
            expect(expect_returned(exec(modes[m], 0x08302573, 0, 0)), 0);
            expect_sds(1, 0, 3);
        }
        cells_on(NULL, 0);
    }
    return 0;
}
