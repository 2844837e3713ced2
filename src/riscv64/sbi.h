/* SPDX-License-Identifier: Apache-2.0 */
/* sbi.h - calls into the firmware. Source: RISC-V SBI specification 1.0. */
#ifndef RISCV64_SBI_H
#define RISCV64_SBI_H

#include "lib/types.h"

struct sbi_ret {
    long error;
    long value;
};

static inline struct sbi_ret sbi_call3(unsigned long ext, unsigned long fid, unsigned long arg0,
                                       unsigned long arg1, unsigned long arg2)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a2 __asm__("a2") = arg2;
    register unsigned long a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_ret){(long)a0, (long)a1};
}

static inline struct sbi_ret sbi_call(unsigned long ext, unsigned long fid, unsigned long arg0,
                                      unsigned long arg1)
{
    return sbi_call3(ext, fid, arg0, arg1, 0);
}

#define SBI_EXT_LEGACY_PUTCHAR 0x01ul       /* chapter 5 */
#define SBI_EXT_BASE           0x10ul       /* chapter 4 */
#define SBI_EXT_IPI            0x735049ul   /* chapter 7, sPI */
#define SBI_EXT_HSM            0x48534dul   /* chapter 9, hart state management */
#define SBI_EXT_SRST           0x53525354ul /* chapter 10, system reset */

static inline void sbi_putchar(char c)
{
    sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (unsigned char)c, 0);
}

/* Functions of the base extension: one of the CPU's identity registers. 0: the firmware does not tell. */
enum sbi_identity { SBI_MVENDORID = 4, SBI_MARCHID = 5, SBI_MIMPID = 6 };

static inline uint64_t sbi_identity(enum sbi_identity which)
{
    struct sbi_ret ret = sbi_call(SBI_EXT_BASE, which, 0, 0);
    return ret.error ? 0 : (uint64_t)ret.value;
}

/* Start hart at the physical address entry, translation off, with a0 = hart and a1 = arg. 0, or a
 * negative error. */
static inline long sbi_hart_start(uint64_t hart, paddr_t entry, uint64_t arg)
{
    return sbi_call3(SBI_EXT_HSM, 0 /* hart_start */, hart, entry, arg).error;
}

static inline void sbi_send_ipi(uint64_t hart)
{
    sbi_call(SBI_EXT_IPI, 0 /* send_ipi */, 1 /* one hart, */, hart /* this one */);
}

static inline void sbi_shutdown(void)
{
    sbi_call(SBI_EXT_SRST, 0, 0 /* shutdown */, 0 /* no reason */);
}

#endif
