/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c - celltable_merge() of any cell with whatever is next to it. */
#include "anyroom.h"

int main(void)
{
    small_any();
    size_t      slot = SLOT, right = celltable_next(&table, slot + 1);
    size_t      nlive = table.nlive;
    uint64_t    vpn = any_page();
    struct page before = small_look(vpn);
    bool        can = celltable_mergeable(&table, slot, right);

    bool merged = celltable_merge(&table, slot);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim(merged == can, "cells that can be one become one");
    claim(table.nlive == nlive - merged, "one cell less");
    claim(!table.stale, "no shootdown");
    claim(before.mapped == after.mapped, "the same pages are mapped");
    if (before.mapped) {
        claim(before.ppn == after.ppn && before.grant == after.grant, "to the same frames");
        claim(perm_rights(before.byte) == perm_rights(after.byte), "with the same rights");
        claim(!(before.byte & (PERM_A | PERM_D) & ~after.byte), "no A or D is lost");
        claim(merged || before.byte == after.byte, "nothing changes if they stay two");
    }
    return 0;
}
