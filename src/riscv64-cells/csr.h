/* SPDX-License-Identifier: Apache-2.0 */
/* csr.h - numbers of the compartment CSRs (securecells.md A.2.2), for C and assembly. */
#ifndef RISCV64_CELLS_CSR_H
#define RISCV64_CELLS_CSR_H

#define CSR_USID  0x082 /* current compartment; 0 in the kernel */
#define CSR_URID  0x083 /* the one before the last switch or trap */
#define CSR_UXID  0x084 /* urid of the interrupted context */
#define CSR_SCMED 0x5c0 /* which instructions of U-mode are refused, for the kernel to decide */

/* scmed bit 0: inval and reval. Always set: with them a compartment could make any of its cells
 * readable, writable and executable (B.1.3). */
#define SCMED_VALIDITY 1

#endif
