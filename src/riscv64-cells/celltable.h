/* SPDX-License-Identifier: Apache-2.0 */
/* celltable.h - a SecureCells permission table, edited while the hardware walks it.
 *
 * The handle says where the table lies; what the table says is only in the table. The layers, from
 * below: cellbuild.c (a table that nobody walks yet), cellroom.c (where in the table cells lie),
 * celltable.c (one edit, in the order that other harts can bear), cellrange.c (the contract's range
 * calls, made of edits), cellcheck.c (invariants and dumps). None touches a CSR, so all run on the
 * host.
 *
 * Slots: 0 is the metacell; 1..kfirst-1 are the users' cells with empty slots among them; from
 * kfirst to the last one, without gaps, the kernel's own cells, which never move and are never
 * hidden, so that the kernel never takes a spurious fault. N is always 64*T.
 *
 * The ends of all slots rise from slot to slot, or stay: an empty one at e (cell.h) counts as
 * ending at e. A search needs no other knowledge of what is empty.
 *
 * A slot number is valid until the next call that may move cells; such calls say so and return
 * the new one. Page numbers throughout; ranges are inclusive. The caller holds the map's lock.
 */
#ifndef RISCV64_CELLS_CELLTABLE_H
#define RISCV64_CELLS_CELLTABLE_H

#include "lib/bits.h"
#include "lib/types.h"
#include "riscv64-cells/cell.h"

#define CELLS_MAX_DOMS  64u   /* rows that a table can grow to */
#define CELLS_MAX_LINES 1024u /* lines that a table can grow to: 65,535 cells */

struct celltable {
    paddr_t base;
    size_t  lines;  /* T, a power of two */
    size_t  rows;   /* R */
    size_t  doms;   /* M, as in the metacell */
    size_t  nslots; /* 64*T */
    size_t  kfirst; /* first of the kernel's slots */
    size_t  nlive;  /* users' cells */

    /* Into the window: set by celltable_attach(). */
    struct cell *cell;  /* [slot] */
    uint8_t     *perm;  /* [dom * nslots + slot] */
    uint32_t    *grant; /* [dom * nslots + slot] */

    /* One bit a slot: not empty (slot 0 counts as such). Software's own, the owner's memory,
     * `lines` words. */
    uint64_t *live;

    size_t hint;  /* where a search for the page last dealt with ends */
    bool   stale; /* something was taken away since the last shootdown */

    /* Where the last edit that took a slot cut a cell: the page past that cell; 0 after an insert. */
    uint64_t cut;

    /* Slots that cellrange_enter() leaves for the calls that move, protect and take away, and may need
     * them to cut ranges. */
    size_t reserve;

    /* Slots, fewer, that those leave for cellrange_suspend(); never more than are empty. */
    size_t kept;

    /* Not 0: there was no room nearby for a cell, and the next ones are expected before this page. */
    uint64_t crowded;

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
void celltable_attach(struct celltable *t, paddr_t base, size_t lines, size_t rows, uint64_t *live);

/* Fill the table that t is attached to: no user cells, `doms` domains, these kernel cells,
 * which are sorted and disjoint. Not in use by any hart. */
void celltable_format(struct celltable *t, size_t doms, const struct cell_spec *kernel, size_t n);

/* Give `to` (formatted, empty, in use by no hart, as many domains) all user cells of `from`. Half of its
 * empty slots go before the first cell that begins at or after `gap`, the others are spread
 * evenly. The first may run while users go on; then the second, once they are stopped, takes
 * what their instructions change: rights, grants, A and D, validity. */
void celltable_copy_cells(struct celltable *to, const struct celltable *from, uint64_t gap);
void celltable_copy_columns(struct celltable *to, const struct celltable *from);

/* Kernel cell k of t as a spec; false past the last. */
bool celltable_kernel_spec(const struct celltable *t, size_t k, struct cell_spec *spec);

/* One row more or less; rows that come into use are cleared first (B.1.2). doms <= rows. */
void celltable_set_doms(struct celltable *t, size_t doms);

/* --- looking --- */

/* Look for vpn from scratch: see celltable_before(). */
size_t celltable_search(struct celltable *t, uint64_t vpn);

/* The first live slot whose cell ends at or after vpn. There is always one: the kernel's come
 * last. */
size_t celltable_lower(struct celltable *t, uint64_t vpn);

/* The slot that holds vpn, 0 if none does. User and kernel cells. */
size_t celltable_find(struct celltable *t, uint64_t vpn);

/* Whether the cells in slots a and b = the next one could be one: they touch in both address
 * spaces (celltable_adjacent()), give each domain equal rights, and have equal grants. */
bool celltable_mergeable(const struct celltable *t, size_t a, size_t b);

/* Whether setting dom's rights on the cell takes something away: a right that it holds, or one that
 * a standing grant would let it receive. */
bool celltable_takes_away(const struct celltable *t, size_t slot, size_t dom, unsigned rights);

static inline uint64_t celltable_start(const struct celltable *t, size_t slot)
{
    return cell_lo_start(t->cell[slot].lo);
}

static inline uint64_t celltable_end(const struct celltable *t, size_t slot)
{
    return cell_lo_end(t->cell[slot].lo);
}

static inline uint64_t celltable_ppn(const struct celltable *t, size_t slot)
{
    return cell_hi_ppn(t->cell[slot].hi);
}

static inline uint8_t *celltable_byte(const struct celltable *t, size_t dom, size_t slot)
{
    return t->perm + dom * t->nslots + slot;
}

static inline uint32_t *celltable_grant(const struct celltable *t, size_t dom, size_t slot)
{
    return t->grant + dom * t->nslots + slot;
}

static inline bool celltable_is_live(const struct celltable *t, size_t slot)
{
    return t->live[slot / 64] >> (slot % 64) & 1;
}

/* Whether the cells in slots a and b could be one, but for their columns. */
static inline bool celltable_adjacent(const struct celltable *t, size_t a, size_t b)
{
    uint64_t lo = t->cell[a].lo, past = cell_lo_end(lo) + 1;
    uint64_t hi = t->cell[a].hi + ((past - cell_lo_start(lo)) << CELL_PPN_SHIFT);
    uint64_t generation = CELL_GEN_MASK << CELL_GEN_SHIFT;
    return a > 0 && b < t->kfirst && past == celltable_start(t, b) &&
           !((hi ^ t->cell[b].hi) & ~generation);
}

/* The next live slot at or after slot; one exists. */
static inline size_t celltable_next(const struct celltable *t, size_t slot)
{
    size_t   k = slot / 64;
    uint64_t word = t->live[k] >> (slot % 64);
    if (word & 1)
        return slot;
    if (word)
        return slot + bits_lowest(word);
    while (!t->live[++k]) {
    }
    return k * 64 + bits_lowest(t->live[k]);
}

/* The last live slot before slot, which is not 0; 0: none, that being the metacell's. */
static inline size_t celltable_prev(const struct celltable *t, size_t slot)
{
    size_t   k = (slot - 1) / 64;
    uint64_t word = t->live[k] << (63 - (slot - 1) % 64);
    if (word >> 63)
        return slot - 1;
    if (word)
        return slot - 64 + bits_highest(word);
    while (!t->live[--k]) {
    }
    return k * 64 + bits_highest(t->live[k]);
}

/* Whether t->hint is celltable_before(). A fault, the range that is entered for it and the next call of
 * the program ask for the same place. */
static inline bool celltable_is_near(const struct celltable *t, uint64_t vpn)
{
    const struct cell *at = t->cell + t->hint;
    uint64_t           bound = vpn << CELL_END_SHIFT; /* end < vpn, if the low word is less */
    return at[0].lo < bound && bound <= at[1].lo;
}

/* The last slot, live or empty, that ends before vpn; 0 if there is none. The live one that holds or
 * follows vpn comes after it, with empty ones that begin after vpn at most in between. */
static inline size_t celltable_before(struct celltable *t, uint64_t vpn)
{
    return celltable_is_near(t, vpn) ? t->hint : celltable_search(t, vpn);
}

/* Empty slots: how many cells can still be inserted or split off. */
static inline size_t celltable_free(const struct celltable *t)
{
    return t->kfirst - 1 - t->nlive;
}

/* --- edits: one cell each, user slots only ---
 *
 * Those marked "needs a slot" ASSERT celltable_free() > 0. The range given must be free, or be the
 * cell's; checked by cellrange.c. */

/* Needs a slot; may move cells. `before` is celltable_before(t, start). byte[dom]: what each domain's
 * row shall hold, A and D included; grants none. Returns the slot. */
size_t celltable_insert(struct celltable *t, size_t before, uint64_t start, uint64_t end,
                        uint64_t ppn, const uint8_t *byte);

/* Take the cell out; *col, if not NULL, gets its last rights with A and D. */
void celltable_remove(struct celltable *t, size_t slot, struct cell_column *col);

/* Leave [start, left_end] in the cell and make [right_start, end] a cell of its own: a split
 * when they touch, a hole otherwise. Needs a slot; may move cells. Returns the slot of the
 * right part; the left one's is celltable_prev() of it. */
size_t celltable_split(struct celltable *t, size_t slot, uint64_t left_end, uint64_t right_start);

/* Make [first, last], a part of the cell but not all of it, a cell of its own in which dom has exactly
 * `rights`. Needs a slot for what remains on either side; may move cells. Returns the slot of
 * the part. */
size_t celltable_carve(struct celltable *t, size_t slot, uint64_t first, uint64_t last, size_t dom,
                       unsigned rights);

/* Make one cell of two or three adjacent ones (third: 0 if there is none), and in the same step, unless
 * `changed` is 0, give dom exactly `rights` in that one of them. May move them. Returns the slot of the
 * one, or 0, and no right is changed, if they would differ, or if one is changed and any has grants. */
size_t celltable_unite(struct celltable *t, size_t first, size_t second, size_t third,
                       size_t changed, size_t dom, unsigned rights);

/* Join the cell with the next if celltable_mergeable(), re-checked while both are hidden. May move
 * them. Returns the slot of both, or 0. */
size_t celltable_merge(struct celltable *t, size_t slot);

/* Other ends. The cell keeps its marks: A and D of pages that it loses stay on those that it keeps, and are
 * not collected, since nobody asks for those of what is removed. */
void celltable_grow_end(struct celltable *t, size_t slot, uint64_t end);
void celltable_shrink_end(struct celltable *t, size_t slot, uint64_t end);

/* Both directions; the base moves with the start: ppn is that of the new first page. */
void celltable_change_start(struct celltable *t, size_t slot, uint64_t start, uint64_t ppn);

/* Take the cell out of sight in its slot, and show it again, as [start, end] on the frames from ppn
 * on: for moving frames whose contents change. In between it has no end, and no other edit may
 * meet it: hidden cells must be each other's neighbours, in sight again before anything else is
 * edited. Bytes and grants stay. The caller sends a shootdown after hiding. */
void celltable_hide(struct celltable *t, size_t slot);
void celltable_show(struct celltable *t, size_t slot, uint64_t start, uint64_t end, uint64_t ppn);

/* Other frames with equal contents that nobody can write: one store. */
void celltable_replace(struct celltable *t, size_t slot, uint64_t ppn);

/* Set dom's rights to exactly `rights`, whatever they were; scrubs the cell's grants. */
void celltable_revoke(struct celltable *t, size_t slot, size_t dom, unsigned rights);

/* Add rights for dom. */
void celltable_add_rights(struct celltable *t, size_t slot, size_t dom, unsigned rights);

/* Whether any domain wrote the cell; clears that. */
bool celltable_clear_dirty(struct celltable *t, size_t slot);
bool celltable_is_dirty(const struct celltable *t, size_t slot);

#endif
