/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.7, A.2.2: an emulator that drops only what has lost rights drops all of that. Hart 1 stores
 * without pause to the cell, by a translation that it has long had; hart 0 takes the right away;
 * then no further store arrives. The translation is one of S or of U, both of row 0; lies on the
 * last page of a cell, of a cell longer than any TLB, on either side of the hole in the middle of the
 * addresses (A.5.1); comes from another table, which shares the row's bytes under another number.
 * inval takes the rights of row 0 as well. scc_flushes of hart 1 counts one, and none if it has
 * nothing cached that was lost.
 */
#include "lib/sc.h"

#define VA     0x40000ull
#define MIDDLE (1ull << 47)
#define ROUNDS 4

#define MANY       0x10000000ull
#define MANY_PAGES 1000

/* The second table lies in row 0 of the first, from its rows on in row 1. */
#define FIRST_T  16
#define FIRST_R  4
#define FIRST    FRAME(4)
#define SECOND   (FIRST + 1024 * FIRST_T)
#define SECOND_R 4

/* The hart that has cached something. */
static struct {
    struct table   table;
    enum mode      mode;
    uint64_t       usid, va;
    struct outcome ended;
    uint64_t       flushes;
} view;

/* a0: address, a1: number of pages; loads from each. */
extern const char touch[];
__asm__(".globl touch\n"
        "touch:\n"
        "    lui   t1, 1\n"
        "1:  ld    t0, (a0)\n"
        "    add   a0, a0, t1\n"
        "    addi  a1, a1, -1\n"
        "    bnez  a1, 1b\n"
        "    ret\n");

/* QEMU makes a TLB larger when it was well filled before a flush, and looks at single pages only of
 * ranges that are small for it. */
static void use_many_pages(void)
{
    expect_returned(enter(view.mode, (uint64_t)touch, MANY, MANY_PAGES));
    sfence();
}

static void writer(uint64_t use_many)
{
    uint64_t before;

    csr_write(CSR_SATP, table_satp(&view.table));
    sds_write(view.usid, 0, 0);
    if (use_many)
        use_many_pages();
    before = csr_read(CSR_SCC_FLUSHES);
    view.ended = enter(view.mode, (uint64_t)probe_count_up, view.va, 0);
    view.flushes = csr_read(CSR_SCC_FLUSHES) - before;
}

/* Hart 0 carries out i as compartment usid, and hart 1, who stores to word, is stopped by that. */
static void check(uint64_t usid, struct sc i, volatile uint64_t *word)
{
    *word = 0;
    csr_write(CSR_USID, usid);
    hart_run(writer, view.table.R == SPEC_ROWS);
    while (*word < 100)
        ;
    expect_returned(sc_exec(MODE_M, i));
    uint64_t last = *word;
    for (int k = 0; k < 200; k++)
        expect(*word, last);
    hart_join();
    expect_trap(view.ended, TRAP_M, 15, view.va);
    expect(view.flushes, 1);
}

static void see(enum mode mode, uint64_t usid, uint64_t va)
{
    view.mode = mode;
    view.usid = usid;
    view.va = va;
}

static void one_cell(uint64_t va, uint64_t pages, uint64_t pa)
{
    struct cell cells[] = {
        {.va = va, .pages = pages, .pa = pa, .row = {P_RW, P_RW}},
        {.va = MANY, .pages = MANY_PAGES, .pa = SPARE(0), .row = {P_RO, P_RO}},
    };

    view.table = CELLS_ON(cells);
}

/* Row 0 is what S uses, and U as SD 0. */
static void row_0(void)
{
    static const struct sc losses[] = {SC_PROT(VA, R), SC_PROT(VA, 0), SC_TFER(VA, 2, RW)};

    for (unsigned k = 0; k < 2 * sizeof(losses) / sizeof(losses[0]); k++) {
        one_cell(VA, 1, FRAME(0));
        see(k & 1 ? MODE_U : MODE_S, k & 1 ? 0 : 5, VA);
        check(0, losses[k / 2], word_at(FRAME(0)));
    }
    for (unsigned k = 0; k < 3; k++) {
        one_cell(VA, 1, FRAME(0));
        see(k ? MODE_U : MODE_S, k == 2, VA);
        check(1, SC_INVAL(VA), word_at(FRAME(0)));
    }
}

static void every_page(uint64_t va, uint64_t pages, uint64_t page)
{
    uint64_t place = va + page * PAGE;

    if (va < MIDDLE && place >= MIDDLE)
        place |= -MIDDLE;
    one_cell(va, pages, SPARE(0));
    see(MODE_U, 1, place);
    check(1, SC_PROT(va, R), word_at(SPARE(page)));
}

/* The bytes of SD 1 in one table are those of SD 0 in the other. */
static void other_table(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    struct table first = table_build(FIRST, FIRST_T, FIRST_R, cells, 1);

    view.table = table_build(SECOND, 1, SECOND_R, cells, 1);
    expect((uint64_t)perm(&first, 1, 1), (uint64_t)perm(&view.table, 0, 1));
    csr_write(CSR_SATP, table_satp(&first));
    see(MODE_S, 1, VA);
    check(1, SC_PROT(VA, R), word_at(FRAME(0)));
}

/* What another compartment loses, or nobody: hart 1, which has never been that compartment, stores on
 * and drops nothing. */
static void others_keep_theirs(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, 0, P_RW, [6] = P_RW}},
    };
    volatile uint64_t *word = word_at(FRAME(0));

    view.table = CELLS_ON(cells);
    see(MODE_U, 2, VA);
    csr_write(CSR_USID, 6);
    *word = 0;
    hart_run(writer, false);
    while (*word < 100)
        ;
    expect_returned(sc_exec(MODE_M, SC_PROT(VA, R)));
    csr_write(CSR_USID, 2);
    expect_returned(sc_exec(MODE_M, SC_PROT(VA, RW)));
    uint64_t last = *word;
    while (*word < last + 100)
        ;
    expect_returned(sc_exec(MODE_M, SC_TFER(VA, 3, R)));
    hart_join();
    expect(view.flushes, 1);
}

int main(void)
{
    for (progress = 0; progress < ROUNDS; progress++) {
        row_0();
        every_page(VA, 1, 0);
        every_page(VA, 3, 2);
        every_page(VA, 20, 19);
        every_page(VA, 20000, 0);
        every_page(VA, 20000, 19999);
        every_page(MIDDLE - 2 * PAGE, 2, 1);
        every_page(MIDDLE - 2 * PAGE, 4, 1);
        every_page(MIDDLE - 2 * PAGE, 4, 3);
        every_page(MIDDLE - PAGE, 2, 1);
        every_page(-MIDDLE, 1, 0);
        every_page(-MIDDLE, 2, 1);
        other_table();
        others_keep_theirs();
    }
    return 0;
}
