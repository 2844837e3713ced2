/* SPDX-License-Identifier: Apache-2.0 */
/* hw.h - what this model does to the hart itself. Everything else of it is memory.
 *
 * Implemented by hw.c; host tests bring their own.
 */
#ifndef RISCV64_SV48_HW_H
#define RISCV64_SV48_HW_H

#include "lib/types.h"

uint64_t hw_satp_read(void);

/* Translate through another tree from the next instruction on. */
void hw_satp_write(uint64_t satp);

/* Drop this hart's cached translations, pointers to tables included. */
void hw_fence(void);

/* Drop what is cached of the leaf that translates va. */
void hw_fence_page(vaddr_t va);

#endif
