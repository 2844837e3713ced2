/* SPDX-License-Identifier: Apache-2.0 */
/* satp.c - the translation register and sfence.vma. */
#include "riscv64/satp.h"

uint64_t satp_read(void)
{
    uint64_t satp;
    __asm__ volatile("csrr %0, satp" : "=r"(satp));
    return satp;
}

void satp_switch(uint64_t satp)
{
    /* The first fence orders the stores that built the tables before walks of them, the second
     * drops what was cached from the old ones. */
    __asm__ volatile("sfence.vma\n\tcsrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
}

void tlb_fence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

void tlb_fence_page(vaddr_t va)
{
    __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}
