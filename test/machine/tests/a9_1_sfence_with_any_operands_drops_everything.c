/* SPDX-License-Identifier: Apache-2.0
 *
 * A.9.1: sfence.vma drops all cached translations, of all compartments and pages, also when its
 * operands name another address or another ASID; scc_flushes counts it. M fences for three
 * compartments in U; S loads, changes the table, fences and loads again in one run of code.
 */
#include "lib/machine.h"

#define VA    0x10000
#define PAGES 8

static const uint32_t fences[] = {
    0x12000073, /* sfence.vma */
    0x12068073, /* sfence.vma a3 */
    0x12e00073, /* sfence.vma x0, a4 */
    0x12e68073, /* sfence.vma a3, a4 */
};

static struct table t;

static void map_to(unsigned frame)
{
    desc_put(&t, slot_of(&t, VA), desc_make(VA, PAGES, FRAME(frame)));
}

static void expect_everywhere(unsigned frame)
{
    for (unsigned sd = 1; sd < 4; sd++) {
        csr_write(CSR_USID, sd);
        for (unsigned k = 0; k < PAGES; k++)
            expect(expect_reaches(MODE_U, LOAD, VA + k * PAGE), frame + k);
    }
}

static void fence_here(uint64_t which)
{
    switch (which) {
    case 0:
        __asm__ volatile("sfence.vma" ::: "memory");
        break;
    case 1:
        __asm__ volatile("sfence.vma %0" ::"r"(0x7000000) : "memory");
        break;
    case 2:
        __asm__ volatile("sfence.vma x0, %0" ::"r"(0x1234) : "memory");
        break;
    default:
        __asm__ volatile("sfence.vma %0, %1" ::"r"(0x7000000), "r"(0x1234) : "memory");
    }
}

static void check_in_m(uint64_t which)
{
    uint64_t flushes;

    map_to(0);
    sfence();
    expect_everywhere(0);
    map_to(8);
    csr_write(CSR_USID, 1);
    flushes = csr_read(CSR_SCC_FLUSHES);
    fence_here(which);
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 1);
    expect_everywhere(8);
}

/* ld t0, (a0); sd a1, (a2); the fence; ld a0, (a0); ret. a3 and a4 are 0: another address. */
static void check_in_s(uint64_t which)
{
    volatile uint32_t *code = (volatile uint32_t *)FRAME(15);
    extern const char  with_two_more[];

    map_to(0);
    sfence();
    code[0] = 0x00053283;
    code[1] = 0x00b63023;
    code[2] = fences[which];
    code[3] = 0x00053503;
    code[4] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    *word_at(FRAME(14)) = desc_make(VA, PAGES, FRAME(8)).hi;
    *word_at(FRAME(14) + 8) = (uint64_t)&desc(&t, slot_of(&t, VA))->hi;
    expect(expect_returned(enter(MODE_S, (uint64_t)with_two_more, VA, FRAME(14))), 8);
}

/* Take a1 and a2 from where a1 points to, then run the code in FRAME(15), which follows. */
__asm__(".globl with_two_more\n"
        "with_two_more:\n"
        "    ld    a2, 8(a1)\n"
        "    ld    a1, 0(a1)\n"
        "    li    a3, 0\n"
        "    li    a4, 0\n"
        "    la    t1, frames + 15 * 4096\n"
        "    jr    t1\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = PAGES, .pa = FRAME(0), .row = {P_RW, P_RW, P_RW, P_RW}},
    };

    t = cells_on(cells, 1);
    for (progress = 0; progress < 4; progress++) {
        for (unsigned k = 0; k < FRAMES; k++)
            *word_at(FRAME(k)) = k;
        check_in_m(progress);
        check_in_s(progress);
    }
    return 0;
}
