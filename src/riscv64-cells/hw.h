/* SPDX-License-Identifier: Apache-2.0 */
/* hw.h - what this model does to the hart itself. Everything else of it is memory.
 *
 * Implemented by hw.c; host tests bring their own.
 */
#ifndef RISCV64_CELLS_HW_H
#define RISCV64_CELLS_HW_H

#include "lib/types.h"

uint64_t hw_satp_read(void);

/* Translate through another table from the next instruction on. */
void hw_satp_write(uint64_t satp);

/* Drop this hart's cached translations; also orders earlier stores to the table before later
 * walks. */
void hw_fence(void);

/* Compartment registers of this hart before its first user code: B.1.3, B.5.5. */
void hw_domains_init(void);

#endif
