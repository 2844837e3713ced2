/* SPDX-License-Identifier: Apache-2.0 */
/* cellroom.h - where cells lie in the table: finding a place for a new one, moving others aside.
 *
 * Both need celltable_free() slots, and both may move cells. How many are moved is what an insert
 * costs beyond a search, and is counted in struct celltable.
 */
#ifndef RISCV64_CELLS_CELLROOM_H
#define RISCV64_CELLS_CELLROOM_H

#include "riscv64-cells/celltable.h"

/* Lines of a table in which there is room to spare: cells of a row leave a slot between them, so that
 * what comes between two of them later has a place. A larger one has gaps made for rows. */
#define CELLROOM_SMALL 4u

/* An empty slot for a cell that begins at vpn, `before` being celltable_before() of it. */
size_t cellroom_for(struct celltable *t, size_t before, uint64_t vpn);

/* Make the n (1 or 2) slots after live cell `slot` empty; returns where that cell is then. */
size_t cellroom_after(struct celltable *t, size_t slot, size_t n);

/* Cells that are about to become one and have many empty slots between them are brought together, since
 * a union has to rewrite these whenever it grows: move the cell in `slot` up to `next`, or down to
 * `prev`, its live neighbours. Returns where it is then. */
size_t cellroom_move_up_to(struct celltable *t, size_t slot, size_t next);
size_t cellroom_move_down_to(struct celltable *t, size_t slot, size_t prev);

#define CELLROOM_FAR 16u /* more empty slots than this are many */

static inline size_t cellroom_up_to(struct celltable *t, size_t slot, size_t next)
{
    return next - slot > CELLROOM_FAR ? cellroom_move_up_to(t, slot, next) : slot;
}

static inline size_t cellroom_down_to(struct celltable *t, size_t slot, size_t prev)
{
    return slot - prev > CELLROOM_FAR ? cellroom_move_down_to(t, slot, prev) : slot;
}

/* The page before which the next cells are expected: those of a row, or of a crowded place. */
uint64_t cellroom_expected(const struct celltable *t);

#endif
