/* SPDX-License-Identifier: Apache-2.0 */
/* satp.h - this hart's translation register and its cache of translations, for every memory model.
 *
 * Implemented by satp.c; host tests bring their own (test/host/sim_machine.c). No model uses ASIDs:
 * there is one program.
 *
 * Source: The RISC-V Instruction Set Manual, Volume II, sections 4.1.11 and 4.2.1.
 */
#ifndef RISCV64_SATP_H
#define RISCV64_SATP_H

#include "lib/types.h"

uint64_t satp_read(void);

/* Translate through other tables from the next instruction on. The code that runs must be mapped
 * equally by the old and the new ones. Nothing of the old ones stays cached. */
void satp_switch(uint64_t satp);

/* Drop this hart's cached translations, pointers to tables included, and order its earlier stores to
 * the tables before its later walks. */
void tlb_fence(void);

/* The same for the leaf alone that translates va. */
void tlb_fence_page(vaddr_t va);

#endif
