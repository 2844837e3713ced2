/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, A.7: of two checks that both fail, the one that comes first in the specification is
 * reported, for every pair that can fail together, of every SC instruction, in U, S and M.
 */
#include "lib/situation.h"

static unsigned check_pair(enum sc_name name, enum mode mode, enum check first, enum check second)
{
    struct situation s = situation_make(name, mode);

    progress = name << 24 | first << 16 | second << 8 | mode;
    if (!violate(&s, second, CHECKS_END) || !violate(&s, first, second))
        return 0;
    expect_refused_for(&s, first);
    return 1;
}

static unsigned check_pairs(enum sc_name name, enum mode mode)
{
    unsigned n = 0;

    for (const enum check *first = checks_of(name); *first; first++)
        for (const enum check *second = first + 1; *second; second++)
            n += check_pair(name, mode, *first, *second);
    return n;
}

int main(void)
{
    unsigned pairs = 0;

    for (enum sc_name name = 0; name < SC_NAMES; name++)
        for (unsigned m = 0; m < 3; m++)
            pairs += check_pairs(name, sc_modes[m]);
    expect_true(pairs > 1000);
    return 0;
}
