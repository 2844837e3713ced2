/* SPDX-License-Identifier: Apache-2.0 */
/* traprot.h - what traprot.S and C share. */
#ifndef RISCV64_CELLS_TRAPROT_H
#define RISCV64_CELLS_TRAPROT_H

#include "machine/trapframe.h"

/* The highest domain of the map that is active: M - 1, 0 for the kernel's own. One for all
 * harts, because all harts run users in the same map. */
extern uint64_t pmap_trap_limit;

/* tf->dom is no valid domain of a user. */
_Noreturn void pmap_trap_bad_domain(const struct trapframe *tf);

#endif
