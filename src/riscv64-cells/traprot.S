# SPDX-License-Identifier: Apache-2.0
# traprot.S - the compartment registers across a trap from user mode (securecells.md B.5.1).
#
# trap.S calls both with a0 = the trap frame, interrupts off, user registers in the frame or already
# dead. They may change t0-t6 and a1-a7, touch the kernel's memory only, and take no trap: between
# the trap and the end of pmap_trap_enter, and from pmap_trap_exit to sret, the rotating CSRs hold
# the user's compartment.

#include "machine/trapframe.h"
#include "riscv64-cells/csr.h"

    .section .text.pmap_trap, "ax"

# ENTRY, steps 3 and 4, only when sstatus.SPP = U. Leaves usid = urid = uxid = 0, which a nested
# trap from the kernel rotates without effect (B.5.2).
    .globl pmap_trap_enter
    .type pmap_trap_enter, @function
pmap_trap_enter:
    csrr    t0, CSR_USID
    beqz    t0, 1f                  # delegated: hardware has rotated (A.3.1)
    csrr    t1, CSR_URID            # redirected by firmware (A.3.9): rotate by hand
    csrw    CSR_UXID, t1
    csrw    CSR_URID, t0
    csrw    CSR_USID, zero
1:  csrrw   t0, CSR_URID, zero      # the interrupted compartment
    csrrw   t1, CSR_UXID, zero      # what it sees as urid
    sd      t0, TF_DOM(a0)
    sd      t1, TF_DOM_PREV(a0)
    ret
    .size pmap_trap_enter, . - pmap_trap_enter

# EXIT TO U, steps 2 and 3, right before the registers are restored. sret then rotates:
# usid = frame.dom, urid = frame.dom_prev. The check keeps a wrong frame from running user code as the kernel's
# row, or as one that does not exist: 1 <= dom <= pmap_trap_limit in one unsigned comparison.
    .globl pmap_trap_exit
    .type pmap_trap_exit, @function
pmap_trap_exit:
    ld      t0, TF_DOM(a0)
    ld      t1, pmap_trap_limit
    addi    t2, t0, -1
    bgeu    t2, t1, 2f
    ld      t1, TF_DOM_PREV(a0)
    csrw    CSR_URID, t0
    csrw    CSR_UXID, t1
    ret
2:  tail    pmap_trap_bad_domain
    .size pmap_trap_exit, . - pmap_trap_exit
