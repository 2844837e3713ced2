/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.3, A.7.1, A.2.2: the entry check reads by fetches of the target's compartment: X is enough, A
 * is set, D is not, in the target's row and no other, and it counts as a walk. One that fails has
 * counted as failed; it may have set A where the walk succeeded.
 */
#include "lib/sc.h"

#define GATE SPARE(0)

static struct table t, want;
static uint64_t     slot;

/* Walks of the check alone: the switch in M translates nothing else. */
static struct counts checked(struct sc i, bool succeeds)
{
    struct counts before, after;

    sfence();
    csr_write(CSR_USID, 1);
    before = counts_read();
    struct outcome o = sc_exec(MODE_M, i);
    after = counts_read();
    expect(o.by == RETURNED, succeeds);
    return (struct counts){
        .walks = after.walks - before.walks,
        .descs = after.descs - before.descs,
        .perms = after.perms - before.perms,
        .failed = after.failed - before.failed,
        .switches = after.switches - before.switches,
    };
}

static void check_accessed(enum mode mode, struct sc i)
{
    perm_put(&t, 2, slot, P_V | P_X);
    sfence();
    csr_write(CSR_USID, 1);
    want = sc_watch(&t);
    *perm(&want, 2, slot) = P_V | P_X | P_A;
    expect_switched(mode, i, 9);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_V, 0, P_RW}},
    };
    uint64_t n;

    put_entry(GATE, 9);
    t = CELLS_ON(cells);
    slot = slot_of(&t, GATE);
    n = search_length(&t, GATE);
    for (unsigned m = 0; m < 3; m++) {
        check_accessed(sc_modes[m], SC_JALS(GATE, 2));
        check_accessed(sc_modes[m], SC_JALRS(GATE, 2));
    }

    struct counts c = checked(SC_JALRS(GATE, 2), true);
    expect(c.walks, 1);
    expect(c.descs, n + 1);
    expect(c.perms, 1);
    expect(c.failed, 0);
    expect(c.switches, 1);

    c = checked(SC_JALRS(GATE, 3), false);
    expect(c.walks, 1);
    expect(c.descs, n);
    expect(c.perms, 1);
    expect(c.failed, 1);
    expect(c.switches, 0);

    c = checked(SC_JALRS(0x70000000, 2), false);
    expect(c.walks, 1);
    expect(c.failed, 1);
    return 0;
}
