/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h - permission tables from a compact description, and every place in them by name.
 *
 * A test lists its cells with their permission bytes; the builder sorts them, adds the cell
 * that maps the test's own image at VA = PA with all rights in every row (so that code can run
 * in S and in every compartment), and fills the rest as a kernel would. Tests for malformed
 * tables build a good one and then spoil it by meta(), desc(), perm().
 *
 * Source: securecells.md, A.1.
 */
#ifndef LIB_TABLE_H
#define LIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Permission byte, A.1.11 */
enum {
    P_V = 0x01,
    P_R = 0x02,
    P_W = 0x04,
    P_X = 0x08,
    P_G = 0x20,
    P_A = 0x40,
    P_D = 0x80,
    P_AD = P_A | P_D,
    P_NONE = 0xc1,
    P_RO = 0xc3,
    P_RW = 0xc7,
    P_RX = 0xcb,
    P_XO = 0xc9,
    P_RWX = 0xcf,
};

#define NO_GRANT  0xfffffff0u
#define SPEC_ROWS 8

/* One cell as a test describes it. */
struct cell {
    uint64_t va;             /* page aligned */
    uint64_t pages;          /* 1 .. 2^36 */
    uint64_t pa;             /* page aligned */
    uint8_t  row[SPEC_ROWS]; /* permission bytes of SD 0, 1, ... */
};

/* Metacell and descriptor as they lie in memory. */
struct meta {
    uint32_t R, T, M, N;
};
struct desc {
    uint64_t lo, hi;
};
_Static_assert(sizeof(struct meta) == 16 && sizeof(struct desc) == 16, "A.1.3, A.1.6");

#define DESC_VALID      (1ull << 63)
#define DESC_GENERATION 52 /* lowest bit of the eleven */

/* Where a table is. The geometry is that of building time, whatever the metacell says now. */
struct table {
    uint64_t base;
    uint64_t T, R;
};

#define SATP_MODE_CELLS 14ull

/* Bytes of a table, A.1.2 */
#define TABLE_BYTES(T, R) (64ull * (T) * (16 + 5ull * (R)))

/* Build a table of T lines and R rows at base (page aligned, TABLE_BYTES long) from n cells,
 * n + 2 <= 64 * T. N = n + 2, M = R. */
struct table table_build(uint64_t base, uint64_t T, uint64_t R, const struct cell *cells, size_t n);

/* The satp value that selects a table with ASID 0. */
uint64_t table_satp(const struct table *t);

/* The usual case: build T = 1, R = 8 in the library's own page and write satp. */
struct table cells_on(const struct cell *cells, size_t n);
#define CELLS_ON(cells) cells_on((cells), sizeof(cells) / sizeof((cells)[0]))

/* As cells_on(), behind 15 cells that make a byte of descriptor 1 look like P_RWX, where the first of
 * cells would find its right if a row began at the table itself. They end at 0xde000; n is 1 or 2. */
struct table cells_on_behind_a_row(const struct cell *cells, size_t n);

volatile struct meta *meta(const struct table *t);
volatile struct desc *desc(const struct table *t, uint64_t slot);
volatile uint8_t     *perm(const struct table *t, uint64_t sd, uint64_t slot);
volatile uint32_t    *grant(const struct table *t, uint64_t sd, uint64_t slot);

/* The slot whose live range holds va, found by reading all of 1..N-1; 0 if none does. */
uint64_t slot_of(const struct table *t, uint64_t va);

/* Descriptor words from addresses; an empty slot that hides at page e (A.1.9). */
struct desc desc_make(uint64_t va, uint64_t pages, uint64_t pa);
struct desc desc_empty(uint64_t e);
void        desc_put(const struct table *t, uint64_t slot, struct desc d);

/* Give the permission byte a value by an atomic on its word (B.2.6). */
void perm_put(const struct table *t, uint64_t sd, uint64_t slot, uint8_t byte);

/* Descriptors that the search of A.5.6 reads for this page, the one it ends with included. */
uint64_t search_length(const struct table *t, uint64_t va);

#endif
