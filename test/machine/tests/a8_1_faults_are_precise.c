/* SPDX-License-Identifier: Apache-2.0
 *
 * A.8.1: a fault in the middle of straight code has its own epc, the registers of everything
 * before it and of nothing behind it, and what was stored before it is stored. Missing rights
 * are page faults, delegated or not.
 */
#include "lib/machine.h"

#define VA 0x10000

extern const char straight[], faulting_load[], faulting_store[];
__asm__(".globl straight, faulting_load, faulting_store\n"
        "straight:\n"
        "    li    s1, 1\n"
        "    sd    s1, 0(a0)\n"
        "    li    s2, 2\n"
        "    li    s3, 3\n"
        "faulting_load:\n"
        "    ld    s3, 0(a1)\n"
        "    li    s2, 4\n"
        "    sd    s2, 8(a0)\n"
        "faulting_store:\n"
        "    sd    s2, 8(a1)\n"
        "    li    s2, 5\n"
        "    sd    s2, 16(a0)\n"
        "    ret\n");

static void check(enum taker by)
{
    struct outcome o;

    memset(frames[0], 0, 64);
    o = enter(MODE_U, (uint64_t)straight, VA, VA + PAGE);
    expect(expect_trap(o, by, 13, VA + PAGE), (uint64_t)faulting_load);
    expect(o.x[9], 1);
    expect(o.x[18], 2);
    expect(o.x[19], 3);
    expect(*word_at(FRAME(0)), 1);
    expect(*word_at(FRAME(0) + 8), 0);

    csr_write(CSR_USID, 2); /* there the load succeeds */
    *word_at(FRAME(1)) = 33;
    o = enter(MODE_U, (uint64_t)straight, VA, VA + PAGE);
    expect(expect_trap(o, by, 15, VA + PAGE + 8), (uint64_t)faulting_store);
    expect(o.x[18], 4);
    expect(o.x[19], 33);
    expect(*word_at(FRAME(0) + 8), 4);
    expect(*word_at(FRAME(0) + 16), 0);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, P_RW}},
        {.va = VA + PAGE, .pages = 1, .pa = FRAME(1), .row = {0, P_NONE, P_RO}},
    };

    CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    check(TRAP_M);
    csr_write(CSR_MEDELEG, 1 << 12 | 1 << 13 | 1 << 15);
    csr_write(CSR_USID, 1);
    check(TRAP_S);
    return 0;
}
