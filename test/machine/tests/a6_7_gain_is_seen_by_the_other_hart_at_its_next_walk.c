/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.7, A.5.14: a right that hart 0 gets by recv or reval is there for hart 1, which runs the same
 * SD, at its next walk, without a fence of either: hart 1 tries until it succeeds.
 */
#include "lib/sc.h"

#define VA     0x40000
#define ROUNDS 12

static struct table t;
static uint32_t     tries;

static void try_to_store(uint64_t unused)
{
    (void)unused;
    csr_write(CSR_SATP, table_satp(&t));
    sds_write(1, 0, 0);
    while (probe(MODE_U, STORE, VA).by != RETURNED)
        __atomic_fetch_add(&tries, 1, __ATOMIC_RELAXED);
}

static void check(struct sc i, uint8_t own)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, 0}},
    };
    uint64_t slot;

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    *perm(&t, 1, slot) = own;
    *grant(&t, 2, slot) = GRANT_WORD(1, RW);
    if (i.name == REVAL)
        desc(&t, slot)->hi &= ~DESC_VALID;
    *word_at(FRAME(0)) = 0;
    csr_write(CSR_USID, 1);
    tries = 0;
    hart_run(try_to_store, 0);
    while (__atomic_load_n(&tries, __ATOMIC_RELAXED) < 5)
        ;
    expect_returned(sc_exec(MODE_M, i));
    hart_join();
    expect(*word_at(FRAME(0)), probe_value);
}

int main(void)
{
    for (progress = 0; progress < ROUNDS; progress++) {
        check(SC_RECV(VA, 2, RW), 0);
        check(SC_RECV(VA, 2, W), P_RO);
        check(SC_REVAL(VA, RW), P_NONE);
    }
    return 0;
}
