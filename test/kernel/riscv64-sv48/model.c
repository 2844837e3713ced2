/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - the page tables as the hardware finds them, starting from satp.
 *
 * Reads raw entries (privileged architecture 1.12, 4.5) and uses nothing of src/riscv64-sv48: what is
 * tested is not asked.
 */
#include "machine/layout.h"
#include "riscv64/csr.h"
#include "test/kernel/ktest.h"

#define ENTRY_V 0x01u
#define ENTRY_U 0x10u

static paddr_t page(uint64_t ppn)
{
    return (ppn & ((1ul << 44) - 1)) << PAGE_SHIFT;
}

static paddr_t root(void)
{
    uint64_t satp = csr_read(satp);
    CHECK(satp >> 60 == 9);
    return page(satp);
}

/* Bits 3..1 are X, W, R. The kernel leaves SUM off, so a user page is the user's alone. */
static struct ktest_mapping leaf(uint64_t entry, vaddr_t va, unsigned level)
{
    unsigned rights = entry >> 1 & (PMAP_R | PMAP_W | PMAP_X);

    CHECK(!(csr_read(sstatus) & 1ul << 18));
    return (struct ktest_mapping){.va = va,
                                  .pa = page(entry >> 10),
                                  .len = PAGE_SIZE << 9 * level,
                                  .kernel = entry & ENTRY_U ? PMAP_NONE : rights,
                                  .user = entry & ENTRY_U ? rights : PMAP_NONE};
}

/* Either of fn and piece may be NULL. */
static void walk(paddr_t table, vaddr_t va, unsigned level, ktest_map_fn *fn, ktest_piece_fn *piece,
                 void *arg)
{
    const uint64_t *entries = phys_ptr(table);

    if (piece)
        piece(arg, table, PAGE_SIZE);
    for (unsigned i = 0; i < 512; i++, va += PAGE_SIZE << 9 * level) {
        if (!(entries[i] & ENTRY_V))
            continue;
        if (!(entries[i] & 0xe)) {
            CHECK(level > 0);
            walk(page(entries[i] >> 10), va, level - 1, fn, piece, arg);
        } else if (fn) {
            struct ktest_mapping m = leaf(entries[i], va, level);
            fn(arg, &m);
        }
    }
}

void ktest_walk(ktest_map_fn *fn, void *arg)
{
    walk(root(), 0, 3, fn, NULL, arg);
}

void ktest_table_pieces(ktest_piece_fn *fn, void *arg)
{
    walk(root(), 0, 3, NULL, fn, arg);
}

bool ktest_kernel_state_ok(void)
{
    return true; /* there is none */
}

bool ktest_user_state_ok(const struct trapframe *tf)
{
    return tf->dom == PMAP_DOM_FIRST;
}

bool ktest_user_look_ok(const uint64_t *a)
{
    return !a[0] && !a[1];
}
