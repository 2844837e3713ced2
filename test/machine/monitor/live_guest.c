/* SPDX-License-Identifier: Apache-2.0
 *
 * live_guest.c - while the machine is being moved, page by page and running, this guest lets walks change
 * its table, on word from outside; before and after it writes to other pages all the time, so that the
 * move cannot end, until the next letter. That letter comes to the new emulator.
 */
#include "lib/sc.h"

#define VA    0x10000
#define CELLS 2u

static struct table t;

/* Write to 1 MiB without pause until the serial port has a letter. */
static void keep_busy(void)
{
    volatile uint8_t *status = (volatile uint8_t *)0x10000005;

    while (!(*status & 1))
        for (unsigned k = 0; k < 256; k++)
            ++*(volatile uint64_t *)SPARE(k);
    serial_getc();
}

static uint64_t slot(unsigned k)
{
    return slot_of(&t, VA + k * 0x10000);
}

int main(void)
{
    static const struct cell cells[CELLS] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_V | P_R | P_W}},
        {.va = VA + 0x10000, .pages = 1, .pa = FRAME(1), .row = {0, P_V | P_R | P_W}},
    };

    t = CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    print("ready\n");
    keep_busy();

    expect_reaches(MPRV_U, LOAD, VA);
    expect_reaches(MPRV_U, STORE, VA + 0x10000);
    print("changed 1\nready\n");
    keep_busy();

    expect(*perm(&t, 1, slot(0)), P_V | P_R | P_W | P_A);
    expect(*perm(&t, 1, slot(1)), P_RW);
    return 0;
}
