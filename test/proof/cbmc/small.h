/* SPDX-License-Identifier: Apache-2.0 */
/* small.h - any table of four user slots, for bounded model checking.
 *
 * A harness begins with a table about which nothing is known but what must hold of every table
 * (small_holds()), lets the code do one thing to it, and asserts that the table still holds and that
 * every page, a page that is not known either, has the frame and the rights it should have. CBMC tries
 * all values: pages below 64, frames below 1024, which keeps the formulas small.
 *
 * Which slots are live (LIVE, bit 0 for slot 1) and which slot is dealt with (SLOT) are given to the
 * compiler, and run.sh goes through all there are: what takes a solver minutes when it has to find the
 * place in the table, too, takes it a second for each of them.
 *
 * Interleaving is not looked at here (../protocol does): the accesses of tblmem.h are plain ones.
 */
#ifndef TEST_PROOF_CBMC_SMALL_H
#define TEST_PROOF_CBMC_SMALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- CBMC --- */

uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
uint8_t  nondet_u8(void);
_Bool    nondet_bool(void);

#define assume(cond)      __CPROVER_assume(cond)
#define claim(cond, text) __CPROVER_assert(cond, text)

/* --- lib/bits.h: products are hard for a solver, and test/host tests the real one --- */

#define LIB_BITS_H

static inline unsigned bits_lowest(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word);
}

static inline unsigned bits_highest(uint64_t word)
{
    return 63u - (unsigned)__builtin_clzll(word);
}

static inline unsigned bits_count(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

/* --- tblmem.h --- */

#define RISCV64_CELLS_TBLMEM_H

static inline uint32_t tbl_load32(const uint32_t *p)
{
    return *p;
}

static inline uint8_t tbl_load8(const uint8_t *p)
{
    return *p;
}

static inline void tbl_store64(uint64_t *p, uint64_t v)
{
    *p = v;
}

static inline void tbl_store32(uint32_t *p, uint32_t v)
{
    *p = v;
}

static inline void tbl_store8(uint8_t *p, uint8_t v)
{
    *p = v;
}

static inline uint8_t tbl_and8(uint8_t *p, uint8_t mask)
{
    uint8_t old = *p;
    *p = old & mask;
    return old;
}

static inline uint8_t tbl_or8(uint8_t *p, uint8_t bits)
{
    uint8_t old = *p;
    *p = old | bits;
    return old;
}

static inline void tbl_fence(void)
{
}

#include "riscv64-cells/celltable.c"

/* --- the table --- */

/* Slots 1 to 4 are the users', 5 to 7 the kernel's. The number of all is a power of two. */
enum { SLOTS = 8, KERNEL = 5, DOMS = 2 };

static struct cell      cells[SLOTS];
static uint8_t          bytes[DOMS * SLOTS];
static uint32_t         grants[DOMS * SLOTS];
static uint64_t         live[1];
static struct celltable table;

#define KERNEL_PAGE 64ull /* the first page of the kernel's first cell */
#define FRAMES      (1ull << 10)

void shootdown_others(void)
{
}

void assert_failed(const char *expr, const char *file, int line)
{
    (void)expr;
    (void)file;
    (void)line;
    claim(false, "no ASSERT of celltable.c fails");
    assume(false);
}

/* What a page number means. */
struct page {
    bool     mapped;
    uint64_t ppn;
    uint8_t  byte;
    uint32_t grant;
};

/* By looking at every slot: what any search must agree with. */
static struct page small_look(uint64_t vpn)
{
    struct page p = {false, 0, 0, 0};
    for (uint32_t i = 1; i < KERNEL; i++) {
        uint64_t start = cell_lo_start(cells[i].lo), end = cell_lo_end(cells[i].lo);
        if (start <= vpn && vpn <= end) {
            p.mapped = true;
            p.ppn = (cell_hi_ppn(cells[i].hi) + (vpn - start)) & ((1ull << CELL_PPN_BITS) - 1);
            p.byte = bytes[SLOTS + i];
            p.grant = grants[SLOTS + i];
        }
    }
    return p;
}

static bool same_page(struct page a, struct page b)
{
    return a.mapped == b.mapped &&
           (!a.mapped || (a.ppn == b.ppn && a.byte == b.byte && a.grant == b.grant));
}

static uint64_t kernel_page(uint32_t slot)
{
    return KERNEL_PAGE + 2 * (slot - KERNEL);
}

/* No right stands without V: users' instructions keep that, and the kernel must. A byte where one did would
 * give it with the next right that is added. */
static bool is_byte(uint8_t byte)
{
    return perm_rights(byte) == (byte & PERM_RIGHTS);
}

/* One slot, after one that ended before page `past`. */
static bool slot_holds(uint32_t i, uint64_t past)
{
    uint64_t start = cell_lo_start(cells[i].lo), end = cell_lo_end(cells[i].lo);
    uint64_t hi = cells[i].hi;

    if (!celltable_is_live(&table, i))
        return cells[i].lo == cell_lo_empty(end) && start >= past && start <= KERNEL_PAGE &&
               hi == cell_hi_empty(cell_hi_gen(hi)) && bytes[SLOTS + i] == 0 &&
               grants[SLOTS + i] == GRANT_NONE;
    return cells[i].lo == cell_lo(start, end) && start >= past && start >= 1 && start <= end &&
           end < KERNEL_PAGE && hi >> 63 && !(hi & 0xff) && is_byte(bytes[SLOTS + i]);
}

/* Sorted and disjoint, empty slots clean, ends that never fall, bitmap and count right. That start and
 * end rise from slot to slot says too that an empty slot is in its gap. */
static bool small_holds(void)
{
    uint64_t past = 0;
    size_t   nlive = 0;
    bool     ok = live[0] >> KERNEL == 7 && live[0] & 1;

    for (uint32_t i = 1; i < KERNEL; i++) {
        ok = ok && slot_holds(i, past);
        past = cell_lo_end(cells[i].lo) + 1;
        nlive += celltable_is_live(&table, i);
    }
    for (uint32_t i = KERNEL; i < SLOTS; i++)
        ok = ok && cells[i].lo == cell_lo(kernel_page(i), kernel_page(i));
    return ok && nlive == table.nlive;
}

static uint64_t any_page(void)
{
    return nondet_u8() & (KERNEL_PAGE - 1);
}

static uint64_t any_frame(void)
{
    return nondet_u32() & (FRAMES - 1);
}

static unsigned any_rights(void)
{
    return nondet_u8() & PERM_RIGHTS;
}

/* Of few bits each from the start, so that the others are no variables. */
static void any_cell(size_t slot)
{
    uint64_t gen = nondet_u32() & CELL_GEN_MASK;

    if (!celltable_is_live(&table, slot)) {
        cells[slot].lo = cell_lo_empty(any_page());
        cells[slot].hi = cell_hi_empty(gen);
        grants[SLOTS + slot] = GRANT_NONE;
        return;
    }
    cells[slot].lo = cell_lo(any_page(), any_page());
    cells[slot].hi = cell_hi(gen, any_frame());
    bytes[SLOTS + slot] = nondet_u8();
    grants[SLOTS + slot] = nondet_u32();
    table.nlive++;
}

static void small_any(void)
{
    table = (struct celltable){.lines = 1,
                               .rows = DOMS,
                               .doms = DOMS,
                               .nslots = SLOTS,
                               .kfirst = KERNEL,
                               .cell = cells,
                               .perm = bytes,
                               .grant = grants,
                               .live = live};
    table.hint = nondet_u8() & (SLOTS - 1);
    assume(table.hint + 1 < SLOTS);
    live[0] = LIVE << 1 | 1 | 7u << KERNEL;
    for (size_t i = 1; i < KERNEL; i++)
        any_cell(i);
    for (uint32_t i = KERNEL; i < SLOTS; i++)
        cells[i].lo = cell_lo(kernel_page(i), kernel_page(i));
    assume(small_holds());
}

static uint64_t small_start(size_t slot)
{
    return celltable_start(&table, slot);
}

static uint64_t small_end(size_t slot)
{
    return celltable_end(&table, slot);
}

/* Whether a range is free, as what calls an edit has found out. */
static bool small_is_free(uint64_t start, uint64_t end)
{
    for (uint32_t i = 1; i < KERNEL; i++) {
        if (celltable_is_live(&table, i) && start <= small_end(i) && end >= small_start(i))
            return false;
    }
    return start >= 1 && start <= end && end < KERNEL_PAGE;
}

#endif
