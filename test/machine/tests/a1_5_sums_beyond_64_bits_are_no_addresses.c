/* SPDX-License-Identifier: Apache-2.0
 * qemu: -m 512M
 *
 * A.1.5: a place of the table whose address has more than 64 bits, or is 2^56 or above, fails like a bus
 * error. Each sum here, cut to 64 bits, would be memory in which the access is allowed, or fails
 * differently: the product of a row, the row's begin, a byte within it, the grants, one grant.
 */
#include "lib/sc.h"

#define VA  0x70000000
#define ROM 0x1000ull /* of the board: readable, not writable */

static struct table t;

static void set_meta(uint32_t lines, uint32_t rows)
{
    meta(&t)->T = lines;
    meta(&t)->R = meta(&t)->M = rows;
    sfence();
}

static void expect_no_byte(uint64_t sd)
{
    csr_write(CSR_USID, sd);
    expect_access_fault(MPRV_U, LOAD, VA);
    expect_access_fault(MPRV_U, STORE, VA);
    expect_trap(sc_exec(MODE_M, SC_PROT(VA, 0)), TRAP_M, 5, VA);
}

static void build(void)
{
    static const struct cell cell = {.va = VA, .pages = 1, .pa = FRAME(1), .row = {0, P_RW}};

    t = cells_on_behind_a_row(&cell, 1);
}

/* T = 2^31: rows are 2^37 apart and begin at B + 2^41. */
static void rows_beyond(void)
{
    build();
    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA);
    set_meta(1u << 31, 0xffffffff);
    expect_no_byte((1ull << 27) - 16); /* 2^64 - 2^41 */
    expect_no_byte((1ull << 28) - 16); /* 2^65 - 2^41 */
}

/* A row that begins below 2^64 by less than its byte is away from there: the search takes the
 * first T and SD for which this is little enough. A sum that is cut would be an address in ROM,
 * hence another fault.
 */
static void byte_beyond(void)
{
    const uint64_t below = 1ull << 20, top = -t.base;
    uint64_t       T = 0xffffffff, rows, left;

    do {
        T--;
        rows = top / (64 * T);
        left = top - rows * (64 * T);
    } while (left == 0 || left >= below);
    uint64_t slot = left + ROM;

    desc_put(&t, slot, desc_make(VA, 1, FRAME(1)));
    meta(&t)->N = (uint32_t)(2 * slot); /* the search reads this one first */
    set_meta((uint32_t)T, 0xffffffff);
    expect_true(rows >= 16 && rows - 16 < 0xfffffff);
    expect_no_byte(rows - 16);
}

/* T = 2^28, R = 2^32 - 20: GT(1, 16) = B + 2^66 + 64, in descriptor 4. */
static void grants_beyond(void)
{
    build();
    *word_at(t.base + 64) = GRANT_WORD(2, RWX);
    set_meta(1u << 28, 0xffffffec);
    csr_write(CSR_USID, 2);
    expect_trap(sc_exec(MODE_M, SC_RECV(VA, 1, R)), TRAP_M, 5, VA);
    set_meta(1u << 20, 0xffffffff); /* 2^58 */
    expect_trap(sc_exec(MODE_M, SC_RECV(VA, 1, R)), TRAP_M, 5, VA);
}

/* T = 2^18: the own byte is in memory, 64 T R just below 2^56, and the own grant, which is only
 * written, just above.
 */
static void grant_beyond(void)
{
    uint8_t *own;

    build();
    set_meta(1u << 18, 0xffffffff);
    own = (uint8_t *)(t.base + (1 << 28) + (1 << 24) + 16);
    *own = P_RW;
    csr_write(CSR_USID, 1);
    expect_trap(sc_exec(MODE_M, SC_GRANT(VA, 2, R)), TRAP_M, 7, VA);
    expect_trap(sc_exec(MODE_M, SC_TFER(VA, 2, R)), TRAP_M, 7, VA);
    expect(*own, P_RW);
}

int main(void)
{
    progress = 1;
    rows_beyond();
    progress = 2;
    byte_beyond();
    progress = 3;
    grants_beyond();
    progress = 4;
    grant_beyond();
    return 0;
}
