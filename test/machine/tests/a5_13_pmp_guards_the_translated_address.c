/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.13, A.5.14: PMP judges the physical address of the access: none, read only, execute only,
 * and a part of a page, where the rest of the page stays usable.
 */
#include "lib/machine.h"

#define VA 0x10000

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 2, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
    };

    cells_on(cells, 1);
    csr_write(CSR_USID, 1);
    put_code(FRAME(0), 1);

    for (enum mode mode = MODE_U; mode <= MODE_S; mode++) {
        progress = mode;
        expect_reaches(mode, STORE, VA + 8); /* cached before PMP forbids it */
        expect_reaches(mode, FETCH, VA);
        pmp_set(0, FRAME(0), PAGE, PMP_NONE);
        sfence();
        expect_access_fault(mode, LOAD, VA);
        expect_access_fault(mode, LR, VA);
        expect_access_fault(mode, STORE, VA);
        expect_access_fault(mode, AMO, VA);
        expect_access_fault(mode, FETCH, VA);
        expect_reaches(mode, STORE, VA + PAGE);

        pmp_set(0, FRAME(0), PAGE, PMP_R);
        sfence();
        expect_reaches(mode, LOAD, VA);
        expect_access_fault(mode, STORE, VA);
        expect_access_fault(mode, SC, VA);
        expect_access_fault(mode, FETCH, VA);

        pmp_set(0, FRAME(0), PAGE, PMP_X);
        sfence();
        expect_access_fault(mode, LOAD, VA);
        expect_reaches(mode, FETCH, VA);

        pmp_set(0, FRAME(0) + 64, 64, PMP_R);
        sfence();
        expect_reaches(mode, STORE, VA + 56);
        expect_access_fault(mode, STORE, VA + 64);
        expect_access_fault(mode, STORE, VA + 120);
        expect_reaches(mode, STORE, VA + 128);
        expect_reaches(mode, LOAD, VA + 64);
        pmp_clear(0);
        sfence();
        put_code(FRAME(0), 1);
    }
    return 0;
}
