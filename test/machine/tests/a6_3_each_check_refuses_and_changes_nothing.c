/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, A.7: each check of each SC instruction, failing alone: cause, all 64 bits of tval, epc,
 * and nothing changed; in each mode in which it can fail. Without a violation the instruction
 * succeeds, so it is the violation that is refused.
 */
#include "lib/situation.h"

static void check_succeeds(enum sc_name name, enum mode mode)
{
    struct situation s = situation_make(name, mode);

    expect_returned(sc_exec(mode, s.insn));
}

static unsigned check_all(enum sc_name name, enum mode mode)
{
    unsigned n = 0;

    for (const enum check *c = checks_of(name); *c; c++) {
        struct situation s = situation_make(name, mode);

        progress = name << 16 | *c << 8 | mode;
        if (!violate(&s, *c, CHECKS_END))
            continue;
        expect_refused_for(&s, *c);
        n++;
    }
    return n;
}

int main(void)
{
    static const unsigned in_u[SC_NAMES] = {
        [JALS] = 5,  [JALRS] = 5, [PROT] = 9,   [GRANT] = 13, [TFER] = 13,
        [RECV] = 12, [EXCL] = 9,  [INVAL] = 10, [REVAL] = 8};
    static const unsigned mediated[SC_NAMES] = {
        [GRANT] = 1, [TFER] = 1, [RECV] = 1, [INVAL] = 1, [REVAL] = 1};

    for (enum sc_name name = 0; name < SC_NAMES; name++) {
        for (unsigned m = 0; m < 3; m++)
            check_succeeds(name, sc_modes[m]);
        expect(check_all(name, MODE_U), in_u[name]);
        expect(check_all(name, MODE_S), in_u[name] - mediated[name] + 1); /* C6 */
        expect(check_all(name, MODE_M), in_u[name] - mediated[name] + 2); /* C5, C6 */
    }
    return 0;
}
