/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.8: for j = 1..Me-1 but the caller, ascending: rights with V are 27, tval 2; then a grant word
 * that is not 0xFFFFFFF0, even 0, even without rights, is 27, tval 3. SD 0 and rows from Me on are
 * not asked. The own byte comes before: 25, 0x200 | byte.
 */
#include "lib/sc.h"

#define VA 0x40000
#define ME 6u
#define U  3u

static struct table t;
static uint64_t     slot;

static void make(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, 0, 0, P_RW}},
    };

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    meta(&t)->M = ME;
    sfence();
    sc_watch(&t);
    csr_write(CSR_USID, U);
}

static void check_one(uint64_t j, enum mode mode)
{
    static const uint32_t words[] = {
        0, 1, 0xffffff, 0xfffffff1, 0xffffffff, GRANT_WORD(2, R), GRANT_WORD(2, 0)};
    bool asked = j > 0 && j < ME && j != U;

    for (unsigned k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
        make();
        *grant(&t, j, slot) = words[k];
        if (asked)
            expect_refused(mode, SC_INVAL(VA), BAD_STATE, 3);
        else
            expect_returned(sc_exec(mode, SC_INVAL(VA)));
    }
    for (unsigned rights = 2; rights <= RWX; rights += 2) {
        if (j == U)
            break;
        make();
        *perm(&t, j, slot) = (uint8_t)(P_V | rights);
        if (asked)
            expect_refused(mode, SC_INVAL(VA), BAD_STATE, 2);
        else
            expect_returned(sc_exec(mode, SC_INVAL(VA)));
    }
}

/* SD a has rights, SD b a grant outstanding. */
static void check_two(uint64_t a, uint64_t b, enum mode mode)
{
    make();
    *perm(&t, a, slot) = P_V | P_R;
    *grant(&t, b, slot) = GRANT_WORD(U, R);
    expect_refused(mode, SC_INVAL(VA), BAD_STATE, a <= b ? 2 : 3);
    *perm(&t, U, slot) = 0xff & ~RWX;
    expect_refused(mode, SC_INVAL(VA), BAD_RIGHTS, 0x200 | (0xff & ~RWX));
    *perm(&t, U, slot) = 0xfe;
    expect_refused(mode, SC_INVAL(VA), BAD_RIGHTS, 0x2fe);
}

int main(void)
{
    for (unsigned m = 0; m < 3; m++)
        for (uint64_t j = 0; j < 8; j++) {
            progress = m << 8 | j;
            check_one(j, sc_modes[m]);
            for (uint64_t b = 1; b < ME; b++)
                if (j > 0 && j < ME && j != U && b != U)
                    check_two(j, b, sc_modes[m]);
        }
    return 0;
}
