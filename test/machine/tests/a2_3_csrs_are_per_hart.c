/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.2.3, A.4.3: usid, urid, uxid, scmed and the counters are each hart's own; two harts use
 * different rows of one table at the same time.
 */
#include "lib/machine.h"

#define VA 0x10000

static struct table t;

static void other(uint64_t unused)
{
    (void)unused;
    expect_sds(0, 0, 0);
    expect(csr_read(CSR_SCMED), 0);
    expect(csr_read(CSR_SCC_WALKS), 0);
    expect(csr_read(CSR_SATP), 0);

    csr_write(CSR_SATP, table_satp(&t));
    sds_write(2, 8, 9);
    expect_page_fault(MODE_U, LOAD, VA);
    expect(csr_read(CSR_SCC_FAILED), 1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, P_NONE}},
    };

    t = cells_on(cells, 1);
    sds_write(1, 2, 3);
    csr_write(CSR_SCMED, 3);
    expect_reaches(MODE_U, STORE, VA);
    hart_run(other, 0);
    hart_join();
    expect_sds(1, 2, 3);
    expect(csr_read(CSR_SCMED), 3);
    expect(csr_read(CSR_SCC_FAILED), 0);
    expect_reaches(MODE_U, LOAD, VA);
    return 0;
}
