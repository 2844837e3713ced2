/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,seccells=on,seccells-mode=15
 *
 * A.2.1: the second property moves the mode to 15: that value is accepted and translates, 14 is
 * then a mode that the hart does not have.
 */
#include "lib/machine.h"

#define VA 0x10000

static uint8_t space[PAGE] __attribute__((aligned(4096)));

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, 0}},
    };
    struct table t = table_build((uint64_t)space, 1, 4, cells, 1);

    csr_write(CSR_SATP, table_satp(&t));
    expect(csr_read(CSR_SATP), 0);
    csr_write(CSR_SATP, 15ull << 60 | t.base >> 12);
    expect(csr_read(CSR_SATP), 15ull << 60 | t.base >> 12);

    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, STORE, VA);
    expect(*word_at(FRAME(0)), probe_value);
    csr_write(CSR_USID, 2);
    expect_page_fault(MODE_U, STORE, VA);
    return 0;
}
