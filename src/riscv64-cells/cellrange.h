/* SPDX-License-Identifier: Apache-2.0 */
/* cellrange.h - the contract's range calls on a cell table, made of single edits.
 *
 * Every call that may need empty slots counts them first and returns -ENOSPC, nothing changed, if
 * the table has too few; pmap.c then moves to a larger table and calls again. Otherwise it
 * succeeds or refuses for the reason given, nothing changed. Ranges are inclusive page numbers of
 * user space. All calls leave the table canonical: no two neighbours that could be one cell.
 */
#ifndef RISCV64_CELLS_CELLRANGE_H
#define RISCV64_CELLS_CELLRANGE_H

#include "riscv64-cells/celltable.h"

struct cell_range {
    uint64_t start, end;
};

/* byte[d]: what the row of domain d shall hold, for all of them. -EEXIST, -ENOSPC. */
int cellrange_enter(struct celltable *t, struct cell_range r, uint64_t ppn, const uint8_t *byte);

int cellrange_remove(struct celltable *t, struct cell_range r); /* -ENOSPC: cutting a hole */

/* The same if r holds pages of one cell only: *ppn, *npages: the frames that these had. -ENOENT: it
 * holds none; -E2BIG: of several; -ENOSPC. */
int cellrange_remove_run(struct celltable *t, struct cell_range r, uint64_t *ppn, uint64_t *npages);

/* -EFAULT: a page is unmapped; -ENOSPC. */
int cellrange_protect(struct celltable *t, struct cell_range r, size_t dom, unsigned rights);

/* Base change without the shootdown; cellrange_join() after it. -EFAULT, -ENOSPC. */
int cellrange_replace(struct celltable *t, struct cell_range r, uint64_t ppn);

/* Hide every cell of r, cut out first. A shootdown comes next, and no other edit than
 * cellrange_resume(). -EFAULT, -ENOSPC. */
int cellrange_suspend(struct celltable *t, struct cell_range r);

/* Show them again on the frames from ppn on, as few cells as possible. */
void cellrange_resume(struct celltable *t, struct cell_range r, uint64_t ppn);

/* The slot of the cell that holds vpn, which is in a suspended range; *end is the cell's. */
size_t cellrange_find_suspended(struct celltable *t, struct cell_range r, uint64_t vpn,
                                uint64_t *end);

/* Merge whatever can be merged in r and with its neighbours. */
void cellrange_join(struct celltable *t, struct cell_range r);

/* Grants do not move along. -EEXIST, -ENOSPC. */
int cellrange_move(struct celltable *t, struct cell_range from, uint64_t to);

/* Set the bits of the pages of r that may have been written. A cell that lies wholly in r is clean
 * afterwards; one that reaches beyond stays dirty, because it has one mark for all its pages. */
void cellrange_clear_dirty(struct celltable *t, struct cell_range r, uint8_t *bitmap);

/* Take every right and grant of dom, and every grant to it (B.3.4), then merge what became
 * equal. */
void cellrange_drop_domain(struct celltable *t, size_t dom);

#endif
