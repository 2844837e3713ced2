/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3 (C5), A.6.5, A.5.4, H12: where PMP, asked as for S even in M, denies a read of the table, an
 * SC instruction is cause 5 with rs1 in tval: on the metacell before all that needs it, on a
 * descriptor, on the own permission byte, on a grant, on another's row.
 */
#include "lib/situation.h"

static void check_denied(enum sc_name name, uint64_t pa, uint64_t len, bool wants_cause_5)
{
    struct situation s = situation_make(name, MODE_M);

    pmp_set(0, pa, len, PMP_NONE);
    sfence();
    if (wants_cause_5)
        expect_refused(MODE_M, s.insn, 5, s.insn.addr);
    else
        expect_returned(sc_exec(MODE_M, s.insn));
    pmp_clear(0);
}

static bool reads_own_byte(enum sc_name name)
{
    return name >= PROT && name <= INVAL && name != RECV;
}

int main(void)
{
    for (enum sc_name name = JALS; name < SC_NAMES; name++) {
        struct situation s = situation_make(name, MODE_M);
        struct table    *t = &s.table;

        progress = name;
        check_denied(name, t->base, 16, true);
        if (name <= JALRS) /* a later step of a switch is its entry check: cause 28, see h04 */
            continue;
        check_denied(name, (uint64_t)desc(t, s.slot), 16, true);
        if (reads_own_byte(name))
            check_denied(name, (uint64_t)perm(t, SIT_USID, 0), 64, true);
        if (name == RECV)
            check_denied(name, (uint64_t)grant(t, SIT_SD, 0), 256, true);
        if (name == EXCL || name == INVAL) {
            check_denied(name, (uint64_t)perm(t, 5, 0), 64, true);
            check_denied(name, (uint64_t)grant(t, 5, 0), 256, true);
        }
        check_denied(name, (uint64_t)perm(t, SIT_M, 0), 64, false); /* no row of an SD in use */
        check_denied(name, (uint64_t)desc(t, meta(t)->N), 16, false);
    }
    return 0;
}
