/* SPDX-License-Identifier: Apache-2.0 */
/* find.c - celltable_find(), celltable_before(), celltable_lower(), celltable_next() and _prev() on any
 * table. */
#include "small.h"

int main(void)
{
    small_any();
    uint64_t    vpn = any_page();
    struct page p = small_look(vpn);

    size_t slot = celltable_find(&table, vpn);
    claim((slot != 0 && slot < KERNEL) == p.mapped, "find finds what is mapped, and nothing else");
    claim(slot == 0 || (small_start(slot) <= vpn && vpn <= small_end(slot)),
          "find returns the cell");

    size_t before = celltable_before(&table, vpn);
    claim(before == 0 || small_end(before) < vpn, "the slot before ends before");
    claim(vpn == 0 || vpn <= small_end(before + 1), "the next one does not");

    size_t lower = celltable_lower(&table, vpn);
    claim(celltable_is_live(&table, lower) && small_end(lower) >= vpn, "lower ends at or after");
    for (uint32_t i = 1; i < KERNEL; i++)
        claim(i >= lower || !celltable_is_live(&table, i) || small_end(i) < vpn,
              "none before does");
    return 0;
}
