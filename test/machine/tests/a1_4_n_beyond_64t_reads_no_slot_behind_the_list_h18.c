/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, H18: the machine uses Ne = min(N, 64*T). Behind the last slot lies the permission
 * table; here its first 16 bytes (row 0, which nobody uses) are shaped as a sorted descriptor,
 * and the byte that would be its permission (row 2, slot 0) grants everything.
 */
#include "lib/machine.h"

#define VA_LAST   0x90000000
#define VA_FORGED 0xa0000000

static uint8_t space[2 * PAGE] __attribute__((aligned(4096)));

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA_LAST, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
    };
    static const uint32_t counts[] = {65, 66, 100, 128, 0x80000000, 0xffffffff};
    struct table          t = table_build((uint64_t)space, 1, 8, cells, 1);
    uint64_t              last = slot_of(&t, VA_LAST);

    /* Move the last cell to slot 63 and fill the slots before it with empties. */
    for (uint64_t i = last; i < 63; i++)
        desc_put(&t, i, desc_empty(VA_LAST / PAGE - 1));
    desc_put(&t, 63, desc_make(VA_LAST, 1, FRAME(0)));
    *perm(&t, 1, 63) = P_RW;
    desc_put(&t, 64, desc_make(VA_FORGED, 1, FRAME(1)));
    *perm(&t, 1, 64) = P_RWX;

    csr_write(CSR_SATP, table_satp(&t));
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < sizeof(counts) / sizeof(counts[0]); progress++) {
        meta(&t)->N = counts[progress];
        sfence();
        uint64_t before = csr_read(CSR_SCC_DESCS);
        expect_page_fault(MPRV_U, LOAD, VA_FORGED);
        expect(csr_read(CSR_SCC_DESCS) - before, 6); /* of 63 slots, and no more */
        expect_reaches(MODE_U, LOAD, VA_LAST);
    }
    return 0;
}
