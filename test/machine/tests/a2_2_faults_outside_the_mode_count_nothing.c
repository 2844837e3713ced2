/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2: what PMP refuses where no table is in use, satp Bare or page tables, is no walk and no failed
 * walk; with the mode on the same refusal is one, except in M.
 */
#include "lib/machine.h"

#define VA         0x10000
#define PMP_LOCKED 0x80 /* of entry 0: it is for M, too */

/* One page of 1 GiB for the image and the frames, Sv39: VA = PA, all rights, A and D set. */
static uint64_t root[512] __attribute__((aligned(4096)));

static uint64_t sv39_root(void)
{
    root[2] = 0x80000000 >> 12 << 10 | 0xcf;
    return 8ull << 60 | (uint64_t)root >> 12;
}

static void expect_uncounted(uint64_t va)
{
    struct counts before = counts_read(), after;

    expect_access_fault(MODE_S, LOAD, va);
    expect_access_fault(MPRV_S, STORE, va);
    expect_reaches(MODE_S, LOAD, va + PAGE);
    after = counts_read();
    expect(after.walks, before.walks);
    expect(after.descs, before.descs);
    expect(after.perms, before.perms);
    expect(after.failed, before.failed);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    struct counts before, after;

    pmp_set(0, FRAME(0), PAGE, PMP_NONE);
    progress = 1;
    expect_uncounted(FRAME(0));
    progress = 2;
    csr_write(CSR_SATP, sv39_root());
    sfence();
    expect_uncounted(FRAME(0));

    progress = 3;
    CELLS_ON(cells);
    before = counts_read();
    expect_access_fault(MPRV_S, LOAD, VA);
    after = counts_read();
    expect(after.walks, before.walks + 1);
    expect(after.failed, before.failed + 1);

    progress = 4;
    csr_set(CSR_PMPCFG0, PMP_LOCKED);
    expect_access_fault(MODE_M, LOAD, FRAME(0));
    expect(csr_read(CSR_SCC_WALKS), after.walks);
    expect(csr_read(CSR_SCC_FAILED), after.failed);
    return 0;
}
