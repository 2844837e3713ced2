/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.4, A.1.12: grant writes (target << 4) | p to the own row of the grants and nothing else, for
 * every target and p; a later one takes the place of an earlier; one to oneself is allowed; the
 * granter keeps its rights. Grants of others on the cell are theirs.
 */
#include "lib/sc.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA - PAGE, .pages = 1, .pa = FRAME(3), .row = {P_RWX, P_RWX, P_RWX}},
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_RWX}},
    };
    struct table t = CELLS_ON(cells), want = sc_watch(&t);
    uint64_t     slot = slot_of(&t, VA);

    for (uint64_t u = 0; u < 3; u++)
        for (uint64_t to = 1; to < 8; to++)
            for (unsigned p = 2; p <= RWX; p += 2) {
                enum mode mode = u ? sc_modes[(to + p / 2) % 3] : MODE_S;

                progress = u << 16 | to << 8 | p;
                csr_write(CSR_USID, u);
                *grant(&want, u, slot) = GRANT_WORD(to, p);
                expect_done(mode, SC_GRANT(VA, to, p));
            }
    return 0;
}
