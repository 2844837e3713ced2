/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.S - entry of the guest, and the way to try something that may trap.
 */
#define SPP 0x100

    .section .text.start, "ax"
    .globl  _start
_start:
    la      sp, stack_end
    la      t0, vector
    csrw    stvec, t0
    call    guest_main                  /* (satp mode); does not return */

    .text

/* struct outcome *attempt(uint64_t to_user, uint64_t pc, uint64_t a0, uint64_t a1)
 * Goes to pc, in VU if to_user, else in VS. Comes back at the first trap, or, from VS, when the code returns
 * (cause -1). The outcome holds cause, tval, pc and a0.
 */
    .globl  attempt
attempt:
    la      t0, kept
    sd      ra, 0(t0)
    sd      sp, 8(t0)
    sd      s0, 16(t0)
    sd      s1, 24(t0)
    sd      s2, 32(t0)
    sd      s3, 40(t0)
    sd      s4, 48(t0)
    sd      s5, 56(t0)
    sd      s6, 64(t0)
    sd      s7, 72(t0)
    sd      s8, 80(t0)
    sd      s9, 88(t0)
    sd      s10, 96(t0)
    sd      s11, 104(t0)
    csrw    sepc, a1
    li      t1, SPP
    csrs    sstatus, t1
    beqz    a0, 1f
    csrc    sstatus, t1
1:  mv      a0, a2
    mv      a1, a3
    la      ra, returned
    sret

    .balign 4
returned:
    csrci   sstatus, 2                  /* SIE: what runs outside of attempts is not interrupted */
    li      t0, -1
    csrw    scause, t0
    csrw    stval, zero
    csrw    sepc, zero
    .balign 4
vector:
    la      t1, outcome
    csrr    t0, scause
    sd      t0, 0(t1)
    csrr    t0, stval
    sd      t0, 8(t1)
    csrr    t0, sepc
    sd      t0, 16(t1)
    sd      a0, 24(t1)
    mv      a0, t1
    la      t0, kept
    ld      ra, 0(t0)
    ld      sp, 8(t0)
    ld      s0, 16(t0)
    ld      s1, 24(t0)
    ld      s2, 32(t0)
    ld      s3, 40(t0)
    ld      s4, 48(t0)
    ld      s5, 56(t0)
    ld      s6, 64(t0)
    ld      s7, 72(t0)
    ld      s8, 80(t0)
    ld      s9, 88(t0)
    ld      s10, 96(t0)
    ld      s11, 104(t0)
    ret

/* What is attempted in VS. wait: until this time */
    .globl  load, store, wait
load:
    ld      a0, 0(a0)
    ret
store:
    sd      a1, 0(a0)
    ret
wait:
    csrr    t0, time
    bltu    t0, a0, wait
    ret

/* Copied to a page of VU: a0 <- [a0] + a1, and tell. */
    .globl  user_code, user_code_end
    .balign 4
user_code:
    ld      a0, 0(a0)
    add     a0, a0, a1
    ecall
user_code_end:

/* long sbi(long a0, long function, long extension) */
    .globl  sbi
sbi:
    mv      a6, a1
    mv      a7, a2
    li      a1, 0
    ecall
    ret

    .bss
    .balign 16
    .globl  outcome
outcome:
    .space  32
kept:
    .space  112
    .balign 16
    .space  8192
stack_end:
