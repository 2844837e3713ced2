/* SPDX-License-Identifier: Apache-2.0 */
/* anyroom.h - cellroom.c as its contract has it, for the edits that call it; room.c and move.c show that it
 * keeps it.
 *
 * What makes room turns one table that holds into another, in which every page means the same. An edit is
 * tried on every table, so also on the other one, and nothing is lost if the path on which room has to
 * be made ends here.
 */
#ifndef TEST_PROOF_CBMC_ANYROOM_H
#define TEST_PROOF_CBMC_ANYROOM_H

#include "small.h"

/* An empty slot between the right neighbours. */
size_t cellroom_for(struct celltable *t, size_t before, uint64_t vpn)
{
    (void)t;
    (void)before;
    (void)vpn;
    return SLOT;
}

size_t cellroom_after(struct celltable *t, size_t slot, size_t n)
{
    (void)t;
    (void)n;
    assume(false);
    return slot;
}

/* Nothing is that far in a small table. */
size_t cellroom_move_up_to(struct celltable *t, size_t slot, size_t next)
{
    (void)t;
    (void)next;
    claim(false, "no cell is far from the next one");
    return slot;
}

size_t cellroom_move_down_to(struct celltable *t, size_t slot, size_t prev)
{
    (void)t;
    (void)prev;
    claim(false, "no cell is far from the one before");
    return slot;
}

#endif
