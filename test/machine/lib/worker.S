/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.S - the operations of stress.h, and the S-mode trap vector under which they run.
 *
 * An operation is one instruction that may be refused, and a return. It is called by act() with
 * a0, a1 as operands and t0 = 0. The vector is delegated to: it puts the cause into t0, tval into
 * t1, and goes on behind the instruction. No memory is touched for that, so millions are cheap, and
 * nothing goes through M, where this emulator would drop what it has cached.
 *
 * An ebreak is a request to S (a7): the one thing that a worker in U cannot do by itself.
 */
#include "lib/stress.h"

    .text
    .option push
    .option norvc

    .globl  worker_vector
    .balign 4
worker_vector:
    csrr    t0, scause
    csrr    t1, stval
    csrr    t2, sepc
    li      t3, CAUSE_BREAKPOINT
    beq     t0, t3, request
    beq     t1, t2, refused_fetch
    addi    t2, t2, 4
    csrw    sepc, t2
    sret

/* The target of a call could not be fetched: its caller goes on. */
refused_fetch:
    csrw    sepc, ra
    sret

request:
    addi    t2, t2, 4
    csrw    sepc, t2
    li      t3, REQUEST_BECOME
    beq     a7, t3, 1f
    sfence.vma
    fence.i
    sret
1:  csrw    0x083, a0                   /* urid, which sret makes usid (A.3.3) */
    sret

/* To be another compartment. */
    .globl  worker_become, worker_fence, worker_stop
worker_become:
    li      a7, REQUEST_BECOME
    ebreak
    ret

worker_fence:
    li      a7, REQUEST_FENCE
    ebreak
    ret

/* Out of everything, into M. */
worker_stop:
    ecall

    .globl  act_load, act_store, act_add, act_reserve, act_call, act_prot, act_excl, act_inval
    .globl  act_reval, act_switch, act_gate, act_grant, act_tfer, act_recv
act_load:
    ld      a0, 0(a0)
    ret
act_store:
    sd      a1, 0(a0)
    ret
act_add:
    amoadd.d a0, a1, (a0)
    ret
act_reserve:
    lr.d    a2, (a0)
    bnez    t0, 1f
    sc.d    a0, a1, (a0)
1:  ret
act_call:
    jr      a0
act_prot:
    .insn   r 0x0b, 3, 0x00, x0, a0, a1
    ret
act_excl:
    .insn   r 0x0b, 7, 0x00, a0, a0, a1
    ret
act_inval:
    .insn   r 0x0b, 2, 0x40, x0, a0, x0
    ret
act_reval:
    .insn   r 0x0b, 2, 0x00, x0, a0, a1
    ret

/* There and back: the gate returns to the entry behind the switch. */
act_switch:
    mv      t4, ra
    .insn   r 0x0b, 0, 0x00, ra, a0, a1
    .insn   i 0x0b, 1, x0, x0, 0
    jr      t4

/* What a switch arrives at: a0 becomes urid, t5 usid. Position independent, ACT_GATE_BYTES long. */
    .balign 4
act_gate:
    .insn   i 0x0b, 1, x0, x0, 0
    csrr    a0, 0x083
    csrr    t5, 0x082
    .insn   r 0x0b, 0, 0x00, x0, ra, a0
act_gate_end:

/* The rights of these are in the instruction: one of eight bytes for each of 0, 2, .. 14. */
act_grant:
    .irp    p, 0, 2, 4, 6, 8, 10, 12, 14
    .insn   s 0x0b, 4, a1, \p(a0)
    ret
    .endr
act_tfer:
    .irp    p, 0, 2, 4, 6, 8, 10, 12, 14
    .insn   s 0x0b, 5, a1, \p(a0)
    ret
    .endr
act_recv:
    .irp    p, 0, 2, 4, 6, 8, 10, 12, 14
    .insn   s 0x0b, 6, a1, \p(a0)
    ret
    .endr
    .option pop

    .if     act_gate_end - act_gate != ACT_GATE_BYTES
    .error  "ACT_GATE_BYTES"
    .endif
