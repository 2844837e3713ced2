/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2: after a fence, one access is one walk: the descriptors of its search and one re-read,
 * one permission byte. A walk that finds nothing reads no byte; one that fails counts as
 * failed. Fetches count like loads, stores and AMOs.
 */
#include "lib/machine.h"

#define VA(k) (0x10000 + 0x2000 * (uint64_t)(k))

static struct table t;

static struct counts change(enum access access, uint64_t va)
{
    struct counts before, after;

    sfence();
    before = counts_read();
    probe(MPRV_U, access, va);
    after = counts_read();
    return (struct counts){
        .walks = after.walks - before.walks,
        .descs = after.descs - before.descs,
        .perms = after.perms - before.perms,
        .failed = after.failed - before.failed,
        .switches = after.switches - before.switches,
        .flushes = after.flushes - before.flushes,
    };
}

static void check(enum access access, uint64_t va, struct counts want)
{
    struct counts got = change(access, va);

    expect(got.walks, want.walks);
    expect(got.descs, want.descs);
    expect(got.perms, want.perms);
    expect(got.failed, want.failed);
    expect(got.switches, 0);
    expect(got.flushes, 0);
}

int main(void)
{
    static struct cell cells[20];

    for (unsigned k = 0; k < 20; k++)
        cells[k] = (struct cell){VA(k), 1, FRAME(k % FRAMES), {0, k == 7 ? P_NONE : P_RW}};
    t = CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, VA(0)); /* whatever the first use of a row costs */

    for (progress = 0; progress < 20; progress++) {
        uint64_t n = search_length(&t, VA(progress));

        if (progress == 7)
            check(LOAD, VA(7), (struct counts){.walks = 1, .descs = n, .perms = 1, .failed = 1});
        else
            check(LOAD, VA(progress), (struct counts){.walks = 1, .descs = n + 1, .perms = 1});
        check(AMO, VA(progress) + PAGE,
              (struct counts){
                  .walks = 1, .descs = search_length(&t, VA(progress) + PAGE), .failed = 1});
    }
    check(STORE, VA(3), (struct counts){1, search_length(&t, VA(3)) + 1, 1, 0, 0, 0});
    check(AMO, VA(3), (struct counts){1, search_length(&t, VA(3)) + 1, 1, 0, 0, 0});

    /* An AMO that has to set A and D is one walk as well. */
    perm_put(&t, 1, slot_of(&t, VA(3)), P_V | P_R | P_W);
    check(AMO, VA(3), (struct counts){1, search_length(&t, VA(3)) + 1, 1, 0, 0, 0});
    perm_put(&t, 1, slot_of(&t, VA(3)), P_V | P_R | P_W);
    check(STORE, VA(3), (struct counts){1, search_length(&t, VA(3)) + 1, 1, 0, 0, 0});
    check(LOAD, 1ull << 47, (struct counts){.walks = 1, .failed = 1});

    /* A fence and a write of satp are one flush each. */
    uint64_t flushes = csr_read(CSR_SCC_FLUSHES);
    sfence();
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 1);
    csr_write(CSR_SATP, 0);
    expect(csr_read(CSR_SCC_FLUSHES), flushes + 2);

    /* Bare and M do not walk. */
    check(LOAD, FRAME(0), (struct counts){0});
    return 0;
}
