/* SPDX-License-Identifier: Apache-2.0 */
/* switch.S - from one kernel thread to another: see machine/cpu.h. */

        .text
/* void cpu_switch(struct cpu_context *from, const struct cpu_context *to) */
        .globl  cpu_switch
        .type   cpu_switch, @function
cpu_switch:
        .macro  CONTEXT op, base
        \op     ra, 0(\base)
        \op     sp, 8(\base)
        \op     s0, 16(\base)
        \op     s1, 24(\base)
        \op     s2, 32(\base)
        \op     s3, 40(\base)
        \op     s4, 48(\base)
        \op     s5, 56(\base)
        \op     s6, 64(\base)
        \op     s7, 72(\base)
        \op     s8, 80(\base)
        \op     s9, 88(\base)
        \op     s10, 96(\base)
        \op     s11, 104(\base)
        \op     gp, 112(\base)
        .endm
        CONTEXT sd, a0
        CONTEXT ld, a1
        ret
        .size   cpu_switch, . - cpu_switch

/* First run of a thread: s1 = entry, s2 = argument (cpu_context_init). */
        .globl  cpu_thread_start
        .type   cpu_thread_start, @function
cpu_thread_start:
        mv      a0, s2
        jalr    s1
        ebreak                          # entry never returns
        .size   cpu_thread_start, . - cpu_thread_start
