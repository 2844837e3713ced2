/* SPDX-License-Identifier: Apache-2.0
 *
 * probe.S - one instruction per kind of access, each with a label at the instruction that may
 * trap, so that every test checks the exact epc. a0 is the address, a1 the value to store;
 * a0 is the value read. Rejoins the caller by ra. Reached by probe() in machine.c.
 */
#include "lib/frame.h"

    .text

/* Runs the data access at a2 from M with the privilege of MPP = t-mode in a3 (A.4.1). */
    .globl  probe_mprv
probe_mprv:
    mv      s0, ra
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    slli    a3, a3, 11
    li      t0, MSTATUS_MPRV
    or      t0, t0, a3
    csrs    mstatus, t0
    jalr    a2
    li      t0, MSTATUS_MPRV
    csrc    mstatus, t0
    jr      s0

    .globl  probe_load, probe_load_at
probe_load:
probe_load_at:
    ld      a0, 0(a0)
    ret

    .globl  probe_load1, probe_load1_at
probe_load1:
probe_load1_at:
    lbu     a0, 0(a0)
    ret

    .globl  probe_store, probe_store_at
probe_store:
probe_store_at:
    sd      a1, 0(a0)
    ret

    .globl  probe_store1, probe_store1_at
probe_store1:
probe_store1_at:
    sb      a1, 0(a0)
    ret

    .globl  probe_lr, probe_lr_at
probe_lr:
probe_lr_at:
    lr.d    a0, (a0)
    ret

    .globl  probe_sc, probe_sc_at
probe_sc:
    lr.d    t0, (a0)
probe_sc_at:
    sc.d    a0, a1, (a0)
    ret

    .globl  probe_amo, probe_amo_at
probe_amo:
probe_amo_at:
    amoswap.d a0, a1, (a0)
    ret

    .globl  probe_count_up
probe_count_up:
    li      t0, 0
1:  addi    t0, t0, 1
    sd      t0, (a0)
    j       1b
