/* SPDX-License-Identifier: Apache-2.0 */
/* hw.c - the CSRs of the cells model. The assembler does not know the compartment CSRs by name. */
#include "riscv64-cells/hw.h"

#include "riscv64-cells/csr.h"

uint64_t hw_satp_read(void)
{
    uint64_t satp;
    __asm__ volatile("csrr %0, satp" : "=r"(satp));
    return satp;
}

void hw_satp_write(uint64_t satp)
{
    /* The first fence orders the stores that built the table before walks of it, the second
     * drops what was cached from the old one. The code that runs is mapped equally by both. */
    __asm__ volatile("sfence.vma\n\tcsrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
}

void hw_fence(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

void hw_domains_init(void)
{
    __asm__ volatile("csrw %0, %1" ::"i"(CSR_SCMED), "r"((uint64_t)SCMED_VALIDITY));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_USID));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_URID));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_UXID));
}
