/* SPDX-License-Identifier: Apache-2.0 */
/* hw.c - satp and sfence.vma for the Sv48 model. No ASIDs: there is one program. */
#include "riscv64-sv48/hw.h"

uint64_t hw_satp_read(void)
{
    uint64_t satp;
    __asm__ volatile("csrr %0, satp" : "=r"(satp));
    return satp;
}

void hw_satp_write(uint64_t satp)
{
    /* The first fence orders the stores that built the tree before walks of it, the second
     * drops what was cached from the old one. Both trees map the code that runs here equally. */
    __asm__ volatile("sfence.vma\n\tcsrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
}

void hw_fence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

void hw_fence_page(vaddr_t va)
{
    __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}
