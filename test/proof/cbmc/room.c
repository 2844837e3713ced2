/* SPDX-License-Identifier: Apache-2.0 */
/* room.c - cellroom_for() a page in any gap, and cellroom_after() any cell: what anyroom.h takes for
 * granted. */
#include "small.h"

#include "riscv64-cells/cellroom.c"

/* The page is behind slot SLOT, in no cell. */
static void room_for_a_page(void)
{
    uint64_t vpn = any_page();

    assume(small_is_free(vpn, vpn));
    assume((SLOT == 0 || small_end(SLOT) < vpn) && vpn <= small_end(SLOT + 1));
    size_t slot = cellroom_for(&table, SLOT, vpn), left = celltable_prev(&table, slot);
    claim(slot > 0 && slot < KERNEL && !celltable_is_live(&table, slot), "the slot is empty");
    claim(left == 0 || small_end(left) < vpn, "after the cells before the page");
    claim(vpn < small_start(celltable_next(&table, slot)), "and before the others");
}

static void room_after_the_cell(size_t n)
{
    uint64_t lo = cells[SLOT].lo;

    assume(celltable_is_live(&table, SLOT) && celltable_free(&table) >= n);
    size_t slot = cellroom_after(&table, SLOT, n);
    claim(SLOT == 0 ? slot == 0 : cells[slot].lo == lo, "the cell's slot is returned");
    claim(celltable_next(&table, slot + 1) > slot + n, "there is room after it");
}

int main(void)
{
    small_any();
    uint64_t    vpn = any_page();
    size_t      nlive = table.nlive;
    struct page before = small_look(vpn);
    uint8_t     what = nondet_u8();

    table.crowded = any_page();
    assume(celltable_free(&table) > 0);
    if (what == 0)
        room_for_a_page();
    else if (what == 1)
        room_after_the_cell(1);
    else
        room_after_the_cell(2);

    claim(small_holds(), "the table holds");
    claim(same_page(before, small_look(vpn)), "every page is as it was");
    claim(table.nlive == nlive && !table.stale, "nothing comes or goes");
    return 0;
}
