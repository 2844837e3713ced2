/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, A.7.1, H3: one page of code that two compartments reach, and that jumps into a second
 * page to which SD 2 has no X: blocks that ran for one compartment are not run for the other, by
 * jals and by jalrs, also when they were joined before.
 */
#include "lib/sc.h"

#define PAGES SPARE(0)

/* At PAGES: entry; jump to PAGES + 0x1000, in the second page, which returns. */
static void put_jumper(void)
{
    uint32_t *code = (uint32_t *)PAGES;

    code[0] = INSN_ENTRY;
    code[1] = 0x0000106f; /* j . + 0x1000 */
    put_code(PAGES + PAGE + 4, 12);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = PAGES, .pages = 1, .pa = PAGES, .row = {P_RX, P_RX, P_RX, P_RX}},
        {.va = PAGES + PAGE, .pages = 1, .pa = PAGES + PAGE, .row = {P_RX, P_RX, P_NONE, P_RX}},
    };
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    put_jumper();
    for (progress = 0; progress < 50; progress++) {
        struct sc i = progress & 1 ? SC_JALS(PAGES, 3) : SC_JALRS(PAGES, 3);

        sds_write(1, 0, 0);
        expect_switched(MODE_U, i, 12);
        i.sd = 2;
        sds_write(1, 0, 0);
        expect(expect_trap(sc_exec(MODE_U, i), TRAP_M, 12, PAGES + PAGE + 4), PAGES + PAGE + 4);
        expect_sds(2, 1, 0);
    }
    return 0;
}
