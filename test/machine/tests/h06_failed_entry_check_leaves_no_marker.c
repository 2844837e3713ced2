/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.1, A.8.1, H6: after a switch that was refused, of whatever kind, the next faults are what
 * they would have been: fetch, load and store page faults and access faults with their own
 * addresses, illegal instructions with their bits, successes; delegated or not.
 */
#include "lib/sc.h"

#define GATE  SPARE(0)
#define DATA  0x40000
#define HOLE  0x60000
#define FENCE FRAME(8) /* closed by PMP */

static const uint64_t targets[] = {HOLE, GATE + 8, DATA, FENCE, 1ull << 47, ~0ull << 48};

static void refuse(enum mode mode, uint64_t target)
{
    sds_write(1, 7, 8);
    expect_trap(sc_exec(mode, SC_JALRS(target, 2)), TRAP_M, BAD_TARGET, target);
}

static void check(enum mode mode, uint64_t target)
{
    refuse(mode, target);
    expect_page_fault(mode, FETCH, HOLE);
    refuse(mode, target);
    expect_page_fault(mode, FETCH, DATA);
    refuse(mode, target);
    expect_page_fault(mode, LOAD, HOLE + 8);
    refuse(mode, target);
    expect_page_fault(mode, STORE, HOLE + 16);
    refuse(mode, target);
    expect_access_fault(mode, LOAD, FENCE);
    refuse(mode, target);
    expect_access_fault(mode, FETCH, FENCE);
    refuse(mode, target);
    expect_trap(exec(mode, 0x8105200b, 0, 0), TRAP_M, 2, 0x8105200b);
    refuse(mode, target);
    expect_reaches(mode, STORE, DATA);
    expect_page_fault(mode, FETCH, HOLE);
}

/* Without M between: S gets both, the refusal and then the page fault of the row switched from. */
extern const char twice[], s_once[];
__asm__(".globl twice, s_once\n"
        "twice:\n"
        "    .insn r 0x0b, 0, 0x00, t0, a0, a1\n"
        "    .balign 4\n"
        "s_once:\n"
        "    csrr  s1, scause\n"
        "    csrr  s2, stval\n"
        "    ld    a0, (a0)\n"
        "    ret\n");

int main(void)
{
    static const struct cell cells[] = {
        {.va = DATA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, P_RW}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_RX, P_RX}},
    };

    put_entry(GATE, 9);
    put_code(FENCE, 1);
    cells_on(cells, 2);
    pmp_set(0, FENCE, PAGE, PMP_NONE);
    for (progress = 0; progress < sizeof(targets) / sizeof(targets[0]); progress++) {
        check(MODE_U, targets[progress]);
        check(MODE_S, targets[progress]);
    }

    csr_write(CSR_MEDELEG, 1 << 28);
    csr_write(CSR_STVEC, (uint64_t)s_once);
    sds_write(1, 7, 8);
    struct outcome o = enter(MODE_U, (uint64_t)twice, HOLE, 2);
    expect(expect_trap(o, TRAP_M, 13, HOLE), (uint64_t)s_once + 8);
    expect(o.x[9], 28);
    expect(o.x[18], HOLE);
    expect_sds(0, 1, 7);
    return 0;
}
