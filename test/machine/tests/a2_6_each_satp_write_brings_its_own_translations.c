/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.6, A.4.2: satp goes to and fro between a table and page tables of Sv39, Sv48 and Sv57, and between two of these
 * by their ASIDs, without a fence: one address has another frame under each, for loads, stores and fetches, and no
 * translation of the one is used under the other. All in S, since going to M would drop them anyway.
 */
#include "lib/machine.h"
#include "lib/radix.h"

#define VA     0x40000000ull
#define ROUNDS 8

/* Code that returns 10 + k, and behind it a word k, in frame k. */
static void fill(unsigned k)
{
    put_code(FRAME(k), 10 + k);
    word_at(FRAME(k))[1] = k;
    word_at(FRAME(k))[2] = 0;
}

/* What the address holds under a satp, as frame numbers: 100 load + 10 fetch + what was stored there before,
 * which is raised. */
static uint64_t look(uint64_t satp)
{
    csr_write(CSR_SATP, satp);
    __asm__ volatile("fence.i" ::: "memory");
    uint64_t fetched = ((uint64_t(*)(void))VA)() - 10;
    uint64_t loaded = word_at(VA)[1];
    word_at(VA)[2]++;
    return 100 * loaded + 10 * fetched + (word_at(VA)[2] & 7);
}

/* Under a the address is in frame 0, under b in frame 1. The number of looks that were wrong. */
static uint64_t alternate(uint64_t a, uint64_t b)
{
    uint64_t wrong = 0;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        wrong += look(a) != (round & 7);
        wrong += look(b) != 110 + (round & 7);
    }
    return wrong;
}

static void check_pair(uint64_t a, uint64_t b)
{
    fill(0);
    fill(1);
    csr_write(CSR_SATP, a);
    expect(expect_returned(call(MODE_S, alternate, a, b)), 0);
    csr_write(CSR_SATP, 0);
    expect(word_at(FRAME(0))[2], ROUNDS);
    expect(word_at(FRAME(1))[2], ROUNDS);
}

static struct radix tree(uint64_t mode, unsigned frame)
{
    struct radix r = radix_new(mode);

    MAP_IMAGE(&r, PTE_RWX | PTE_AD);
    radix_map(&r, VA, FRAME(frame), 0, PTE_RWX);
    return r;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX}},
    };
    struct table t = CELLS_ON(cells);

    for (progress = SV39; progress <= SV57; progress++) {
        struct radix one = tree(progress, 1), zero = tree(progress, 0);

        check_pair(table_satp(&t), radix_satp(&one, 0));
        check_pair(radix_satp(&zero, 1), radix_satp(&one, 2));
        check_pair(radix_satp(&zero, 7), radix_satp(&one, 7));
    }

    /* Page tables walk no table. */
    struct radix  zero = tree(SV48, 0), one = tree(SV48, 1);
    struct counts before = counts_read();
    check_pair(radix_satp(&zero, 1), radix_satp(&one, 2));
    expect(counts_read().walks, before.walks);
    expect(counts_read().descs, before.descs);
    return 0;
}
