/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h - the formats of the SecureCells permission table, as the hardware reads them.
 *
 * One contiguous object of `lines` T, `rows` R (securecells.md A.1.1):
 *
 *   base               +----------------------------------------+
 *     slot 0           | metacell                      16 bytes |  64*T slots
 *     slots 1..N-1     | cell descriptors              16 each  |
 *   base + 1024*T      +----------------------------------------+
 *     row d, 0..R-1    | permission bytes         1 a slot each |  64*T bytes a row
 *   ... + 64*T*R       +----------------------------------------+
 *     row d, 0..R-1    | grant words              4 a slot each |  256*T bytes a row
 *   base + 64*T*(16 + 5*R) -------------------------------------+
 *
 * A column is what all rows hold for one slot. Addresses are page numbers here. Every virtual
 * address of ours is below 2^40 (machine/layout.h), so a virtual page number has 28 bits, and the
 * low word of a descriptor holds the whole range: one 8-byte store shows, hides or resizes a cell
 * (B.1.5).
 */
#ifndef RISCV64_CELLS_CELL_H
#define RISCV64_CELLS_CELL_H

#include "lib/types.h"

/* satp.MODE that turns the table on; a machine may be configured to use 15 instead (A.2.1). */
#define SATP_MODE_CELLS 14ull

#define SATP_MODE_SHIFT 60

#define VPN_BITS 28
#define VPN_MASK ((1ull << VPN_BITS) - 1)

/* Slot 0 (A.1.3). N counts the metacell; N <= 64*T, M <= R. */
struct metacell {
    uint32_t rows;  /* R: rows of the table */
    uint32_t lines; /* T: 64-byte lines of a row of permission bytes */
    uint32_t doms;  /* M: domains in use, 0 included; valid ones are 0..M-1 */
    uint32_t slots; /* N: slots that the hardware searches, slot 0 included */
};

/* A descriptor (A.1.6).
 *
 *  hi  63    62        52 51                  8 7         0
 *     +-----+------------+---------------------+-----------+
 *     |valid| generation | first physical page |end[35:28] |  end[35:28] is 0, see above
 *     +-----+------------+---------------------+-----------+
 *  lo  63                    36 35                        0
 *     +------------------------+---------------------------+
 *     |       end[27:0]        |           start           |  both inclusive page numbers
 *     +------------------------+---------------------------+
 *
 * An empty slot "at e" holds [e + 1, e]: it matches nothing, and the search passes over it
 * correctly while e lies in the gap between the live cells left and right of it (A.1.9, B.2.1).
 */
struct cell {
    uint64_t lo;
    uint64_t hi;
};

_Static_assert(sizeof(struct metacell) == 16, "A.1.3");
_Static_assert(sizeof(struct cell) == 16, "A.1.6");

#define CELL_END_SHIFT 36
#define CELL_PPN_SHIFT 8
#define CELL_PPN_BITS  44
#define CELL_GEN_SHIFT 52
#define CELL_GEN_MASK  0x7ffull
#define CELL_VALID     (1ull << 63)

static inline uint64_t cell_lo(uint64_t start, uint64_t end)
{
    return start | end << CELL_END_SHIFT;
}

static inline uint64_t cell_lo_empty(uint64_t e)
{
    return cell_lo(e + 1, e);
}

static inline uint64_t cell_lo_start(uint64_t lo)
{
    return lo & VPN_MASK;
}

static inline uint64_t cell_lo_end(uint64_t lo)
{
    return lo >> CELL_END_SHIFT;
}

static inline uint64_t cell_hi(uint64_t gen, uint64_t ppn)
{
    return CELL_VALID | (gen & CELL_GEN_MASK) << CELL_GEN_SHIFT | ppn << CELL_PPN_SHIFT;
}

static inline uint64_t cell_hi_empty(uint64_t gen)
{
    return (gen & CELL_GEN_MASK) << CELL_GEN_SHIFT;
}

static inline uint64_t cell_hi_gen(uint64_t hi)
{
    return hi >> CELL_GEN_SHIFT & CELL_GEN_MASK;
}

static inline uint64_t cell_hi_ppn(uint64_t hi)
{
    return hi >> CELL_PPN_SHIFT & ((1ull << CELL_PPN_BITS) - 1);
}

/* The same as an address: what is below it in the word, end[35:28], is 0 (B.1.5). */
static inline uint64_t cell_hi_pa(uint64_t hi)
{
    return hi << (64 - CELL_PPN_SHIFT - CELL_PPN_BITS) >> (52 - CELL_PPN_BITS);
}

_Static_assert(64 - CELL_PPN_BITS - 12 == CELL_PPN_SHIFT, "cell_hi_pa");

/* A permission byte (A.1.11). A, D: set by the hardware when the domain used, wrote the cell. */
#define PERM_V      0x01u
#define PERM_R      0x02u
#define PERM_W      0x04u
#define PERM_X      0x08u
#define PERM_A      0x40u
#define PERM_D      0x80u
#define PERM_RIGHTS (PERM_R | PERM_W | PERM_X)

/* The rights that a byte gives: none without V, whatever its R, W, X say. */
static inline unsigned perm_rights(unsigned byte)
{
    return byte & PERM_V ? byte & PERM_RIGHTS : 0;
}

/* A grant word (A.1.12): receiver and offered rights. The row is the granter's. */
#define GRANT_NONE         0xfffffff0u
#define GRANT_TARGET_SHIFT 4

static inline uint32_t grant_target(uint32_t grant)
{
    return grant >> GRANT_TARGET_SHIFT;
}

/* Sizes (A.1.2). */
#define TABLE_SLOTS(lines) ((size_t)64 * (lines))

static inline size_t table_bytes(size_t lines, size_t rows)
{
    return 64 * lines * (16 + 5 * rows);
}

#endif
