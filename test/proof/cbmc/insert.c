/* SPDX-License-Identifier: Apache-2.0 */
/* insert.c - celltable_insert() of any free range, in any empty slot where it may go. */
#include "anyroom.h"

/* Where the search ended, if that may do as it is; or a live slot, so that a place is asked for. */
static size_t any_before(uint64_t start)
{
    if (nondet_bool())
        return celltable_prev(&table, SLOT);
    assume(small_end(SLOT) < start && start <= small_end(SLOT + 1));
    return SLOT;
}

int main(void)
{
    small_any();
    uint64_t start = any_page(), end = any_page(), ppn = any_frame(), vpn = any_page();
    size_t   nlive = table.nlive;
    size_t   left = celltable_prev(&table, SLOT), right = celltable_next(&table, SLOT);
    uint8_t  column[DOMS] = {0, nondet_u8()};

    assume(small_is_free(start, end) && is_byte(column[1]));
    assume((left == 0 || small_end(left) < start) && end < small_start(right));
    struct page before = small_look(vpn);

    size_t slot = celltable_insert(&table, any_before(start), start, end, ppn, column);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(table.nlive == nlive + 1, "one cell more");
    claim(small_start(slot) == start && small_end(slot) == end, "the slot returned is the cell's");
    claim(!table.stale, "no shootdown");
    if (start <= vpn && vpn <= end) {
        claim(after.mapped && after.ppn == ppn + (vpn - start), "its pages have its frames");
        claim(after.byte == column[1] && after.grant == GRANT_NONE, "and its rights");
    } else {
        claim(same_page(before, after), "all others are as they were");
    }
    return 0;
}
