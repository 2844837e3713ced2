/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - struct pmap of the Sv48 model, for the files of this folder only. */
#ifndef RISCV64_SV48_MODEL_H
#define RISCV64_SV48_MODEL_H

#include "machine/layout.h"
#include "machine/pmap.h"
#include "riscv64-sv48/radix.h"

struct pmap {
    struct radix tree;
    paddr_t      self; /* the frame of this structure */
    uint64_t     shootdowns;
    vaddr_t      next_va, next_end; /* pmap_next() found a page there, of a range that ends there */
};

/* pm's tree, or the kernel's own for NULL. */
struct radix *model_tree(struct pmap *pm);

/* PMAP_R, W, X and PTE_R, W, X differ by a shift. */
_Static_assert(PTE_R == PMAP_R << 1 && PTE_W == PMAP_W << 1 && PTE_X == PMAP_X << 1, "shift");

/* Write implies read: W alone is a reserved encoding. */
static inline pte_t rights_of_prot(unsigned prot)
{
    return (prot & PMAP_W ? prot | PMAP_R : prot) << 1;
}

static inline unsigned prot_of_pte(pte_t pte)
{
    return (unsigned)(pte & PTE_RIGHTS) >> 1;
}

#endif
