/* SPDX-License-Identifier: Apache-2.0 */
/* carve.c - celltable_carve() of any part of any cell. */
#include "anyroom.h"

/* Whether a compartment loses a right, also one that it might still receive. */
static bool loses(struct page p, unsigned rights)
{
    return (perm_rights(p.byte) & ~rights) ||
           (grant_target(p.grant) == 1 && (p.grant & PERM_RIGHTS & ~rights));
}

int main(void)
{
    small_any();
    uint64_t    start = small_start(SLOT), end = small_end(SLOT), vpn = any_page();
    uint64_t    first = any_page(), last = any_page();
    unsigned    rights = any_rights();
    size_t      nlive = table.nlive, more = (first > start) + (last < end);
    struct page before = small_look(vpn), cell = small_look(start);
    bool        takes = loses(cell, rights);

    assume(start <= first && first <= last && last <= end && more > 0);
    assume(celltable_free(&table) >= more);

    size_t mid = celltable_carve(&table, SLOT, first, last, 1, rights);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(table.nlive == nlive + more, "a cell more for each part that remains");
    claim(small_start(mid) == first && small_end(mid) == last, "the part's slot is returned");
    claim(table.stale == takes, "a shootdown if rights are lost");
    if (vpn < first || vpn > last) {
        claim(same_page(before, after), "every other page is as it was");
    } else {
        claim(after.mapped && after.ppn == before.ppn, "its pages have their frames");
        claim(perm_rights(after.byte) == rights, "and exactly these rights");
        claim(!(before.byte & (PERM_A | PERM_D) & ~after.byte), "A and D stay");
        claim(after.grant == (takes ? GRANT_NONE : before.grant), "grants stay if nothing is lost");
    }
    return 0;
}
