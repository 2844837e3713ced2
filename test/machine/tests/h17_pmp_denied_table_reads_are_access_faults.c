/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.4, H17: metacell, descriptors and permission byte are read as S-mode for PMP, whoever the
 * access is for. Where PMP denies all or a part of what is read, it is an access fault of the
 * access' kind; what a walk does not read may be denied.
 */
#include "lib/machine.h"

#define VA 0x10000

static void expect_refused(uint64_t va)
{
    expect_access_fault(MODE_U, LOAD, va);
    expect_access_fault(MODE_U, STORE, va);
    expect_access_fault(MODE_U, AMO, va);
    expect_access_fault(MODE_U, LR, va);
    expect_access_fault(MODE_S, LOAD, va);
    expect_access_fault(MPRV_U, STORE, va);
}

/* The code of U and S must stay reachable while its own walks are not hindered. */
static void deny(uint64_t pa, uint64_t len, unsigned rights)
{
    pmp_set(0, pa, len, rights);
    sfence();
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
        {.va = VA + PAGE, .pages = 1, .pa = FRAME(1), .row = {P_RWX, P_RWX}},
        {.va = VA + 2 * PAGE, .pages = 1, .pa = FRAME(2), .row = {P_RWX, P_RWX}},
    };
    struct table t = CELLS_ON(cells);

    csr_write(CSR_USID, 1);
    expect(slot_of(&t, VA), 1); /* of four: the search reads 3, 2, 1 for VA */

    progress = 1; /* the metacell, whole, half, without R; nothing else may be used then */
    deny(t.base, 16, PMP_NONE);
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_S, STORE, VA);
    expect_access_fault(MODE_U, FETCH, VA);
    expect_access_fault(MODE_S, FETCH, VA);
    deny(t.base + 8, 8, PMP_NONE);
    expect_access_fault(MPRV_U, LOAD, VA);
    deny(t.base, 8, PMP_NONE);
    expect_access_fault(MPRV_U, AMO, VA);
    deny(t.base, 16, PMP_X);
    expect_access_fault(MPRV_U, LOAD, VA);
    deny(t.base, 16, PMP_R);
    expect_reaches(MODE_U, LOAD, VA);

    progress = 2; /* a descriptor that only the search for VA reads */
    deny(t.base + 16, 16, PMP_NONE);
    expect_refused(VA);
    expect_access_fault(MODE_U, FETCH, VA);
    expect_reaches(MODE_U, LOAD, VA + PAGE);
    deny(t.base + 24, 8, PMP_NONE);
    expect_refused(VA);
    expect_reaches(MODE_U, LOAD, VA + 2 * PAGE);

    progress = 3; /* the permission bytes of slots 0..7 in row 2: nobody needs them */
    deny((uint64_t)perm(&t, 2, 0), 8, PMP_NONE);
    expect_reaches(MODE_U, STORE, VA);
    expect_reaches(MODE_S, STORE, VA);

    progress = 4; /* in row 1 */
    deny((uint64_t)perm(&t, 1, 0), 8, PMP_NONE);
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_U, STORE, VA);
    expect_access_fault(MPRV_U, LR, VA);
    expect_access_fault(MODE_U, FETCH, VA);
    expect_reaches(MODE_S, STORE, VA);
    return 0;
}
