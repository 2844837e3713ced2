/* SPDX-License-Identifier: Apache-2.0
 *
 * A.9.1: sfence.vma drops all cached translations, of all compartments and pages, also when its
 * operands name another address or another ASID. From S and from M; scc_flushes counts it.
 */
#include "lib/machine.h"

#define VA    0x10000
#define PAGES 8

static struct table t;

static const uint32_t fences[] = {
    0x12000073, /* sfence.vma */
    0x12050073, /* sfence.vma a0 */
    0x12b00073, /* sfence.vma x0, a1 */
    0x12b50073, /* sfence.vma a0, a1 */
};

static void check(enum mode mode, uint32_t fence)
{
    uint64_t slot = slot_of(&t, VA), flushes;

    desc_put(&t, slot, desc_make(VA, PAGES, FRAME(0)));
    sfence();
    for (unsigned sd = 1; sd < 4; sd++) {
        csr_write(CSR_USID, sd);
        for (unsigned k = 0; k < PAGES; k++)
            expect(expect_reaches(MPRV_U, LOAD, VA + k * PAGE), k);
    }
    desc_put(&t, slot, desc_make(VA, PAGES, FRAME(8)));
    csr_write(CSR_USID, 1);
    flushes = csr_read(CSR_SCC_FLUSHES);
    expect_returned(exec(mode, fence, 0x7000000, 0x1234));
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 1);
    for (unsigned sd = 1; sd < 4; sd++) {
        csr_write(CSR_USID, sd);
        for (unsigned k = 0; k < PAGES; k++)
            expect(expect_reaches(MPRV_U, LOAD, VA + k * PAGE), 8 + k);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = PAGES, .pa = FRAME(0), .row = {0, P_RW, P_RW, P_RW}},
    };

    for (unsigned k = 0; k < FRAMES; k++)
        *word_at(FRAME(k)) = k;
    t = cells_on(cells, 1);
    for (progress = 0; progress < 4; progress++) {
        check(MODE_S, fences[progress]);
        check(MODE_M, fences[progress]);
    }
    return 0;
}
