/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - struct pmap of the cells model, for the files of this folder only. */
#ifndef RISCV64_CELLS_MODEL_H
#define RISCV64_CELLS_MODEL_H

#include "machine/layout.h"
#include "machine/pmap.h"
#include "riscv64-cells/cellrange.h"

#define REACHED 16u

/* A page that a domain reached, and where. The pointers are into the table that the map has. */
struct reached {
    vaddr_t            page;
    uint8_t           *at;  /* the page in the window, */
    size_t             len; /* and the bytes from there to the end of its cell */
    const struct cell *cell;
    struct cell        was;  /* what it held then */
    const uint8_t     *byte; /* the domain's, for that cell */
    pmap_dom_t         dom;
};

/* One frame. The table lies apart, since it is replaced by a larger one when it is full. */
struct pmap {
    struct celltable table;
    paddr_t          self;                /* of this frame */
    uint64_t         domains;             /* bit d: domain d exists */
    uint64_t         rebuilt, shootdowns; /* for pmap_stats() */

    /* Cells at which the table is replaced by a larger one, below which by a smaller one. */
    size_t grow_at, shrink_at;
    size_t rebuild_at; /* below, a crowded table is kept: there was no memory for another */

    struct reached reached[REACHED]; /* by the low bits of the page's number */

    /* Between pmap_suspend() and pmap_resume(): the range; start is 0 at other times. */
    struct cell_range suspended;
};

_Static_assert(sizeof(struct pmap) <= 4096, "one frame");

/* First page past user space. */
#define USER_END_VPN (USER_END >> PAGE_SHIFT)

/* pm's table, or the kernel's own for NULL. */
struct celltable *model_table(struct pmap *pm);

/* What the hardware lets a byte do: W without R is refused (A.5.8). */
static inline unsigned perm_usable(unsigned byte)
{
    unsigned rights = perm_rights(byte);
    return (rights & (PERM_R | PERM_W)) == PERM_W ? 0 : rights;
}

/* PMAP_R, W, X and PERM_R, W, X differ by a shift. */
_Static_assert(PERM_R == PMAP_R << 1 && PERM_W == PMAP_W << 1 && PERM_X == PMAP_X << 1, "shift");

/* Write implies read, as on Linux; W alone means nothing to the hardware. */
static inline unsigned rights_of_prot(unsigned prot)
{
    return (prot | (prot & PMAP_W) / PMAP_W * PMAP_R) << 1;
}

#endif
