/* SPDX-License-Identifier: Apache-2.0
 *
 * dive.S - go down with all registers given, come back at the next trap into M with all of them
 * saved. Used with mtvec = dive_vector; mscratch is used in between.
 *
 * void dive(uint64_t x[32]): to mepc in the mode of mstatus.MPP. x[0] is not used.
 */
#include "lib/frame.h"

    .text
    .globl  dive, dive_vector
dive:
    addi    sp, sp, -112
    sd      ra, 0(sp)
    sd      gp, 8(sp)
    sd      tp, 16(sp)
    sd      s0, 24(sp)
    sd      s1, 32(sp)
    sd      s2, 40(sp)
    sd      s3, 48(sp)
    sd      s4, 56(sp)
    sd      s5, 64(sp)
    sd      s6, 72(sp)
    sd      s7, 80(sp)
    sd      s8, 88(sp)
    sd      s9, 96(sp)
    sd      s10, 104(sp)
    la      t0, dive_sp
    sd      sp, 0(t0)
    sd      s11, 8(t0)
    csrw    mscratch, a0
    .irp    n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\n, 8*\n(a0)
    .endr
    ld      a0, 80(a0)
    mret

    .balign 4
dive_vector:
    csrrw   a0, mscratch, a0            /* a0 = x, mscratch = the a0 of below */
    sd      t0, 40(a0)
    li      t0, MSTATUS_MPRV
    csrrc   t0, mstatus, t0             /* MPP is M where MPRV is set: x was reachable so far */
    sd      t0, 0(a0)                   /* x[0]: mstatus as the trap left it */
    .irp    n, 1,2,3,4,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, 8*\n(a0)
    .endr
    csrrw   t0, mscratch, zero
    sd      t0, 80(a0)
    la      t0, dive_sp
    ld      sp, 0(t0)
    ld      s11, 8(t0)
    ld      ra, 0(sp)
    ld      gp, 8(sp)
    ld      tp, 16(sp)
    ld      s0, 24(sp)
    ld      s1, 32(sp)
    ld      s2, 40(sp)
    ld      s3, 48(sp)
    ld      s4, 56(sp)
    ld      s5, 64(sp)
    ld      s6, 72(sp)
    ld      s7, 80(sp)
    ld      s8, 88(sp)
    ld      s9, 96(sp)
    ld      s10, 104(sp)
    addi    sp, sp, 112
    ret

    .bss
    .balign 8
dive_sp:
    .space  16
