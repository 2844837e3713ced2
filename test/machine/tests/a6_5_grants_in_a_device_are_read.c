/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.5: a table may lie wherever satp says, and its sections far apart: here cells in flash, and R such
 * that the grants are the configuration space of the PCI host bridge, whose first word (vendor
 * 0x1b36, device 8) reads as "RW for SD 0x81b3". recv judges it like any grant, and cannot write it.
 */
#include "lib/sc.h"

#define ECAM   0x30000000ull
#define SOURCE 1ull
#define SLOT   16ull /* of N = 32 slots the first that the search reads */
#define VA     0x40000

/* GT(SOURCE, SLOT) = B + 1024 T + 64 T R + 256 T SOURCE + 4 SLOT is ECAM + WORD, with T = 1. */
#define LINES  1ull
#define BEFORE (FLASH + 1024 + 256 * SOURCE + 4 * SLOT)
#define ROWS   ((ECAM - BEFORE + 63) / 64)
#define WORD   (BEFORE + 64 * ROWS - ECAM)

int main(void)
{
    struct {
        struct meta meta;
        struct desc cells[SLOT];
    } table = {.meta = {ROWS, LINES, ROWS, 2 * SLOT}};
    uint32_t word = *(volatile uint32_t *)(ECAM + WORD);
    uint64_t target = word >> 4;

    table.cells[SLOT - 1] = desc_make(VA, 1, FRAME(0));
    flash_program(&table, sizeof(table));
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | FLASH >> 12);
    expect(word, 0x81b36);
    csr_write(CSR_USID, 2);
    expect_trap(sc_exec(MODE_M, SC_RECV(VA, SOURCE, RW)), TRAP_M, BAD_SD, 1ull << 32 | 2);
    csr_write(CSR_USID, target);
    for (uint64_t p = 2; p <= RWX; p += 2) {
        struct outcome o = sc_exec(MODE_M, SC_RECV(VA, SOURCE, p));

        progress = p;
        if (p & X)
            expect_trap(o, TRAP_M, BAD_RIGHTS, 0x300 | p);
        else
            expect_trap(o, TRAP_M, 7, VA);
    }
    return 0;
}
