/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.7, H15: hart 1 stores to a page in U without pause, by a translation that it has long had; hart
 * 0 takes the right away by prot, tfer or inval, acting for the same SD. Once the instruction is
 * over, no store arrives any more; hart 1 faults without ever having fenced.
 */
#include "lib/sc.h"

#define VA     0x40000
#define ROUNDS 30

static struct table   t;
static struct outcome ended;

static void writer(uint64_t unused)
{
    (void)unused;
    csr_write(CSR_SATP, table_satp(&t));
    sds_write(1, 0, 0);
    ended = enter(MODE_U, (uint64_t)probe_count_up, VA, 0);
}

static void check(struct sc i)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
    };
    volatile uint64_t *word = word_at(FRAME(0));

    t = cells_on(cells, 1);
    csr_write(CSR_USID, 1);
    *word = 0;
    hart_run(writer, 0);
    while (*word < 1000)
        ;
    expect_returned(sc_exec(MODE_M, i));
    uint64_t last = *word;
    hart_join(); /* it ends by the fault alone */
    expect(*word, last);
    expect_trap(ended, TRAP_M, 15, VA);
    expect(ended.x[5], last + 1); /* the store that was refused was the next one */
}

int main(void)
{
    for (progress = 0; progress < ROUNDS; progress++) {
        check(SC_PROT(VA, R));
        check(SC_PROT(VA, 0));
        check(SC_TFER(VA, 2, R));
        check(SC_INVAL(VA));
    }
    return 0;
}
