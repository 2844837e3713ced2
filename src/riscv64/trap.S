/* SPDX-License-Identifier: Apache-2.0 */
/* trap.S - kernel entry and exit (securecells.md B.5), context switch, floating point registers.
 *
 * In the kernel tp points at this hart's struct hart and sscratch is 0; in user mode sscratch holds the
 * struct hart. Entry from user mode switches to hart->kernel_sp, entry from the kernel stays on its stack.
 * Between stvec and the end of the save, and from the first restore to sret, nothing traps: interrupts
 * are off and only the kernel's window is touched.
 *
 * The memory model adds its own state through two leaf routines, called for traps from user mode
 * only: pmap_trap_enter(tf) after everything is saved, pmap_trap_exit(tf) before anything is restored.
 */
#include "machine/trapframe.h"

#define HART_KERNEL_SP 0
#define HART_SCRATCH   8
#define SPP            0x100

/* Registers that both paths treat alike: all but x0, ra, sp and tp. */
        .macro  EACH_REG op
        \op     gp, 24(sp)
        \op     t0, 40(sp)
        \op     t1, 48(sp)
        \op     t2, 56(sp)
        \op     s0, 64(sp)
        \op     s1, 72(sp)
        \op     a0, 80(sp)
        \op     a1, 88(sp)
        \op     a2, 96(sp)
        \op     a3, 104(sp)
        \op     a4, 112(sp)
        \op     a5, 120(sp)
        \op     a6, 128(sp)
        \op     a7, 136(sp)
        \op     s2, 144(sp)
        \op     s3, 152(sp)
        \op     s4, 160(sp)
        \op     s5, 168(sp)
        \op     s6, 176(sp)
        \op     s7, 184(sp)
        \op     s8, 192(sp)
        \op     s9, 200(sp)
        \op     s10, 208(sp)
        \op     s11, 216(sp)
        \op     t3, 224(sp)
        \op     t4, 232(sp)
        \op     t5, 240(sp)
        \op     t6, 248(sp)
        .endm

        .macro  SAVE_CSRS
        csrr    t0, sepc
        csrr    t1, sstatus
        csrr    t2, scause
        csrr    t3, stval
        sd      t0, TF_SEPC(sp)
        sd      t1, TF_SSTATUS(sp)
        sd      t2, TF_SCAUSE(sp)
        sd      t3, TF_STVAL(sp)
        .endm

        .macro  RESTORE_CSRS
        ld      t0, TF_SEPC(sp)
        ld      t1, TF_SSTATUS(sp)
        csrw    sepc, t0
        csrw    sstatus, t1
        .endm

/* For debuggers: from here on sp is the address of a whole frame, or of none. A frame's pc is sepc: column 64
 * is DWARF's alternate return address (RISC-V psABI). */
        .macro  FRAME_IS_WHOLE
        .cfi_def_cfa sp, TF_SIZE
        .cfi_offset 64, TF_SEPC - TF_SIZE
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
                   23, 24, 25, 26, 27, 28, 29, 30, 31
        .cfi_offset \n, 8 * \n - TF_SIZE
        .endr
        .endm

        .macro  FRAME_IS_PARTIAL
        .cfi_def_cfa sp, 0
        .cfi_undefined 64
        .endm

        .cfi_sections .debug_frame
        .text
        .globl  trap_entry
        .type   trap_entry, @function
        .balign 4
trap_entry:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_return_column 64
        FRAME_IS_PARTIAL
        csrrw   tp, sscratch, tp
        beqz    tp, from_kernel

        /* From user mode. */
        sd      sp, HART_SCRATCH(tp)
        ld      sp, HART_KERNEL_SP(tp)
        addi    sp, sp, -TF_SIZE
        sd      zero, 0(sp)
        sd      ra, 8(sp)
        EACH_REG sd
        ld      t0, HART_SCRATCH(tp)
        csrrw   t1, sscratch, zero
        sd      t0, 16(sp)              # the program's sp
        sd      t1, 32(sp)              # the program's tp
        SAVE_CSRS
        FRAME_IS_WHOLE
        mv      a0, sp
        call    pmap_trap_enter
        mv      s0, zero                # ends the frame-pointer chain
        mv      a0, sp
        call    trap_handle
        /* fall through */

/* Return to user mode; sp = trap frame, interrupts off. */
        .globl  trap_return_user
trap_return_user:
        mv      a0, sp
        call    pmap_trap_exit
        addi    t0, sp, TF_SIZE
        sd      t0, HART_KERNEL_SP(tp)
        csrw    sscratch, tp
        RESTORE_CSRS
        ld      ra, 8(sp)
        ld      tp, 32(sp)
        EACH_REG ld
        ld      sp, 16(sp)
        FRAME_IS_PARTIAL
        sret

from_kernel:
        csrrw   tp, sscratch, zero
        addi    sp, sp, -TF_SIZE
        sd      zero, 0(sp)
        sd      ra, 8(sp)
        sd      tp, 32(sp)
        EACH_REG sd
        addi    t0, sp, TF_SIZE
        sd      t0, 16(sp)
        SAVE_CSRS
        sd      zero, TF_DOM(sp)        # B.5.2: usid, urid, uxid are 0
        sd      zero, TF_DOM_PREV(sp)
        FRAME_IS_WHOLE
        mv      a0, sp
        call    trap_handle
        RESTORE_CSRS
        ld      ra, 8(sp)
        EACH_REG ld
        addi    sp, sp, TF_SIZE
        FRAME_IS_PARTIAL
        sret
        .cfi_endproc
        .size   trap_entry, . - trap_entry

/* void cpu_user_enter(struct trapframe *tf) */
        .globl  cpu_user_enter
        .type   cpu_user_enter, @function
cpu_user_enter:
        csrci   sstatus, 2
        mv      sp, a0
        j       trap_return_user
        .size   cpu_user_enter, . - cpu_user_enter

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
        .endm
        CONTEXT sd, a0
        CONTEXT ld, a1
        ret
        .size   cpu_switch, . - cpu_switch

/* First run of a thread: s1 = entry, s2 = argument (cpu_context_init). */
        .globl  cpu_thread_start
        .type   cpu_thread_start, @function
cpu_thread_start:
        mv      s0, zero
        mv      a0, s2
        jalr    s1
        ebreak                          # entry never returns
        .size   cpu_thread_start, . - cpu_thread_start
