/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.5: recv judges the grant and not the own byte, so a place that PMP lets be written, but not be
 * read, is enough for this one; so is V of SD 0 for reval. A place that is judged must be readable.
 */
#include "lib/sc.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_NONE}},
    };
    struct table t = CELLS_ON(cells), want;
    uint64_t     slot = slot_of(&t, VA);

    progress = 1; /* W beside X denies, so what was cached goes: judged by nobody's reading */
    perm_put(&t, 2, slot, P_XO);
    *grant(&t, 1, slot) = GRANT_WORD(2, W);
    csr_write(CSR_USID, 2);
    sfence();
    want = sc_watch(&t);
    *perm(&want, 2, slot) = P_XO | P_W;
    *grant(&want, 1, slot) = NO_GRANT;
    pmp_set(0, (uint64_t)perm(&t, 2, 0), 8, PMP_W);
    expect_done(MODE_M, SC_RECV(VA, 1, W));
    expect_refused(MODE_M, SC_PROT(VA, 0), 5, VA);
    expect_refused(MODE_M, SC_EXCL(VA, X), 5, VA);
    pmp_clear(0);

    progress = 2;
    desc(&t, slot)->hi &= ~DESC_VALID;
    perm_put(&t, 0, slot, P_RW & ~P_V);
    want = sc_watch(&t);
    desc(&want, slot)->hi |= DESC_VALID;
    *perm(&want, 0, slot) = P_RW;
    *perm(&want, 2, slot) = P_RWX;
    pmp_set(0, (uint64_t)perm(&t, 0, 0), 8, PMP_W);
    expect_done(MODE_M, SC_REVAL(VA, RWX));
    pmp_clear(0);
    return 0;
}
