/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5, A.8.1: a misaligned access over the border of two cells gathers its bytes from both
 * places; it needs both rights; the fault names the part that failed, and a store that fails in
 * its second part has stored nothing. The same for an instruction over the border.
 */
#include "lib/machine.h"

#define VA     0x10000
#define BORDER (VA + PAGE)

static struct table t;
static uint64_t     second;

extern const char probe_load_at[], probe_store_at[];

static void check_fault_at(enum access a, uint64_t va, uint64_t cause, uint64_t tval)
{
    struct outcome o = probe(MODE_U, a, va);

    expect(expect_trap(o, TRAP_M, cause, tval),
           (uint64_t)(a == LOAD ? probe_load_at : probe_store_at));
}

static void check_data(void)
{
    *word_at(FRAME(4) + PAGE - 8) = 0x1111222233334444;
    *word_at(FRAME(9)) = 0x5555666677778888;
    expect(expect_reaches(MODE_U, LOAD, BORDER - 4), 0x7777888811112222);
    expect(expect_reaches(MODE_U, LOAD, BORDER - 1), 0x5566667777888811);
    probe_value = 0xa1a2a3a4b1b2b3b4;
    expect_reaches(MODE_U, STORE, BORDER - 4);
    expect(*word_at(FRAME(4) + PAGE - 8), 0xb1b2b3b433334444);
    expect(*word_at(FRAME(9)), 0x55556666a1a2a3a4);
}

static void check_faults(void)
{
    uint64_t before = *word_at(FRAME(4) + PAGE - 8);

    perm_put(&t, 1, second, P_RO);
    sfence();
    check_fault_at(STORE, BORDER - 4, 15, BORDER);
    expect(*word_at(FRAME(4) + PAGE - 8), before);
    expect_reaches(MODE_U, LOAD, BORDER - 4);

    perm_put(&t, 1, second, P_NONE);
    sfence();
    check_fault_at(LOAD, BORDER - 4, 13, BORDER);
    check_fault_at(LOAD, VA - 4, 13, VA - 4);
    perm_put(&t, 1, second, P_RWX);
}

/* "addi a0, x0, 7" with its halves on either side. */
static void check_code(void)
{
    *(volatile uint16_t *)(FRAME(4) + PAGE - 2) = 0x0513;
    *(volatile uint16_t *)FRAME(9) = 0x0070;
    *(volatile uint16_t *)(FRAME(9) + 2) = 0x8082;
    __asm__ volatile("fence.i" ::: "memory");
    expect(expect_reaches(MODE_U, FETCH, BORDER - 2), 7);

    perm_put(&t, 1, second, P_RW);
    sfence();
    struct outcome o = probe(MODE_U, FETCH, BORDER - 2);
    expect(expect_trap(o, TRAP_M, 12, BORDER), BORDER - 2);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(4), .row = {0, P_RWX}},
        {.va = BORDER, .pages = 1, .pa = FRAME(9), .row = {0, P_RWX}},
    };

    t = CELLS_ON(cells);
    second = slot_of(&t, BORDER);
    csr_write(CSR_USID, 1);
    check_data();
    check_faults();
    sfence();
    check_code();
    return 0;
}
