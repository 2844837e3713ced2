/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * stats_guest.c - makes walks and instructions fail for every reason, each a different number of
 * times where that can be, and says how often: lines "hart.reason count", with "_" for a space, and
 * the CSRs of both harts, for the monitor's counts to be compared with (A.2.2). Then it waits in M.
 *
 * Only the probed accesses use a table when they are made with MPRV; instructions are executed in U,
 * S and M, and fetched through the table without a fault.
 */
#include "lib/situation.h"

#define VA            0x40000
#define NO_ANSWER_PPN 0xffffff0000ull
#define NEAR_2_TO_56  ((1ull << 56) - PAGE)

static uint8_t flash_image[PAGE] __attribute__((aligned(4096)));

/* Load n times, in vain. */
static void fail_times(const char *reason, uint64_t va, uint64_t n, uint64_t cause)
{
    for (uint64_t k = 0; k < n; k++)
        expect_trap(probe(MPRV_U, LOAD, va), TRAP_M, cause, va);
    print("0.%s %d\n", reason, n);
}

static void select_table(uint64_t base)
{
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | base >> 12);
}

static struct table plain_table(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 2, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = VA + 2 * PAGE, .pages = 2, .pa = NEAR_2_TO_56, .row = {P_RW, P_RW}},
    };

    csr_write(CSR_USID, 1);
    return CELLS_ON(cells);
}

static void fail_by_the_table(void)
{
    struct table t = plain_table();

    fail_times("address_not_canonical", 1ull << 47, 1, 13);
    fail_times("no_cell", VA - 1, 2, 13);
    fail_times("physical_address_too_large", VA + 3 * PAGE, 3, 5);
    csr_write(CSR_USID, SPEC_ROWS);
    fail_times("no_such_compartment", VA, 4, 13);
    csr_write(CSR_USID, 1);
    desc(&t, slot_of(&t, VA))->hi &= ~DESC_VALID;
    fail_times("cell_invalid", VA, 5, 13);
}

static void fail_by_memory(void)
{
    struct table t = plain_table();

    pmp_set(0, t.base, PAGE, PMP_NONE);
    fail_times("PMP_denies_the_table", VA, 6, 5);
    pmp_set(0, FRAME(0), PAGE, PMP_NONE);
    fail_times("PMP_denies_the_physical_address", VA, 7, 5);
    pmp_clear(0);
    select_table(NO_ANSWER_PPN << 12);
    fail_times("bus_error_in_the_table", VA, 8, 5);

    static const struct cell no_a[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_V | P_R}},
    };
    table_build((uint64_t)flash_image, 1, 4, no_a, 1);
    flash_program(flash_image, TABLE_BYTES(1, 4));
    select_table(FLASH);
    fail_times("permission_byte_not_in_RAM", VA, 9, 13);
}

/*
 * A descriptor that is never twice the same: its high word is virt's clock, the metacell lies in the
 * timer's comparison registers, and the row of so large an SD in RAM. Reading the clock twice within
 * one of its ticks (100 ns) would end the walk; on a host that fast the access ends in some other way,
 * and only what is seen here is expected.
 */
static void fail_by_a_clock(void)
{
    volatile uint64_t *mtimecmp = word_at(0x2004000), *clock = word_at(0x200bff8);
    uint64_t           lines = 64, rows = 0xfffffff, slot = (clock - mtimecmp) / 2;
    uint64_t           row0 = (uint64_t)mtimecmp + lines * 1024;
    uint64_t           sd = (FRAME(15) - row0) / (lines * 64);

    *(volatile uint8_t *)(row0 + sd * lines * 64 + slot) = P_RWX;
    mtimecmp[0] = lines << 32 | rows;
    mtimecmp[1] = 2 * slot << 32 | rows;
    *clock = DESC_VALID | (*clock & 0xff);
    csr_write(CSR_USID, sd);
    select_table((uint64_t)mtimecmp);

    struct outcome o = probe(MPRV_U, LOAD, 0);
    print("0.table_keeps_changing %d\n", o.by == TRAP_M && o.cause == 13);
    csr_write(CSR_SATP, 0);
}

/* ---- instructions ------------------------------------------------------------------------- */

static const char *const names[SC_NAMES] = {
    [JALS] = "jals", [JALRS] = "jalrs", [PROT] = "prot",   [GRANT] = "grant", [TFER] = "tfer",
    [RECV] = "recv", [EXCL] = "excl",   [INVAL] = "inval", [REVAL] = "reval"};

/* What the monitor calls the check. */
static const char *reason_of(enum sc_name name, enum check check)
{
    static const char *const reasons[] = {
        [C1] = "no_table_in_use",
        [C2] = "mediated",
        [C3] = "more_than_rwx_asked_for",
        [C4] = "no_right_asked_for",
        [C5] = "table_cannot_be_read",
        [C6] = "own_compartment_does_not_exist",
        [C7_ZERO] = "operand_is_no_compartment",
        [C7_BIG] = "operand_is_no_compartment",
        [C8_UNMAPPED] = "no_cell_at_the_operand",
        [C8_CANONICAL] = "operand_not_canonical",
        [C9] = "cell_of_the_operand_invalid",
        [C10_V] = "more_than_the_own_rights",
        [C10_NONE] = "more_than_the_own_rights",
        [C10_SUBSET] = "more_than_the_own_rights",
        [RECV_TARGET] = "no_grant_to_the_own_compartment",
        [RECV_RIGHTS] = "more_than_the_grant",
        [INVAL_HELD] = "another_has_rights",
        [INVAL_GRANTED] = "another_has_granted",
        [ENTRY_UNMAPPED] = "target_cannot_be_fetched",
        [ENTRY_WORD] = "no_entry_at_the_target",
        [WRITE_REFUSED] = "table_cannot_be_written",
    };

    if (name == REVAL && check == C9)
        return "cell_already_valid";
    if (name == INVAL && (check == C10_V || check == C10_NONE))
        return "no_own_right";
    return reasons[check];
}

/* Each check once in each mode in which it can fail, each instruction done k + 1 times. */
static void refuse_all(enum sc_name name)
{
    uint64_t refused = 0;

    for (unsigned m = 0; m < 3; m++) {
        for (const enum check *c = checks_of(name); *c; c++) {
            struct situation s = situation_make(name, sc_modes[m]);

            if (!violate(&s, *c, CHECKS_END))
                continue;
            expect_refused_for(&s, *c);
            print("0.%s 1\n", reason_of(name, *c));
            refused++;
            if (*c == ENTRY_UNMAPPED) /* a walk of its own */
                print("0.right_missing 1\n");
        }
    }
    for (unsigned k = 0; k <= (unsigned)name; k++) {
        struct situation s = situation_make(name, sc_modes[k % 3]);

        expect_returned(sc_exec(s.mode, s.insn));
    }
    print("0.refused.%s %d\n0.done.%s %d\n", names[name], refused, names[name], name + 1);
}

static void sret_to_nobody(void)
{
    plain_table();
    csr_clear(CSR_MSTATUS, 1 << 8); /* SPP = U */
    sds_write(0, 0, 0);
    expect_trap(exec(MODE_S, 0x10200073, 0, 0), TRAP_M, BAD_SD, 0);
    print("0.sret_to_no_compartment 1\n");
}

static void print_csrs(uint64_t hart)
{
    struct counts c = counts_read();

    print("%d.walks %d\n%d.descriptors_read %d\n", hart, c.walks, hart, c.descs);
    print("%d.permission_bytes_read %d\n%d.failed_walks %d\n", hart, c.perms, hart, c.failed);
    print("%d.switches %d\n%d.flushes %d\n", hart, c.switches, hart, c.flushes);
}

/* A little, and another number for each. */
static void other_hart(uint64_t unused)
{
    (void)unused;
    plain_table();
    for (unsigned k = 0; k < 3; k++)
        expect_trap(probe(MPRV_U, LOAD, 0), TRAP_M, 13, 0);
    expect_returned(sc_exec(MODE_M, SC_PROT(VA, RW)));
    print("1.no_cell 3\n1.done.prot 1\n1.refused.prot 0\n");
    print_csrs(1);
    csr_write(CSR_SATP, 0); /* so that nothing is counted here any more */
}

int main(void)
{
    hart_run(other_hart, 0);
    hart_join();
    print("1.flushes 1\n"); /* its last */
    fail_by_the_table();
    fail_by_memory();
    fail_by_a_clock();
    for (enum sc_name name = 0; name < SC_NAMES; name++)
        refuse_all(name);
    sret_to_nobody();
    csr_write(CSR_SATP, 0);
    print_csrs(0);
    print("ready\n");
    serial_getc();
    return 0;
}
