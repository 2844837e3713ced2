/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.5, H14: each place that an SC instruction writes, closed for writing by itself: cause 7 with
 * rs1 in tval and not a byte has changed, also in the places that could be written.
 */
#include "lib/situation.h"

/* Places are named by what they are, as an SC instruction sees them. */
enum place { DESCRIPTOR, OWN_BYTE, ROW_0, OWN_GRANT, GRANT_0, SOURCE_GRANT, PLACES };

/* What each instruction writes (A.7). */
static const bool writes[SC_NAMES][PLACES] = {
    [PROT] = {[OWN_BYTE] = true},
    [GRANT] = {[OWN_GRANT] = true},
    [TFER] = {[OWN_GRANT] = true, [OWN_BYTE] = true},
    [RECV] = {[SOURCE_GRANT] = true, [OWN_BYTE] = true},
    [INVAL] = {[DESCRIPTOR] = true,
               [OWN_BYTE] = true,
               [ROW_0] = true,
               [OWN_GRANT] = true,
               [GRANT_0] = true},
    [REVAL] = {[DESCRIPTOR] = true, [ROW_0] = true, [OWN_BYTE] = true},
};

static uint64_t address_of(const struct situation *s, enum place place)
{
    const struct table *t = &s->table;

    switch (place) {
    case DESCRIPTOR:
        return (uint64_t)desc(t, s->slot);
    case OWN_BYTE:
        return (uint64_t)perm(t, SIT_USID, s->slot);
    case ROW_0:
        return (uint64_t)perm(t, 0, s->slot);
    case OWN_GRANT:
        return (uint64_t)grant(t, SIT_USID, s->slot);
    case GRANT_0:
        return (uint64_t)grant(t, 0, s->slot);
    default:
        return (uint64_t)grant(t, SIT_SD, s->slot);
    }
}

static struct situation make(enum sc_name name, enum mode mode)
{
    struct situation s = situation_make(name, mode);

    if (name == INVAL) { /* each of its five writes changes something */
        *grant(&s.table, SIT_USID, s.slot) = GRANT_WORD(3, R);
        *grant(&s.table, 0, s.slot) = GRANT_WORD(3, R);
    }
    if (name == RECV || name == REVAL)
        *perm(&s.table, SIT_USID, s.slot) = 0;
    if (name == REVAL)
        *perm(&s.table, 0, s.slot) = P_RW & ~P_V;
    return s;
}

static void check(enum sc_name name, enum place place, enum mode mode)
{
    struct situation s = make(name, mode);
    uint64_t         pa = address_of(&s, place) & ~15ull; /* and nothing else that it writes */

    pmp_set(0, pa, 16, PMP_R);
    sfence();
    if (writes[name][place])
        expect_refused(mode, s.insn, 7, s.insn.addr);
    else
        expect_returned(sc_exec(mode, s.insn));
    pmp_clear(0);
    if (writes[name][place])
        expect_returned(sc_exec(mode, s.insn));
}

int main(void)
{
    for (enum sc_name name = PROT; name < SC_NAMES; name++)
        for (enum place place = 0; place < PLACES; place++)
            for (unsigned m = 0; m < 3; m++) {
                progress = name << 16 | place << 8 | m;
                check(name, place, sc_modes[m]);
            }
    return 0;
}
