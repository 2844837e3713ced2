/* SPDX-License-Identifier: Apache-2.0 */
/* sigreturn.S - what a signal's handler returns to. Unwinders know a signal's frame by these two
 * instructions, so there is no unwind information that would say something else. */
    .section .text.sigreturn, "ax"
    .globl  __vdso_rt_sigreturn
    .type   __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    .option push
    .option norvc
    li      a7, 139
    ecall
    .option pop
    .size   __vdso_rt_sigreturn, . - __vdso_rt_sigreturn

    .section .note.GNU-stack, "", @progbits
