/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.6, H28: every effective write of satp drops what the hart has cached: with another table
 * under the same ASID, and with the very value that satp already has. A refused write is not one.
 */
#include "lib/machine.h"

#define VA 0x10000

static uint8_t space[PAGE] __attribute__((aligned(4096)));

int main(void)
{
    static const struct cell cells_a[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    static const struct cell cells_b[] = {
        {.va = VA, .pages = 1, .pa = FRAME(1), .row = {P_RO, P_NONE}},
    };
    struct table b = table_build((uint64_t)space, 1, 4, cells_b, 1);
    struct table a = cells_on(cells_a, 1);

    *word_at(FRAME(0)) = 10;
    *word_at(FRAME(1)) = 11;
    csr_write(CSR_USID, 1);
    expect(expect_reaches(MODE_U, LOAD, VA), 10);
    expect(expect_reaches(MODE_S, LOAD, VA), 10);

    csr_write(CSR_SATP, table_satp(&b));
    expect_page_fault(MODE_U, LOAD, VA);
    expect(expect_reaches(MODE_S, LOAD, VA), 11);
    expect_page_fault(MODE_S, STORE, VA);

    csr_write(CSR_SATP, table_satp(&a));
    expect(expect_reaches(MODE_U, LOAD, VA), 10);
    perm_put(&a, 1, slot_of(&a, VA), P_NONE);
    uint64_t flushes = csr_read(CSR_SCC_FLUSHES);
    csr_write(CSR_SATP, table_satp(&a));
    expect_page_fault(MODE_U, LOAD, VA);
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 1);
    csr_write(CSR_SATP, 15ull << 60);
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 1);
    return 0;
}
