/* SPDX-License-Identifier: Apache-2.0 */
/* ends.c - growing and shrinking any cell at either end. */
#include "small.h"

/* Its new end; `past`: the next cell's start. */
static void change_end(uint64_t end, uint64_t past)
{
    uint64_t old = small_end(SLOT);

    assume(end >= small_start(SLOT) && end < past && end != old);
    if (end > old)
        celltable_grow_end(&table, SLOT, end);
    else
        celltable_shrink_end(&table, SLOT, end);
    claim(table.stale == (end < old), "shrinking asks for a shootdown");
}

static void change_start(uint64_t start, uint64_t past)
{
    uint64_t old = small_start(SLOT), ppn = celltable_ppn(&table, SLOT);

    assume(start > past && start <= small_end(SLOT) && start != old && ppn + start >= old);
    celltable_change_start(&table, SLOT, start, ppn + start - old);
    claim(table.stale == (start > old), "shrinking asks for a shootdown");
}

int main(void)
{
    small_any();
    uint64_t    to = any_page(), vpn = any_page(), nlive = table.nlive;
    uint64_t    ppn = celltable_ppn(&table, SLOT), start = small_start(SLOT), end = small_end(SLOT);
    struct page before = small_look(vpn), cell = small_look(start);
    bool        at_end = nondet_bool();
    size_t      left = celltable_prev(&table, SLOT);

    if (at_end)
        change_end(to, small_start(celltable_next(&table, SLOT + 1)));
    else
        change_start(to, left ? small_end(left) : 0);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(table.nlive == nlive, "no cell more or less");
    if ((at_end ? start : to) <= vpn && vpn <= (at_end ? to : end)) {
        claim(after.mapped && after.byte == cell.byte && after.grant == cell.grant,
              "its pages have its rights");
        claim(after.ppn == ppn + vpn - start, "and its frames");
    } else if (start <= vpn && vpn <= end) {
        claim(!after.mapped, "lost pages are gone");
    } else {
        claim(same_page(before, after), "all others are as they were");
    }
    return 0;
}
