/*
 * SecureCells instructions that work on the table: prot, grant, tfer, recv,
 * excl, inval, reval (A.7.3 to A.7.9).
 *
 * Each is one step (A.6.6): where harts run in parallel, the translator has
 * QEMU stop the others before the helper is entered, so nothing here races
 * with a walk, a store or another of these. Each first makes all its checks,
 * the places it will write included, and then writes without failing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "seccells_insn.h"

/* Types of cause 25 and stval of causes 26 and 27 (A.8). */
#define BEYOND_OWN          0x200
#define BEYOND_GRANT        0x300
#define NOT_THE_RECEIVER    (1ull << 32)
#define CELL_HELD           2
#define CELL_GRANTED        3

static uint32_t grant_word(uint64_t sd, uint64_t rights)
{
    return sd << 4 | rights;
}

static uint64_t grant_target(uint32_t grant)
{
    return grant >> 4;
}

/* From the metacell on, the same in all of them (C5, C6). */
static bool enter_table(SecInsn *in)
{
    return sec_check_table(in) && sec_check_self(in);
}

/*
 * Change the own permission byte. W or WX without R denies everything (A.1.11),
 * so rights are lost not only with their bits: W received on top of X takes X
 * away, and A.6.7 is about lost rights, however lost.
 */
static void put_own(SecInsn *in, uint8_t clear, uint8_t set)
{
    uint8_t old = seccells_table_put_perm(&in->tab, in->u, in->i, clear, set);
    uint8_t new = (old & ~clear) | set;

    if (seccells_perm_prot(old, false) & ~seccells_perm_prot(new, false)) {
        seccells_drop(in->env, in->u, in->cell);
    }
}

/* A.7.3 */
static bool do_prot(SecInsn *in)
{
    if (!sec_check_mode(in) || !sec_check_rights(in) || !enter_table(in) ||
        !sec_check_cell(in) || !sec_check_cell_valid(in) ||
        !sec_check_own(in) || !sec_can_write_perm(in, in->u)) {
        return false;
    }
    put_own(in, SECCELLS_PERM_RWX, in->rights);
    return true;
}

/* What grant and tfer check, up to the place of the grant. */
static bool may_grant(SecInsn *in)
{
    return sec_check_mode(in) && sec_check_mediation(in, SECCELLS_MED_RIGHTS) &&
           sec_check_rights(in) && sec_check_rights_given(in) &&
           enter_table(in) && sec_check_sd(in, in->sd) && sec_check_cell(in) &&
           sec_check_cell_valid(in) && sec_check_own(in) &&
           sec_can_write_grant(in, in->u);
}

static void put_grant(SecInsn *in)
{
    seccells_table_put_grant(&in->tab, in->u, in->i,
                             grant_word(in->sd, in->rights));
}

/* A.7.4 */
static bool do_grant(SecInsn *in)
{
    if (!may_grant(in)) {
        return false;
    }
    put_grant(in);
    return true;
}

/* A.7.5: all own rights go, whatever part of them is passed on. */
static bool do_tfer(SecInsn *in)
{
    if (!may_grant(in) || !sec_can_write_perm(in, in->u)) {
        return false;
    }
    put_grant(in);
    put_own(in, SECCELLS_PERM_RWX, 0);
    return true;
}

/* Is the source's grant for this compartment, and for these rights? */
static bool check_grant(SecInsn *in, uint32_t *grant)
{
    if (!sec_read_grant(in, in->sd, grant)) {
        return false;
    }
    if (grant_target(*grant) != in->u) {
        return sec_refuse(in, REFUSED_NOT_RECEIVER, NOT_THE_RECEIVER | in->u);
    }
    return !(in->rights & ~(uint64_t)*grant) ||
           sec_refuse(in, REFUSED_BEYOND_GRANT, BEYOND_GRANT | in->rights);
}

/* A.7.6: of a grant taken in part, the rest stays for the same receiver. */
static bool do_recv(SecInsn *in)
{
    uint32_t grant;

    if (!sec_check_mode(in) || !sec_check_mediation(in, SECCELLS_MED_RIGHTS) ||
        !sec_check_rights(in) || !sec_check_rights_given(in) ||
        !enter_table(in) || !sec_check_sd(in, (uint32_t)in->sd) ||
        !sec_check_cell(in) || !sec_check_cell_valid(in) ||
        !check_grant(in, &grant) || !sec_can_write_grant(in, in->sd) ||
        !sec_can_write_perm(in, in->u)) {
        return false;
    }
    grant &= ~(uint32_t)in->rights;
    if (!(grant & SECCELLS_PERM_RWX)) {
        grant = SECCELLS_NO_GRANT;
    }
    seccells_table_put_grant(&in->tab, in->sd, in->i, grant);
    put_own(in, 0, in->rights | SECCELLS_PERM_V);
    return true;
}

/*
 * Does anybody else have one of the rights, or a grant of one? Every row is
 * read, so that an unreadable table is found whatever the others hold.
 */
static bool find_sharers(SecInsn *in, bool *shared)
{
    uint8_t perm;
    uint32_t grant;

    *shared = false;
    for (uint64_t j = 0; j < in->tab.sds; j++) {
        if (j != 0 && j != in->u) {
            if (!sec_read_perm(in, j, &perm)) {
                return false;
            }
            *shared |= (perm & SECCELLS_PERM_V) && (perm & in->rights);
        }
        if (!sec_read_grant(in, j, &grant)) {
            return false;
        }
        *shared |= (grant & in->rights) != 0;
    }
    return true;
}

/* A.7.7 */
static bool do_excl(SecInsn *in)
{
    bool shared;

    if (!sec_check_mode(in) || !sec_check_rights(in) ||
        !sec_check_rights_given(in) || !enter_table(in) ||
        !sec_check_cell(in) || !sec_check_cell_valid(in) ||
        !sec_check_own(in) || !find_sharers(in, &shared)) {
        return false;
    }
    in->answer = !shared;
    return true;
}

/* A.7.8, step 2: only who has some right may give the cell up. */
static bool check_holder(SecInsn *in)
{
    uint8_t own;

    if (!sec_read_perm(in, in->u, &own)) {
        return false;
    }
    return seccells_any_right(own) ||
           sec_refuse(in, REFUSED_NO_HOLDER, BEYOND_OWN | own);
}

/* A.7.8, step 3: nobody else has rights or offers any. */
static bool check_sole_holder(SecInsn *in)
{
    uint8_t perm;
    uint32_t grant;

    for (uint64_t j = 1; j < in->tab.sds; j++) {
        if (j == in->u) {
            continue;
        }
        if (!sec_read_perm(in, j, &perm)) {
            return false;
        }
        if (seccells_any_right(perm)) {
            return sec_refuse(in, REFUSED_CELL_HELD, CELL_HELD);
        }
        if (!sec_read_grant(in, j, &grant)) {
            return false;
        }
        if (grant != SECCELLS_NO_GRANT) {
            return sec_refuse(in, REFUSED_CELL_GRANTED, CELL_GRANTED);
        }
    }
    return true;
}

/* inval writes the descriptor, the cell's whole column and two grants. */
static bool can_write_column(SecInsn *in)
{
    for (uint64_t j = 0; j < in->tab.sds; j++) {
        if (!sec_can_write_perm(in, j)) {
            return false;
        }
    }
    return sec_can_write_cell(in) && sec_can_write_grant(in, in->u) &&
           sec_can_write_grant(in, 0);
}

/*
 * A.7.8. Nobody but row 0 and the own row can have had a right to lose; with
 * the cell invalid, nothing of it may be cached for any row.
 */
static bool do_inval(SecInsn *in)
{
    if (!sec_check_mode(in) || !sec_check_mediation(in, SECCELLS_MED_CELLS) ||
        !enter_table(in) || !sec_check_cell(in) || !sec_check_cell_valid(in) ||
        !check_holder(in) || !check_sole_holder(in) || !can_write_column(in)) {
        return false;
    }
    seccells_table_put_valid(&in->tab, in->i, false);
    seccells_table_put_perm(&in->tab, 0, in->i, SECCELLS_PERM_V, 0);
    for (uint64_t j = 1; j < in->tab.sds; j++) {
        seccells_table_put_perm(&in->tab, j, in->i, SECCELLS_PERM_RWX, 0);
    }
    seccells_table_put_grant(&in->tab, in->u, in->i, SECCELLS_NO_GRANT);
    seccells_table_put_grant(&in->tab, 0, in->i, SECCELLS_NO_GRANT);
    seccells_drop(in->env, SECCELLS_ALL_ROWS, in->cell);
    return true;
}

/* A.7.9: whoever revalidates a cell owns it. */
static bool do_reval(SecInsn *in)
{
    if (!sec_check_mode(in) || !sec_check_mediation(in, SECCELLS_MED_CELLS) ||
        !sec_check_rights(in) || !sec_check_rights_given(in) ||
        !enter_table(in) || !sec_check_cell(in) ||
        !sec_check_cell_invalid(in) || !sec_can_write_cell(in) ||
        !sec_can_write_perm(in, 0) || !sec_can_write_perm(in, in->u)) {
        return false;
    }
    seccells_table_put_valid(&in->tab, in->i, true);
    seccells_table_put_perm(&in->tab, 0, in->i, 0, SECCELLS_PERM_V);
    seccells_table_put_perm(&in->tab, in->u, in->i, 0,
                            in->rights | SECCELLS_PERM_V);
    return true;
}

/* --- helpers -------------------------------------------------------------- */

void helper_seccells_prot(CPURISCVState *env, target_ulong addr,
                          target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_PROT, .addr = addr, .rights = rights };

    sec_perform(&in, do_prot, GETPC());
}

void helper_seccells_grant(CPURISCVState *env, target_ulong addr,
                           target_ulong sd, target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_GRANT, .addr = addr, .sd = sd,
                   .rights = rights };

    sec_perform(&in, do_grant, GETPC());
}

void helper_seccells_tfer(CPURISCVState *env, target_ulong addr,
                          target_ulong sd, target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_TFER, .addr = addr, .sd = sd,
                   .rights = rights };

    sec_perform(&in, do_tfer, GETPC());
}

void helper_seccells_recv(CPURISCVState *env, target_ulong addr,
                          target_ulong sd, target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_RECV, .addr = addr, .sd = sd,
                   .rights = rights };

    sec_perform(&in, do_recv, GETPC());
}

target_ulong helper_seccells_excl(CPURISCVState *env, target_ulong addr,
                                  target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_EXCL, .addr = addr, .rights = rights };

    sec_perform(&in, do_excl, GETPC());
    return in.answer;
}

void helper_seccells_inval(CPURISCVState *env, target_ulong addr)
{
    SecInsn in = { .env = env, .op = SEC_INVAL, .addr = addr };

    sec_perform(&in, do_inval, GETPC());
}

void helper_seccells_reval(CPURISCVState *env, target_ulong addr,
                           target_ulong rights)
{
    SecInsn in = { .env = env, .op = SEC_REVAL, .addr = addr,
                   .rights = rights };

    sec_perform(&in, do_reval, GETPC());
}
