/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.8, H22: inval of a cell that only the caller holds: valid goes, the other 127 bits stay; SD 0's
 * byte loses V alone; the bytes of 1..Me-1 lose R, W, X alone, also those that have no V; the
 * caller's and SD 0's grants are emptied, the others were; rows from Me on are nobody's.
 */
#include "lib/sc.h"

#define VA 0x40000
#define ME 6u

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA - PAGE, .pages = 1, .pa = FRAME(3), .row = {P_RWX, P_RWX, P_RWX, P_RWX}},
        {.va = VA, .pages = 2, .pa = FRAME(0)},
        {.va = VA + 2 * PAGE, .pages = 1, .pa = FRAME(4), .row = {P_RWX, P_RWX, P_RWX}},
    };
    static const uint8_t bytes[3][8] = {
        {0xcf, 0xc7, 0, 0, 0, 0, 0xcf, 0xff},
        {0xff, 0xff, 0xfe, 0xf1, 0x0e, 0xc1, 0xcf, 0xff},
        {0x00, 0x03, 0x01, 0x30, 0xce, 0x8c, 0xff, 0x00},
    };

    for (progress = 0; progress < 9; progress++) {
        struct table t = CELLS_ON(cells), want;
        uint64_t     slot = slot_of(&t, VA);

        meta(&t)->M = ME;
        desc(&t, slot)->hi |= 0x5a5ull << DESC_GENERATION;
        for (uint64_t sd = 0; sd < 8; sd++)
            *perm(&t, sd, slot) = bytes[progress / 3][sd];
        *grant(&t, 0, slot) = GRANT_WORD(4, RWX);
        *grant(&t, 1, slot) = GRANT_WORD(2, R);
        *grant(&t, 6, slot) = GRANT_WORD(2, R);
        sfence();
        csr_write(CSR_USID, 1);

        want = sc_watch(&t);
        desc(&want, slot)->hi &= ~DESC_VALID;
        *perm(&want, 0, slot) &= (uint8_t)~P_V;
        for (uint64_t sd = 1; sd < ME; sd++)
            *perm(&want, sd, slot) &= (uint8_t)~RWX;
        *grant(&want, 0, slot) = NO_GRANT;
        *grant(&want, 1, slot) = NO_GRANT;
        expect_done(sc_modes[progress % 3], SC_INVAL(VA + PAGE + 8));
        expect_refused(sc_modes[progress % 3], SC_INVAL(VA), BAD_STATE, 0);
    }
    return 0;
}
