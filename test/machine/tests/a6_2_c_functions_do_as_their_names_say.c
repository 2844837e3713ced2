/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.2, A.11: the C functions of <cella/cells.h> put their operands into the right places: a
 * program in U does with them what their names say, to the byte of the table.
 */
#include <cella/cells.h>

#include "lib/sc.h"

#define VA    0x40000
#define GATE  SPARE(0)
#define OTHER 0x50000

static struct table t, want;
static uint64_t     slot;

static uint64_t protect(uint64_t va, uint64_t rights)
{
    cells_prot((void *)va, rights);
    return cells_usid();
}

static uint64_t grant_read(uint64_t va, uint64_t sd)
{
    cells_grant((void *)va, sd, CELLS_R);
    return 0;
}

static uint64_t receive_read(uint64_t va, uint64_t sd)
{
    cells_recv((void *)va, sd, CELLS_R);
    return 0;
}

static uint64_t transfer(uint64_t va, uint64_t sd)
{
    cells_tfer((void *)va, sd, CELLS_R | CELLS_W);
    return 0;
}

static uint64_t exclusive(uint64_t va, uint64_t rights)
{
    return (uint64_t)cells_excl((void *)va, rights);
}

static uint64_t invalidate(uint64_t va, uint64_t unused)
{
    (void)unused;
    cells_inval((void *)va);
    return 0;
}

static uint64_t revalidate(uint64_t va, uint64_t rights)
{
    cells_reval((void *)va, rights);
    return 0;
}

static uint64_t switch_and_back(uint64_t gate, uint64_t sd)
{
    return cells_call((void *)gate, sd, 30) + cells_usid();
}

static uint64_t switch_near(uint64_t unused, uint64_t sd)
{
    (void)unused;
    return cells_call_near(near_gate, sd, 30) + cells_usid();
}

static uint64_t set_urid(uint64_t a, uint64_t b)
{
    cells_set_urid(a + b);
    return cells_urid();
}

/* entry; a0 += usid; go back to the one that urid names. It runs anywhere. */
extern const uint32_t near_gate[];
__asm__("    .balign 4\n"
        "near_gate:\n"
        "    .word 0x0000100b\n"
        "    csrr  t0, 0x83\n"
        "    csrr  t1, 0x82\n"
        "    add   a0, a0, t1\n"
        "    .insn r 0x0b, 0, 0x00, x0, ra, t0\n");

static uint64_t as(uint64_t sd, uint64_t (*fn)(uint64_t, uint64_t), uint64_t a0, uint64_t a1)
{
    csr_write(CSR_USID, sd);
    uint64_t value = expect_returned(call(MODE_U, fn, a0, a1));
    expect_as_shadow();
    return value;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 2, .pa = FRAME(0), .row = {P_RW, P_RWX}},
        {.va = OTHER, .pages = 2, .pa = FRAME(2), .row = {P_RW, P_RW}},
    };

    t = CELLS_ON(cells);
    want = sc_watch(&t);
    slot = slot_of(&t, VA);

    expect(as(1, exclusive, VA, CELLS_X), 1);
    *perm(&want, 1, slot) = P_RW;
    expect(as(1, protect, VA, CELLS_R | CELLS_W), 1);
    *grant(&want, 1, slot) = GRANT_WORD(3, R);
    as(1, grant_read, VA, 3);
    expect(as(1, exclusive, VA, CELLS_R), 0);
    *grant(&want, 1, slot) = NO_GRANT;
    *perm(&want, 3, slot) = P_V | P_R;
    as(3, receive_read, VA, 1);
    *grant(&want, 1, slot) = GRANT_WORD(2, RW);
    *perm(&want, 1, slot) = P_NONE;
    as(1, transfer, VA, 2);

    slot = slot_of(&t, OTHER);
    desc(&want, slot)->hi &= ~DESC_VALID;
    *perm(&want, 0, slot) = P_RW & ~P_V;
    *perm(&want, 1, slot) = P_NONE;
    as(1, invalidate, OTHER, 0);
    desc(&want, slot)->hi |= DESC_VALID;
    *perm(&want, 0, slot) = P_RW;
    *perm(&want, 2, slot) = P_V | P_R;
    as(2, revalidate, OTHER, CELLS_R);

    expect(as(1, switch_near, 0, 4), 30 + 4 + 1);
    expect(as(1, switch_and_back, (uint64_t)near_gate, 5), 30 + 5 + 1);
    expect(as(1, set_urid, 40, 2), 42);
    return 0;
}
