/* SPDX-License-Identifier: Apache-2.0 */
/* test_radix_walk.c - random calls on the tree of page tables, compared with a plain array and looked
 * at between any two accesses.
 *
 * radix*.c are compiled into this file with accesses to entries that let other harts run before
 * and after each. They read, and find each address as it was before the call or as it will be
 * after it; they write, also by pointers to tables that they read before and keep until the next
 * fence, and each write that was possible is told later.
 *
 * A failure prints the call; SEED= and STEPS= choose others.
 */
/* sources: test/host/sim_machine.c test/host/walk_sv48.c src/lib/fmt.c src/lib/string.c
 *          src/riscv64-sv48/radixcheck.c src/riscv64-sv48/pmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "riscv64-sv48/pte.h"

/* --- the accesses of radix*.c, in place of ptemem.h ------------------------------------------ */

#define RISCV64_SV48_PTEMEM_H

static void others_run(pte_t *p); /* around an access to p */

static inline pte_t pte_load(const pte_t *p)
{
    return *p;
}

static inline void pte_store(pte_t *p, pte_t v)
{
    others_run(p);
    *p = v;
    others_run(p);
}

static inline void pte_fence(void)
{
}

static inline pte_t pte_swap(pte_t *p, pte_t v)
{
    others_run(p);
    pte_t old = *p;
    *p = v;
    others_run(p);
    return old;
}

static inline pte_t pte_set(pte_t *p, pte_t bits)
{
    others_run(p);
    pte_t old = *p;
    *p = old | bits;
    others_run(p);
    return old;
}

static inline pte_t pte_clear(pte_t *p, pte_t bits)
{
    others_run(p);
    pte_t old = *p;
    *p = old & ~bits;
    others_run(p);
    return old;
}

static inline bool pte_cas(pte_t *p, pte_t *old, pte_t v)
{
    others_run(p);
    bool same = *p == *old;
    if (same)
        *p = v;
    else
        *old = *p;
    others_run(p);
    return same;
}

#include "riscv64-sv48/radix.c"
#include "riscv64-sv48/radixidle.c"
#include "riscv64-sv48/radixleaf.c"
#include "riscv64-sv48/radixmove.c"
#include "riscv64-sv48/radixrange.c"

#include "radix_map.h"
#include "walk.h"

/* --- the plain array ------------------------------------------------------------------------- */

#define N     PTE_PER_TABLE
#define UNITS (3 * N)

/* UNITS pages, or as many pieces of 2 MiB: with three tables of them, what completes a table and
 * what breaks a leaf happens all the time. */
struct unit {
    bool     mapped, written;
    paddr_t  pa;
    unsigned prot;
};

static size_t unit; /* bytes */
static char   call[120];

static struct unit before[UNITS], after[UNITS]; /* of the call that runs */
static uint32_t    origin[UNITS];      /* where after[i] is in `before`, or NONE: it is new */
static uint32_t    fault_lo, fault_hi; /* these may be found hidden */
static bool        running;            /* others run in between */

#define NONE UINT32_MAX

static uint64_t rng;

static uint32_t choose(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

static vaddr_t unit_va(uint32_t i)
{
    return VA + i * unit;
}

/* --- the other harts --------------------------------------------------------------------------- */

/* Entries that harts know the way to, until they fence. */
static struct known {
    pte_t   *pte;
    uint32_t unit;
} known[8];

static void forget(void)
{
    memset(known, 0, sizeof(known));
}

static bool allows(const struct unit *u, unsigned access)
{
    return u->mapped && (u->prot & access);
}

/* The access found pa, or nothing. Which state of the unit says so: any of the two; a write is
 * remembered for each. */
static bool agrees(struct unit *u, unsigned access, bool ok, paddr_t pa)
{
    if (ok != allows(u, access) || (ok && u->pa != pa))
        return false;
    u->written |= ok && access == PMAP_W;
    return true;
}

static void look(uint32_t i, unsigned access)
{
    uint64_t pa = 0, at = 8 * i % unit;
    bool     ok = walk_access(sim_satp, 1, unit_va(i) + at, access, &pa);
    bool     old = agrees(&before[i], access, ok, pa - at);
    bool new = agrees(&after[i], access, ok, pa - at);
    if (!old && !new && (ok || i < fault_lo || i >= fault_hi))
        fail_msg("during %s: unit %u, access %u: found %d, %#lx", call, i, access, ok, pa);
}

/* A write by what a hart remembers of the way: it sets D where it would have. */
static void write_by_known(const struct known *k)
{
    pte_t pte = k->pte ? *k->pte : 0;
    if ((pte & (PTE_V | PTE_U | PTE_W)) != (PTE_V | PTE_U | PTE_W))
        return;
    *k->pte |= PTE_D;
    before[k->unit].written |= before[k->unit].mapped;
    after[k->unit].written |= after[k->unit].mapped && origin[k->unit] == k->unit;
}

static unsigned write_at, moment; /* only at that access, by known[0], if write_at is not 0 */

/* Whose entry it is, if it is in the tree. */
static uint32_t unit_of(pte_t *p)
{
    for (uint32_t i = 0; i < UNITS; i += N) {
        struct radix_pos pos = radix_peek(&pm->tree, unit_va(i));
        if (pte_size(pos.level) == unit && table_of(pos.pte) == table_of(p))
            return i + (uint32_t)(p - table_of(p));
    }
    return NONE;
}

static void others_run(pte_t *p)
{
    static bool inside;
    if (write_at && ++moment == write_at)
        write_by_known(&known[0]);
    if (!running || inside)
        return;
    inside = true;
    look(choose(UNITS), PMAP_R);
    if (choose(4) == 0)
        look(choose(UNITS), PMAP_W);
    uint32_t here = choose(8) ? NONE : unit_of(p);
    if (here != NONE)
        look(here, PMAP_W);
    if (choose(4) == 0)
        write_by_known(&known[choose(ARRAY_LEN(known))]);
    inside = false;
}

static void learn(void)
{
    for (unsigned n = choose(4); n > 0; n--) {
        uint32_t         i = choose(UNITS);
        struct radix_pos pos = radix_find(&pm->tree, unit_va(i));
        if (pte_is_mapped(*pos.pte))
            known[choose(ARRAY_LEN(known))] = (struct known){pos.pte, i};
    }
}

/* --- calls ------------------------------------------------------------------------------------- */

/* Mostly blocks, so that tables fill. */
static void choose_range(uint32_t *i, uint32_t *n)
{
    uint32_t grain = choose(4) ? 64 : 1;
    *i = choose(UNITS / grain) * grain;
    *n = (1 + choose(choose(3) ? 3 : UNITS / grain)) * grain;
    if (*n > UNITS - *i)
        *n = UNITS - *i;
}

/* Mostly what makes one run of everything. */
static paddr_t choose_frames(uint32_t i)
{
    return PA + i * unit + (choose(8) ? 0 : choose(3) * unit);
}

static unsigned choose_prot(void)
{
    static const unsigned prots[] = {PMAP_R | PMAP_W, PMAP_R | PMAP_W, PMAP_R, PMAP_NONE};
    return prots[choose(ARRAY_LEN(prots))];
}

static bool some(uint32_t i, uint32_t n, bool mapped)
{
    for (uint32_t k = i; k < i + n; k++) {
        if (before[k].mapped == mapped)
            return true;
    }
    return false;
}

/* What will be is what was, until a call says what it changes. */
static void call_starts(void)
{
    memcpy(after, before, sizeof(after));
    for (uint32_t i = 0; i < UNITS; i++)
        origin[i] = i;
    fault_lo = fault_hi = 0;
    running = true;
}

/* What was written before a mapping changed stays with it. */
static void call_ends(int err, int expected)
{
    running = false;
    if (err == -ENOMEM && sim_failed())
        return;
    if (err != expected)
        fail_msg("%s: %d, not %d", call, err, expected);
    for (uint32_t i = 0; !err && i < UNITS; i++)
        after[i].written |= origin[i] != NONE && before[origin[i]].written;
    if (!err)
        memcpy(before, after, sizeof(before));
}

static void call_enter(uint32_t i, uint32_t n)
{
    paddr_t  pa = choose_frames(i);
    unsigned prot = choose_prot();
    while (n > 1 && some(i, n, true))
        n /= 2;
    snprintf(call, sizeof(call), "enter %u+%u at %#lx prot %u", i, n, pa, prot);
    int expected = some(i, n, true) ? -EEXIST : 0;
    call_starts();
    for (uint32_t k = 0; !expected && k < n; k++) {
        after[i + k] = (struct unit){true, false, pa + k * unit, prot};
        origin[i + k] = NONE;
    }
    call_ends(pmap_enter(pm, unit_va(i), pa, n * unit, 1, prot), expected);
}

static void call_remove(uint32_t i, uint32_t n)
{
    snprintf(call, sizeof(call), "remove %u+%u", i, n);
    call_starts();
    memset(&after[i], 0, n * sizeof(after[0]));
    memset(&origin[i], 0xff, n * sizeof(origin[0]));
    call_ends(pmap_remove(pm, unit_va(i), n * unit), 0);
}

static void call_protect(uint32_t i, uint32_t n)
{
    unsigned prot = choose_prot();
    int      expected = some(i, n, false) ? -EFAULT : 0;
    snprintf(call, sizeof(call), "protect %u+%u prot %u", i, n, prot);
    call_starts();
    for (uint32_t k = i; !expected && k < i + n; k++)
        after[k].prot = prot;
    call_ends(pmap_protect(pm, 1, unit_va(i), n * unit, prot), expected);
}

static void new_frames(uint32_t i, uint32_t n, paddr_t pa)
{
    for (uint32_t k = 0; k < n; k++)
        after[i + k].pa = pa + k * unit;
}

static void call_replace(uint32_t i, uint32_t n)
{
    paddr_t pa = choose_frames(i);
    int     expected = some(i, n, false) ? -EFAULT : 0;
    snprintf(call, sizeof(call), "replace %u+%u at %#lx", i, n, pa);
    call_starts();
    if (!expected)
        new_frames(i, n, pa);
    call_ends(pmap_replace(pm, unit_va(i), pa, n * unit), expected);
}

/* Out of sight from the end of the first call to the start of the second, and at most while they
 * run. */
static void call_suspend(uint32_t i, uint32_t n)
{
    paddr_t pa = choose_frames(i);
    int     expected = some(i, n, false) ? -EFAULT : 0;
    snprintf(call, sizeof(call), "suspend %u+%u, resume at %#lx", i, n, pa);
    call_starts();
    fault_lo = expected ? 0 : i;
    fault_hi = expected ? 0 : i + n;
    int err = pmap_suspend(pm, unit_va(i), n * unit);
    if (!err) {
        for (uint32_t k = i; k < i + n; k++) {
            uint64_t found;
            assert_false(walk_access(sim_satp, 1, unit_va(k), PMAP_R, &found));
        }
        new_frames(i, n, pa);
        pmap_resume(pm, unit_va(i), pa, n * unit);
    }
    call_ends(err, expected);
}

static void call_move(uint32_t i, uint32_t n)
{
    uint32_t to, unused;
    choose_range(&to, &unused);
    if (n > UNITS - to)
        n = UNITS - to;
    while (n > 1 && (some(to, n, true) || (i < to + n && to < i + n)))
        n /= 2;
    bool overlap = i < to + n && to < i + n;
    int  expected = overlap ? -EINVAL : some(to, n, true) ? -EEXIST : 0;
    snprintf(call, sizeof(call), "move %u+%u to %u", i, n, to);
    call_starts();
    for (uint32_t k = 0; !expected && k < n; k++) {
        after[to + k] = before[i + k];
        origin[to + k] = i + k;
        after[i + k] = (struct unit){.mapped = false};
        origin[i + k] = NONE;
    }
    call_ends(pmap_move(pm, unit_va(i), unit_va(to), n * unit), expected);
}

/* What was written before is told; what is written meanwhile is told now or the next time. */
static void call_clear_modified(uint32_t i, uint32_t n)
{
    static uint8_t bitmap[UNITS * N / 8];
    static bool    owed[UNITS];
    size_t         pages = unit >> PAGE_SHIFT;
    snprintf(call, sizeof(call), "clear_modified %u+%u", i, n);
    memset(bitmap, 0, sizeof(bitmap));
    for (uint32_t k = i; k < i + n; k++)
        owed[k] = before[k].written;
    call_starts();
    int err = pmap_clear_modified(pm, unit_va(i), n * unit, bitmap);
    call_ends(err, 0);
    for (uint32_t k = i; k < i + n; k++) {
        bool told = bitmap[(k - i) * pages / 8] >> ((k - i) * pages % 8) & 1;
        if ((owed[k] && !told) || (told && !before[k].mapped))
            fail_msg("%s: unit %u: written %d, told %d", call, k, owed[k], told);
        before[k].written &= !told;
    }
}

static void random_call(void)
{
    uint32_t i, n, kind = choose(100);
    choose_range(&i, &n);
    learn();
    sim_fail_after(choose(4) ? 0 : 1 + choose(6));
    if (kind < 45)
        call_enter(i, n);
    else if (kind < 55)
        call_remove(i, n);
    else if (kind < 75)
        call_protect(i, n);
    else if (kind < 82)
        call_replace(i, n);
    else if (kind < 88)
        call_suspend(i, n);
    else if (kind < 94)
        call_move(i, n);
    else
        call_clear_modified(i, n);
    sim_fail_after(0);
    if (choose(2))
        pmap_update(pm);
}

/* --- after a call ------------------------------------------------------------------------------ */

static void compare(void)
{
    map_check(call);
    memcpy(after, before, sizeof(after));
    for (uint32_t i = 0; i < UNITS; i++) {
        struct pmap_run run;
        look(i, PMAP_R);
        if (pmap_extract(pm, 1, unit_va(i), &run) != (before[i].mapped ? 0 : -ENOENT) ||
            (before[i].mapped && (run.pa != before[i].pa || run.prot != before[i].prot)))
            fail_msg("after %s: unit %u is extracted differently", call, i);
    }
}

/* A step here is about ten of test_pmap's. */
static unsigned steps(unsigned otherwise)
{
    const char *text = getenv("STEPS");
    return text ? (unsigned)atoi(text) / 10 : otherwise;
}

static void random_calls(unsigned seed, unsigned ncalls)
{
    size_t      fewest = UNITS;
    const char *one = getenv("SEED");
    rng = one ? (unsigned)atoi(one) : seed;
    memset(before, 0, sizeof(before));
    for (unsigned k = 0; k < steps(ncalls); k++) {
        random_call();
        compare();
        if (map_leaves() && map_leaves() < fewest)
            fewest = map_leaves();
    }
    assert_true(fewest < N); /* tables did become leaves, unless STEPS is small */
    assert_int_equal(pmap_remove(pm, PAGE_SIZE, USER_END - PAGE_SIZE), 0);
    pmap_update(pm);
    assert_int_equal(pm->tree.ntables, 2);
}

static void calls_on_pages_show_each_hart_the_old_or_the_new(void **state)
{
    (void)state;
    unit = PAGE_SIZE;
    random_calls(1, 3000);
}

static void calls_on_large_leaves_show_each_hart_the_old_or_the_new(void **state)
{
    (void)state;
    unit = 2ul << 20;
    random_calls(2, 1000);
}

/* A hart knows the way to a page of a table that is being joined, and writes it at the latest moment that
 * it can. */
static void a_write_while_a_table_is_joined_is_told_whenever_it_comes(void **state)
{
    (void)state;
    unit = PAGE_SIZE;
    size_t len = (N - 1) * PAGE_SIZE;
    for (unsigned at = 1;; at++) {
        uint8_t bit = 0;
        assert_int_equal(pmap_enter(pm, VA, PA, len, 1, PMAP_R | PMAP_W), 0);
        known[0] = (struct known){radix_find(&pm->tree, VA + 7 * PAGE_SIZE).pte, 7};
        before[7] = (struct unit){.mapped = true};
        write_at = at;
        moment = 0;
        assert_int_equal(pmap_enter(pm, VA + len, PA + len, PAGE_SIZE, 1, PMAP_R | PMAP_W), 0);
        write_at = 0;
        assert_int_equal(pmap_clear_modified(pm, VA + 7 * PAGE_SIZE, PAGE_SIZE, &bit), 0);
        assert_int_equal(bit, before[7].written);
        assert_int_equal(pmap_remove(pm, VA, len + PAGE_SIZE), 0);
        pmap_update(pm);
        if (moment < at)
            break;
    }
    assert_true(moment > N);
}

static int setup(void **state)
{
    map_setup(state);
    sim_on_fence = forget;
    return 0;
}

static int teardown(void **state)
{
    running = false;
    return map_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_write_while_a_table_is_joined_is_told_whenever_it_comes,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(calls_on_pages_show_each_hart_the_old_or_the_new, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(calls_on_large_leaves_show_each_hart_the_old_or_the_new,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
