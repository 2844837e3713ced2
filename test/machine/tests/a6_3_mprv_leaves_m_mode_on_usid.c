/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, A.4.1: in M with mstatus.MPRV set, an SC instruction is still not an access: it acts for
 * usid, is not mediated as U would be, and translates no code of M.
 */
#include "lib/sc.h"

#define VA 0x40000

/* MPRV = 1 with MPP = U around "grant a0, a1, 2" and "prot a0, a1". */
extern const char under_mprv[];
__asm__(".globl under_mprv\n"
        "under_mprv:\n"
        "    li    t0, 0x1800\n"
        "    csrc  mstatus, t0\n"
        "    li    t0, 0x20000\n"
        "    csrs  mstatus, t0\n"
        "    .word 0x00b5410b\n"
        "    .word 0x0000300b | 10 << 15 | 11 << 20\n"
        "    csrc  mstatus, t0\n"
        "    ret\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
    };
    struct table t = cells_on(cells, 1), want;
    uint64_t     slot = slot_of(&t, VA);

    want = sc_watch(&t);
    csr_write(CSR_SCMED, 3);
    sds_write(1, 0, 0);
    *grant(&want, 1, slot) = GRANT_WORD(2, R);
    *perm(&want, 1, slot) = P_RO;
    /* a1 is the target SD and the rights at once: 2 = R */
    expect_returned(enter(MODE_M, (uint64_t)under_mprv, VA, 2));
    expect_as_shadow();
    return 0;
}
