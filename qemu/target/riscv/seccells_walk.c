/*
 * SecureCells: address translation.
 *
 * A walk reads the metacell, searches the cell list, reads one permission
 * byte and then reads the descriptor again. Other harts may edit the table
 * meanwhile: a walk that saw two states starts over, so a fault may be found
 * spurious but a success never is (A.5.11).
 *
 * TLB. S always uses row 0 and has TLB index PRV_S. U uses row usid and has one
 * of eight indices, chosen by row; the index is part of a translation block's
 * flags. Only a ninth compartment makes an index change its row, and then that
 * one is emptied. A switch, a trap or a return flushes nothing (A.5.15).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "trace.h"

/*
 * Restarts before a walk gives up. Harts that edit a table never come near it;
 * a "table" among device registers may read differently for ever, and QEMU
 * must not loop on it. A spurious fault is allowed (A.5.11).
 */
#define MAX_ATTEMPTS    100000

static const char *access_name(int access_type)
{
    switch (access_type) {
    case MMU_INST_FETCH:
        return "fetch";
    case MMU_DATA_STORE:
        return "store";
    default:
        return "load";
    }
}

bool seccells_mode_on(CPURISCVState *env)
{
    const RISCVCPUConfig *cfg = &env_archcpu(env)->cfg;

    return cfg->ext_seccells &&
           get_field(env->satp, SATP64_MODE) == cfg->seccells_mode &&
           !riscv_cpu_virt_enabled(env);
}

/* A.4.3. MPP may hold the reserved value 2, which QEMU returns to as U. */
static uint64_t row_of(CPURISCVState *env, int mode)
{
    return mode == PRV_S ? 0 : env->seccells.usid;
}

static SecReason walk_status(SecTableStatus st)
{
    switch (st) {
    case SECTABLE_OK:
        return WALK_OK;
    case SECTABLE_DENIED:
        return WALK_TABLE_DENIED;
    case SECTABLE_NOT_RAM:
        return WALK_PERM_NOT_RAM;
    default:
        return WALK_TABLE_BUS_ERROR;
    }
}

/* A.5.12: the caller compares the result with 2^56. */
static hwaddr cell_pa(SecCell cell, uint64_t va)
{
    return ((seccell_ppn(cell) + seccells_vpn(va) - seccell_start(cell))
            << TARGET_PAGE_BITS) | (va & ~TARGET_PAGE_MASK);
}

int seccells_perm_prot(uint8_t perm, bool mxr)
{
    int prot = 0;

    if (!(perm & SECCELLS_PERM_V) ||
        (perm & (SECCELLS_PERM_R | SECCELLS_PERM_W)) == SECCELLS_PERM_W) {
        return 0;                       /* W alone and WX fault always */
    }
    if ((perm & SECCELLS_PERM_R) || ((perm & SECCELLS_PERM_X) && mxr)) {
        prot |= PAGE_READ;
    }
    if (perm & SECCELLS_PERM_W) {
        prot |= PAGE_WRITE;
    }
    if (perm & SECCELLS_PERM_X) {
        prot |= PAGE_EXEC;
    }
    return prot;
}

static int prot_needed(int access_type)
{
    switch (access_type) {
    case MMU_INST_FETCH:
        return PAGE_EXEC;
    case MMU_DATA_STORE:
        return PAGE_WRITE;
    default:
        return PAGE_READ;
    }
}

/* A.5.10: set A, and D for a store, if they are not set already. */
static SecReason mark_used(SecTable *tab, uint64_t row, uint64_t i,
                           int access_type, uint8_t *perm)
{
    uint8_t bits = SECCELLS_PERM_A;
    bool done;
    SecTableStatus st;

    if (access_type == MMU_DATA_STORE) {
        bits |= SECCELLS_PERM_D;
    }
    if ((*perm & bits) == bits) {
        return WALK_OK;
    }
    st = seccells_table_perm_set(tab, row, i, perm, bits, &done);
    if (st != SECTABLE_OK) {
        return walk_status(st);
    }
    return done ? WALK_OK : WALK_AGAIN;
}

/* A.5.11: the descriptor must still be the one the walk has used. */
static SecReason check_unchanged(SecTable *tab, uint64_t i, SecCell used)
{
    SecCell now;
    SecTableStatus st;

    smp_rmb();                          /* after the permission byte */
    tab->env->seccells.descs++;
    st = seccells_table_cell(tab, i, &now);
    if (st != SECTABLE_OK) {
        return walk_status(st);
    }
    return seccell_equal(now, used) ? WALK_OK : WALK_AGAIN;
}

static SecReason find_cell(SecTable *tab, uint64_t va, uint64_t *i, SecCell *cell)
{
    SecTableStatus st = seccells_table_find(tab, seccells_vpn(va), i, cell,
                                            &tab->env->seccells.descs);

    if (st != SECTABLE_OK) {
        return walk_status(st);
    }
    if (!*i) {
        return WALK_NO_CELL;
    }
    smp_rmb();                          /* before the permission byte */
    return seccell_valid(*cell) ? WALK_OK : WALK_INVALID_CELL;
}

static SecReason read_perm(SecTable *tab, uint64_t row, uint64_t i, uint8_t *perm)
{
    tab->env->seccells.perms++;
    return walk_status(seccells_table_perm(tab, row, i, perm));
}

/* One attempt, A.5.3 to A.5.12; the metacell has just been read. */
static SecReason walk_once(SecTable *tab, uint64_t va, int access_type,
                           uint64_t row, hwaddr *pa, int *prot)
{
    bool mxr = get_field(tab->env->mstatus, MSTATUS_MXR);
    uint64_t i;
    uint8_t perm;
    SecCell cell;
    SecReason res;

    if (row >= tab->sds) {
        return WALK_INVALID_SD;
    }
    res = find_cell(tab, va, &i, &cell);
    if (res != WALK_OK) {
        return res;
    }
    res = read_perm(tab, row, i, &perm);
    if (res != WALK_OK) {
        return res;
    }
    if (!(seccells_perm_prot(perm, mxr) & prot_needed(access_type))) {
        return WALK_NO_RIGHT;
    }
    res = mark_used(tab, row, i, access_type, &perm);
    if (res != WALK_OK) {
        return res;
    }
    res = check_unchanged(tab, i, cell);
    if (res != WALK_OK) {
        return res;
    }
    *pa = cell_pa(cell, va);
    if (*pa >> SECCELLS_PA_BITS) {
        return WALK_PA_TOO_LARGE;
    }
    *prot = seccells_perm_prot(perm, mxr);
    if (!(perm & SECCELLS_PERM_D)) {
        *prot &= ~PAGE_WRITE;           /* the first store must walk */
    }
    return WALK_OK;
}

/* @tab has been located. */
static SecReason walk(SecTable *tab, uint64_t va, int access_type, uint64_t row,
                      hwaddr *pa, int *prot)
{
    tab->env->seccells.walks++;
    if (!seccells_canonical(va)) {
        return WALK_NOT_CANONICAL;
    }
    for (int n = 0; n < MAX_ATTEMPTS; n++) {
        SecTableStatus st = seccells_table_load(tab);
        SecReason res;

        if (st != SECTABLE_OK) {
            return walk_status(st);
        }
        smp_rmb();                      /* the metacell before the slots */
        res = walk_once(tab, va, access_type, row, pa, prot);
        if (res != WALK_AGAIN) {
            return res;
        }
    }
    return WALK_UNSTABLE;
}

static void walk_failed(CPURISCVState *env, uint64_t va, int access_type,
                        uint64_t row, SecReason why)
{
    env->seccells.failed++;
    seccells_count_reason(env, why);
    trace_seccells_walk_fail(env->mhartid, va, access_name(access_type), row,
                             seccells_reasons[why].name);
}

/* A.10: the cell alone decides, so the row and its rights do not matter. */
static bool debug_walk(CPURISCVState *env, uint64_t va, hwaddr *pa)
{
    SecTable tab;
    SecCell cell;
    uint64_t i, reads = 0;

    seccells_table_locate(&tab, env);
    if (!seccells_canonical(va) ||
        seccells_table_load(&tab) != SECTABLE_OK ||
        seccells_table_find(&tab, seccells_vpn(va), &i, &cell, &reads) !=
            SECTABLE_OK ||
        !i || !seccell_valid(cell)) {
        return false;
    }
    *pa = cell_pa(cell, va);
    return !(*pa >> SECCELLS_PA_BITS);
}

static int translate_debug(CPURISCVState *env, hwaddr *physical, int *prot,
                           uint64_t va)
{
    *prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
    if (env->priv == PRV_M) {
        *physical = va;                 /* A.10.2, with MPRV too */
        return TRANSLATE_SUCCESS;
    }
    return debug_walk(env, va, physical) ? TRANSLATE_SUCCESS : TRANSLATE_FAIL;
}

int seccells_translate(CPURISCVState *env, hwaddr *physical, int *prot,
                       uint64_t va, int access_type, int mode, bool is_debug)
{
    uint64_t row = row_of(env, mode);
    SecTable tab;
    SecReason res;

    RCU_READ_LOCK_GUARD();

    if (is_debug) {
        return translate_debug(env, physical, prot, va);
    }
    seccells_table_locate(&tab, env);
    res = walk(&tab, va, access_type, row, physical, prot);
    if (res == WALK_OK) {
        return TRANSLATE_SUCCESS;
    }
    *prot = 0;
    walk_failed(env, va, access_type, row, res);
    return res < WALK_TABLE_DENIED ? TRANSLATE_FAIL : TRANSLATE_PMP_FAIL;
}

void seccells_pmp_checked(CPURISCVState *env, uint64_t va, int access_type,
                          int mode, int ret)
{
    if (ret != TRANSLATE_SUCCESS && mode != PRV_M && seccells_mode_on(env)) {
        walk_failed(env, va, access_type, row_of(env, mode), WALK_PMP_DENIED);
    }
}

bool seccells_walk_entry(SecTable *tab, uint64_t va, uint64_t row,
                         unsigned size, hwaddr *pa)
{
    int prot;
    SecReason res = walk(tab, va, MMU_INST_FETCH, row, pa, &prot);

    if (res == WALK_OK && !seccells_may_fetch(tab->env, *pa, size)) {
        res = WALK_PMP_DENIED;
    }
    if (res != WALK_OK) {
        walk_failed(tab->env, va, MMU_INST_FETCH, row, res);
    }
    return res == WALK_OK;
}

/* The privilege an access is made with, PRV_H meaning U as in row_of(). */
static int effective_priv(CPURISCVState *env, bool ifetch)
{
    int priv = env->priv;

    if (priv == PRV_M && !ifetch && get_field(env->mstatus, MSTATUS_MPRV) &&
        !get_field(env->mstatus, MSTATUS_MPV)) {
        priv = get_field(env->mstatus, MSTATUS_MPP);
    }
    return priv == PRV_H ? PRV_U : priv;
}

/*
 * M-mode's MPRV accesses use the index of the privilege they stand for.
 * Index PRV_M would mix rows: a trap or mret changes MPP without a flush.
 */
int seccells_mmu_index(CPURISCVState *env, bool ifetch)
{
    int priv;

    if (!seccells_mode_on(env)) {
        return env->priv;
    }
    priv = effective_priv(env, ifetch);
    return priv == PRV_U ? SECCELLS_ROW_INDEX + env->seccells.tag : priv;
}

/* A tag for a row that has none: an unused one, else the next in turn. */
static unsigned take_tag(CPURISCVState *env)
{
    SecCellsState *sc = &env->seccells;
    unsigned tag;

    if (sc->tags_used < SECCELLS_ROW_TAGS) {
        return sc->tags_used++;
    }
    tag = sc->victim;
    sc->victim = (sc->victim + 1) % SECCELLS_ROW_TAGS;
    seccells_count_flush(env);
    tlb_flush_by_mmuidx(env_cpu(env), 1 << (SECCELLS_ROW_INDEX + tag));
    return tag;
}

static unsigned tag_of_row(CPURISCVState *env, uint64_t row)
{
    SecCellsState *sc = &env->seccells;
    unsigned tag;

    for (tag = 0; tag < sc->tags_used; tag++) {
        if (sc->tag_row[tag] == row) {
            return tag;
        }
    }
    tag = take_tag(env);
    sc->tag_row[tag] = row;
    return tag;
}

/*
 * A hart that found another one alone at work, and itself waits to run one
 * instruction alone, would run it before it drops what that one made it drop
 * (A.6.7). Such work is waiting if the hart has been told to leave: do that,
 * and come back to the instruction.
 */
static void let_pending_flush_pass(CPURISCVState *env)
{
    CPUState *cs = env_cpu(env);

    if (cpu_in_exclusive_context(cs) && qatomic_read(&cs->exit_request)) {
        cpu_loop_exit_noexc(cs);
    }
}

int seccells_block_index(CPURISCVState *env)
{
    SecCellsState *sc = &env->seccells;
    int priv;

    if (!seccells_mode_on(env)) {
        return env->priv;
    }
    let_pending_flush_pass(env);
    priv = effective_priv(env, false);
    if (priv != PRV_U) {
        return priv;
    }
    if (!sc->tags_used || sc->tag_row[sc->tag] != sc->usid) {
        sc->tag = tag_of_row(env, sc->usid);
    }
    return SECCELLS_ROW_INDEX + sc->tag;
}

void seccells_count_flush(CPURISCVState *env)
{
    if (env_archcpu(env)->cfg.ext_seccells) {
        env->seccells.flushes++;
    }
}

/* The TLB indices, as a map, whose translations are those of @row. */
static unsigned indices_of_row(CPURISCVState *env, uint64_t row)
{
    SecCellsState *sc = &env->seccells;
    bool all = row == SECCELLS_ALL_ROWS;
    unsigned map = 0;

    if (all || row == 0) {
        map |= 1 << PRV_S;
    }
    for (unsigned tag = 0; tag < sc->tags_used; tag++) {
        if (all || sc->tag_row[tag] == row) {
            map |= 1 << (SECCELLS_ROW_INDEX + tag);
        }
    }
    return map;
}

/* Of an index QEMU drops single pages, or all if it is more than a few. */
static void drop_pages(CPURISCVState *env, unsigned map, SecCell cell)
{
    uint64_t start = seccell_start(cell), end = seccell_end(cell);
    uint64_t high = 1ull << (SECCELLS_VPN_BITS - 1);

    if (start < high && end >= high) {  /* two ranges of addresses (A.5.1) */
        tlb_flush_by_mmuidx(env_cpu(env), map);
        return;
    }
    tlb_flush_range_by_mmuidx(env_cpu(env),
                              sextract64(start << TARGET_PAGE_BITS, 0,
                                         SECCELLS_VA_BITS),
                              (end - start + 1) << TARGET_PAGE_BITS, map,
                              TARGET_LONG_BITS);
}

static bool same_table(CPURISCVState *a, CPURISCVState *b)
{
    return get_field(a->satp, SATP64_PPN) == get_field(b->satp, SATP64_PPN);
}

/*
 * Why this is enough. The caller runs alone: no walk is under way, and what a
 * hart has cached comes from walks of before. Each translation is one row's,
 * lies under the index that stands for this row, and its address is in the
 * cell: of a cell that has been cut or moved without a fence, software must not
 * expect that (A.9.2). A hart with another table drops everything, for two
 * tables may have memory in common.
 *
 * Translated code is found by way of the TLB. Pages that are dropped leave the
 * jump cache, too, with the page before them, where a block may begin that
 * ends there. Blocks are joined directly only if neither leaves the page that
 * they share, and a hart leaves such a chain to do the work it is told here:
 * that work comes before its next block, let_pending_flush_pass() sees to the
 * exception. The own hart drops at once; its instruction ends its block.
 */
void seccells_drop(CPURISCVState *env, uint64_t row, SecCell cell)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        CPURISCVState *other = &RISCV_CPU(cs)->env;
        unsigned map = indices_of_row(other, row);

        if (!seccells_mode_on(other)) {
            continue;           /* its satp write or change of V dropped all */
        }
        if (!same_table(env, other)) {
            seccells_count_flush(other);
            tlb_flush(cs);
        } else if (map) {
            seccells_count_flush(other);
            drop_pages(other, map, cell);
        }
    }
}
