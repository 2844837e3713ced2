/* SPDX-License-Identifier: Apache-2.0
 *
 * start.S - reset entry, and the way down into a mode and back.
 *
 * Each hart starts here in M-mode with translation off. A test's main() runs in M on hart 0.
 * It goes down by enter_raw(), which comes back at the first trap that reaches M: code that
 * was entered ends by falling into leave (an ecall), or at the trap that is being tested.
 * A trap that is delegated lands in s_vector, whose ecall carries it to M with scause, stval,
 * sepc, usid, urid and uxid untouched for main() to look at.
 *
 * Outside enter_raw() mscratch is 0, and a trap in M is a failure of the test itself.
 */
#include "lib/frame.h"

    .section .text.start, "ax"
    .globl  _start
_start:
    csrw    mscratch, zero
    la      t0, m_vector
    csrw    mtvec, t0
    csrr    a0, mhartid
    li      t0, STACK_BYTES
    addi    t1, a0, 1
    mul     t0, t0, t1
    la      sp, stacks
    add     sp, sp, t0
    call    hart_start                  /* (hart id); does not return */

    .text

/* void enter_raw(struct frame *f, uint64_t pc, uint64_t sp, const uint64_t args[4])
 * Goes to pc in the mode of mstatus.MPP with a0..a3 = args; returns at the next trap into M, with f filled.
 */
    .globl  enter_raw
enter_raw:
    sd      ra, FRAME_OWN + 0(a0)
    sd      sp, FRAME_OWN + 8(a0)
    sd      gp, FRAME_OWN + 16(a0)
    sd      tp, FRAME_OWN + 24(a0)
    sd      s0, FRAME_OWN + 32(a0)
    sd      s1, FRAME_OWN + 40(a0)
    sd      s2, FRAME_OWN + 48(a0)
    sd      s3, FRAME_OWN + 56(a0)
    sd      s4, FRAME_OWN + 64(a0)
    sd      s5, FRAME_OWN + 72(a0)
    sd      s6, FRAME_OWN + 80(a0)
    sd      s7, FRAME_OWN + 88(a0)
    sd      s8, FRAME_OWN + 96(a0)
    sd      s9, FRAME_OWN + 104(a0)
    sd      s10, FRAME_OWN + 112(a0)
    sd      s11, FRAME_OWN + 120(a0)
    csrw    mscratch, a0
    csrw    mepc, a1
    la      ra, leave
    mv      sp, a2
    mv      t0, a3
    ld      a0, 0(t0)
    ld      a1, 8(t0)
    ld      a2, 16(t0)
    ld      a3, 24(t0)
    mret

/* Where entered code ends. */
    .globl  leave
    .balign 4
leave:
    ecall

/* stvec and vstvec. */
    .globl  s_vector
    .balign 4
s_vector:
    ecall

    .balign 4
m_vector:
    csrrw   sp, mscratch, sp
    beqz    sp, in_main
    sd      x1, 8(sp)
    sd      x3, 24(sp)
    sd      x4, 32(sp)
    sd      x5, 40(sp)
    sd      x6, 48(sp)
    sd      x7, 56(sp)
    sd      x8, 64(sp)
    sd      x9, 72(sp)
    sd      x10, 80(sp)
    sd      x11, 88(sp)
    sd      x12, 96(sp)
    sd      x13, 104(sp)
    sd      x14, 112(sp)
    sd      x15, 120(sp)
    sd      x16, 128(sp)
    sd      x17, 136(sp)
    sd      x18, 144(sp)
    sd      x19, 152(sp)
    sd      x20, 160(sp)
    sd      x21, 168(sp)
    sd      x22, 176(sp)
    sd      x23, 184(sp)
    sd      x24, 192(sp)
    sd      x25, 200(sp)
    sd      x26, 208(sp)
    sd      x27, 216(sp)
    sd      x28, 224(sp)
    sd      x29, 232(sp)
    sd      x30, 240(sp)
    sd      x31, 248(sp)
    csrrw   t0, mscratch, zero
    sd      t0, 16(sp)
    csrr    t0, mstatus
    sd      t0, FRAME_STATUS(sp)
    li      t0, MSTATUS_MPRV            /* MPP is M now if MPRV matters at all: safe until here */
    csrc    mstatus, t0
    mv      a0, sp
    ld      ra, FRAME_OWN + 0(a0)
    ld      sp, FRAME_OWN + 8(a0)
    ld      gp, FRAME_OWN + 16(a0)
    ld      tp, FRAME_OWN + 24(a0)
    ld      s0, FRAME_OWN + 32(a0)
    ld      s1, FRAME_OWN + 40(a0)
    ld      s2, FRAME_OWN + 48(a0)
    ld      s3, FRAME_OWN + 56(a0)
    ld      s4, FRAME_OWN + 64(a0)
    ld      s5, FRAME_OWN + 72(a0)
    ld      s6, FRAME_OWN + 80(a0)
    ld      s7, FRAME_OWN + 88(a0)
    ld      s8, FRAME_OWN + 96(a0)
    ld      s9, FRAME_OWN + 104(a0)
    ld      s10, FRAME_OWN + 112(a0)
    ld      s11, FRAME_OWN + 120(a0)
    ret

in_main:
    csrrw   sp, mscratch, sp
    li      t0, MSTATUS_MPRV
    csrc    mstatus, t0
    tail    trap_in_main

    .bss
    .balign 16
stacks:
    .space  STACK_BYTES * HARTS
