/* SPDX-License-Identifier: Apache-2.0 */
/* hw.c - the CSRs of the cells model. The assembler does not know the compartment CSRs by name. */
#include "riscv64-cells/hw.h"

#include "lib/types.h"
#include "riscv64-cells/csr.h"

void hw_domains_init(void)
{
    __asm__ volatile("csrw %0, %1" ::"i"(CSR_SCMED), "r"((uint64_t)SCMED_VALIDITY));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_USID));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_URID));
    __asm__ volatile("csrw %0, zero" ::"i"(CSR_UXID));
}
