/* SPDX-License-Identifier: Apache-2.0 */
/* start.S - the kernel's first instructions, and the step from physical to virtual addresses.
 *
 * On entry (SBI boot protocol): S-mode, translation off, a0 = hart id, a1 = physical address of the
 * device tree. Everything here is position-independent: the same code is addressed physically before
 * the switch and through the window after it.
 */
#include "machine/trapframe.h"

#define WINDOW_BASE_HI 0xf0 /* machine/layout.h, WINDOW_BASE >> 32 */
#define SSTATUS_SPP_SPIE 0x120

        .section .text.boot, "ax"
        .globl  _start
        .type   _start, @function
_start:
        csrw    sie, zero
        csrci   sstatus, 2
        la      t0, begun
        li      t1, 1
        amoswap.w t0, t1, (t0)
        bnez    t0, hart_entry          # see there
        la      sp, _boot_stack_top

        la      t0, _bss_start          # sizes are multiples of 16
        la      t1, _bss_end
1:      bgeu    t0, t1, 2f
        sd      zero, 0(t0)
        sd      zero, 8(t0)
        addi    t0, t0, 16
        j       1b

2:      la      tp, boot_hart
        sd      a0, 16(tp)              # hart.id
        call    boot_main               # (hart id, device tree) -> satp

/* Turn translation on with a0 = satp (securecells.md B.1.6, and the same for every model).
 *
 * After the write the next fetch is at a physical address, which no user or kernel mapping covers: it
 * faults, and stvec, which is already the *virtual* address of the continuation, takes the hart there. No identity
 * mapping is ever made, so none can be left behind.
 */
        la      t0, continue_virtual
        li      t1, WINDOW_BASE_HI
        slli    t1, t1, 32
        add     t0, t0, t1
        csrw    stvec, t0
        sfence.vma
        csrw    satp, a0
        call    boot_mode_refused       # only if satp did not take the mode: else the fetch faults
        .balign 4
continue_virtual:
        sfence.vma
        la      sp, _boot_stack_top     # PC-relative: virtual from here on
        la      tp, boot_hart
        la      t0, phys_window
        li      t1, WINDOW_BASE_HI
        slli    t1, t1, 32
        sd      t1, 0(t0)
        csrw    sepc, zero              # what the fault left behind
        csrw    scause, zero
        csrw    stval, zero
        li      t0, SSTATUS_SPP_SPIE
        csrc    sstatus, t0
        csrw    sscratch, zero          # "in the kernel", trapentry.inc
        call    cpu_trap_init
        call    pmap_init_hart
        la      a0, boot_info
        call    kmain
        .size   _start, . - _start

/* Where another hart begins (SBI HSM, hart_start): as above, with a0 = hart id. hart_starting is the physical
 * address of its struct hart, which says what to translate by and where its stack is.
 *
 * Nothing but a0 is taken from the firmware. OpenSBI 1.1 lets a hart go before it has stored where
 * to and with what (sbi_hsm_hart_start): one that only just arrives in the firmware itself may come
 * to where the first hart began, or here with the first hart's a1. A hart that was not waited for any longer may
 * come late, when another one is being started: it is to stay where it is.
 */
#define HART_ID        16
#define HART_SATP      24
#define HART_STACK_TOP 32

        .balign 4
        .globl  hart_entry
        .type   hart_entry, @function
hart_entry:
        csrw    sie, zero
        csrci   sstatus, 2
        la      a1, hart_starting       # stored before the firmware was asked
        ld      a1, 0(a1)
        beqz    a1, 1f
        ld      t0, HART_ID(a1)
        beq     t0, a0, 2f
1:      wfi
        j       1b

2:      li      t1, WINDOW_BASE_HI
        slli    t1, t1, 32
        ld      t2, HART_SATP(a1)
        la      t0, hart_virtual
        add     t0, t0, t1
        csrw    stvec, t0
        sfence.vma
        csrw    satp, t2                # the hart that boots has the same: it is not refused
        .balign 4
hart_virtual:
        sfence.vma
        add     tp, a1, t1
        ld      sp, HART_STACK_TOP(tp)
        csrw    sepc, zero
        csrw    scause, zero
        csrw    stval, zero
        li      t0, SSTATUS_SPP_SPIE
        csrc    sstatus, t0
        csrw    sscratch, zero
        call    cpu_trap_init
        call    pmap_init_hart
        call    kmain_hart
        .size   hart_entry, . - hart_entry

        .data
        .balign 4
begun:  .word   0                       # a hart runs from _start on; not cleared with the rest
