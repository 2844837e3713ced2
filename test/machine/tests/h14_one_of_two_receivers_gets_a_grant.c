/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.6, H14: both harts, as the same SD, receive the same grant at the same time, again and again:
 * exactly one succeeds, the other finds it gone.
 */
#include "lib/sc.h"

#define ROUNDS 400
#define VA     0x40000

static struct table t;
static uint64_t     slot;
static uint32_t     round_of[2]; /* the round that a hart has finished */
static uint32_t     got[2];

/* Both arrive, then both go on. */
static void meet(uint64_t hart, uint32_t round)
{
    __atomic_store_n(&round_of[hart], round, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&round_of[!hart], __ATOMIC_SEQ_CST) < round)
        ;
}

extern const char recv_code[];
__asm__(".globl recv_code\n"
        "recv_code:\n"
        "    .insn s 0x0b, 6, a1, 2(a0)\n"
        "    ret\n");

static struct outcome receive(void)
{
    return enter(MODE_M, (uint64_t)recv_code, VA, 3);
}

static void take_part(uint64_t hart)
{
    csr_write(CSR_SATP, table_satp(&t));
    csr_write(CSR_USID, 1);
    for (uint32_t k = 0; k < ROUNDS; k++) {
        if (hart == 0) {
            got[0] = got[1] = 0;
            *grant(&t, 3, slot) = GRANT_WORD(1, R);
            *perm(&t, 1, slot) = P_NONE;
        }
        meet(hart, 3 * k + 1);
        struct outcome o = receive();
        got[hart] = o.by == RETURNED;
        if (o.by != RETURNED)
            expect_trap(o, TRAP_M, BAD_SD, 1ull << 32 | 1);
        meet(hart, 3 * k + 2);
        progress = k;
        expect(got[0] + got[1], 1);
        expect(*grant(&t, 3, slot), NO_GRANT);
        expect(*perm(&t, 1, slot), P_RO);
        meet(hart, 3 * k + 3);
    }
}

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    hart_run(take_part, 1);
    take_part(0);
    hart_join();
    return 0;
}
