/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.5.10, H13: while hart 0's stores set A and D, hart 1 changes other bits of the same byte and
 * of its neighbours by atomics, and clears A and D again. No change of hart 1 may be lost, and
 * hart 0's stores always succeed.
 */
#include "lib/machine.h"

#define VA       0x10000
#define STORES   20000
#define MEETINGS 1000 /* at least so often D must have been cleared: the race takes place */

static uint32_t *word;
static unsigned  shift;
static uint32_t  stop, turns, lost;

/* Bit 4 of the four bytes in the word is free for software and changes no right. */
#define MARKS 0x10101010u

static void toggle_marks(uint64_t unused)
{
    uint32_t marks = 0;

    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint32_t old = __atomic_fetch_xor(word, MARKS, __ATOMIC_SEQ_CST);

        if ((old & MARKS) != marks)
            lost++;
        marks = ~old & MARKS;
        __atomic_fetch_and(word, ~((uint32_t)P_AD << shift), __ATOMIC_SEQ_CST);
        turns++;
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_V | P_R | P_W}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     at = (uint64_t)perm(&t, 1, slot_of(&t, VA));
    uint64_t     cleared = 0;

    word = (uint32_t *)(at & ~3ull);
    shift = 8 * (at & 3);
    *word &= ~MARKS;
    csr_write(CSR_USID, 1);
    hart_run(toggle_marks, 0);
    for (progress = 0; progress < STORES || cleared < MEETINGS; progress++) {
        sfence();
        cleared += !(*(volatile uint8_t *)at & P_D);
        expect_reaches(MPRV_U, STORE, VA);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    hart_join();

    expect(lost, 0);
    expect_true(turns > 1000);
    return 0;
}
