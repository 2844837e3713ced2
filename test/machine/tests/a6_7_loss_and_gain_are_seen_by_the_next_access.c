/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.7: in U, without a trap or a fence between: a right lost by prot, tfer or inval is gone for the
 * next instruction, though a translation with it was in use; a right got by recv or reval is there
 * for the next instruction, though the one in use lacked it.
 */
#include "lib/sc.h"

#define VA 0x40000

/* a0: cell, a1: SD or rights. Loads and stores, the instruction, loads, stores. */
#define LOSE_BY(name, insn)                                            \
    __asm__(".globl " #name ", " #name "_at\n" #name ": ld t0, (a0)\n" \
            "sd t0, (a0)\n" insn "\n"                                  \
            "ld t1, (a0)\n" #name "_at:\n"                             \
            "sd t0, (a0)\n"                                            \
            "ret\n");                                                  \
    extern const char name[], name##_at[];

LOSE_BY(to_read_only, ".insn r 0x0b, 3, 0x00, x0, a0, a1")
LOSE_BY(by_recv, ".insn s 0x0b, 6, a1, 4(a0)")

/* The same when all is lost: the load is the one to fault. */
#define LOSE_ALL_BY(name, insn)                                        \
    __asm__(".globl " #name ", " #name "_at\n" #name ": ld t0, (a0)\n" \
            "sd t0, (a0)\n" insn "\n" #name "_at:\n"                   \
            "ld t1, (a0)\n"                                            \
            "ret\n");                                                  \
    extern const char name[], name##_at[];

LOSE_ALL_BY(by_prot, ".insn r 0x0b, 3, 0x00, x0, a0, x0")
LOSE_ALL_BY(by_tfer, ".insn s 0x0b, 5, a1, 2(a0)")
LOSE_ALL_BY(by_inval, ".insn r 0x0b, 2, 0x40, x0, a0, x0")
LOSE_ALL_BY(by_inval_and_reval, ".insn r 0x0b, 2, 0x40, x0, a0, x0\n"
                                ".insn r 0x0b, 2, 0x00, x0, a0, a1\n")

/* Reads first, so that a translation without W is there. */
extern const char gain[];
__asm__(".globl gain\n"
        "gain:\n"
        "    ld    t0, (a0)\n"
        "    .insn s 0x0b, 6, a1, 4(a0)\n"
        "    sd    a0, (a0)\n"
        "    ld    a0, (a0)\n"
        "    ret\n");

static const struct cell cells[] = {
    {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
};

static void make(uint8_t own)
{
    struct table t = cells_on(cells, 1);

    *perm(&t, 1, slot_of(&t, VA)) = own;
    *grant(&t, 2, slot_of(&t, VA)) = GRANT_WORD(1, RW);
    sfence();
    sds_write(1, 0, 0);
}

static void lost(const char *code, const char *at, uint64_t a1, uint64_t cause)
{
    make(P_RW);
    if (code == by_inval || code == by_inval_and_reval)
        cells_on(cells, 1); /* it wants no grant there */
    struct outcome o = enter(MODE_U, (uint64_t)code, VA, a1);
    expect(expect_trap(o, TRAP_M, cause, VA), (uint64_t)at);
}

int main(void)
{
    for (progress = 0; progress < 5; progress++) {
        lost(to_read_only, to_read_only_at, R, 15);
        lost(by_prot, by_prot_at, 0, 13);
        lost(by_tfer, by_tfer_at, 2, 13);
        lost(by_inval, by_inval_at, 0, 13);

        make(P_RO);
        expect(expect_returned(enter(MODE_U, (uint64_t)gain, VA, 2)), VA);
        make(P_RW);
        expect_returned(enter(MODE_U, (uint64_t)by_recv, VA, 2));

        /* invalid and valid again, with R alone: the store faults, the load before it does not */
        cells_on(cells, 1);
        expect_returned(enter(MODE_U, (uint64_t)by_inval_and_reval, VA, R));
        expect_page_fault(MODE_U, STORE, VA);
        expect_reaches(MODE_U, LOAD, VA);
    }
    return 0;
}
