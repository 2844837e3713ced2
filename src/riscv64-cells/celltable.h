/* SPDX-License-Identifier: Apache-2.0 */
/* celltable.h - a SecureCells permission table, edited while the hardware walks it.
 *
 * The handle says where the table lies; what the table says is only in the table. Three layers
 * use it: celltable.c (one edit of one cell, in the order that other harts can bear), cellrange.c
 * (the contract's range calls, made of edits), cellcheck.c (invariants and dumps). None touches a
 * CSR, so all run on the host.
 *
 * Slots: 0 is the metacell; 1..kfirst-1 are the users' cells with empty slots among them; from
 * kfirst to the last one, without gaps, the kernel's own cells, which never move and are never
 * hidden, so that the kernel never takes a spurious fault. N is always 64*T.
 *
 * A slot number is valid until the next call that may move cells; such calls say so and return
 * the new one. Page numbers throughout; ranges are inclusive. The caller holds the map's lock.
 */
#ifndef RISCV64_CELLS_CELLTABLE_H
#define RISCV64_CELLS_CELLTABLE_H

#include "lib/types.h"
#include "riscv64-cells/cell.h"

#define CELLS_MAX_DOMS  64u  /* rows that a table can grow to */
#define CELLS_MAX_LINES 128u /* lines that a table can grow to: 8,191 cells */

struct celltable {
    paddr_t  base;
    uint32_t lines;  /* T */
    uint32_t rows;   /* R */
    uint32_t doms;   /* M, as in the metacell */
    uint32_t nslots; /* 64*T */
    uint32_t kfirst; /* first of the kernel's slots */
    uint32_t nlive;  /* users' cells */

    /* Into the window: set by celltable_attach(). */
    struct cell *cell;  /* [slot] */
    uint8_t     *perm;  /* [dom * nslots + slot] */
    uint32_t    *grant; /* [dom * nslots + slot] */

    /* One bit a slot: not empty (slot 0 counts as such). Software's own, the owner's memory,
     * `lines` words. */
    uint64_t *live;

    bool stale; /* something was taken away since the last shootdown */

    uint64_t moved; /* cells that made way for others, since the map was created */
};

/* What all rows hold for one cell. Rows doms.. are not set. */
struct cell_column {
    uint8_t  byte[CELLS_MAX_DOMS];
    uint32_t grant[CELLS_MAX_DOMS];
};

/* A kernel cell to be: rights for row 0. */
struct cell_spec {
    uint64_t start, end, ppn;
    uint8_t  byte;
};

/* --- building (celltable.c) --- */

/* Make t describe the table at base; `live` is its bitmap. Computes the pointers for the present
 * phys_window, so it is called again when that changes. */
void celltable_attach(struct celltable *t, paddr_t base, uint32_t lines, uint32_t rows,
                      uint64_t *live);

/* Fill the table that t is attached to: no user cells, `doms` domains, these kernel cells,
 * which are sorted and disjoint. Not in use by any hart. */
void celltable_format(struct celltable *t, uint32_t doms, const struct cell_spec *kernel,
                      uint32_t n);

/* Give `to` (formatted, empty, larger) all user cells of `from`, evenly spread. Neither is
 * walked by a user meanwhile. */
void celltable_copy(struct celltable *to, const struct celltable *from);

/* Kernel cell k of t as a spec; false past the last. */
bool celltable_kernel_spec(const struct celltable *t, uint32_t k, struct cell_spec *spec);

/* One row more or less; rows that come into use are cleared first (B.1.2). doms <= rows. */
void celltable_set_doms(struct celltable *t, uint32_t doms);

/* --- looking --- */

/* The first live slot whose cell ends at or after vpn. There is always one: the kernel's come
 * last. */
uint32_t celltable_lower(const struct celltable *t, uint64_t vpn);

/* The slot that holds vpn, 0 if none does. User and kernel cells. */
uint32_t celltable_find(const struct celltable *t, uint64_t vpn);

/* The next live slot at or after slot (one exists), the last before it (0: none). */
uint32_t celltable_next(const struct celltable *t, uint32_t slot);
uint32_t celltable_prev(const struct celltable *t, uint32_t slot);

/* Whether the cells in slots a and b = the next one could be one: they touch in both address
 * spaces, give each domain equal rights, and have equal grants. */
bool celltable_mergeable(const struct celltable *t, uint32_t a, uint32_t b);

static inline uint64_t celltable_start(const struct celltable *t, uint32_t slot)
{
    return cell_lo_start(t->cell[slot].lo);
}

static inline uint64_t celltable_end(const struct celltable *t, uint32_t slot)
{
    return cell_lo_end(t->cell[slot].lo);
}

static inline uint64_t celltable_ppn(const struct celltable *t, uint32_t slot)
{
    return cell_hi_ppn(t->cell[slot].hi);
}

static inline uint8_t *celltable_byte(const struct celltable *t, uint32_t dom, uint32_t slot)
{
    return t->perm + (size_t)dom * t->nslots + slot;
}

static inline uint32_t *celltable_grant(const struct celltable *t, uint32_t dom, uint32_t slot)
{
    return t->grant + (size_t)dom * t->nslots + slot;
}

static inline bool celltable_is_live(const struct celltable *t, uint32_t slot)
{
    return t->live[slot / 64] >> (slot % 64) & 1;
}

/* Empty slots: how many cells can still be inserted or split off. */
static inline uint32_t celltable_free(const struct celltable *t)
{
    return t->kfirst - 1 - t->nlive;
}

/* --- edits: one cell each, user slots only ---
 *
 * Those marked "needs a slot" ASSERT celltable_free() > 0. The range given must be free, or be the
 * cell's; checked by cellrange.c. */

/* Needs a slot; may move cells. col: A and D bits as they shall be; grants none. Returns the
 * slot. */
uint32_t celltable_insert(struct celltable *t, uint64_t start, uint64_t end, uint64_t ppn,
                          const struct cell_column *col);

/* Take the cell out; *col, if not NULL, gets its last rights with A and D. */
void celltable_remove(struct celltable *t, uint32_t slot, struct cell_column *col);

/* Leave [start, left_end] in the cell and make [right_start, end] a cell of its own: a split
 * when they touch, a hole otherwise. Needs a slot; may move cells. Returns the slot of the
 * right part; the left one's is celltable_prev() of it. */
uint32_t celltable_split(struct celltable *t, uint32_t slot, uint64_t left_end,
                         uint64_t right_start);

/* Join the cell with the next if celltable_mergeable(), re-checked while both are hidden. */
bool celltable_merge(struct celltable *t, uint32_t slot);

void celltable_grow_end(struct celltable *t, uint32_t slot, uint64_t end);
void celltable_shrink_end(struct celltable *t, uint32_t slot, uint64_t end);

/* Both directions; the base moves with the start: ppn is that of the new first page. */
void celltable_change_start(struct celltable *t, uint32_t slot, uint64_t start, uint64_t ppn);

/* Take the cell out of sight in its slot, and show it again, as [start, end] on the frames from ppn
 * on: for moving frames whose contents change. In between it has no end, and no other edit may
 * meet it: hidden cells must be each other's neighbours, in sight again before anything else is
 * edited. Bytes and grants stay. The caller sends a shootdown after hiding. */
void celltable_hide(struct celltable *t, uint32_t slot);
void celltable_show(struct celltable *t, uint32_t slot, uint64_t start, uint64_t end, uint64_t ppn);

/* Other frames with equal contents that nobody can write: one store. */
void celltable_replace(struct celltable *t, uint32_t slot, uint64_t ppn);

/* Set dom's rights to exactly `rights`, whatever they were; scrubs the cell's grants. */
void celltable_revoke(struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights);

/* Add rights for dom. */
void celltable_add_rights(struct celltable *t, uint32_t slot, uint32_t dom, unsigned rights);

/* Whether any domain wrote the cell; clears that. */
bool celltable_clear_dirty(struct celltable *t, uint32_t slot);
bool celltable_is_dirty(const struct celltable *t, uint32_t slot);

#endif
