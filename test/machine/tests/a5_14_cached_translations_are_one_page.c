/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.14, A.5.16: what is cached covers 4 KiB, and nothing else of the table is cached. So after
 * one page of a cell has been used, an edit counts at once for its other pages, without a fence:
 * a smaller cell, another base, fewer rights, no cell, a smaller M and N.
 * In U throughout: going to M with MPRV may drop more than it must.
 */
#include "lib/machine.h"

#define VA 0x10000

static struct table t;
static uint64_t     slot;

static void begin(void)
{
    *meta(&t) = (struct meta){.R = 8, .T = 1, .M = 8, .N = 3};
    desc_put(&t, slot, desc_make(VA, 4, FRAME(0)));
    perm_put(&t, 1, slot, P_RWX);
    sfence();
    csr_write(CSR_USID, 1);
    expect(expect_reaches(MODE_U, LOAD, VA), 0);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 4, .pa = FRAME(0), .row = {0, P_RWX}},
    };

    for (unsigned k = 0; k < FRAMES; k++)
        *word_at(FRAME(k)) = k;
    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);

    begin();
    desc_put(&t, slot, desc_make(VA, 2, FRAME(0)));
    expect(expect_reaches(MODE_U, LOAD, VA + PAGE), 1);
    expect_page_fault(MODE_U, LOAD, VA + 2 * PAGE);

    begin();
    desc_put(&t, slot, desc_make(VA, 4, FRAME(8)));
    expect(expect_reaches(MODE_U, LOAD, VA + PAGE), 9);

    begin();
    perm_put(&t, 1, slot, P_RO);
    expect_page_fault(MODE_U, STORE, VA + PAGE);
    expect_reaches(MODE_U, LOAD, VA + 2 * PAGE);

    begin();
    desc_put(&t, slot, desc_empty(VA / PAGE - 1));
    expect_page_fault(MODE_U, LOAD, VA + PAGE);

    /* The metacell counts for every walk. Here the probes are fetches: their code is the page. */
    begin();
    meta(&t)->M = 1;
    expect_page_fault(MODE_U, FETCH, VA + PAGE);
    begin();
    meta(&t)->N = 1;
    expect_page_fault(MODE_U, FETCH, VA + PAGE);
    return 0;
}
