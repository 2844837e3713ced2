/*
 * SecureCells: CSRs, the satp rules, rotation on trap and sret, properties,
 * reset and migration.
 *
 * Whatever here changes usid is followed by a new block lookup, where
 * seccells_block_index() makes the TLB fit (A.2.4, A.5.15).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "migration/vmstate.h"
#include "trace.h"

/* --- CSRs (A.2.2) --------------------------------------------------------- */

/* Rights of U. S and M may read all, and write what the number allows. */
enum {
    USER_NONE,
    USER_READ,
    USER_WRITE,
};

typedef struct SecCsr {
    const char *name;
    int csrno;
    int user;
    size_t offset;              /* of the uint64_t in SecCellsState */
    uint64_t bits;              /* that can be written */
} SecCsr;

#define STATE(field)    offsetof(SecCellsState, field)

static const SecCsr sec_csrs[] = {
    { "usid", CSR_USID, USER_READ, STATE(usid), UINT64_MAX },
    { "urid", CSR_URID, USER_WRITE, STATE(urid), UINT64_MAX },
    { "uxid", CSR_UXID, USER_NONE, STATE(uxid), UINT64_MAX },
    { "scmed", CSR_SCMED, USER_NONE, STATE(scmed),
      SECCELLS_MED_CELLS | SECCELLS_MED_RIGHTS },
    { "scc_walks", CSR_SCC_WALKS, USER_NONE, STATE(walks), 0 },
    { "scc_descs", CSR_SCC_DESCS, USER_NONE, STATE(descs), 0 },
    { "scc_perms", CSR_SCC_PERMS, USER_NONE, STATE(perms), 0 },
    { "scc_failed", CSR_SCC_FAILED, USER_NONE, STATE(failed), 0 },
    { "scc_switches", CSR_SCC_SWITCHES, USER_NONE, STATE(switches), 0 },
    { "scc_flushes", CSR_SCC_FLUSHES, USER_NONE, STATE(flushes), 0 },
};

static const SecCsr *find_csr(int csrno)
{
    for (size_t i = 0; i < ARRAY_SIZE(sec_csrs); i++) {
        if (sec_csrs[i].csrno == csrno) {
            return &sec_csrs[i];
        }
    }
    return NULL;
}

static RISCVException csr_exists(CPURISCVState *env, int csrno)
{
    return env_archcpu(env)->cfg.ext_seccells ? RISCV_EXCP_NONE
                                              : RISCV_EXCP_ILLEGAL_INST;
}

static bool csr_allowed(CPURISCVState *env, const SecCsr *csr, bool write)
{
    if (env->debugger || env->priv != PRV_U) {
        return true;            /* the generic check by number has passed */
    }
    return csr->user >= (write ? USER_WRITE : USER_READ);
}

static RISCVException csr_rmw(CPURISCVState *env, int csrno, target_ulong *ret,
                              target_ulong val, target_ulong mask)
{
    const SecCsr *csr = find_csr(csrno);
    uint64_t *reg = (void *)&env->seccells + csr->offset;
    uint64_t old = *reg;

    if (!csr_allowed(env, csr, mask != 0)) {
        return RISCV_EXCP_ILLEGAL_INST;
    }
    mask &= csr->bits;
    *reg = (old & ~mask) | (val & mask);
    if (ret) {
        *ret = old;
    }
    return RISCV_EXCP_NONE;
}

bool seccells_csr_writable(CPURISCVState *env, int csrno)
{
    const SecCsr *csr = find_csr(csrno);

    return !csr || (csr->bits && csr_allowed(env, csr, true));
}

static void register_csrs(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(sec_csrs); i++) {
        riscv_csr_operations ops = {
            .name = sec_csrs[i].name,
            .predicate = csr_exists,
            .op = csr_rmw,
        };

        riscv_set_csr_ops(sec_csrs[i].csrno, &ops);
    }
}

/* --- properties and reset ------------------------------------------------- */

bool seccells_realize(CPURISCVState *env, Error **errp)
{
    const RISCVCPUConfig *cfg = &env_archcpu(env)->cfg;

    /* CPU models without the properties have neither. */
    if (!cfg->ext_seccells) {
        return true;
    }
    if (cfg->seccells_mode != SECCELLS_MODE_DEFAULT &&
        cfg->seccells_mode != SECCELLS_MODE_OTHER) {
        error_setg(errp, "seccells-mode must be %d or %d, not %u",
                   SECCELLS_MODE_DEFAULT, SECCELLS_MODE_OTHER,
                   cfg->seccells_mode);
        return false;
    }
    if (env->misa_mxl_max != MXL_RV64 || !cfg->mmu) {
        error_setg(errp, "seccells needs a 64-bit hart with mmu=on");
        return false;
    }
    register_csrs();
    return true;
}

static uint64_t sec_causes(void)
{
    return MAKE_64BIT_MASK(RISCV_EXCP_SECCELLS_ADDRESS,
                           RISCV_EXCP_SECCELLS_TARGET -
                           RISCV_EXCP_SECCELLS_ADDRESS + 1);
}

void seccells_reset(CPURISCVState *env)
{
    env->seccells = (SecCellsState) { 0 };      /* A.2.3; the TLB is empty */
    env->medeleg &= ~sec_causes();              /* A.2.8 */
}

uint64_t seccells_delegable(CPURISCVState *env)
{
    return env_archcpu(env)->cfg.ext_seccells ? sec_causes() : 0;
}

/* --- satp, vsatp, hgatp --------------------------------------------------- */

bool seccells_satp_mode_valid(CPURISCVState *env, uint64_t mode)
{
    const RISCVCPUConfig *cfg = &env_archcpu(env)->cfg;

    /* With V=1 the register written as satp is vsatp (A.2.7). */
    return cfg->ext_seccells && mode == cfg->seccells_mode &&
           !riscv_cpu_virt_enabled(env);
}

bool seccells_refuses_gatp(CPURISCVState *env, uint64_t val)
{
    if (!env_archcpu(env)->cfg.ext_seccells) {
        return false;
    }
    switch (get_field(val, SATP64_MODE)) {
    case VM_1_10_MBARE:
    case VM_1_10_SV39:
    case VM_1_10_SV48:
    case VM_1_10_SV57:
        return false;
    default:
        return true;
    }
}

/* --- rotation (A.3) ------------------------------------------------------- */

static void rotated(CPURISCVState *env, const char *event)
{
    trace_seccells_rotate(env->mhartid, event, env->seccells.usid,
                          env->seccells.urid, env->seccells.uxid);
}

void seccells_trap_to_s(CPURISCVState *env)
{
    SecCellsState *sc = &env->seccells;

    if (!env_archcpu(env)->cfg.ext_seccells || riscv_cpu_virt_enabled(env)) {
        return;
    }
    sc->uxid = sc->urid;
    sc->urid = sc->usid;
    sc->usid = 0;
    rotated(env, "trap");
}

void seccells_sret(CPURISCVState *env, uintptr_t ra)
{
    SecCellsState *sc = &env->seccells;

    if (!seccells_mode_on(env)) {
        return;
    }
    if (get_field(env->mstatus, MSTATUS_SPP) == PRV_U && sc->urid == 0) {
        env->badaddr = 0;
        seccells_count_reason(env, REFUSED_SRET);
        riscv_raise_exception(env, RISCV_EXCP_SECCELLS_SD, ra);
    }
    sc->usid = sc->urid;
    sc->urid = sc->uxid;
    sc->uxid = 0;
    rotated(env, "sret");
}

/* --- migration (A.2.3) ---------------------------------------------------- */

static bool vmstate_needed(void *opaque)
{
    RISCVCPU *cpu = opaque;

    return cpu->cfg.ext_seccells;
}

/*
 * The tags stay behind: a machine that has been loaded has an empty TLB.
 * Version 2 has the counts by reason and by instruction; they begin at 0 if the
 * state is older.
 */
const VMStateDescription vmstate_riscv_seccells = {
    .name = "cpu/seccells",
    .version_id = 2,
    .minimum_version_id = 1,
    .needed = vmstate_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT64(env.seccells.usid, RISCVCPU),
        VMSTATE_UINT64(env.seccells.urid, RISCVCPU),
        VMSTATE_UINT64(env.seccells.uxid, RISCVCPU),
        VMSTATE_UINT64(env.seccells.scmed, RISCVCPU),
        VMSTATE_UINT64(env.seccells.walks, RISCVCPU),
        VMSTATE_UINT64(env.seccells.descs, RISCVCPU),
        VMSTATE_UINT64(env.seccells.perms, RISCVCPU),
        VMSTATE_UINT64(env.seccells.failed, RISCVCPU),
        VMSTATE_UINT64(env.seccells.switches, RISCVCPU),
        VMSTATE_UINT64(env.seccells.flushes, RISCVCPU),
        VMSTATE_UINT64_ARRAY_V(env.seccells.reasons, RISCVCPU, SEC_REASONS, 2),
        VMSTATE_UINT64_ARRAY_V(env.seccells.done, RISCVCPU, SEC_OPS, 2),
        VMSTATE_UINT64_ARRAY_V(env.seccells.refused, RISCVCPU, SEC_OPS, 2),
        VMSTATE_END_OF_LIST()
    }
};
