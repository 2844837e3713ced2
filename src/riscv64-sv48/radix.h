/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h - a tree of page tables, edited while the hardware walks it. No CSR here: runs on the
 * host.
 *
 * Leaves are as large as they can be: no table holds 512 leaves that one leaf of the table above
 * could stand for (equal rights, frames in a row, aligned). A large leaf is marked as written if one
 * of those that it replaced was, and so are those that replace it. See radixleaf.c.
 *
 * A table that became empty stays in its place, where the next mapping is likely; the tree knows the
 * last RADIX_IDLE such places and prunes the oldest for the next (radixidle.c).
 *
 * Calls that need tables reserve them first and return -ENOMEM, nothing changed, if they cannot;
 * then nothing fails. The caller holds the map's lock.
 *
 * Ranges are [va, end) in bytes, page-aligned, in user space (in the window for the kernel's own
 * tree).
 */
#ifndef RISCV64_SV48_RADIX_H
#define RISCV64_SV48_RADIX_H

#include "lib/types.h"
#include "machine/layout.h"
#include "riscv64-sv48/pte.h"

#define RADIX_IDLE    8u
#define RADIX_NEAR    8u
#define RADIX_NOWHERE (1ull << 63) /* far from all addresses */

struct radix {
    paddr_t root;
    size_t  ntables; /* that belong to this tree, root included, kernel's shared ones not */

    /* Tables of pages that were found last, by the low bits of what they cover; radix_find() need not walk there
     * again. */
    struct radix_near {
        vaddr_t va; /* first address that it covers; RADIX_NOWHERE: none */
        paddr_t table;
    } near[RADIX_NEAR];

    paddr_t  spare; /* frames reserved for tables: a list through their first words; 0: none */
    unsigned nspare;

    /* Where something was removed: every empty table covers one of these. */
    vaddr_t  idle[RADIX_IDLE];
    unsigned nidle, oldest; /* filled from 0 on, then replaced in turn */

    /* Since the last shootdown: */
    paddr_t dead;               /* tables taken out: hardware may still hold pointers to them */
    vaddr_t stale_lo, stale_hi; /* translations taken away lie in here; empty if lo >= hi */

    /* Between radix_suspend() and radix_resume(): */
    vaddr_t  hidden_lo, hidden_hi; /* leaves in here have no V; empty if lo >= hi */
    paddr_t  hidden_spare;         /* tables for splitting them, whatever frames come; as `spare` */
    unsigned hidden_nspare;
};

/* A position in the tree: the entry that decides about an address. Entries at level > 0 are absent
 * or leaves. */
struct radix_pos {
    pte_t   *pte;
    vaddr_t  va; /* first address that the entry covers */
    unsigned level;
};

/* Entries of one table, one behind the other, that decide about a stretch of a range. */
struct radix_span {
    struct radix_pos first;
    unsigned         n; /* 0: the range is over */
};

/* Give rx an empty root table, whose frame the caller allocated. */
void radix_init(struct radix *rx, paddr_t root);

/* Free all tables of user space and the root; those listed as dead as well. */
void radix_destroy(struct radix *rx);

/* Put a frame on the list that tables are taken from; give back what is left on it. */
void radix_give(struct radix *rx, paddr_t frame);
void radix_release(struct radix *rx);

/* --- reading: changes nothing but what is near --- */

struct radix_pos radix_find_far(struct radix *rx, vaddr_t va); /* from the root on */

/* Where the table of pages that covers va is remembered, if it is. */
static inline const struct radix_near *radix_near_of(const struct radix *rx, vaddr_t va)
{
    return &rx->near[(va >> pte_shift(1)) % RADIX_NEAR];
}

static inline bool radix_has_near(const struct radix *rx, vaddr_t va)
{
    return va - radix_near_of(rx, va)->va < pte_size(1);
}

static inline struct radix_pos radix_find(struct radix *rx, vaddr_t va)
{
    if (!radix_has_near(rx, va))
        return radix_find_far(rx, va);
    pte_t *table = phys_ptr(radix_near_of(rx, va)->table);
    return (struct radix_pos){table + pte_index(va, 0), ALIGN_DOWN(va, PAGE_SIZE), 0};
}

/* The same without the map's lock: changes nothing at all. */
struct radix_pos radix_peek(const struct radix *rx, vaddr_t va);

/* The entries that decide about [va, end), span by span; the first and the last may be leaves that
 * reach beyond it. */
struct radix_span radix_first_far(struct radix *rx, vaddr_t va, vaddr_t end);

/* Whether one of them has all entries for [va, end); those entries. */
static inline bool radix_is_near(const struct radix *rx, vaddr_t va, vaddr_t end)
{
    vaddr_t start = radix_near_of(rx, va)->va;
    return va - start < pte_size(1) && end - start <= pte_size(1);
}

static inline struct radix_span radix_span_near(struct radix *rx, vaddr_t va, vaddr_t end)
{
    return (struct radix_span){radix_find(rx, va), (unsigned)((end - va) >> PAGE_SHIFT)};
}

static inline struct radix_span radix_first(struct radix *rx, vaddr_t va, vaddr_t end)
{
    return radix_is_near(rx, va, end) ? radix_span_near(rx, va, end) : radix_first_far(rx, va, end);
}

struct radix_span radix_next(struct radix *rx, const struct radix_span *span, vaddr_t end);

static inline vaddr_t radix_span_end(const struct radix_span *span)
{
    return span->first.va + span->n * pte_size(span->first.level);
}

/* The first entry for [va, end) that maps something; false: there is none. */
bool radix_find_mapped(struct radix *rx, vaddr_t va, vaddr_t end, struct radix_pos *pos);

/* Where the leaf at pos ends, or, up to `ahead`, where the leaves behind it in its table end that
 * continue it: frames in a row, equal rights. */
vaddr_t radix_run_end(const struct radix_pos *pos, vaddr_t ahead);

/* How many leaves map user pages. */
size_t radix_leaves(struct radix *rx);

/* --- changing --- */

/* How many tables mapping the range needs; -EEXIST if a page of it is mapped. */
int radix_map_cost(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);

/* Map it; radix_map_cost() tables have been given. bits: everything in the leaf but the page. Does
 * not join what it maps with what is there. */
void radix_map(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits);

int radix_enter(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa,
                pte_t bits);                                                /* -EEXIST, -ENOMEM */
int radix_remove(struct radix *rx, vaddr_t va, vaddr_t end);                /* -ENOMEM */
int radix_protect(struct radix *rx, vaddr_t va, vaddr_t end, pte_t rights); /* -EFAULT, -ENOMEM */
int radix_replace(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);   /* -EFAULT, -ENOMEM */
int radix_move(struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to);      /* -EEXIST, -ENOMEM */

/* radix_remove() if the leaves there are at most one run, whose frames are *len bytes from *pa on.
 * -ENOENT: there is none; -E2BIG: more; -ENOMEM. */
int radix_remove_run(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t *pa, size_t *len);

/* Hide the range's leaves: they keep all but V, so that a walk ends there. -EFAULT, -ENOMEM. Then
 * show them again, on other frames. One range at a time. */
int  radix_suspend(struct radix *rx, vaddr_t va, vaddr_t end);
void radix_resume(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);

/* Set the bits of pages that may have been written and clear their marks; a large leaf that
 * reaches beyond the range keeps its mark. */
void radix_clear_dirty(struct radix *rx, vaddr_t va, vaddr_t end, uint8_t *bitmap);

/* Take out all empty tables; false if there was none. Their frames come back with the next
 * radix_settle(). */
bool radix_prune(struct radix *rx);

/* After a shootdown: free the dead tables, nothing is stale. */
void radix_settle(struct radix *rx);

#endif
