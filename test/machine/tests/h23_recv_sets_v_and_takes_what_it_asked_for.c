/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.6, A.1.12, H23: recv, for every p and every grant: what is taken leaves the grant, whose
 * target stays; when all is taken the word is 0xFFFFFFF0. The own byte gets p and V, keeps the rest
 * and needs nothing before. More than is on offer: 25, 0x300 | p. Bit 0 of a grant does not count.
 */
#include "lib/sc.h"

#define VA 0x40000

static struct table t, want;
static uint64_t     slot;

static void check(enum mode mode, uint64_t from, unsigned offer, unsigned p, uint8_t own)
{
    uint32_t word = GRANT_WORD(1, offer);

    *grant(&t, from, slot) = word;
    *perm(&t, 1, slot) = own;
    sfence();
    want = sc_watch(&t);
    if (p & ~offer) {
        expect_refused(mode, SC_RECV(VA, from, p), BAD_RIGHTS, 0x300 | p);
        return;
    }
    *grant(&want, from, slot) = p == (offer & RWX) ? NO_GRANT : word & ~p;
    *perm(&want, 1, slot) = (uint8_t)(own | p | P_V);
    expect_done(mode, SC_RECV(VA, from, p));
}

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};
    static const uint8_t     owns[] = {0, P_NONE, P_RO, P_V, P_RWX & ~P_V, 0x30, 0xff};

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    for (unsigned offer = 0; offer <= RWX; offer += 2)
        for (unsigned p = 2; p <= RWX; p += 2)
            for (unsigned k = 0; k < sizeof(owns); k++) {
                progress = offer << 16 | p << 8 | owns[k];
                check(sc_modes[k % 3], 1 + k % 4, offer, p, owns[k]);
            }
    return 0;
}
