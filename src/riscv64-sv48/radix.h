/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h - a tree of page tables, edited while the hardware walks it. No CSR here: runs on the
 * host.
 *
 * Leaves are as large as address, frame and length allow. A table is never empty, but for the
 * root and the one that holds the kernel's window. Calls that need tables reserve them first and
 * return -ENOMEM, nothing changed, if they cannot; then nothing fails. The caller holds the map's
 * lock.
 *
 * Ranges are [va, end) in bytes, page-aligned, in user space (in the window for the kernel's own
 * tree).
 */
#ifndef RISCV64_SV48_RADIX_H
#define RISCV64_SV48_RADIX_H

#include "lib/types.h"
#include "riscv64-sv48/pte.h"

struct radix {
    paddr_t root;
    size_t  ntables; /* that belong to this tree, root included, kernel's shared ones not */

    paddr_t  spare; /* frames reserved for tables: a list through their first words; 0: none */
    unsigned nspare;

    /* Since the last shootdown: */
    paddr_t dead;               /* tables taken out: hardware may still hold pointers to them */
    vaddr_t stale_lo, stale_hi; /* translations taken away lie in here; empty if lo >= hi */

    /* Between radix_suspend() and radix_resume(): */
    vaddr_t  hidden_lo, hidden_hi; /* leaves in here have no V; empty if lo >= hi */
    paddr_t  hidden_spare;         /* tables for splitting them, whatever frames come; as `spare` */
    unsigned hidden_nspare;
};

/* A position in the tree: the entry that decides about va. Entries at level > 0 are absent or
 * leaves. */
struct radix_pos {
    pte_t   *pte;
    vaddr_t  va; /* first address that the entry covers */
    unsigned level;
};

/* Give rx an empty root table, whose frame the caller allocated. */
void radix_init(struct radix *rx, paddr_t root);

/* Free all tables of user space and the root; those listed as dead as well. */
void radix_destroy(struct radix *rx);

/* Put a frame on the list that tables are taken from; give back what is left on it. */
void radix_give(struct radix *rx, paddr_t frame);
void radix_release(struct radix *rx);

struct radix_pos radix_find(const struct radix *rx, vaddr_t va);
void radix_step(const struct radix *rx, struct radix_pos *pos); /* to the entry behind */

/* How many tables mapping the range needs; -EEXIST if a page of it is mapped. */
int radix_map_cost(const struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);

/* Map it; radix_map_cost() tables have been given. bits: everything in the leaf but the page. */
void radix_map(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa, pte_t bits);

int radix_enter(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa,
                pte_t bits);                                                /* -EEXIST, -ENOMEM */
int radix_remove(struct radix *rx, vaddr_t va, vaddr_t end);                /* -ENOMEM */
int radix_protect(struct radix *rx, vaddr_t va, vaddr_t end, pte_t rights); /* -EFAULT, -ENOMEM */
int radix_replace(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);   /* -EFAULT, -ENOMEM */
int radix_move(struct radix *rx, vaddr_t va, vaddr_t end, vaddr_t to);      /* -EEXIST, -ENOMEM */

/* Hide the range's leaves: they keep all but V, so that a walk ends there. -EFAULT, -ENOMEM. Then
 * show them again, on other frames. One range at a time. */
int  radix_suspend(struct radix *rx, vaddr_t va, vaddr_t end);
void radix_resume(struct radix *rx, vaddr_t va, vaddr_t end, paddr_t pa);

/* How many leaves map user pages. */
size_t radix_leaves(const struct radix *rx);

/* Set the bits of pages that may have been written and clear their marks; a large leaf that
 * reaches beyond the range keeps its mark. */
void radix_clear_dirty(struct radix *rx, vaddr_t va, vaddr_t end, uint8_t *bitmap);

/* After a shootdown: free the dead tables, nothing is stale. */
void radix_settle(struct radix *rx);

#endif
