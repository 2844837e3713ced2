/* SPDX-License-Identifier: Apache-2.0 */
/* rights.c - revoking, adding rights, clearing dirty, other frames: on any cell. */
#include "small.h"

int main(void)
{
    small_any();
    uint32_t slot = SLOT;
    uint64_t start = small_start(slot), end = small_end(slot), vpn = any_page(), ppn = any_page();
    uint8_t  old = *celltable_byte(&table, 1, slot);
    unsigned rights = nondet_u8(), what = nondet_u8();
    struct page before = small_look(vpn), after;

    assume(!(rights & ~PERM_RIGHTS) && ppn < FRAMES);
    switch (what) {
    case 0:
        celltable_revoke(&table, slot, 1, rights);
        break;
    case 1:
        celltable_add_rights(&table, slot, 1, rights);
        break;
    case 2:
        claim(celltable_clear_dirty(&table, slot) == ((old & PERM_D) != 0), "dirty is told");
        break;
    default:
        celltable_hide(&table, slot);
        celltable_show(&table, slot, start, end, ppn);
        break;
    }

    after = small_look(vpn);
    claim(small_holds(), "the table holds");
    if (vpn < start || vpn > end) {
        claim(same_page(before, after), "all others are as they were");
        return 0;
    }
    claim(after.mapped, "its pages stay");
    claim(after.ppn ==
              (what < 3 ? before.ppn : ((ppn + (vpn - start)) & ((1ull << CELL_PPN_BITS) - 1))),
          "frames");
    if (what == 0) {
        claim(perm_rights(after.byte) == rights, "revoked to exactly these rights");
        claim(after.grant == GRANT_NONE, "no grant is left");
        claim(!(old & PERM_D & ~after.byte), "D stays to be collected");
    }
    if (what == 1)
        claim((after.byte & rights) == rights && !(old & ~after.byte), "rights are added");
    if (what == 2)
        claim(after.byte == (old & ~PERM_D), "only D is cleared");
    if (what > 2)
        claim(same_page((struct page){true, after.ppn, before.byte, before.grant}, after),
              "rights stay");
    return 0;
}
