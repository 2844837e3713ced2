/*
 * SecureCells instructions: what they share. An instruction is a chain of
 * checks, made in the order of A.6.3, and changes that come after the last
 * of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef RISCV_SECCELLS_INSN_H
#define RISCV_SECCELLS_INSN_H

#include "cpu.h"

/* One instruction under way. The operands come first, the rest is found. */
typedef struct SecInsn {
    CPURISCVState *env;
    SecOp op;
    uint64_t addr;              /* in the cell; of a switch, its target */
    uint64_t sd;
    uint64_t rights;            /* p */

    SecTable tab;               /* from sec_check_table() on */
    uint64_t u;                 /* from sec_check_self() on */
    uint64_t i;                 /* slot and */
    SecCell cell;               /* descriptor, from sec_check_cell() on */

    bool answer;                /* of excl */
    SecReason why;              /* the check that failed, and its stval */
    uint64_t stval;
} SecInsn;

/* A check or a whole instruction: false if it is refused, and why in @in. */
typedef bool SecStep(SecInsn *in);

/*
 * Carry out @step, or raise the exception that it leaves in @in; @ra is the
 * helper's return address. Nothing may have been changed by a step that fails,
 * A bits of an entry check excepted.
 */
void sec_perform(SecInsn *in, SecStep *step, uintptr_t ra);

/* Note why @in is refused. Returns false, for the check to pass on. */
bool sec_refuse(SecInsn *in, SecReason why, uint64_t stval);

/* The checks of A.6.3. */
SecStep sec_check_mode;                                         /* C1 */
bool sec_check_mediation(SecInsn *in, uint64_t scmed_bit);      /* C2 */
SecStep sec_check_rights;                                       /* C3 */
SecStep sec_check_rights_given;                                 /* C4 */
SecStep sec_check_table;                                        /* C5 */
SecStep sec_check_self;                                         /* C6 */
bool sec_check_sd(SecInsn *in, uint64_t stval);                 /* C7 */
SecStep sec_check_cell;                                         /* C8 */
SecStep sec_check_cell_valid;                                   /* C9 */
SecStep sec_check_cell_invalid;                                 /* C9 */
SecStep sec_check_own;                                          /* C10 */

/* Read PT(@sd, i), GT(@sd, i); a failure is cause 5 (A.6.5). */
bool sec_read_perm(SecInsn *in, uint64_t sd, uint8_t *perm);
bool sec_read_grant(SecInsn *in, uint64_t sd, uint32_t *grant);

/* Can the place be written? If not, cause 7 (A.6.5). */
bool sec_can_write_perm(SecInsn *in, uint64_t sd);
bool sec_can_write_grant(SecInsn *in, uint64_t sd);
SecStep sec_can_write_cell;

#endif
