/* SPDX-License-Identifier: Apache-2.0
 *
 * loops.S - the loops whose host time is measured. Each runs in U, as SD 1 where there are compartments,
 * and ends with an ebreak, which comes back to M whatever is delegated. a0 is the job (guest.h). All loops
 * of a family are one loop with one thing in it, so what it costs is the difference to the loop without.
 *
 * A ring is copied: every SD has the loop in a page of its own, as compartments have code of their own, and
 * a switch goes to the copy of the SD that is next. (The emulator finds translated code by its address
 * first, so two compartments in the same code are slower: with apart = 0 all run one copy.)
 *
 * Registers of all loops:
 *
 *   s0  passes still to make          s5  distance of pages; of a ring's copies
 *   s1  first page to touch           s6  SD that runs, or number of the page
 *   s2  end of the pages to touch     s7  step between pages
 *   s3  SDs in the ring, or pages     s11 a ring's copies
 *   s4  an address in the cell that instructions are about
 */
#include "cella/cells.h"
#include "guest.h"

#define EBREAK .word 0x00100073 /* the four-byte one */

    .macro  load_job
    ld      s0, JOB_PASSES(a0)
    ld      s1, JOB_FIRST(a0)
    ld      s2, JOB_END(a0)
    ld      s3, JOB_RING(a0)
    ld      s4, JOB_CELL(a0)
    ld      s5, JOB_APART(a0)
    ld      s7, JOB_STEP(a0)
    ld      s11, JOB_COPIES(a0)
    li      s6, 1
    li      s8, CELLS_R | CELLS_W
    li      s9, 1
    li      s10, 4096
    .endm

    .macro  begin name
    .balign 64
    .globl  \name
\name:
    load_job
    .endm

    .macro  again label
    addi    s0, s0, -1
    bnez    s0, \label
    EBREAK
    .endm

    .text

/* ---- switches and traps: touch the pages, choose the next SD of the ring, go there --------------- */

    .globl  ring_start
ring_start:
    load_job
    addi    s0, s0, 1                   /* the first pass is begun by no switch */
    mul     t0, s6, s5
    add     t0, t0, s11
    addi    t0, t0, 4                   /* behind the entry: not every emulator has it */
    jr      t0

    .macro  ring name
    .balign RING_BYTES
    .globl  \name
\name:
    entry
    addi    s0, s0, -1
    beqz    s0, 5f
    mv      t0, s1
    beq     t0, s2, 3f
2:  ld      t1, (t0)
    add     t0, t0, s10
    bne     t0, s2, 2b
3:  addi    s6, s6, 1
    bleu    s6, s3, 4f
    li      s6, 1
4:  mul     t0, s6, s5
    add     t0, t0, s11
    .endm

    .macro  end_ring name
    j       \name + 4
5:  EBREAK
    .org    \name + RING_BYTES          /* an error if there is more than is copied */
    .endm

    ring    ring_none
    end_ring ring_none

    ring    ring_jump                   /* to the other page, as the same SD */
    jalr    zero, 4(t0)
    end_ring ring_jump

    ring    ring_jals                   /* odd SDs; even ones have ring_jals_back */
    mv      ra, s6
    jals    ra, ring_jals + 4096
    end_ring ring_jals

    ring    ring_jals_back
    mv      ra, s6
    jals    ra, ring_jals_back - 4096
    end_ring ring_jals_back

    ring    ring_jalrs
    jalrs   ra, t0, s6
    end_ring ring_jalrs

    ring    ring_ecall
    ecall
    end_ring ring_ecall

    ring    ring_ecall_jalrs            /* U cannot fence: who takes the ecall does */
    ecall
    jalrs   ra, t0, s6
    end_ring ring_ecall_jalrs

/* ---- what takes the ecall, in S. t2 is free. ------------------------------------------------------- */

    .macro  take name
    .balign 64
    .globl  \name
\name:
    .endm

    .macro  past_ecall
    csrr    t2, sepc
    addi    t2, t2, 4
    csrw    sepc, t2
    .endm

/* Return to the copy of the next SD, as sd: what a kernel does that changes the compartment. */
    .macro  to_next_as sd
    addi    t2, t0, 4                   /* behind the entry */
    csrw    sepc, t2
    csrw    0x083, \sd                  /* urid */
    .endm

    take    take_return
    past_ecall
    sret

    take    take_return_flush
    past_ecall
    sfence.vma
    sret

    take    take_stay                   /* as take_switch, as the same SD */
    to_next_as s9
    sret

    take    take_switch
    to_next_as s6
    sret

    take    take_switch_flush
    to_next_as s6
    sfence.vma
    sret

/* ---- walks: touch one page in each pass, the step-th next of s3 pages ------------------------------ */

    begin   walk
    li      s6, 0
1:  mul     t0, s6, s5
    add     t0, t0, s1
    ld      t1, (t0)
    add     s6, s6, s7
    bltu    s6, s3, 2f
    sub     s6, s6, s3
2:  again   1b

/* ---- instructions on the table ------------------------------------------------------------------------ */

    begin   table_none
1:  again   1b

    begin   table_prot                  /* of the rights that are there: nothing is lost */
1:  prot    s4, s8
    again   1b

    begin   table_grant
1:  grant   s4, s9, CELLS_R | CELLS_W
    again   1b

    begin   table_grant_recv
1:  grant   s4, s9, CELLS_R | CELLS_W
    recv    s4, s9, CELLS_R | CELLS_W
    again   1b

    begin   table_tfer_recv
1:  tfer    s4, s9, CELLS_R | CELLS_W
    recv    s4, s9, CELLS_R | CELLS_W
    again   1b

/* prot takes W, and recv gives it back. */
    begin   table_grant_prot_recv
    li      t0, CELLS_R
1:  grant   s4, s9, CELLS_W
    prot    s4, t0
    recv    s4, s9, CELLS_W
    again   1b

    begin   table_excl
1:  excl    t0, s4, s8
    again   1b

/* ---- arithmetic: INTEGER_INSNS instructions in each pass ----------------------------------------- */

    begin   integer
    li      t0, 88172645463325252
1:  slli    t1, t0, 13
    xor     t0, t0, t1
    srli    t1, t0, 7
    xor     t0, t0, t1
    slli    t1, t0, 17
    xor     t0, t0, t1
    mul     t2, t0, s10
    add     t3, t3, t2
    sltu    t4, t3, t2
    sub     t5, t5, t4
    again   1b
