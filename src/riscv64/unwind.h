/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.h - what a function's own code says about its frame (cpu_unwind() of machine/cpu.h uses it). */
#ifndef RISCV64_UNWIND_H
#define RISCV64_UNWIND_H

#include "lib/types.h"

/* Of one place in a function, counted from sp there, in bytes. */
struct unwind_rule {
    int32_t frame; /* where the caller's sp points, which is what sp is when the function returns */
    int32_t ra;    /* where the return address is; UNWIND_RA: still, or again, in the register */
};

#define UNWIND_RA INT32_MIN

/* The rule at pc in the function whose code is [start, end). A return address is given as such, with
 * called: then the function has saved its own. False: the code does not say. */
bool unwind_rule(uintptr_t start, uintptr_t end, uintptr_t pc, bool called,
                 struct unwind_rule *rule);

#endif
