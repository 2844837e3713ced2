/* SPDX-License-Identifier: Apache-2.0 */
/* user.S - code for user mode, position-independent, copied to a page of its own (ktest_vmspace), and
 * the kernel's own loop that holds a pattern in every register.
 *
 * The pattern of register n is (n << 40) + 0x400 + n.
 */
#include "model_user.h"

        .attribute arch, "rv64imafdc_zicsr_zifencei"
        .option arch, +d
        .option norelax

        .macro  PATTERN n
        li      x\n, \n
        slli    x\n, x\n, 40
        addi    x\n, x\n, 0x400 + \n
        .endm

/* x31 is not part of it: it holds an address. */
        .macro  FILL address
        model_mark
        .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        PATTERN \n
        .endr
        li      x31, \address
        .endm

        .macro  LOOK
        ecall                           # all registers as they were?
        model_look
        ecall
        .endm

        .section .rodata.user, "a"
        .option norvc
        .balign 8
        .globl  user_blob
user_blob:

        .globl  user_all_registers_ecall
user_all_registers_ecall:
        FILL    0x100000
        ecall
        LOOK

        .globl  user_all_registers_fault
user_all_registers_fault:
        FILL    0x100000                # USER_HOLE
        ld      zero, 0(x31)            # the handler steps over it
        LOOK

        .globl  user_all_registers_touch
user_all_registers_touch:
        FILL    0x70000                 # legal, not filled yet
        sd      x30, 0(x31)
        LOOK

        .globl  user_all_registers_illegal
user_all_registers_illegal:
        FILL    0x100000
        .4byte  0xc0001073              # csrrw x0, cycle, x0: read-only
        LOOK

/* a0 = seed, a1 = address of a counter, a2 = fcsr. Counts for ever, without calling the kernel, as
 * long as the registers hold what was put there. */
        .globl  user_spin_fp
user_spin_fp:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        addi    t2, a0, \n
        fmv.d.x f\n, t2
        .endr
        .irp    n, 18,19,20,21,22,23,24,25,26,27
        addi    x\n, a0, 100 + \n
        .endr
        csrw    fcsr, a2
1:      ld      t0, 0(a1)
        addi    t0, t0, 1
        sd      t0, 0(a1)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        addi    t2, a0, \n
        fmv.x.d t1, f\n
        bne     t1, t2, 2f
        .endr
        .irp    n, 18,19,20,21,22,23,24,25,26,27
        addi    t2, a0, 100 + \n
        bne     x\n, t2, 2f
        .endr
        csrr    t1, fcsr
        bne     t1, a2, 2f
        j       1b
2:      ecall

/* a0 = address of a word, a1 = of a counter, a2 = what the word never is, a3 = a mask. Looks at the word and
 * counts; calls the kernel with a4 = 0 whenever the count has no bit of the mask, and with 1 if it
 * is what it must not be. */
        .globl  user_look_forever
user_look_forever:
        li      t2, 0
1:      ld      t0, 0(a0)
        beq     t0, a2, 2f
        addi    t2, t2, 1
        sd      t2, 0(a1)
        and     t1, t2, a3
        bnez    t1, 1b
        li      a4, 0
        ecall
        j       1b
2:      li      a4, 1
        ecall
        j       2b

/* a0 = address of a word, that something else is stored to all the time. */
        .globl  user_store_forever
user_store_forever:
        addi    t2, t2, 1
        sd      t2, 0(a0)
        j       user_store_forever

        .globl  user_call_forever
user_call_forever:
        ecall
        j       user_call_forever

        .globl  user_blob_end
user_blob_end:

/* unsigned ktest_hold_registers(volatile const bool *until): hold the pattern in all registers but sp,
 * tp and two, in the kernel, until *until. Returns 0, or the number of the register that has changed. */
        .text
        .globl  ktest_hold_registers
        .globl  ktest_hold_registers_end
        .type   ktest_hold_registers, @function
ktest_hold_registers:
        addi    sp, sp, -128
        .macro  CALLEE_SAVED op
        \op     ra, 0(sp)
        \op     gp, 8(sp)
        \op     s0, 16(sp)
        \op     s1, 24(sp)
        \op     s2, 32(sp)
        \op     s3, 40(sp)
        \op     s4, 48(sp)
        \op     s5, 56(sp)
        \op     s6, 64(sp)
        \op     s7, 72(sp)
        \op     s8, 80(sp)
        \op     s9, 88(sp)
        \op     s10, 96(sp)
        \op     s11, 104(sp)
        .endm
        CALLEE_SAVED sd
        mv      t0, a0
        .irp    n, 1,3,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        PATTERN \n
        .endr
1:      lbu     t1, 0(t0)
        beqz    t1, 1b
        .irp    n, 1,3,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        li      t1, \n
        slli    t1, t1, 40
        addi    t1, t1, 0x400 + \n
        li      t0, \n
        bne     x\n, t1, 2f
        .endr
        li      t0, 0
2:      mv      a0, t0
        CALLEE_SAVED ld
        addi    sp, sp, 128
        ret
ktest_hold_registers_end:
        .size   ktest_hold_registers, . - ktest_hold_registers
