/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.7: hart 1 executes one SC instruction after the other in U, so it often waits until another hart's
 * is over; hart 0 takes X away from the page of that code by prot. Once prot is over, not even the
 * instruction that waited is executed: the grant, which each of them changes, changes no more.
 */
#include "lib/sc.h"

#define VA     0x40000
#define CODE   SPARE(0)
#define ROUNDS 150

static struct table   t;
static struct outcome ended;

static void granter(uint64_t unused)
{
    (void)unused;
    csr_write(CSR_SATP, table_satp(&t));
    sds_write(1, 0, 0);
    ended = enter(MODE_U, CODE, VA, 2);
}

static void put_granter(void)
{
    volatile uint32_t *code = (volatile uint32_t *)CODE;

    code[0] = 0x00300613; /* li a2, 3 */
    code[1] = 0x00b5410b; /* 1: grant a0, a1, R */
    code[2] = 0x00c5410b; /* grant a0, a2, R */
    code[3] = 0xff9ff06f; /* j 1b */
    __asm__ volatile("fence.i" ::: "memory");
}

/* prot, and what the grant is as soon as it is over. */
static uint32_t prot_and_look(uint64_t va, uint64_t p, volatile uint32_t *word)
{
    uint64_t seen;

    __asm__ volatile(".insn r 0x0b, 3, 0, x0, %1, %2\n"
                     "lwu %0, (%3)"
                     : "=&r"(seen)
                     : "r"(va), "r"(p), "r"(word)
                     : "memory");
    return (uint32_t)seen;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW}},
        {.va = CODE, .pages = 1, .pa = CODE, .row = {0, P_RX}},
    };
    volatile uint32_t *word;
    uint64_t           code_slot;

    put_granter();
    t = CELLS_ON(cells);
    word = grant(&t, 1, slot_of(&t, VA));
    code_slot = slot_of(&t, CODE);
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < ROUNDS; progress++) {
        *word = NO_GRANT;
        perm_put(&t, 1, code_slot, P_RX);
        hart_run(granter, 0);
        for (unsigned k = 0; k < 1 + progress % 16;) /* it has begun */
            k += *word != NO_GRANT;
        uint32_t last = prot_and_look(CODE, R, word);
        hart_join();
        expect(*word, last);
        expect_trap(ended, TRAP_M, 12, ended.epc);
        expect(ended.epc & ~(PAGE - 1), CODE);
    }
    return 0;
}
