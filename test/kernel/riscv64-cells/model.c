/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - the cell table as the hardware finds it, starting from satp, and the compartment registers.
 *
 * Reads raw words by securecells.md A.1, and uses nothing of src/riscv64-cells: what is tested is not
 * asked.
 */
#include "machine/layout.h"
#include "riscv64/csr.h"
#include "test/kernel/ktest.h"

#define PPN(satp) ((satp) & ((1ul << 44) - 1))
#define NO_GRANT  0xfffffff0u /* A.1.12 */

struct table {
    paddr_t         base;
    uint32_t        rows, lines, doms, slots; /* A.1.3 */
    const uint64_t *desc;
    const uint8_t  *perm;
    const uint32_t *grant;
};

static struct table table_in_use(void)
{
    uint64_t satp = csr_read(satp);
    CHECK(satp >> 60 == 14);

    paddr_t         base = PPN(satp) << PAGE_SHIFT;
    const uint32_t *meta = phys_ptr(base);
    struct table    t = {.base = base, .rows = meta[0], .lines = meta[1], .doms = meta[2]};
    t.slots = meta[3] < 64 * t.lines ? meta[3] : 64 * t.lines;
    t.desc = phys_ptr(base);
    t.perm = phys_ptr(base + 1024ul * t.lines);
    t.grant = phys_ptr(base + 1024ul * t.lines + 64ul * t.lines * t.rows);
    CHECK(t.rows >= t.doms && t.doms >= 1 && t.lines >= 1);
    return t;
}

/* A.1.11. What an invalid byte holds means nothing. */
static unsigned rights(uint8_t byte)
{
    return byte & 1 ? byte >> 1 & (PMAP_R | PMAP_W | PMAP_X) : PMAP_NONE;
}

static struct ktest_mapping cell(const struct table *t, uint32_t slot)
{
    uint64_t lo = t->desc[2 * slot], hi = t->desc[2 * slot + 1];
    uint64_t start = lo & ((1ul << 36) - 1), end = lo >> 36 | (hi & 0xff) << 28;

    struct ktest_mapping m = {.va = start << PAGE_SHIFT,
                              .pa = PPN(hi >> 8) << PAGE_SHIFT,
                              .len = end < start ? 0 : (end - start + 1) << PAGE_SHIFT,
                              .kernel = rights(t->perm[slot])};
    for (uint32_t row = 1; row < t->rows; row++) /* rows that no compartment has yet: B.6.2 */
        m.user |= rights(t->perm[64ul * t->lines * row + slot]);
    return m;
}

/* Nobody offers anything: the tests grant nothing. */
static void check_grants(const struct table *t)
{
    for (size_t i = 0; i < 64ul * t->lines * t->rows; i++)
        CHECK(t->grant[i] == NO_GRANT);
}

void ktest_walk(ktest_map_fn *fn, void *arg)
{
    struct table t = table_in_use();

    check_grants(&t);
    for (uint32_t slot = 1; slot < t.slots; slot++) {
        struct ktest_mapping m = cell(&t, slot);
        if (m.len)
            fn(arg, &m); /* an invalidated cell too: it can be made valid again (B.6.1) */
        else
            CHECK(!m.user && !m.kernel); /* no rights wait in an empty slot */
    }
}

void ktest_table_pieces(ktest_piece_fn *fn, void *arg)
{
    struct table t = table_in_use();
    fn(arg, t.base, 64ul * t.lines * (16 + 5ul * t.rows)); /* A.1.2 */
}

bool ktest_kernel_state_ok(void)
{
    return csr_read(0x082) == 0 && csr_read(0x083) == 0 && csr_read(0x084) == 0;
}

bool ktest_user_state_ok(const struct trapframe *tf)
{
    return tf->dom == PMAP_DOM_FIRST && tf->dom_prev == 0x5aa5;
}

bool ktest_user_look_ok(const uint64_t *a)
{
    return a[0] == PMAP_DOM_FIRST && a[1] == 0x5aa5;
}
