/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.8, A.2.2: what SC instructions read of the table is no walk: scc_walks, scc_descs, scc_perms,
 * scc_failed and scc_switches stay, whether they succeed or not, and no A or D is set.
 */
#include "lib/situation.h"

static void expect_same_counts(struct counts before)
{
    struct counts after = counts_read();

    expect(after.walks, before.walks);
    expect(after.descs, before.descs);
    expect(after.perms, before.perms);
    expect(after.failed, before.failed);
    expect(after.switches, before.switches);
}

static unsigned accessed(const struct table *t)
{
    unsigned n = 0;

    for (uint64_t sd = 0; sd < t->R; sd++)
        for (uint64_t slot = 0; slot < 64 * t->T; slot++)
            n += !!(*perm(t, sd, slot) & P_A) + !!(*perm(t, sd, slot) & P_D);
    return n;
}

static void clear_accessed(const struct table *t)
{
    for (uint64_t sd = 0; sd < t->R; sd++)
        for (uint64_t slot = 0; slot < 64 * t->T; slot++)
            *perm(t, sd, slot) &= (uint8_t)~P_AD;
}

int main(void)
{
    for (enum sc_name name = PROT; name < SC_NAMES; name++) {
        struct situation s = situation_make(name, MODE_M);
        struct counts    before;

        progress = name;
        clear_accessed(&s.table);
        before = counts_read();
        expect_returned(sc_exec(MODE_M, s.insn)); /* M translates nothing */
        expect_same_counts(before);
        expect(accessed(&s.table), 0);

        for (const enum check *c = checks_of(name); *c; c++) {
            s = situation_make(name, MODE_M);
            clear_accessed(&s.table);
            if (!violate(&s, *c, CHECKS_END))
                continue;
            before = counts_read();
            expect_refused_for(&s, *c);
            expect_same_counts(before);
        }
    }
    return 0;
}
