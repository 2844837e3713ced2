/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.5: tfer grants p and takes R, W and X from the own byte, whatever subset p was; V, A, D, G and
 * bit 4 stay. To oneself, too, and recv gets back no more than p.
 */
#include "lib/sc.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_RWX}},
    };
    static const uint8_t own[] = {P_RWX, P_RWX & ~P_A, P_RWX & ~P_AD, 0xff};
    struct table         t = CELLS_ON(cells), want;
    uint64_t             slot = slot_of(&t, VA);

    for (progress = 0; progress < 4 * 7 * 3; progress++) {
        unsigned p = 2 * (unsigned)(1 + progress / 3 % 7);
        uint8_t  byte = own[progress / 21];
        uint64_t to = 1 + progress % 2;

        *perm(&t, 1, slot) = byte;
        *grant(&t, 1, slot) = NO_GRANT;
        sfence();
        want = sc_watch(&t);
        csr_write(CSR_USID, 1);
        *perm(&want, 1, slot) = byte & ~RWX;
        *grant(&want, 1, slot) = GRANT_WORD(to, p);
        expect_done(sc_modes[progress % 3], SC_TFER(VA, to, p));
        expect_refused(sc_modes[progress % 3], SC_PROT(VA, 0), BAD_RIGHTS, 0x200);

        csr_write(CSR_USID, to);
        *grant(&want, 1, slot) = NO_GRANT;
        *perm(&want, to, slot) |= p | P_V;
        expect_done(sc_modes[progress % 3], SC_RECV(VA, 1, p));
        *perm(&t, 2, slot) = P_NONE;
        want = sc_watch(&t);
    }
    return 0;
}
