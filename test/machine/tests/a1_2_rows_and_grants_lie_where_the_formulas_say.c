/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.1, A.1.2, A.1.3: with lines and rows that are no powers of two, each cell's access is decided
 * by its own byte of the row, each grant goes to its own word, and nothing else is touched: the
 * first and the last slot and those around a line's end, the first and the last row. The places are
 * computed here, by the formulas, from the metacell.
 */
#include "lib/sc.h"

#define LINES 3ull
#define ROWS  7ull
#define CELLS 189ull /* slots 1 to 189, the image 190, one is free */
#define VA(i) (0x10000000ull + 2 * PAGE * (i))

static uint8_t space[3 * PAGE] __attribute__((aligned(4096)));
_Static_assert(TABLE_BYTES(LINES, ROWS) <= sizeof(space), "the table fits");
_Static_assert(TABLE_BYTES(LINES, ROWS) <= SHADOW_BYTES, "its shadow, too");

static volatile uint8_t *byte_of(uint64_t sd, uint64_t i)
{
    return space + 1024 * LINES + 64 * LINES * sd + i;
}

static uint64_t grant_at(uint64_t sd, uint64_t i)
{
    return 1024 * LINES + 64 * LINES * ROWS + 256 * LINES * sd + 4 * i;
}

static void check(struct table *want, uint64_t sd, uint64_t i)
{
    uint64_t va = VA(i);

    progress = sd << 32 | i;
    csr_write(CSR_USID, sd);
    expect_page_fault(MPRV_U, LOAD, va);
    *byte_of(sd, i) = P_RW;
    expect(expect_reaches(MPRV_U, LOAD, va), *word_at(FRAME(0)));
    ((uint8_t *)want->base)[byte_of(sd, i) - space] = P_RW;
    *(uint32_t *)(want->base + grant_at(sd, i)) = GRANT_WORD(1, R);
    expect_done(MODE_M, SC_GRANT(va, 1, R));
    ((uint8_t *)want->base)[byte_of(sd, i) - space] = P_RO;
    expect_done(MODE_M, SC_PROT(va, R));
    expect_reaches(MPRV_U, LOAD, va);
    expect_page_fault(MPRV_U, STORE, va);
}

int main(void)
{
    static const uint64_t slots[] = {1, 2, 63, 64, 65, 127, 128, 129, CELLS - 1, CELLS};
    static struct cell    cells[CELLS];
    struct table          t, want;

    for (uint64_t k = 0; k < CELLS; k++)
        cells[k] = (struct cell){.va = VA(k + 1), .pages = 1, .pa = FRAME(0)};
    *word_at(FRAME(0)) = 0x1234;
    t = table_build((uint64_t)space, LINES, ROWS, cells, CELLS);
    const volatile uint32_t *metacell = (volatile uint32_t *)space;
    expect(metacell[0], ROWS);
    expect(metacell[1], LINES);
    expect(metacell[2], ROWS);
    expect(metacell[3], CELLS + 2);
    csr_write(CSR_SATP, table_satp(&t));
    want = sc_watch(&t);
    for (unsigned k = 0; k < sizeof(slots) / sizeof(slots[0]); k++) {
        check(&want, 1, slots[k]);
        check(&want, 2, slots[k]);
        check(&want, ROWS - 1, slots[k]);
    }
    return 0;
}
