/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.4: where PMP has entries, and none of them matches the table, S may not read it: an access fault
 * for walks, cause 5 for instructions. An entry for the table alone is enough for the walk.
 */
#include "lib/sc.h"

#define VA         0x10000
#define EVERYTHING (0xffull << 56) /* entry 7 */

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    struct table t = cells_on(cells, 1);

    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    pmp_set(0, FRAME(0), PAGE, PMP_R | PMP_W);
    csr_clear(CSR_PMPCFG0, EVERYTHING);
    sfence();
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_S, STORE, VA);
    expect_trap(sc_exec(MODE_M, SC_PROT(VA, 0)), TRAP_M, 5, VA);

    pmp_set(1, t.base, PAGE, PMP_R);
    expect_reaches(MPRV_U, LOAD, VA);
    expect_trap(sc_exec(MODE_M, SC_PROT(VA, 0)), TRAP_M, 7, VA);
    return 0;
}
