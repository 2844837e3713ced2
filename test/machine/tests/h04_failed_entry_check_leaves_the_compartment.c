/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.1, H4: whatever stops the entry check, of jals and of jalrs, in U, S and M, it is cause 28
 * with the target in tval, and usid, urid, uxid and rd are what they were: page fault of each kind,
 * PMP on the code and on the table, bus error, no address at all, no RAM, the second half on
 * another page, a word that is no entry.
 */
#include "lib/sc.h"

#define ME       6ull
#define GATE     SPARE(0)
#define NEXT     SPARE(1)          /* behind it */
#define EDGE     (GATE + PAGE - 2) /* two bytes on each page */
#define INVALID  SPARE(2)          /* valid = 0 */
#define NO_RAM   0x50000000ull     /* maps where nothing answers */
#define TOO_HIGH 0x51000000ull     /* maps from 2^56 on */
#define DEVICE   0x53000000ull     /* neither RAM nor ROM */
#define UART     0x10000000ull
#define LONELY   SPARE(8) /* nothing behind it */
#define LOST     (LONELY + PAGE - 2)

static const struct cell cells[] = {
    {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_RX, P_RX}},
    {.va = NEXT, .pages = 1, .pa = NEXT, .row = {P_RX, P_RX, P_RX}},
    {.va = INVALID, .pages = 1, .pa = GATE, .row = {P_RX, P_RX, P_RX}},
    {.va = LONELY, .pages = 1, .pa = LONELY, .row = {P_RX, P_RX, P_RX}},
    {.va = NO_RAM, .pages = 1, .pa = 0x40000000000, .row = {P_RX, P_RX, P_RX}},
    {.va = TOO_HIGH, .pages = 2, .pa = (1ull << 56) - PAGE, .row = {P_RX, P_RX, P_RX}},
    {.va = DEVICE, .pages = 1, .pa = UART, .row = {P_RX, P_RX, P_RX}},
};

static struct table t;

static void refused(uint64_t target)
{
    for (unsigned m = 0; m < 3; m++) {
        sfence();
        sds_write(1, 7, 8);
        expect_refused(sc_modes[m], SC_JALRS(target, 2), BAD_TARGET, target);
        if (target - GATE < 0x70000)
            expect_refused(sc_modes[m], SC_JALS(target, 2), BAD_TARGET, target);
    }
}

static void arrives(uint64_t target)
{
    for (unsigned m = 0; m < 3; m++) {
        sfence();
        sds_write(1, 7, 8);
        expect_switched(sc_modes[m], SC_JALRS(target, 2), 9);
    }
}

/* Between two successes, so that it is this that stops it. */
static void check_byte(uint8_t byte)
{
    progress = byte;
    arrives(GATE);
    perm_put(&t, 2, slot_of(&t, GATE), byte);
    sc_watch(&t);
    refused(GATE);
    perm_put(&t, 2, slot_of(&t, GATE), P_RX);
    sc_watch(&t);
}

static void check_pmp(uint64_t pa, uint64_t len, uint64_t target)
{
    progress = pa;
    arrives(target);
    pmp_set(0, pa, len, PMP_NONE);
    sfence();
    sds_write(1, 7, 8);
    expect_refused(MODE_M, SC_JALRS(target, 2), BAD_TARGET, target);
    pmp_clear(0);
}

static void check_edge(void)
{
    put_entry(EDGE, 9);
    arrives(EDGE);
    pmp_set(0, NEXT, PAGE, PMP_R | PMP_W);
    refused(EDGE);
    pmp_set(0, GATE, PAGE, PMP_R | PMP_W);
    refused(EDGE);
    pmp_clear(0);

    perm_put(&t, 2, slot_of(&t, NEXT), P_RW);
    sc_watch(&t);
    refused(EDGE);
    perm_put(&t, 2, slot_of(&t, NEXT), P_RX);
    sc_watch(&t);
    arrives(EDGE);
    *(uint16_t *)NEXT = 1;
    refused(EDGE);
}

static void check_words(void)
{
    static const uint32_t near[] = {0,
                                    ~0u,
                                    INSN_ENTRY | 1 << 7,
                                    INSN_ENTRY ^ 1u << 31,
                                    INSN_ENTRY ^ 1 << 12,
                                    INSN_ENTRY << 16,
                                    0x0b100000,
                                    0x13};

    for (progress = 0; progress < sizeof(near) / sizeof(near[0]); progress++) {
        *(volatile uint32_t *)GATE = near[progress];
        refused(GATE);
    }
    for (progress = 0; progress < 32; progress++) {
        *(volatile uint32_t *)GATE = INSN_ENTRY ^ 1u << progress;
        refused(GATE);
    }
    put_entry(GATE, 9);
    arrives(GATE);
}

int main(void)
{
    put_entry(GATE, 9);
    t = CELLS_ON(cells);
    meta(&t)->M = ME;
    desc(&t, slot_of(&t, INVALID))->hi &= ~DESC_VALID;
    put_entry(LOST, 9); /* its second half is on a page that no cell has */
    sc_watch(&t);

    check_byte(0);
    check_byte(P_NONE);
    check_byte(P_RX & ~P_V);
    check_byte(P_RW);
    check_byte(P_RO);
    check_byte(P_AD | P_V | P_W | P_X);
    check_byte(P_AD | P_V | P_W);

    refused(0x70000000); /* no cell */
    refused(0);
    refused(INVALID);
    refused(NO_RAM);
    refused(DEVICE);
    refused(TOO_HIGH + PAGE);
    refused(LOST);
    refused(GATE | 1ull << 47); /* no address */
    refused(GATE | 1ull << 63);
    refused(0x800000000000);
    refused(0xffff7ffffffffffe);
    refused(0xfffffffffffffffe); /* the second half would be at 0 */

    check_pmp(GATE, PAGE, GATE);
    check_pmp(GATE, 8, GATE);
    check_pmp((uint64_t)desc(&t, slot_of(&t, GATE)), 16, GATE);
    check_pmp((uint64_t)perm(&t, 2, 0), 64, GATE);
    check_edge();
    check_words();
    return 0;
}
