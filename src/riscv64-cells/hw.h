/* SPDX-License-Identifier: Apache-2.0 */
/* hw.h - the compartment registers of this hart. Everything else of the model is memory, or common to
 * all models (riscv64/satp.h).
 *
 * Implemented by hw.c; host tests bring their own.
 */
#ifndef RISCV64_CELLS_HW_H
#define RISCV64_CELLS_HW_H

/* Set them before this hart's first user code: B.1.3, B.5.5. */
void hw_domains_init(void);

#endif
