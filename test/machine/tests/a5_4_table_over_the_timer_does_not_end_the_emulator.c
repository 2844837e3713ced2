/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2 -icount shift=0
 *
 * A.5.4, A.6.3: a table is read wherever satp points. Here that is virt's timer, whose comparison
 * registers make a metacell and whose clock lies in the descriptor that the search reads first:
 * with -icount an emulator may answer a read of the clock only at certain instructions, and must
 * not give up at the others. The clock's top bit is clear, so its cell is an invalid one.
 */
#include "lib/machine.h"

#define MTIMER     0x2004000ull
#define CLOCK      0x200bff8ull
#define CLOCK_SLOT ((CLOCK - MTIMER) / 16)
#define VA         0x0 /* in the cell that clock makes, whatever the time */

#define PROT_A0_A1 0x00b5300b

/* The table's N that makes CLOCK_SLOT the middle of 1..N-1. */
#define SLOTS (2 * CLOCK_SLOT)

int main(void)
{
    volatile uint64_t *mtimecmp = word_at(MTIMER);
    uint64_t           lines = 1024, rows = 8;

    mtimecmp[0] = lines << 32 | rows;
    mtimecmp[1] = SLOTS << 32 | rows;
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | MTIMER >> 12);
    csr_write(CSR_USID, 1);

    expect_page_fault(MPRV_U, LOAD, VA);
    expect_page_fault(MPRV_U, STORE, VA);
    expect_trap(exec(MODE_M, PROT_A0_A1, VA, P_R), TRAP_M, 27, 0);
    return 0;
}
