/*
 * SecureCells: the monitor command "info cells".
 *
 * Shows the table of the monitor's current CPU as the machine would read it,
 * and changes nothing. The table may be garbage (a kernel being debugged), so
 * what is shown is bounded and every read may fail. A slot is one line, so
 * that a listing can be searched and compared; slots that are empty, which
 * most are, are counted, and shown with -a.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "monitor/monitor.h"
#include "monitor/hmp-target.h"
#include "qapi/qmp/qdict.h"

#define MAX_SLOTS   (64 * 1024)
#define MAX_SDS     4096

static uint64_t page_address(uint64_t vpn)
{
    return sextract64(vpn << TARGET_PAGE_BITS, 0, SECCELLS_VA_BITS);
}

static const char *status_text(SecTableStatus st)
{
    return st == SECTABLE_DENIED ? "PMP denies it" : "bus error";
}

/* "rwxadgv", a dash for a clear bit. */
static void perm_letters(uint8_t perm, char out[8])
{
    static const struct {
        uint8_t bit;
        char letter;
    } bits[] = {
        { SECCELLS_PERM_R, 'r' }, { SECCELLS_PERM_W, 'w' },
        { SECCELLS_PERM_X, 'x' }, { SECCELLS_PERM_A, 'a' },
        { SECCELLS_PERM_D, 'd' }, { SECCELLS_PERM_G, 'g' },
        { SECCELLS_PERM_V, 'v' },
    };

    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        out[i] = perm & bits[i].bit ? bits[i].letter : '-';
    }
    out[ARRAY_SIZE(bits)] = '\0';
}

static bool is_empty(SecCell c)
{
    return seccell_start(c) ==
           ((seccell_end(c) + 1) & MAKE_64BIT_MASK(0, SECCELLS_VPN_BITS));
}

static const char *state_text(SecCell c)
{
    return seccell_start(c) > seccell_end(c) ? "malformed" :
           seccell_valid(c) ? "valid" : "invalid";
}

static void print_header(Monitor *mon)
{
    monitor_printf(mon, " slot  range (last byte included)         physical"
                   "            pages   gen  state    compartment:rights"
                   " (rwx accessed dirty g valid)\n");
}

static void print_cell(Monitor *mon, uint64_t i, SecCell c)
{
    uint64_t start = seccell_start(c), end = seccell_end(c);

    if (is_empty(c)) {
        monitor_printf(mon, "%5" PRIu64 "  empty at %016" PRIx64 "%46" PRIu32,
                       i, page_address(start), seccell_generation(c));
        return;
    }
    monitor_printf(mon, "%5" PRIu64 "  %016" PRIx64 "-%016" PRIx64
                   "  %014" PRIx64 "  %9" PRIu64 "  %4" PRIu32 "  %-7s",
                   i, page_address(start), page_address(end) | 0xfff,
                   seccell_ppn(c) << TARGET_PAGE_BITS, end - start + 1,
                   seccell_generation(c), state_text(c));
}

/* A compartment is listed if its byte is not 0. */
static SecTableStatus print_perms(Monitor *mon, SecTable *tab, uint64_t i,
                                  uint64_t sds)
{
    for (uint64_t sd = 0; sd < sds; sd++) {
        char letters[8];
        uint8_t perm;
        SecTableStatus st = seccells_table_perm(tab, sd, i, &perm);

        if (st != SECTABLE_OK) {
            return st;
        }
        if (perm) {
            perm_letters(perm, letters);
            monitor_printf(mon, "  %" PRIu64 ":%s", sd, letters);
        }
    }
    return SECTABLE_OK;
}

/* "granter>receiver:rights" */
static SecTableStatus print_grants(Monitor *mon, SecTable *tab, uint64_t i,
                                   uint64_t sds)
{
    for (uint64_t sd = 0; sd < sds; sd++) {
        uint32_t grant;
        char letters[8];
        SecTableStatus st = seccells_table_grant(tab, sd, i, &grant);

        if (st != SECTABLE_OK) {
            return st;
        }
        if (grant != SECCELLS_NO_GRANT) {
            perm_letters(grant & SECCELLS_PERM_RWX, letters);
            monitor_printf(mon, "  %" PRIu64 ">%" PRIu32 ":%.3s", sd,
                           grant >> 4, letters);
        }
    }
    return SECTABLE_OK;
}

/*
 * One slot on one line: its cell, the rows that have a byte, the grants. An
 * empty slot is only counted, in *@empty, unless @all are wanted.
 */
static SecTableStatus print_slot(Monitor *mon, SecTable *tab, uint64_t i,
                                 uint64_t sds, bool all, uint64_t *empty)
{
    SecCell c;
    SecTableStatus st = seccells_table_cell(tab, i, &c);

    if (st != SECTABLE_OK) {
        return st;
    }
    if (is_empty(c)) {
        ++*empty;
        if (!all) {
            return SECTABLE_OK;
        }
    }
    print_cell(mon, i, c);
    st = print_perms(mon, tab, i, sds);
    if (st == SECTABLE_OK) {
        st = print_grants(mon, tab, i, sds);
    }
    monitor_printf(mon, "\n");
    return st;
}

/* The compartment whose row the hart's own accesses use (A.4.3). */
static void print_compartment(Monitor *mon, CPURISCVState *env)
{
    int hart = env_cpu(env)->cpu_index;

    if (env->priv == PRV_M) {
        monitor_printf(mon, "; hart %d in machine mode\n", hart);
    } else {
        monitor_printf(mon, "; hart %d in compartment %" PRIu64 "\n", hart,
                       env->priv == PRV_U ? env->seccells.usid : 0);
    }
}

/* The last line, in which 1 to N-1 are the slots that were looked at. */
static void print_summary(Monitor *mon, SecTable *tab, uint64_t cells,
                          uint64_t empty)
{
    monitor_printf(mon, "%" PRIu64 " cells, %" PRIu64 " empty slots; table at"
                   " 0x%" PRIx64 ", T=%" PRIu32 " R=%" PRIu32 " M=%" PRIu32
                   " N=%" PRIu32 ": room for %" PRIu64 " cells and %" PRIu32
                   " compartments, %" PRIu32 " in use", cells, empty,
                   (uint64_t)tab->base, tab->t, tab->r, tab->m, tab->n,
                   MAX(tab->t * (uint64_t)SECCELLS_LINE_BYTES, 1) - 1, tab->r,
                   tab->m);
    print_compartment(mon, tab->env);
}

/* What the machine does not use (A.1.4), and what was too much to show. */
static void print_bounds(Monitor *mon, SecTable *tab, uint64_t slots,
                         uint64_t sds)
{
    if (tab->slots < tab->n || tab->sds < tab->m) {
        monitor_printf(mon, "the machine uses %" PRIu64 " slots and %" PRIu64
                       " compartments\n", tab->slots, tab->sds);
    }
    if (slots < tab->slots || sds < tab->sds) {
        monitor_printf(mon, "not shown: slots from %" PRIu64
                       " and compartments from %" PRIu64 " on\n", slots, sds);
    }
}

static void print_table(Monitor *mon, SecTable *tab, bool all)
{
    uint64_t slots = MIN(tab->slots, MAX_SLOTS);
    uint64_t sds = MIN(tab->sds, MAX_SDS);
    uint64_t i, empty = 0;

    print_header(mon);
    for (i = 1; i < slots; i++) {
        SecTableStatus st = print_slot(mon, tab, i, sds, all, &empty);

        if (st != SECTABLE_OK) {
            monitor_printf(mon, "slot %" PRIu64 " cannot be read: %s\n", i,
                           status_text(st));
            break;
        }
    }
    print_bounds(mon, tab, slots, sds);
    print_summary(mon, tab, i - 1 - empty, empty);
}

void hmp_info_cells(Monitor *mon, const QDict *qdict)
{
    CPUArchState *env = mon_get_cpu_env(mon);
    SecTable tab;
    SecTableStatus st;

    if (!env) {
        monitor_printf(mon, "No CPU available\n");
        return;
    }
    if (!env_archcpu(env)->cfg.ext_seccells) {
        monitor_printf(mon, "This CPU has no SecureCells (seccells=on)\n");
        return;
    }
    monitor_printf(mon, "usid %" PRIu64 "  urid %" PRIu64 "  uxid %" PRIu64
                   "  scmed %" PRIu64 "\n", env->seccells.usid,
                   env->seccells.urid, env->seccells.uxid,
                   env->seccells.scmed);
    if (!seccells_mode_on(env)) {
        monitor_printf(mon, "No table in use: satp " TARGET_FMT_lx
                       " has another mode\n", env->satp);
        return;
    }

    RCU_READ_LOCK_GUARD();
    seccells_table_locate(&tab, env);
    st = seccells_table_load(&tab);
    if (st != SECTABLE_OK) {
        monitor_printf(mon, "The table at %014" PRIx64 " cannot be read: %s\n",
                       (uint64_t)tab.base, status_text(st));
        return;
    }
    print_table(mon, &tab, qdict_get_try_bool(qdict, "all", false));
}
