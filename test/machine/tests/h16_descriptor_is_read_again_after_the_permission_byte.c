/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.5.11, H16: hart 1 uses one slot in turn for two cells by the protocol of B.2: X without any
 * right, Y readable; hidden while the byte changes, a new generation for each. So X is never
 * readable. A walk that had read X's descriptor before and Y's byte after the change, and did not
 * look at the descriptor again, would let hart 0 read X. For Y a success must give Y's frame.
 */
#include "lib/machine.h"

#define X        0x10000
#define Y        0x20000
#define PROBES   20000
#define MEETINGS 1000 /* at least so often Y must be there: the race takes place */

static struct table t;
static uint64_t     slot;
static uint32_t     stop, turns;

static uint64_t generation(uint64_t k)
{
    return (k & 0x7ff) << 52;
}

/* B.2.5, B.2.3. No fence is needed between stores that this memory orders; they say what is
 * meant to the reader and to the compiler. */
static void reuse(struct desc d, uint8_t byte)
{
    desc(&t, slot)->lo = desc_empty(X / PAGE - 1).lo;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    perm_put(&t, 1, slot, byte);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    desc(&t, slot)->hi = d.hi;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    desc(&t, slot)->lo = d.lo;
}

static void alternate(uint64_t unused)
{
    struct desc x = desc_make(X, 1, FRAME(0)), y = desc_make(Y, 1, FRAME(1));

    (void)unused;
    for (uint64_t k = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); k += 2) {
        reuse((struct desc){x.lo, x.hi | generation(k)}, P_NONE);
        reuse((struct desc){y.lo, y.hi | generation(k + 1)}, P_RO);
        __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = X, .pages = 1, .pa = FRAME(0), .row = {0, P_NONE}},
    };
    uint64_t reached = 0, perms, walks;

    *word_at(FRAME(0)) = 10;
    *word_at(FRAME(1)) = 11;
    t = cells_on(cells, 1);
    slot = slot_of(&t, X);
    csr_write(CSR_USID, 1);
    hart_run(alternate, 0);

    perms = csr_read(CSR_SCC_PERMS);
    walks = csr_read(CSR_SCC_WALKS);
    for (progress = 0; progress < PROBES || reached < MEETINGS; progress++) {
        expect_page_fault(MPRV_U, LOAD, X); /* never cached, so each of these walks */
        struct outcome o = probe(MPRV_U, LOAD, Y);
        if (o.by == RETURNED) {
            expect(o.value, 11);
            reached++;
            sfence();
        }
    }
    perms = csr_read(CSR_SCC_PERMS) - perms;
    walks = csr_read(CSR_SCC_WALKS) - walks;
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    hart_join();

    expect(walks, 2 * progress);  /* a restart is not a new walk (A.2.2) */
    expect_true(perms > reached); /* X was met, too */
    expect_true(reached < progress && turns > 100);
    return 0;
}
