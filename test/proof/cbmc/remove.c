/* SPDX-License-Identifier: Apache-2.0 */
/* remove.c - celltable_remove() of any cell. */
#include "small.h"

int main(void)
{
    small_any();
    size_t             slot = SLOT, nlive = table.nlive;
    uint64_t           vpn = any_page(), start = small_start(slot), end = small_end(slot);
    uint8_t            byte = *celltable_byte(&table, 1, slot);
    struct page        before = small_look(vpn);
    struct cell_column col;

    celltable_remove(&table, slot, &col);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(table.nlive == nlive - 1, "one cell less");
    claim(col.byte[1] == byte, "its byte is told");
    claim(table.stale, "a shootdown is asked for");
    if (start <= vpn && vpn <= end)
        claim(!after.mapped, "its pages are gone");
    else
        claim(same_page(before, after), "all others are as they were");
    return 0;
}
