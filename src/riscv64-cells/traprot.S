# SPDX-License-Identifier: Apache-2.0
# traprot.S - kernel entry and exit, with the compartment registers across a trap from user mode
# (securecells.md B.5.1).
#
# Between the trap and the end of PMAP_TRAP_ENTER, and from PMAP_TRAP_EXIT to sret, the rotating CSRs hold
# the user's compartment; the kernel's memory only is touched there, and no trap taken.

#include "machine/trapframe.h"
#include "riscv64-cells/csr.h"

# ENTRY, steps 3 and 4, only when sstatus.SPP = U. Leaves usid = urid = uxid = 0, which a nested
# trap from the kernel rotates without effect (B.5.2).
        .macro  PMAP_TRAP_ENTER
        csrr    t0, CSR_USID
        beqz    t0, 9f                  # delegated: hardware has rotated (A.3.1)
        csrr    t1, CSR_URID            # redirected by firmware (A.3.9): rotate by hand
        csrw    CSR_UXID, t1
        csrw    CSR_URID, t0
        csrw    CSR_USID, zero
9:      csrrw   t0, CSR_URID, zero      # the interrupted compartment
        csrrw   t1, CSR_UXID, zero      # what it sees as urid
        sd      t0, TF_DOM(sp)
        sd      t1, TF_DOM_PREV(sp)
        .endm

# EXIT TO U, steps 2 and 3, right before the registers are restored. sret then rotates:
# usid = frame.dom, urid = frame.dom_prev. The check keeps a wrong frame from running user code as the kernel's
# row, or as one that does not exist: 1 <= dom <= pmap_trap_limit in one unsigned comparison.
        .macro  PMAP_TRAP_EXIT
        ld      t0, TF_DOM(sp)
        ld      t1, pmap_trap_limit
        addi    t2, t0, -1
        bgeu    t2, t1, bad_domain
        ld      t1, TF_DOM_PREV(sp)
        csrw    CSR_URID, t0
        csrw    CSR_UXID, t1
        .endm

#include "riscv64/trapentry.inc"

bad_domain:
        mv      a0, sp
        tail    pmap_trap_bad_domain
