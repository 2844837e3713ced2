/*
 * SecureCells: what is counted beyond the CSRs, and the monitor command "info
 * cells-stats", which shows all of it.
 *
 * A fault counts under one reason, an instruction under its mnemonic, in the
 * state of the hart that made it (SecCellsState), which is migrated and cleared
 * by a reset as the CSRs are. The monitor reads the counts of running harts: who
 * wants numbers that belong together stops the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "monitor/monitor.h"
#include "monitor/hmp-target.h"

const SecReasonInfo seccells_reasons[SEC_REASONS] = {
    [WALK_NOT_CANONICAL] = { "address not canonical" },
    [WALK_INVALID_SD] = { "no such compartment" },
    [WALK_NO_CELL] = { "no cell" },
    [WALK_INVALID_CELL] = { "cell invalid" },
    [WALK_NO_RIGHT] = { "right missing" },
    [WALK_PERM_NOT_RAM] = { "permission byte not in RAM" },
    [WALK_UNSTABLE] = { "table keeps changing" },
    [WALK_TABLE_DENIED] = { "PMP denies the table" },
    [WALK_TABLE_BUS_ERROR] = { "bus error in the table" },
    [WALK_PA_TOO_LARGE] = { "physical address too large" },
    [WALK_PMP_DENIED] = { "PMP denies the physical address" },

    [REFUSED_MISALIGNED] = {
        "target misaligned", RISCV_EXCP_INST_ADDR_MIS },
    [REFUSED_MODE_OFF] = {
        "no table in use", RISCV_EXCP_ILLEGAL_INST },
    [REFUSED_TABLE_READ] = {
        "table cannot be read", RISCV_EXCP_LOAD_ACCESS_FAULT },
    [REFUSED_TABLE_WRITE] = {
        "table cannot be written", RISCV_EXCP_STORE_AMO_ACCESS_FAULT },
    [REFUSED_NOT_CANONICAL] = {
        "operand not canonical", RISCV_EXCP_SECCELLS_ADDRESS },
    [REFUSED_NO_CELL] = {
        "no cell at the operand", RISCV_EXCP_SECCELLS_ADDRESS },
    [REFUSED_NOT_RIGHTS] = {
        "more than rwx asked for", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_NO_RIGHTS] = {
        "no right asked for", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_BEYOND_OWN] = {
        "more than the own rights", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_NO_HOLDER] = {
        "no own right", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_BEYOND_GRANT] = {
        "more than the grant", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_MEDIATED] = {
        "mediated", RISCV_EXCP_SECCELLS_PERMISSION },
    [REFUSED_SELF] = {
        "own compartment does not exist", RISCV_EXCP_SECCELLS_SD },
    [REFUSED_SD] = {
        "operand is no compartment", RISCV_EXCP_SECCELLS_SD },
    [REFUSED_NOT_RECEIVER] = {
        "no grant to the own compartment", RISCV_EXCP_SECCELLS_SD },
    [REFUSED_SRET] = {
        "sret to no compartment", RISCV_EXCP_SECCELLS_SD },
    [REFUSED_CELL_INVALID] = {
        "cell of the operand invalid", RISCV_EXCP_SECCELLS_CELL_STATE },
    [REFUSED_CELL_VALID] = {
        "cell already valid", RISCV_EXCP_SECCELLS_CELL_STATE },
    [REFUSED_CELL_HELD] = {
        "another has rights", RISCV_EXCP_SECCELLS_CELL_STATE },
    [REFUSED_CELL_GRANTED] = {
        "another has granted", RISCV_EXCP_SECCELLS_CELL_STATE },
    [REFUSED_TARGET] = {
        "target cannot be fetched", RISCV_EXCP_SECCELLS_TARGET },
    [REFUSED_NO_ENTRY] = {
        "no entry at the target", RISCV_EXCP_SECCELLS_TARGET },
};

const char *const seccells_op_names[SEC_OPS] = {
    [SEC_JALS] = "jals",
    [SEC_JALRS] = "jalrs",
    [SEC_PROT] = "prot",
    [SEC_GRANT] = "grant",
    [SEC_TFER] = "tfer",
    [SEC_RECV] = "recv",
    [SEC_EXCL] = "excl",
    [SEC_INVAL] = "inval",
    [SEC_REVAL] = "reval",
};

void seccells_count_reason(CPURISCVState *env, SecReason why)
{
    env->seccells.reasons[why]++;
}

/* --- info cells-stats ------------------------------------------------------ */

#define COLUMN  40              /* where a count ends */

static void print_count(Monitor *mon, int indent, const char *what,
                        uint64_t count)
{
    int width = COLUMN - indent - (int)strlen(what);

    monitor_printf(mon, "%*s%s%*" PRIu64, indent, "", what, width, count);
}

static void print_line(Monitor *mon, int indent, const char *what,
                       uint64_t count)
{
    print_count(mon, indent, what, count);
    monitor_printf(mon, "\n");
}

static void print_walks(Monitor *mon, const SecCellsState *sc)
{
    print_line(mon, 2, "walks", sc->walks);
    print_line(mon, 4, "descriptors read", sc->descs);
    print_line(mon, 4, "permission bytes read", sc->perms);
    if (sc->walks) {
        monitor_printf(mon, "    reads per walk%*.2f\n", COLUMN - 18,
                       (double)(sc->descs + sc->perms) / sc->walks);
    }
    print_line(mon, 2, "failed walks", sc->failed);
    for (SecReason why = 0; why < WALK_REASONS; why++) {
        if (sc->reasons[why]) {
            print_line(mon, 4, seccells_reasons[why].name, sc->reasons[why]);
        }
    }
}

static void print_instructions(Monitor *mon, const SecCellsState *sc)
{
    monitor_printf(mon, "  %-*s%s%14s\n", COLUMN - 6, "instructions", "done",
                   "refused");
    for (SecOp op = 0; op < SEC_OPS; op++) {
        if (sc->done[op] || sc->refused[op]) {
            print_count(mon, 4, seccells_op_names[op], sc->done[op]);
            monitor_printf(mon, "%14" PRIu64 "\n", sc->refused[op]);
        }
    }
}

static void print_refusals(Monitor *mon, const SecCellsState *sc)
{
    uint64_t sum = 0;

    for (SecReason why = WALK_REASONS; why < SEC_REASONS; why++) {
        sum += sc->reasons[why];
    }
    print_line(mon, 2, "refused", sum);
    for (SecReason why = WALK_REASONS; why < SEC_REASONS; why++) {
        if (sc->reasons[why]) {
            print_count(mon, 4, seccells_reasons[why].name, sc->reasons[why]);
            monitor_printf(mon, "  cause %d\n", seccells_reasons[why].cause);
        }
    }
}

static void print_hart(Monitor *mon, const SecCellsState *sc)
{
    print_walks(mon, sc);
    print_line(mon, 2, "switches", sc->switches);
    print_line(mon, 2, "flushes", sc->flushes);
    print_instructions(mon, sc);
    print_refusals(mon, sc);
}

static void add(SecCellsState *sum, const SecCellsState *sc)
{
    sum->walks += sc->walks;
    sum->descs += sc->descs;
    sum->perms += sc->perms;
    sum->failed += sc->failed;
    sum->switches += sc->switches;
    sum->flushes += sc->flushes;
    for (int i = 0; i < SEC_REASONS; i++) {
        sum->reasons[i] += sc->reasons[i];
    }
    for (int i = 0; i < SEC_OPS; i++) {
        sum->done[i] += sc->done[i];
        sum->refused[i] += sc->refused[i];
    }
}

void hmp_info_cells_stats(Monitor *mon, const QDict *qdict)
{
    SecCellsState sum = { 0 };
    unsigned harts = 0;
    CPUState *cs;

    CPU_FOREACH(cs) {
        RISCVCPU *cpu = RISCV_CPU(cs);

        if (!cpu->cfg.ext_seccells) {
            monitor_printf(mon, "CPU %d has no SecureCells (seccells=on)\n",
                           cs->cpu_index);
            continue;
        }
        monitor_printf(mon, "hart %d\n", cs->cpu_index);
        print_hart(mon, &cpu->env.seccells);
        add(&sum, &cpu->env.seccells);
        harts++;
    }
    if (harts > 1) {
        monitor_printf(mon, "all harts\n");
        print_hart(mon, &sum);
    }
}
