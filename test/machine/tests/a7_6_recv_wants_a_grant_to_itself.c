/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.6: a grant to somebody else, none at all, or a word of 0 is cause 26 with 1 << 32 | u in tval,
 * whatever it would grant; the target is compared with all of usid.
 */
#include "lib/sc.h"

#define VA 0x40000

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};
    static const uint32_t    words[] = {
           NO_GRANT,
           0,
           0xf,
           ~0u,
           GRANT_WORD(2, RWX),
           GRANT_WORD(0, RWX),
           GRANT_WORD(0x1000001, RWX),
           GRANT_WORD(0x8000001, RWX),
           GRANT_WORD(0x11, RWX),
    };
    struct table t = cells_on(cells, 1);
    uint64_t     slot = slot_of(&t, VA);

    for (progress = 0; progress < sizeof(words) / sizeof(words[0]); progress++) {
        csr_write(CSR_USID, 1);
        *grant(&t, 3, slot) = words[progress];
        sc_watch(&t);
        for (unsigned m = 0; m < 3; m++)
            expect_refused(sc_modes[m], SC_RECV(VA, 3, R), BAD_SD, 1ull << 32 | 1);
    }
    *grant(&t, 3, slot) = GRANT_WORD(1, RWX);
    csr_write(CSR_USID, 2);
    expect_refused(MODE_U, SC_RECV(VA, 3, R), BAD_SD, 1ull << 32 | 2);
    csr_write(CSR_USID, 0); /* S acting for SD 0: nothing but a word of 0 is to it */
    expect_refused(MODE_S, SC_RECV(VA, 3, R), BAD_SD, 1ull << 32);
    return 0;
}
