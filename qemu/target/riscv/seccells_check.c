/*
 * SecureCells instructions: the checks C1..C10 of A.6.3, and how an instruction
 * is refused.
 *
 * The checks read the table and change nothing: no A or D bit (A.6.8), no
 * counter (A.2.3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "seccells_insn.h"
#include "trace.h"

/* Types of cause 25 (A.8), already in their place in stval. */
#define BEYOND_RWX      0x000
#define NO_RIGHTS       0x100
#define BEYOND_OWN      0x200
#define MEDIATED        0x500

/* stval of cause 27 (A.8). */
#define CELL_INVALID        0
#define CELL_ALREADY_VALID  1

bool sec_refuse(SecInsn *in, SecReason why, uint64_t stval)
{
    in->why = why;
    in->stval = stval;
    return false;
}

/* Raise what the failed check has left; the state is that of the instruction. */
static void G_NORETURN raise_refusal(SecInsn *in, uintptr_t ra)
{
    CPURISCVState *env = in->env;
    int cause = seccells_reasons[in->why].cause;

    cpu_restore_state(env_cpu(env), ra);
    if (cause == RISCV_EXCP_ILLEGAL_INST) {
        in->stval = env->bins;          /* where QEMU takes it from */
    }
    env->badaddr = in->stval;
    env->two_stage_lookup = false;
    env->seccells.refused[in->op]++;
    seccells_count_reason(env, in->why);
    trace_seccells_insn_fail(env->mhartid, seccells_op_names[in->op], cause,
                             in->stval, seccells_reasons[in->why].name);
    riscv_raise_exception(env, cause, 0);
}

void sec_perform(SecInsn *in, SecStep *step, uintptr_t ra)
{
    bool done = false;

    /* The exception is raised outside: a jump would keep the lock. */
    WITH_RCU_READ_LOCK_GUARD() {
        done = step(in);
    }
    if (!done) {
        raise_refusal(in, ra);
    }
    in->env->seccells.done[in->op]++;
}

bool sec_check_mode(SecInsn *in)
{
    return seccells_mode_on(in->env) ||
           sec_refuse(in, REFUSED_MODE_OFF, 0);
}

bool sec_check_mediation(SecInsn *in, uint64_t scmed_bit)
{
    CPURISCVState *env = in->env;

    return env->priv != PRV_U || !(env->seccells.scmed & scmed_bit) ||
           sec_refuse(in, REFUSED_MEDIATED, MEDIATED);
}

bool sec_check_rights(SecInsn *in)
{
    return !(in->rights & ~(uint64_t)SECCELLS_PERM_RWX) ||
           sec_refuse(in, REFUSED_NOT_RIGHTS, BEYOND_RWX | in->rights);
}

bool sec_check_rights_given(SecInsn *in)
{
    return in->rights ||
           sec_refuse(in, REFUSED_NO_RIGHTS, NO_RIGHTS);
}

static bool table_read(SecInsn *in, SecTableStatus st)
{
    return st == SECTABLE_OK ||
           sec_refuse(in, REFUSED_TABLE_READ, in->addr);
}

bool sec_check_table(SecInsn *in)
{
    seccells_table_locate(&in->tab, in->env);
    return table_read(in, seccells_table_load(&in->tab));
}

bool sec_check_self(SecInsn *in)
{
    in->u = in->env->seccells.usid;
    return in->u < in->tab.sds ||
           sec_refuse(in, REFUSED_SELF, in->u);
}

bool sec_check_sd(SecInsn *in, uint64_t stval)
{
    return (in->sd != 0 && in->sd < in->tab.sds) ||
           sec_refuse(in, REFUSED_SD, stval);
}

bool sec_check_cell(SecInsn *in)
{
    uint64_t reads = 0;

    if (!seccells_canonical(in->addr)) {
        return sec_refuse(in, REFUSED_NOT_CANONICAL, in->addr);
    }
    if (!table_read(in, seccells_table_find(&in->tab, seccells_vpn(in->addr),
                                            &in->i, &in->cell, &reads))) {
        return false;
    }
    return in->i || sec_refuse(in, REFUSED_NO_CELL, in->addr);
}

bool sec_check_cell_valid(SecInsn *in)
{
    return seccell_valid(in->cell) ||
           sec_refuse(in, REFUSED_CELL_INVALID, CELL_INVALID);
}

bool sec_check_cell_invalid(SecInsn *in)
{
    return !seccell_valid(in->cell) ||
           sec_refuse(in, REFUSED_CELL_VALID, CELL_ALREADY_VALID);
}

bool sec_check_own(SecInsn *in)
{
    uint8_t own;

    if (!sec_read_perm(in, in->u, &own)) {
        return false;
    }
    return (seccells_any_right(own) && !(in->rights & ~own)) ||
           sec_refuse(in, REFUSED_BEYOND_OWN, BEYOND_OWN | in->rights);
}

bool sec_read_perm(SecInsn *in, uint64_t sd, uint8_t *perm)
{
    return table_read(in, seccells_table_perm(&in->tab, sd, in->i, perm));
}

bool sec_read_grant(SecInsn *in, uint64_t sd, uint32_t *grant)
{
    return table_read(in, seccells_table_grant(&in->tab, sd, in->i, grant));
}

static bool can_write(SecInsn *in, SecTableStatus st)
{
    return st == SECTABLE_OK ||
           sec_refuse(in, REFUSED_TABLE_WRITE, in->addr);
}

bool sec_can_write_perm(SecInsn *in, uint64_t sd)
{
    return can_write(in, seccells_table_perm_writable(&in->tab, sd, in->i));
}

bool sec_can_write_grant(SecInsn *in, uint64_t sd)
{
    return can_write(in, seccells_table_grant_writable(&in->tab, sd, in->i));
}

bool sec_can_write_cell(SecInsn *in)
{
    return can_write(in, seccells_table_cell_writable(&in->tab, in->i));
}
