/* SPDX-License-Identifier: Apache-2.0 */
/* move.c - a cell goes to any other slot of its gap (cellroom.c). */
#include "small.h"

#include "riscv64-cells/cellroom.c"

static void move_any(size_t to)
{
    uint64_t    vpn = any_page();
    size_t      nlive = table.nlive;
    struct page before = small_look(vpn);

    if (to > SLOT)
        move_up(&table, SLOT, to);
    else
        move_down(&table, SLOT, to);

    claim(small_holds(), "the table holds");
    claim(same_page(before, small_look(vpn)), "every page is as it was");
    claim(table.nlive == nlive && !table.stale, "nothing comes or goes");
    claim(celltable_is_live(&table, to) && !celltable_is_live(&table, SLOT), "it is there");
}

int main(void)
{
    small_any();
    size_t left = celltable_prev(&table, SLOT), right = celltable_next(&table, SLOT + 1);
    size_t to = nondet_u8();

    for (size_t slot = left + 1; slot < right; slot++) {
        if (slot == to && slot != SLOT) {
            move_any(slot);
            return 0;
        }
    }
    return 0;
}
