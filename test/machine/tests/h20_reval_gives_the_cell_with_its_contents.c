/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.9, H20: reval needs no right of the caller: valid and row 0's V are set, the own byte gets V
 * and p, everything else stays, rights of others included, and the contents are not cleared: that
 * is why scmed exists and why software does not leave an invalid cell over memory that matters.
 */
#include "lib/sc.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};
    static const uint8_t     owns[] = {0, P_NONE, P_RO, P_RWX, 0x30, 0xfe};

    *word_at(FRAME(0)) = 0x5ec2e7;
    for (progress = 0; progress < 7 * 6; progress++) {
        enum mode    mode = sc_modes[progress % 3];
        unsigned     p = 2 * (unsigned)(1 + progress % 7);
        uint8_t      own = owns[progress / 7];
        struct table t = cells_on(cells, 1), want;
        uint64_t     slot = slot_of(&t, VA);

        desc(&t, slot)->hi &= ~DESC_VALID;
        desc(&t, slot)->hi |= 0x2a5ull << DESC_GENERATION;
        *perm(&t, 0, slot) = P_RWX & ~P_V;
        *perm(&t, 1, slot) = own;
        *perm(&t, 2, slot) = P_RW;
        *grant(&t, 2, slot) = GRANT_WORD(3, R);
        sfence();
        sds_write(1, 0, 0);
        expect_page_fault(MODE_U, LOAD, VA);

        want = sc_watch(&t);
        desc(&want, slot)->hi |= DESC_VALID;
        *perm(&want, 0, slot) = P_RWX;
        *perm(&want, 1, slot) = (uint8_t)(own | P_V | p);
        expect_done(mode, SC_REVAL(VA + 5, p));
        expect_refused(mode, SC_REVAL(VA, p), BAD_STATE, 1);
        if ((p | own) & R)
            expect(expect_reaches(MODE_U, LOAD, VA), 0x5ec2e7);
    }
    return 0;
}
