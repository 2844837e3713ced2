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
#define SBI_EXT_SRST           0x53525354ul /* chapter 10, system reset */

static inline void sbi_putchar(char c)
{
    sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (unsigned char)c, 0);
}

static inline void sbi_shutdown(void)
{
    sbi_call(SBI_EXT_SRST, 0, 0 /* shutdown */, 0 /* no reason */);
}

#endif
