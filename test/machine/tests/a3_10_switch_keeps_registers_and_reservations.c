/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.10: a switch changes no general register but rd, no reservation, no interrupt state: an LR
 * before it and an SC after it are a pair. In U, S and M, by jals and jalrs.
 */
#include "lib/sc.h"

#define GATE SPARE(0)
#define DATA SPARE(1)

/* a0: word, a1: SD, here jalrs by t0. Registers are given values by their numbers first. */
extern const char reserve_and_jalrs[], reserve_and_jals[];
__asm__(".macro fill\n"
        "    mv    s2, a0\n"
        "    mv    s3, a1\n"
        "    li    gp, 3\n"
        "    li    tp, 4\n"
        "    li    t1, 6\n"
        "    li    t2, 7\n"
        "    li    s0, 8\n"
        "    li    s1, 0x80080000\n"
        "    li    a2, 12\n"
        "    li    a3, 13\n"
        "    li    a4, 14\n"
        "    li    a5, 15\n"
        "    li    a6, 16\n"
        "    li    a7, 17\n"
        "    li    s4, 20\n"
        "    li    s5, 21\n"
        "    li    s6, 22\n"
        "    li    s7, 23\n"
        "    li    s8, 24\n"
        "    li    s9, 25\n"
        "    li    s10, 26\n"
        "    li    s11, 27\n"
        "    li    t3, 28\n"
        "    li    t4, 29\n"
        "    li    t5, 30\n"
        "    li    t6, 31\n"
        ".endm\n"
        ".globl reserve_and_jalrs, reserve_and_jals\n"
        "reserve_and_jalrs:\n"
        "    fill\n"
        "    lr.d  a0, (s2)\n"
        "    .insn r 0x0b, 0, 0x00, t0, s1, s3\n"
        "reserve_and_jals:\n"
        "    fill\n"
        "    mv    t0, s3\n"
        "    lr.d  a0, (s2)\n"
        "    .insn j 0x2b, t0, 0x80080000\n");

/* entry; sc.d a0, a2, (s2); return */
static void put_conditional_store(uint64_t pa)
{
    uint32_t *code = (uint32_t *)pa;

    code[0] = INSN_ENTRY;
    code[1] = 0x18c9352f;
    code[2] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
}

static void check(enum mode mode, const char *code)
{
    const uint64_t enables = MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP;
    uint64_t       before;

    sds_write(1, 0, 0);
    *word_at(DATA) = 99;
    before = csr_read(CSR_MSTATUS) & enables;
    struct outcome o = enter(mode, (uint64_t)code, DATA, 2);
    expect(expect_returned(o), 0); /* sc.d succeeded */
    expect(*word_at(DATA), 12);
    expect(o.status & enables, before);
    expect_sds(2, 1, 0);
    for (unsigned r = 1; r < 32; r++) {
        static const uint64_t others[32] = {
            [1] = 1, [2] = 1, [5] = 1, [9] = GATE, [10] = 1, [11] = 2, [18] = DATA, [19] = 2};

        if (others[r] != 1)
            expect(o.x[r], others[r] ? others[r] : r);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX}},
        {.va = DATA, .pages = 1, .pa = DATA, .row = {P_RW, P_RW, P_RW}},
    };

    put_conditional_store(GATE);
    CELLS_ON(cells);
    for (unsigned m = 0; m < 3; m++) {
        csr_clear(CSR_MSTATUS, MSTATUS_SIE | MSTATUS_SPIE);
        check(sc_modes[m], reserve_and_jalrs);
        check(sc_modes[m], reserve_and_jals);
        csr_set(CSR_MSTATUS, MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP);
        check(sc_modes[m], reserve_and_jalrs);
        check(sc_modes[m], reserve_and_jals);
    }
    return 0;
}
