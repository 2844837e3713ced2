/* SPDX-License-Identifier: Apache-2.0 */
/* csr.h - control and status registers by name, and the fences.
 *
 * Source: The RISC-V Instruction Set Manual, Volume II, chapter 4; Sstc for stimecmp.
 */
#ifndef RISCV64_CSR_H
#define RISCV64_CSR_H

#include "lib/types.h"

/* `csr` is a name the assembler knows, or a number. */
#define csr_read(csr)                                                   \
    ({                                                                  \
        uint64_t value_;                                                \
        __asm__ volatile("csrr %0, " #csr : "=r"(value_) : : "memory"); \
        value_;                                                         \
    })

#define csr_write(csr, value) \
    __asm__ volatile("csrw " #csr ", %0" : : "rK"((uint64_t)(value)) : "memory")

#define csr_set(csr, bits) \
    __asm__ volatile("csrs " #csr ", %0" : : "rK"((uint64_t)(bits)) : "memory")

#define csr_clear(csr, bits) \
    __asm__ volatile("csrc " #csr ", %0" : : "rK"((uint64_t)(bits)) : "memory")

/* Clear bits, return the register's old value. */
#define csr_read_clear(csr, bits)                 \
    ({                                            \
        uint64_t value_;                          \
        __asm__ volatile("csrrc %0, " #csr ", %1" \
                         : "=r"(value_)           \
                         : "rK"((uint64_t)(bits)) \
                         : "memory");             \
        value_;                                   \
    })

#define SIE_SSIE (1ul << 1)
#define SIE_STIE (1ul << 5)
#define SIE_SEIE (1ul << 9)

/* Every translation of this hart. */
static inline void sfence_vma_all(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

#endif
