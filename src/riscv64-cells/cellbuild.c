/* SPDX-License-Identifier: Apache-2.0 */
/* cellbuild.c - making a cell table: an empty one, one with another's cells, more or fewer rows.
 *
 * Nobody walks a table that is formatted or filled here: pmap.c does that before any hart uses it.
 */
#include "lib/assert.h"
#include "machine/layout.h"
#include "riscv64-cells/celledit.h"

void celltable_attach(struct celltable *t, paddr_t base, size_t lines, size_t rows, uint64_t *live)
{
    ASSERT(lines > 0 && !(lines & (lines - 1))); /* celltable_before() halves the slots */
    t->base = base;
    t->lines = lines;
    t->rows = rows;
    t->nslots = TABLE_SLOTS(lines);
    t->cell = phys_ptr(base);
    t->perm = (uint8_t *)(t->cell + t->nslots);
    t->grant = (uint32_t *)(void *)(t->perm + (size_t)t->nslots * rows);
    t->live = live;
    t->hint = 0;
    t->reserve = t->kept = 0;
}

/* M and N share a word, so that both change in one store (A.5.2). */
static void store_doms(struct celltable *t, size_t doms)
{
    t->doms = doms;
    tbl_store64(&t->cell[0].hi, doms | (uint64_t)t->nslots << 32);
}

/* Row dom as B.1.2 wants it, eight bytes a store: nslots is a multiple of 64. */
static void clear_row(struct celltable *t, size_t dom)
{
    uint64_t *bytes = (uint64_t *)(void *)celltable_byte(t, dom, 0);
    for (size_t i = 0; i < t->nslots / 8; i++)
        tbl_store64(&bytes[i], 0);

    uint64_t *grants = (uint64_t *)(void *)celltable_grant(t, dom, 0);
    for (size_t i = 0; i < t->nslots / 2; i++)
        tbl_store64(&grants[i], (uint64_t)GRANT_NONE << 32 | GRANT_NONE);
}

void celltable_format(struct celltable *t, size_t doms, const struct cell_spec *kernel, size_t n)
{
    ASSERT(n > 0 && n < t->nslots && doms >= 1 && doms <= t->rows);

    t->kfirst = t->nslots - n;
    t->nlive = 0;
    t->stale = false;
    t->moved = 0;
    t->crowded = 0;
    t->cut = 0;
    for (size_t i = 0; i < t->lines; i++)
        t->live[i] = 0;
    mark_live(t, 0);
    for (size_t dom = 0; dom < t->rows; dom++)
        clear_row(t, dom);

    tbl_store64(&t->cell[0].lo, t->rows | (uint64_t)t->lines << 32);
    store_doms(t, doms);
    for (size_t i = 1; i < t->kfirst; i++) {
        tbl_store64(&t->cell[i].lo, cell_lo_empty(kernel[0].start - 1));
        tbl_store64(&t->cell[i].hi, 0);
    }
    for (size_t i = 0; i < n; i++) {
        size_t slot = t->kfirst + i;
        tbl_store8(celltable_byte(t, 0, slot), kernel[i].byte);
        tbl_store64(&t->cell[slot].hi, cell_hi(0, kernel[i].ppn));
        tbl_store64(&t->cell[slot].lo, cell_lo(kernel[i].start, kernel[i].end));
        mark_live(t, slot);
    }
}

bool celltable_kernel_spec(const struct celltable *t, size_t k, struct cell_spec *spec)
{
    size_t slot = t->kfirst + k;
    if (slot >= t->nslots)
        return false;

    spec->start = celltable_start(t, slot);
    spec->end = celltable_end(t, slot);
    spec->ppn = celltable_ppn(t, slot);
    spec->byte = *celltable_byte(t, 0, slot);
    return true;
}

void celltable_set_doms(struct celltable *t, size_t doms)
{
    ASSERT(doms >= 1 && doms <= t->rows);

    for (size_t dom = t->doms; dom < doms; dom++)
        clear_row(t, dom);
    tbl_fence(); /* the rows before the M that makes them valid: pairs with the walker's read */
    store_doms(t, doms);
}

/* --- another table --- */

void celltable_copy_cells(struct celltable *to, const struct celltable *from, uint64_t gap)
{
    ASSERT(to->nlive == 0 && from->nlive < to->kfirst && from->doms <= to->rows);

    size_t n = from->nlive, empty = to->kfirst - 1 - n, even = empty - empty / 2;
    size_t src = 0, dst = 0;
    for (size_t k = 0; k < n; k++) {
        src = celltable_next(from, src + 1);
        uint64_t lo = from->cell[src].lo, start = cell_lo_start(lo);
        size_t   place = 1 + k + even * (k + 1) / (n + 1) + (start >= gap ? empty / 2 : 0);
        while (++dst < place)
            set_lo(to, dst, cell_lo_empty(start - 1));
        set_hi(to, dst, from->cell[src].hi);
        set_lo(to, dst, lo);
        mark_live(to, dst);
    }
    to->nlive = n;
}

void celltable_copy_columns(struct celltable *to, const struct celltable *from)
{
    size_t src = 0, dst = 0;
    for (size_t left = from->nlive; left > 0; left--) {
        struct cell_column col;
        src = celltable_next(from, src + 1);
        dst = celltable_next(to, dst + 1);
        read_column(from, src, &col);
        put_column(to, dst, &col);
        set_hi(to, dst, from->cell[src].hi); /* validity is the users' where policy lets them */
    }
}
