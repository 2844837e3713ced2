/* SPDX-License-Identifier: Apache-2.0 */
/* unite.c - celltable_unite() of any cell with the next one or two, with any change of rights in one. */
#include "anyroom.h"

static size_t slots[3];

/* The rights of one of them after the change. */
static unsigned rights_then(size_t slot, size_t changed, unsigned rights)
{
    return slot == changed ? rights : perm_rights(bytes[SLOTS + slot]);
}

/* Whether it gives the same as the first one. */
static bool agrees(size_t slot, size_t changed, unsigned rights)
{
    return rights_then(slot, changed, rights) == rights_then(SLOT, changed, rights) &&
           grants[SLOTS + slot] == grants[SLOTS + SLOT] &&
           (!changed || grants[SLOTS + slot] == GRANT_NONE);
}

int main(void)
{
    small_any();
    size_t next = celltable_next(&table, SLOT + 1), third = celltable_next(&table, next + 1);
    bool   of_three = nondet_bool();

    assume(celltable_adjacent(&table, SLOT, next));
    assume(!of_three || celltable_adjacent(&table, next, third));
    if (!of_three)
        third = 0;
    size_t      which = nondet_u8() & 3, changed = (size_t[]){0, SLOT, next, third}[which];
    unsigned    rights = any_rights();
    uint64_t    vpn = any_page(), start = small_start(SLOT);
    uint64_t    end = small_end(third ? third : next), nlive = table.nlive;
    struct page before = small_look(vpn);
    bool        agree = agrees(next, changed, rights) && (!third || agrees(third, changed, rights));
    bool        takes = changed && perm_rights(bytes[SLOTS + changed]) & ~rights;
    uint64_t    from = changed ? small_start(changed) : 1, to = changed ? small_end(changed) : 0;

    size_t slot = celltable_unite(&table, SLOT, next, third, changed, 1, rights);

    struct page after = small_look(vpn);
    claim(small_holds(), "the table holds");
    claim((slot != 0) == agree, "cells that agree become one");
    claim(table.nlive == nlive - (agree ? 1 + (third != 0) : 0), "one or two cells less");
    claim(table.stale == (agree && takes), "a shootdown if rights are lost");
    claim(!agree || (small_start(slot) == start && small_end(slot) == end), "its slot is returned");
    if (!agree || vpn < start || vpn > end) {
        claim(same_page(before, after), "everything else is as it was");
    } else {
        claim(after.mapped && after.ppn == before.ppn && after.grant == before.grant,
              "its pages have their frames and grants");
        claim(perm_rights(after.byte) ==
                  (from <= vpn && vpn <= to ? rights : perm_rights(before.byte)),
              "and rights");
        claim(!(before.byte & (PERM_A | PERM_D) & ~after.byte), "no A or D is lost");
    }
    return 0;
}
