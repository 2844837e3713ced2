/* SPDX-License-Identifier: Apache-2.0
 * qemu: -rtc clock=vm
 *
 * A.5.11: a walk that never reads the same descriptor twice ends in a page fault, and neither hangs
 * the emulator nor succeeds. No hart can edit a table as fast as that; a device can. The metacell lies
 * in the board's ROM, where this image is loaded, too, and the slot that the search reads first is
 * the board's clock, which counts nanoseconds. Registers of its alarm make the high word, with valid
 * set; its time makes the low word, a range that always holds the page in question.
 */
#include "lib/machine.h"

#define ROM        0x2000ull
#define CLOCK      0x101000ull
#define SLOT       ((CLOCK - ROM) / 16)
#define LINES      0x200400ull
#define TIME_LOW   (CLOCK + 0)
#define TIME_HIGH  (CLOCK + 4)
#define ALARM_LOW  (CLOCK + 8)
#define ALARM_HIGH (CLOCK + 12)
#define PAGE_ABOVE 0xff0000000ull /* above any start that the first minute makes */

/* link.ld puts it to ROM. */
extern const struct meta metacell;
const struct meta        metacell __attribute__((section(".rom"))) = {1, LINES, 1, 2 * SLOT};

static volatile uint32_t *reg(uint64_t pa)
{
    return (volatile uint32_t *)pa;
}

static void put_cell(void)
{
    *reg(TIME_HIGH) = 0x01000000; /* end[27:0] */
    *reg(TIME_LOW) = 0;           /* start, and on from there */
    *reg(ALARM_HIGH) = 1u << 31;  /* valid */
    *reg(ALARM_LOW) = FRAME(0) >> 12 << 8 | 0xff;
    expect(*reg(ALARM_HIGH), 1u << 31);
}

int main(void)
{
    const uint64_t va = (int64_t)(PAGE_ABOVE << 28) >> 16;
    uint8_t       *row0 = (uint8_t *)(ROM + 1024 * LINES + SLOT);
    uint32_t       last;
    struct counts  before, after;

    expect((uint64_t)&metacell, ROM);
    expect(*reg(ROM + 12), 2 * SLOT);
    put_cell();
    *row0 = P_RW;
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | ROM >> 12);
    last = *reg(TIME_LOW);
    expect_true(*reg(TIME_LOW) != last);

    before = counts_read();
    expect_page_fault(MPRV_S, LOAD, va);
    after = counts_read();
    expect(after.walks, before.walks + 1);
    expect(after.failed, before.failed + 1);
    expect_true(after.perms - before.perms > 1000);

    progress = 1; /* a byte that lacks the right ends the walk at once */
    *row0 = P_RO;
    expect_page_fault(MPRV_S, STORE, va);
    expect(csr_read(CSR_SCC_PERMS), after.perms + 1);
    return 0;
}
