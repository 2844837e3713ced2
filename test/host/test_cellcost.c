/* SPDX-License-Identifier: Apache-2.0 */
/* test_cellcost.c - what operations on a cell table cost, and that many cells do not make them dear.
 *
 * The cost of a call is the number of its stores, atomics and fences on the table, tables that it builds
 * included: a count that is the same on every machine. Programs of four habits fill a map with 40 and
 * with 4,000 ranges and go on from there.
 */
/* sources: test/host/sim_machine.c src/riscv64-cells/cellcheck.c src/lib/fmt.c src/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/types.h"

/* --- the accesses of celltable.c, in place of tblmem.h ------------------------------------- */

#define RISCV64_CELLS_TBLMEM_H

static uint64_t cost;

static inline uint64_t tbl_load64(const uint64_t *p)
{
    return *p;
}

static inline uint32_t tbl_load32(const uint32_t *p)
{
    return *p;
}

static inline uint8_t tbl_load8(const uint8_t *p)
{
    return *p;
}

static inline void tbl_store64(uint64_t *p, uint64_t v)
{
    cost++;
    *p = v;
}

static inline void tbl_store32(uint32_t *p, uint32_t v)
{
    cost++;
    *p = v;
}

static inline void tbl_store8(uint8_t *p, uint8_t v)
{
    cost++;
    *p = v;
}

static inline uint8_t tbl_and8(uint8_t *p, uint8_t mask)
{
    uint8_t old = *p;
    cost++;
    *p = old & mask;
    return old;
}

static inline uint8_t tbl_or8(uint8_t *p, uint8_t bits)
{
    uint8_t old = *p;
    cost++;
    *p = old | bits;
    return old;
}

static inline void tbl_fence(void)
{
    cost++;
}

#include "riscv64-cells/cellbuild.c"
#include "riscv64-cells/cellrange.c"
#include "riscv64-cells/cellroom.c"
#include "riscv64-cells/celltable.c"
#include "riscv64-cells/pmap.c"
#include "sim_machine.h"

/* --- habits -------------------------------------------------------------------------------- */

#define FEW  40u
#define MANY 4000u
#define LEN  (16 * PAGE_SIZE)

static struct pmap *pm;
static uint64_t     rng;

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

static void start(void)
{
    struct bootinfo bi;
    sim_reset();
    sim_bootinfo(&bi);
    sim_satp = pmap_bootstrap(&bi);
    assert_int_equal(pmap_create(&pm), 0);
    pmap_activate(pm);
    rng = 1;
}

static void finish(void)
{
    char text[120];
    if (!pmap_consistent(pm, text, sizeof(text)))
        fail_msg("%s", text);
    pmap_activate(NULL);
    pmap_destroy(pm);
}

static vaddr_t place(uint32_t i)
{
    return 0x10000000 + (vaddr_t)i * 0x100000;
}

/* Frames that no neighbour's go on with. */
static uint64_t put(vaddr_t va)
{
    uint64_t before = cost;
    assert_int_equal(pmap_enter(pm, va, 0x100000000 + (va * 3 & 0x3ffff000), LEN, 1, PMAP_W), 0);
    return cost - before;
}

static uint64_t take(vaddr_t va)
{
    uint64_t before = cost;
    assert_int_equal(pmap_remove(pm, va, LEN), 0);
    return cost - before;
}

static uint64_t protect(vaddr_t va, size_t len, unsigned prot)
{
    uint64_t before = cost;
    assert_int_equal(pmap_protect(pm, 1, va, len, prot), 0);
    return cost - before;
}

enum order { UPWARDS, DOWNWARDS, MIXED };

static uint32_t nth(enum order order, uint32_t k, uint32_t n)
{
    return order == UPWARDS ? k : order == DOWNWARDS ? n - 1 - k : (uint32_t)(k * 7919ull % n);
}

static uint64_t fill(enum order order, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t k = 0; k < n; k++)
        sum += put(place(nth(order, k, n)));
    return sum;
}

/* --- the claims ---------------------------------------------------------------------------- */

/* Each is the mean of at most this many calls. */
#define TIMES 400u

typedef uint64_t habit_fn(uint32_t n);

static uint64_t fill_mean(enum order order, uint32_t n)
{
    return fill(order, n) / n;
}

static uint64_t fills_upwards(uint32_t n)
{
    return fill_mean(UPWARDS, n);
}

static uint64_t fills_downwards(uint32_t n)
{
    return fill_mean(DOWNWARDS, n);
}

static uint64_t fills_in_mixed_order(uint32_t n)
{
    return fill_mean(MIXED, n);
}

static uint64_t empties(uint32_t n)
{
    uint64_t sum = 0;
    fill(UPWARDS, n);
    for (uint32_t k = 0; k < n; k++)
        sum += take(place(nth(MIXED, k, n)));
    return sum / n;
}

/* New ranges at random places between those that are there, none of them removed. */
static uint64_t inserts_anywhere(uint32_t n)
{
    uint64_t sum = 0;
    fill(MIXED, n);
    for (uint32_t k = 0; k < n / 2; k++)
        sum += put(place(nth(MIXED, k, n)) + 0x40000);
    return sum / (n / 2);
}

/* mmap and munmap at the end of a row, over and over. */
static uint64_t comes_and_goes(uint32_t n)
{
    uint64_t sum = 0;
    fill(DOWNWARDS, n);
    for (uint32_t k = 0; k < TIMES; k++)
        sum += put(place(0) - 0x40000) + take(place(0) - 0x40000);
    return sum / TIMES;
}

static uint64_t comes_and_goes_anywhere(uint32_t n)
{
    uint64_t sum = 0;
    fill(MIXED, n);
    for (uint32_t k = 0; k < TIMES; k++) {
        vaddr_t va = place(rnd(n)) + 0x40000;
        sum += put(va) + take(va);
    }
    return sum / TIMES;
}

static uint64_t protects_middles(uint32_t n)
{
    uint64_t sum = 0;
    fill(MIXED, n);
    for (uint32_t k = 0; k < TIMES; k++) {
        vaddr_t va = place(rnd(n)) + 4 * PAGE_SIZE;
        sum += protect(va, PAGE_SIZE, PMAP_R) + protect(va, PAGE_SIZE, PMAP_W);
    }
    return sum / TIMES;
}

/* A large range is cut into n pieces, each second page of it protected, and joined again, in order. */
static uint64_t cuts_and_joins(uint32_t n)
{
    uint64_t sum = 0;
    size_t   len = n * PAGE_SIZE;
    assert_int_equal(pmap_enter(pm, place(0), 0x100000000, len, 1, PMAP_W), 0);
    for (uint32_t k = 1; k < n; k += 2)
        sum += protect(place(0) + k * PAGE_SIZE, PAGE_SIZE, PMAP_R);
    for (uint32_t k = 1; k < n; k += 2)
        sum += protect(place(0) + k * PAGE_SIZE, PAGE_SIZE, PMAP_W);
    return sum / n;
}

static uint64_t cost_of(habit_fn *habit, uint32_t n)
{
    start();
    uint64_t mean = habit(n);
    finish();
    return mean;
}

static void operations_among_many_cells_cost_at_most_three_times_those_among_few(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        habit_fn   *habit;
    } habits[] = {
        {"fills upwards", fills_upwards},
        {"fills downwards", fills_downwards},
        {"fills in mixed order", fills_in_mixed_order},
        {"empties", empties},
        {"inserts anywhere", inserts_anywhere},
        {"comes and goes", comes_and_goes},
        {"comes and goes anywhere", comes_and_goes_anywhere},
        {"protects middles", protects_middles},
        {"cuts and joins", cuts_and_joins},
    };
    for (size_t i = 0; i < ARRAY_LEN(habits); i++) {
        uint64_t few = cost_of(habits[i].habit, FEW), many = cost_of(habits[i].habit, MANY);
        print_message("# %s: %lu stores at %u cells, %lu at %u\n", habits[i].name, few, FEW, many,
                      MANY);
        /* Eight for a table's share: among few cells none is built. */
        if (many > 3 * few + 8)
            fail_msg("%s: %lu stores a call at %u cells, %lu at %u", habits[i].name, few, FEW, many,
                     MANY);
    }
}

/* The worst call that builds no table. */
static void no_single_call_moves_many_cells(void **state)
{
    (void)state;
    start();
    fill(MIXED, MANY);
    uint64_t moved = 0;
    for (uint32_t k = 0; k < MANY; k++) {
        vaddr_t va = place(rnd(MANY)) + 0x10000 * (1 + rnd(14));
        take(va);
        uint64_t before = pm->table.moved, rebuilt = pm->rebuilt;
        put(va);
        if (pm->rebuilt == rebuilt && pm->table.moved - before > moved)
            moved = pm->table.moved - before;
        if (k % 2)
            take(place(rnd(MANY)) + 0x10000 * rnd(15));
    }
    print_message("# at most %lu cells moved\n", moved);
    assert_in_range(moved, 0, 64); /* a window's */
    finish();
}

/* For the whole course of a program that grows to MANY ranges and back: 2,048, 4,096, 8,192 slots. */
static void tables_are_replaced_seldom_and_shrink_again(void **state)
{
    (void)state;
    for (enum order order = UPWARDS; order <= MIXED; order++) {
        struct pmap_stats s;
        start();
        fill(order, MANY);
        pmap_stats(pm, &s);
        print_message("# order %d: %lu tables\n", order, s.rebuilt);
        assert_in_range(s.rebuilt, 5, 20);
        for (uint32_t k = 0; k < MANY; k++)
            take(place(nth(MIXED, k, MANY)));
        pmap_stats(pm, &s);
        assert_int_equal(s.ranges, 0);
        assert_int_equal(pm->table.lines, FIRST_LINES);
        finish();
    }
}

/* At a size where both limits are near, nothing is built back and forth. */
static void a_table_at_its_limit_is_replaced_once(void **state)
{
    (void)state;
    start();
    uint32_t n = (uint32_t)pm->grow_at;
    fill(UPWARDS, n);
    uint64_t before = pm->rebuilt;
    for (uint32_t k = 0; k < TIMES; k++) {
        put(place(n));
        take(place(n));
    }
    assert_int_equal(pm->rebuilt, before + 1);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_among_many_cells_cost_at_most_three_times_those_among_few),
        cmocka_unit_test(no_single_call_moves_many_cells),
        cmocka_unit_test(tables_are_replaced_seldom_and_shrink_again),
        cmocka_unit_test(a_table_at_its_limit_is_replaced_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
