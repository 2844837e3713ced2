/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.6, H14: two harts execute SC instructions that write neighbouring bytes of one word, while
 * both change G bits of the same bytes by AMOs. No change of either is ever lost: each hart finds
 * its own byte as it left it, after each of its steps.
 */
#include "lib/sc.h"

#define ROUNDS 4000
#define A      0x40000ull
#define B      0x42000ull

static struct table t;
static uint32_t     met;

static uint32_t *word_of(uint64_t slot, unsigned *shift)
{
    uint64_t at = (uint64_t)perm(&t, 1, slot);

    *shift = 8 * (at & 3);
    return (uint32_t *)(at & ~3ull);
}

/* Two instructions per round that a hart can execute by itself, in M, while the other does: each
 * has its own cell, and the bytes of the two lie side by side. */
static inline void prot(uint64_t va, uint64_t p)
{
    __asm__ volatile(".insn r 0x0b, 3, 0, x0, %0, %1" ::"r"(va), "r"(p) : "memory");
}
static inline void grant_to_1(uint64_t va)
{
    __asm__ volatile(".insn s 0x0b, 4, %1, 6(%0)" ::"r"(va), "r"(1ull) : "memory");
}
static inline void recv_from_1(uint64_t va)
{
    __asm__ volatile(".insn s 0x0b, 6, %1, 6(%0)" ::"r"(va), "r"(1ull) : "memory");
}

static void rounds(uint64_t va)
{
    uint64_t  slot = slot_of(&t, va);
    unsigned  shift;
    uint32_t *word = word_of(slot, &shift);

    for (unsigned k = 0; k < ROUNDS; k++) {
        grant_to_1(va);
        expect(*grant(&t, 1, slot), GRANT_WORD(1, RW));
        prot(va, R);
        expect(*perm(&t, 1, slot), P_RO | (k & 1 ? P_G : 0));
        __atomic_fetch_xor(word, (uint32_t)P_G << shift, __ATOMIC_RELAXED);
        recv_from_1(va);
        expect(*perm(&t, 1, slot), P_RW | (k & 1 ? 0 : P_G));
        expect(*grant(&t, 1, slot), NO_GRANT);
    }
}

static void other(uint64_t va)
{
    csr_write(CSR_SATP, table_satp(&t));
    csr_write(CSR_USID, 1);
    __atomic_store_n(&met, 1, __ATOMIC_RELEASE);
    rounds(va);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = A - 8 * PAGE, .pages = 1, .pa = FRAME(2), .row = {0, P_RW}},
        {.va = A, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
        {.va = B, .pages = 1, .pa = FRAME(1), .row = {0, P_RW}},
    };

    t = CELLS_ON(cells);
    expect(slot_of(&t, A) / 4, 0);
    expect(slot_of(&t, B) / 4, 0);
    csr_write(CSR_USID, 1);
    sc_watch(&t);
    hart_run(other, B);
    while (!__atomic_load_n(&met, __ATOMIC_ACQUIRE))
        ;
    rounds(A);
    hart_join();
    expect_as_shadow(); /* an even number of rounds */
    return 0;
}
