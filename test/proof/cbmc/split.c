/* SPDX-License-Identifier: Apache-2.0 */
/* split.c - celltable_split() of any cell anywhere, with and without a hole. */
#include "anyroom.h"

int main(void)
{
    small_any();
    size_t      slot = SLOT, nlive = table.nlive;
    uint64_t    start = small_start(slot), end = small_end(slot), vpn = any_page();
    uint64_t    left_end = any_page(), right_start = any_page();
    struct page before = small_look(vpn);

    assume(start <= left_end && left_end < right_start && right_start <= end);
    assume(celltable_free(&table) > 0);

    size_t right = celltable_split(&table, slot, left_end, right_start);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(table.nlive == nlive + 1, "one cell more");
    claim(small_start(right) == right_start && small_end(right) == end,
          "the right part is returned");
    claim(small_end(celltable_prev(&table, right)) == left_end, "the left part is before it");
    claim(table.stale == (right_start > left_end + 1), "a hole asks for a shootdown");
    if (left_end < vpn && vpn < right_start)
        claim(!after.mapped, "the hole is not mapped");
    else
        claim(same_page(before, after), "every other page is as it was");
    return 0;
}
