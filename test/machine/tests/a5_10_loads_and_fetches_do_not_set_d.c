/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.10, A.5.14: load, LR and fetch set A alone. A store after a load that left D clear still
 * sets D: the right to write is not cached with the load. After software has cleared D and
 * fenced, the next store sets it again.
 */
#include "lib/machine.h"

#define VA   0x10000
#define FULL (P_V | P_R | P_W | P_X)

static struct table t;
static uint64_t     slot;

static void set(uint8_t byte)
{
    perm_put(&t, 1, slot, byte);
    sfence();
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, FULL}},
    };
    static const enum access reads[] = {LOAD, LR, FETCH};
    static const enum access writes[] = {STORE, SC, AMO};

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    put_code(FRAME(0), 1);

    for (unsigned r = 0; r < 3; r++)
        for (unsigned w = 0; w < 3; w++) {
            progress = 10 * r + w;
            put_code(FRAME(0), 1);
            set(FULL);
            expect_reaches(MODE_U, reads[r], VA);
            expect(*perm(&t, 1, slot), FULL | P_A);
            expect_reaches(MODE_U, reads[r], VA);
            expect(*perm(&t, 1, slot), FULL | P_A);
            expect_reaches(MODE_U, writes[w], VA);
            expect(*perm(&t, 1, slot), FULL | P_AD);

            perm_put(&t, 1, slot, FULL | P_A);
            sfence();
            expect_reaches(MODE_U, writes[w], VA);
            expect(*perm(&t, 1, slot), FULL | P_AD);
        }
    return 0;
}
