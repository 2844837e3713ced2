/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.7, H21: rd is 1 if exclusive. Every single place that can spoil it, for every p: the byte of
 * another SD with a bit of p and V; a grant of anybody, oneself and SD 0 included, with a bit of
 * p. Not: SD 0's byte, bytes without V, other bits, other slots, rows from Me on.
 */
#include "lib/sc.h"

#define VA 0x40000
#define ME 6u

static struct table t;
static uint64_t     slot;

static void check(unsigned p, uint64_t want)
{
    enum mode mode = sc_modes[progress++ % 3];

    sc_watch(&t);
    expect(expect_done(mode, SC_EXCL(VA, p)), want);
}

static void check_bytes(unsigned p, uint64_t sd)
{
    for (unsigned rights = 0; rights <= RWX; rights += 2) {
        bool counts = sd != 0 && sd != 3 && sd < ME && (rights & p);

        if (sd == 3)
            continue;
        *perm(&t, sd, slot) = (uint8_t)(P_AD | P_V | rights);
        check(p, !counts);
        *perm(&t, sd, slot) = (uint8_t)(0xf0 | rights); /* no V */
        check(p, 1);
    }
    if (sd != 3)
        *perm(&t, sd, slot) = sd ? 0 : P_RWX;
}

static void check_grants(unsigned p, uint64_t sd)
{
    for (unsigned rights = 0; rights <= RWX; rights += 2) {
        *grant(&t, sd, slot) = GRANT_WORD(2, rights);
        check(p, !(sd < ME && (rights & p)));
        *grant(&t, sd, slot) = GRANT_WORD(2, rights) | 1; /* bit 0 is ignored */
        check(p, !(sd < ME && (rights & p)));
    }
    *grant(&t, sd, slot) = NO_GRANT;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA - PAGE, .pages = 1, .pa = FRAME(3), .row = {P_RWX, P_RWX, P_RWX, P_RWX}},
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, 0, 0, P_RWX}},
        {.va = VA + PAGE, .pages = 1, .pa = FRAME(4), .row = {P_RWX, P_RWX, P_RWX, P_RWX}},
    };

    t = CELLS_ON(cells);
    slot = slot_of(&t, VA);
    meta(&t)->M = ME;
    *grant(&t, 1, slot - 1) = GRANT_WORD(2, RWX);
    *grant(&t, 1, slot + 1) = GRANT_WORD(2, RWX);
    sfence();
    csr_write(CSR_USID, 3);
    for (unsigned p = 2; p <= RWX; p += 2)
        for (uint64_t sd = 0; sd < 8; sd++) {
            check_bytes(p, sd);
            check_grants(p, sd);
        }
    return 0;
}
