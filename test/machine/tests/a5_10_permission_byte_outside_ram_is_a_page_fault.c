/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.10: a table in flash translates as long as A and D need not be set; where one does, the
 * byte is not in RAM: page fault.
 */
#include "lib/machine.h"

#define VA 0x10000

static uint8_t space[PAGE] __attribute__((aligned(4096)));

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RWX, P_RWX ^ P_D, P_RWX ^ P_AD}},
    };
    struct table t = table_build((uint64_t)space, 1, 4, cells, 1);

    flash_program(space, TABLE_BYTES(1, 4));
    expect(*(volatile uint64_t *)(FLASH + 16), desc(&t, 1)->lo);
    put_code(FRAME(0), 9);
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | FLASH >> 12);

    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, LOAD, VA);
    expect_reaches(MODE_U, STORE, VA + 8);
    expect_reaches(MODE_U, FETCH, VA);

    csr_write(CSR_USID, 2); /* D is clear */
    expect_reaches(MODE_U, LOAD, VA);
    expect_reaches(MODE_U, FETCH, VA);
    expect_page_fault(MODE_U, STORE, VA + 8);
    expect_page_fault(MODE_U, AMO, VA + 8);

    csr_write(CSR_USID, 3); /* A is clear */
    expect_page_fault(MODE_U, LOAD, VA);
    expect_page_fault(MODE_U, FETCH, VA);
    expect_page_fault(MODE_U, STORE, VA + 8);
    expect(*(volatile uint8_t *)(FLASH + 1024 + 3 * 64 + 1), P_RWX ^ P_AD);
    return 0;
}
