/* SPDX-License-Identifier: Apache-2.0 */
/* celledit.h - the single steps that edits of the cell table are made of, for the files that edit it
 * (celltable.c, cellroom.c) alone. The rules by number are those of celltable.c.
 */
#ifndef RISCV64_CELLS_CELLEDIT_H
#define RISCV64_CELLS_CELLEDIT_H

#include "machine/upcall.h"
#include "riscv64-cells/celltable.h"
#include "riscv64-cells/tblmem.h"

/* --- the bitmap --- */

static inline void mark_live(const struct celltable *t, size_t slot)
{
    t->live[slot / 64] |= 1ull << (slot % 64);
}

static inline void mark_empty(const struct celltable *t, size_t slot)
{
    t->live[slot / 64] &= ~(1ull << (slot % 64));
}

/* --- the words of a slot --- */

static inline void set_lo(const struct celltable *t, size_t slot, uint64_t lo)
{
    tbl_store64(&t->cell[slot].lo, lo);
}

static inline void set_hi(const struct celltable *t, size_t slot, uint64_t hi)
{
    tbl_store64(&t->cell[slot].hi, hi);
}

static inline void set_hi_empty(const struct celltable *t, size_t slot)
{
    set_hi(t, slot, cell_hi_empty(cell_hi_gen(t->cell[slot].hi)));
}

/* The high word for a live cell in slot, with base and valid as in `like`. */
static inline uint64_t next_hi(const struct celltable *t, size_t slot, uint64_t like)
{
    uint64_t gen = (cell_hi_gen(t->cell[slot].hi) + 1) & CELL_GEN_MASK;
    if (gen == 0)
        shootdown_others(); /* rule 4: no walk of before may meet this generation again */
    return (like & ~(CELL_GEN_MASK << CELL_GEN_SHIFT)) | gen << CELL_GEN_SHIFT;
}

/* The high word for frames from ppn on, with generation and valid as in `like`. */
static inline uint64_t hi_with_ppn(uint64_t like, uint64_t ppn)
{
    return cell_hi(0, ppn) & (like | ~CELL_VALID);
}

static inline void hide(const struct celltable *t, size_t slot, uint64_t e)
{
    set_lo(t, slot, cell_lo_empty(e));
    tbl_fence(); /* hidden before a byte or grant is touched: pairs with the walker's re-read */
}

/* Last of every edit: its stores have arrived before the first of the next one, or a
 * shootdown. The orders are checked edit by edit and rely on that. */
static inline void end_edit(void)
{
    tbl_fence();
}

/* --- columns: a table with users' cells has domain 1 at least --- */

static inline void read_column(const struct celltable *t, size_t slot, struct cell_column *col)
{
    const uint8_t  *byte = celltable_byte(t, 1, slot);
    const uint32_t *grant = celltable_grant(t, 1, slot);
    size_t          doms = t->doms, stride = t->nslots;
    size_t          dom = 1;
    do {
        col->byte[dom] = tbl_load8(byte);
        col->grant[dom] = tbl_load32(grant);
        byte += stride;
        grant += stride;
    } while (++dom < doms);
}

static inline void clear_column(const struct celltable *t, size_t slot)
{
    uint8_t  *byte = celltable_byte(t, 1, slot);
    uint32_t *grant = celltable_grant(t, 1, slot);
    size_t    doms = t->doms, stride = t->nslots;
    size_t    dom = 1;
    do {
        tbl_store8(byte, 0);
        tbl_store32(grant, GRANT_NONE);
        byte += stride;
        grant += stride;
    } while (++dom < doms);
}

static inline void put_column(const struct celltable *t, size_t slot, const struct cell_column *col)
{
    uint8_t  *byte = celltable_byte(t, 1, slot);
    uint32_t *grant = celltable_grant(t, 1, slot);
    size_t    doms = t->doms, stride = t->nslots;
    size_t    dom = 1;
    do {
        tbl_store8(byte, col->byte[dom]);
        tbl_store32(grant, col->grant[dom]);
        byte += stride;
        grant += stride;
    } while (++dom < doms);
}

static inline void scrub_grants(const struct celltable *t, size_t slot)
{
    for (size_t dom = 1; dom < t->doms; dom++)
        tbl_store32(celltable_grant(t, dom, slot), GRANT_NONE);
}

#endif
