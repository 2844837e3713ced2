/* SPDX-License-Identifier: Apache-2.0
 *
 * views_guest.c - the guest of the debugger tests: a table with a cell of each sort, and code that
 * waits in S, in U or in M with MPRV (the first letter from the serial port says where: s, u or m)
 * until the second letter comes. Then it compares permission bytes and counters with those at the beginning of
 * the wait: whoever looked in between must have changed nothing (A.10.1).
 */
#include "lib/machine.h"

#define UART_VA 0x30555000

static const struct cell cells[] = {
    {.va = 0x10000, .pages = 2, .pa = FRAME(0), .row = {P_V | P_R, P_V | P_R}},
    {.va = 0x20000, .pages = 1, .pa = FRAME(2), .row = {0, 0}},
    {.va = 0x25000, .pages = 1, .row = {0, 0}}, /* emptied */
    {.va = 0x30000, .pages = 1, .pa = FRAME(3), .row = {P_NONE, P_V | P_R | P_W}},
    {.va = 0x40000, .pages = 1, .pa = FRAME(4), .row = {P_RWX, P_RWX}}, /* invalid */
    {.va = UART_VA, .pages = 1, .pa = 0x10000000, .row = {P_RW, P_RW}},
    {.va = 0xffffffffc0000000, .pages = 1, .pa = FRAME(5), .row = {P_V | P_X, P_V | P_X}},
    {.va = 0xffffffffc0001000, .pages = 1, .row = {0, 0}}, /* emptied */
};

static struct table t;

/* What the disassembler is shown: lib/words.S, and what is no instruction of ours (A.6.1: funct7). */
extern const uint32_t header_words[];
static const uint32_t other_words[] = {0x0200300b, 0x00008067};

static bool serial_has_letter(void)
{
    return *(volatile uint8_t *)(UART_VA + 5) & 1;
}

static uint64_t wait_in_u(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    while (!serial_has_letter())
        ;
    return 0;
}

/* What the walks of this hart have cost so far, in one number. */
static uint64_t walk_costs(void)
{
    return csr_read(CSR_SCC_WALKS) + csr_read(CSR_SCC_DESCS) + csr_read(CSR_SCC_PERMS) +
           csr_read(CSR_SCC_FAILED);
}

/* Wait, and return what walks cost in the meantime. The first round brings the pages of this
 * loop into the caches.
 */
static uint64_t wait_in_s(uint64_t a, uint64_t b)
{
    uint64_t before;

    (void)a;
    (void)b;
    before = walk_costs();
    serial_has_letter();
    before = walk_costs();
    while (!serial_has_letter())
        ;
    return walk_costs() - before;
}

/* In M, where the loads of this loop are those of U. Compiled code must not use the stack here. */
static void wait_with_mprv(void)
{
    uint64_t bits = MSTATUS_MPRV, got;

    csr_clear(CSR_MSTATUS, MSTATUS_MPP);
    __asm__ volatile("csrs mstatus, %1\n"
                     "1: lbu  %0, 5(%2)\n"
                     "andi %0, %0, 1\n"
                     "beqz %0, 1b\n"
                     "csrc mstatus, %1"
                     : "=&r"(got)
                     : "r"(bits), "r"((uint64_t)UART_VA)
                     : "memory");
}

/* An empty slot in place of the cell at va. */
static void make_empty(uint64_t va, uint64_t generation)
{
    struct desc d = desc_empty((va >> 12 & ((1ull << 36) - 1)) - 1);

    d.hi |= generation << DESC_GENERATION;
    desc_put(&t, slot_of(&t, va), d);
}

static void spoil_table(void)
{
    make_empty(0x25000, 0);
    make_empty(0xffffffffc0001000, 7);
    desc(&t, slot_of(&t, 0x40000))->hi &= ~DESC_VALID;
    desc(&t, slot_of(&t, 0x30000))->hi |= 5ull << DESC_GENERATION;
    *grant(&t, 1, slot_of(&t, 0x30000)) = 2 << 4 | P_R | P_W;
}

static void say(const char *name, uint64_t value)
{
    print("%s %x\n", name, value);
}

static void say_all(void)
{
    say("table", t.base);
    say("row0", (uint64_t)perm(&t, 0, 0));
    say("frames", FRAME(0));
    say("image", 0x80000000);
    say("words", (uint64_t)header_words);
    say("other_words", (uint64_t)other_words);
    print("ready\n");
}

int main(void)
{
    uint8_t rows[2 * 64];
    int     letter;

    t = CELLS_ON(cells);
    spoil_table();
    for (unsigned k = 0; k < 6; k++)
        *word_at(FRAME(k)) = 0xabcdef00 + k;
    csr_write(CSR_USID, 1);
    sfence();
    memcpy(rows, (const void *)perm(&t, 0, 0), sizeof(rows));

    say_all();
    letter = serial_getc();
    if (letter == 'u')
        expect_returned(call(MODE_U, wait_in_u, 0, 0));
    else if (letter == 's')
        expect(expect_returned(call(MODE_S, wait_in_s, 0, 0)), 0);
    else if (letter == 'm')
        wait_with_mprv();
    serial_getc();
    for (unsigned k = 0; k < sizeof(rows); k++)
        expect(*(volatile uint8_t *)(perm(&t, 0, 0) + k), rows[k]);
    return 0;
}
