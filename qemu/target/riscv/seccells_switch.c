/*
 * SecureCells instructions that change the compartment: jals, jalrs (A.7.1).
 *
 * The entry check is a walk of its own, made with the row of the compartment
 * to be entered, before anything is changed: whatever fails in it is the
 * switch's fault alone. The translator jumps to the target by a new block
 * lookup, where seccells_block_index() chooses the TLB index of the new row.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "seccells_insn.h"
#include "trace.h"

#define ENTRY_BYTES     4
#define ENTRY_INSN      0x0000100bu

/* A.7.1.2 */
static bool check_alignment(SecInsn *in)
{
    return riscv_has_ext(in->env, RVC) || !(in->addr & 2) ||
           sec_refuse(in, REFUSED_MISALIGNED, in->addr);
}

/* Read what the target would fetch at @va; it does not cross a page. */
static bool fetch(SecInsn *in, uint64_t va, unsigned size, uint8_t *code)
{
    hwaddr pa;

    return seccells_walk_entry(&in->tab, va, in->sd, size, &pa) &&
           seccells_read_code(in->env, pa, code, size);
}

/* Both halves are walked for before their bytes are looked at. */
static bool fetch_entry(SecInsn *in, uint8_t code[ENTRY_BYTES])
{
    unsigned here = MIN(ENTRY_BYTES, -(in->addr | TARGET_PAGE_MASK));

    return fetch(in, in->addr, here, code) &&
           (here == ENTRY_BYTES ||
            fetch(in, in->addr + here, ENTRY_BYTES - here, code + here));
}

/* A.7.1, steps 6 and 7 */
static bool check_entry(SecInsn *in)
{
    uint8_t code[ENTRY_BYTES];

    if (!fetch_entry(in, code)) {
        return sec_refuse(in, REFUSED_TARGET, in->addr);
    }
    return ldl_le_p(code) == ENTRY_INSN ||
           sec_refuse(in, REFUSED_NO_ENTRY, in->addr);
}

static bool do_switch(SecInsn *in)
{
    SecCellsState *sc = &in->env->seccells;

    if (!sec_check_mode(in) || !check_alignment(in) || !sec_check_table(in) ||
        !sec_check_self(in) || !sec_check_sd(in, in->sd) || !check_entry(in)) {
        return false;
    }
    sc->urid = sc->usid;
    sc->usid = in->sd;
    sc->switches++;
    trace_seccells_rotate(in->env->mhartid, seccells_op_names[in->op], sc->usid, sc->urid,
                          sc->uxid);
    return true;
}

void helper_seccells_jals(CPURISCVState *env, target_ulong target,
                          target_ulong sd)
{
    SecInsn in = { .env = env, .op = SEC_JALS, .addr = target, .sd = sd };

    sec_perform(&in, do_switch, GETPC());
}

void helper_seccells_jalrs(CPURISCVState *env, target_ulong target,
                           target_ulong sd)
{
    SecInsn in = { .env = env, .op = SEC_JALRS, .addr = target, .sd = sd };

    sec_perform(&in, do_switch, GETPC());
}
