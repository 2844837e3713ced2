# SPDX-License-Identifier: Apache-2.0
# traprot.S - nothing to do across a trap: page tables know no compartments. The frame's dom
# stays what the kernel stored when it made the thread.

    .section .text.pmap_trap, "ax"

    .globl pmap_trap_enter
    .type pmap_trap_enter, @function
pmap_trap_enter:
    ret
    .size pmap_trap_enter, . - pmap_trap_enter

    .globl pmap_trap_exit
    .type pmap_trap_exit, @function
pmap_trap_exit:
    ret
    .size pmap_trap_exit, . - pmap_trap_exit
