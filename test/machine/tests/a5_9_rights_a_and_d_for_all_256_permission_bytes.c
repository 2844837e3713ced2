/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.11, A.5.8 to A.5.10: every permission byte with every kind of access, in row 0 by S and in
 * row 1 by U. Allowed exactly if V is set, RWX is not W or WX, and the right is there; then A, and
 * for writes D, is set and nothing else; a refused access changes nothing, and no other row ever.
 */
#include "lib/machine.h"

#define VA 0x10000

static struct table t;
static uint64_t     slot;

static bool allows(uint8_t byte, enum access a)
{
    static const uint8_t need[] = {P_X, P_R, P_W, P_R, P_W, P_W, P_R, P_W};

    return (byte & P_V) && (byte & (P_R | P_W)) != P_W && (byte & need[a]);
}

static bool writes(enum access a)
{
    return a == STORE || a == SC || a == AMO || a == STORE1;
}

static void check(enum mode mode, uint8_t byte, enum access a)
{
    uint64_t sd = mode == MODE_S ? 0 : 1;
    uint8_t  after = byte;

    perm_put(&t, sd, slot, byte);
    perm_put(&t, 1 - sd, slot, byte);
    sfence();
    put_code(FRAME(0), 1);
    if (allows(byte, a)) {
        expect_reaches(mode, a, VA);
        after |= writes(a) ? P_AD : P_A;
    } else if (a == SC) {
        return; /* its LR is refused first, or it is W alone and AMO said so */
    } else {
        expect_page_fault(mode, a, VA);
    }
    expect(*perm(&t, sd, slot), after);
    expect(*perm(&t, 1 - sd, slot), byte);
}

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    for (unsigned byte = 0; byte < 256; byte++)
        for (enum access a = FETCH; a < ACCESSES; a++) {
            progress = byte << 8 | a;
            check(MODE_U, (uint8_t)byte, a);
            check(MODE_S, (uint8_t)byte, a);
        }

    /* SC where LR is allowed and a store is not. */
    perm_put(&t, 1, slot, P_RO);
    sfence();
    expect_page_fault(MODE_U, SC, VA);
    return 0;
}
