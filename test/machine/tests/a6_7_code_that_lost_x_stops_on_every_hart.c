/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.7: when prot has taken X away, no hart executes one more instruction of the cell, a hart
 * that is running in a loop there included. Hart 1 counts in such a loop; hart 0, of the same
 * compartment, takes X away again and again, and after each time the count stands still.
 */
#include "lib/machine.h"

#define COUNT  0x40000
#define CODE   0x50000
#define ROUNDS 100

static struct table      t;
static volatile uint64_t stop;

/* Count at a0 for ever. */
static const uint32_t counting[] = {
    0x00053583, /* ld a1, 0(a0) */
    0x00158593, /* addi a1, a1, 1 */
    0x00b53023, /* sd a1, 0(a0) */
    0xff5ff06f, /* j .-12 */
};

static void prot(uint64_t va, uint64_t rights)
{
    __asm__ volatile(".insn r 0x0b, 3, 0, x0, %0, %1" ::"r"(va), "r"(rights) : "memory");
}

static void counter(uint64_t unused)
{
    (void)unused;
    csr_write(CSR_SATP, table_satp(&t));
    csr_write(CSR_USID, 1);
    while (!stop) {
        struct outcome o = enter(MODE_U, CODE, COUNT, 0);

        expect(o.by, TRAP_M);
        expect(o.cause, 12);
        expect(o.tval, o.epc);
    }
}

/* Wait until the count moves. */
static void wait_for_count(volatile uint64_t *count)
{
    uint64_t before = *count;

    while (*count == before) {
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = COUNT, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = CODE, .pages = 1, .pa = FRAME(1), .row = {P_RW, P_RX}},
    };
    volatile uint64_t *count = word_at(FRAME(0));

    memcpy(frames[1], counting, sizeof(counting));
    t = CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    hart_run(counter, 0);
    for (progress = 0; progress < ROUNDS; progress++) {
        wait_for_count(count);
        prot(CODE, progress & 1 ? P_R : 0);

        uint64_t still = *count;
        for (int i = 0; i < 200; i++)
            expect(*count, still);
        perm_put(&t, 1, slot_of(&t, CODE), P_RX);
    }
    stop = 1;
    prot(CODE, 0);
    hart_join();
    return 0;
}
