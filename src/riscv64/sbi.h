/* SPDX-License-Identifier: Apache-2.0 */
/* sbi.h - calls into the firmware. Source: RISC-V SBI specification 1.0. */
#ifndef RISCV64_SBI_H
#define RISCV64_SBI_H

#include "lib/types.h"

struct sbi_ret {
    long error;
    long value;
};

static inline struct sbi_ret sbi_call(unsigned long ext, unsigned long fid, unsigned long arg0,
                                      unsigned long arg1)
{
    register unsigned long a0 __asm__("a0") = arg0;
    register unsigned long a1 __asm__("a1") = arg1;
    register unsigned long a6 __asm__("a6") = fid;
    register unsigned long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (struct sbi_ret){(long)a0, (long)a1};
}

#define SBI_EXT_LEGACY_PUTCHAR 0x01ul       /* chapter 5 */
#define SBI_EXT_BASE           0x10ul       /* chapter 4 */
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

static inline void sbi_shutdown(void)
{
    sbi_call(SBI_EXT_SRST, 0, 0 /* shutdown */, 0 /* no reason */);
}

#endif
