/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=on,seccells=on
 *
 * A.2.7, A.4.1: with V = 1 the mode is never on, so a load in M by MPRV for a virtual machine (MPV = 1)
 * goes through vsatp and hgatp, here both Bare, though satp has a table; with MPV = 0 it
 * goes through that.
 */
#include "lib/machine.h"

#define VA 0x10000

/* A load with MPRV, for S (MPP), with or without MPV. */
static uint64_t load(uint64_t mpv, uint64_t va)
{
    uint64_t bits = MSTATUS_MPRV | mpv, value;

    csr_clear(CSR_MSTATUS, MSTATUS_MPP);
    csr_set(CSR_MSTATUS, 1ull << 11);
    __asm__ volatile("csrs mstatus, %1\n"
                     "ld   %0, (%2)\n"
                     "csrc mstatus, %1"
                     : "=&r"(value)
                     : "r"(bits), "r"(va)
                     : "memory");
    return value;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RO, P_NONE}},
    };
    struct counts before, after;
    struct table  t = cells_on(cells, 1);

    /* In place of the image's cell, which nothing here needs: FRAME(1) is at another place. */
    desc_put(&t, slot_of(&t, 0x80000000), desc_make(FRAME(1), 1, FRAME(2)));
    sfence();
    for (unsigned k = 0; k < 3; k++)
        *word_at(FRAME(k)) = 10 + k;

    expect(load(0, VA), 10);
    expect(load(0, FRAME(1)), 12);
    before = counts_read();
    expect(load(MSTATUS_MPV, FRAME(1)), 11);
    expect(load(MSTATUS_MPV, FRAME(0)), 10);
    after = counts_read();
    expect(after.walks, before.walks);
    expect(load(0, FRAME(1)), 12);
    return 0;
}
