/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.5.11, H16: all 128 bits of a descriptor are compared. Hart 1 uses one slot in turn for two cells
 * of the same range, so that their low words are equal: one on frame 0 without any right, one on frame
 * 1 readable. A walk that used the high word of the first with the byte of the second would read
 * frame 0. PMP has an entry that ends between the list and the rows, which makes a walk ask more and
 * take longer between its two readings; the first cell stays for a while, so that walks meet it.
 */
#include "lib/machine.h"

#define VA       0x10000
#define PROBES   20000
#define MEETINGS 1000

static struct table t;
static uint64_t     slot;
static uint32_t     stop;

static void stay(uint64_t rounds)
{
    for (volatile uint64_t k = 0; k < rounds; k++)
        ;
}

/* The high word and the byte change while the low word stays, so no walk finds the slot hidden:
 * rights last where they come, first where they go.
 */
static void alternate(uint64_t unused)
{
    struct desc secret = desc_make(VA, 1, FRAME(0)), open = desc_make(VA, 1, FRAME(1));

    (void)unused;
    for (uint64_t k = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); k += 2) {
        perm_put(&t, 1, slot, P_NONE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        desc(&t, slot)->hi = secret.hi | (k & 0x7ff) << DESC_GENERATION;
        stay(k & 63);
        desc(&t, slot)->hi = open.hi | ((k + 1) & 0x7ff) << DESC_GENERATION;
        __atomic_thread_fence(__ATOMIC_RELEASE);
        perm_put(&t, 1, slot, P_RO);
        stay(k & 63);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(1), .row = {0, P_RO}},
    };
    uint64_t reached = 0;

    *word_at(FRAME(0)) = 10;
    *word_at(FRAME(1)) = 11;
    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    pmp_set(0, t.base, 1024, PMP_R | PMP_W);
    hart_run(alternate, 0);
    for (progress = 0; progress < PROBES || reached < MEETINGS; progress++) {
        struct outcome o = probe(MPRV_U, LOAD, VA);

        if (o.by == RETURNED) {
            expect(o.value, 11);
            reached++;
            sfence();
        }
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    hart_join();
    return 0;
}
