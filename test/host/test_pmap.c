/* SPDX-License-Identifier: Apache-2.0 */
/* test_pmap.c - what every memory model must do (machine/pmap.h), one program per model.
 *
 * The main test makes random calls and compares each with a plain array of pages (model_pmap.h). A
 * failure prints seed and step, and the seed alone repeats it.
 */
/* sources: test/host/model_pmap.c test/host/sim_machine.c src/lib/fmt.c src/lib/string.c */
/* variants: cells: test/host/walk_cells.c src/riscv64-cells/cellbuild.c
 *                  src/riscv64-cells/cellroom.c src/riscv64-cells/celltable.c
 *                  src/riscv64-cells/cellrange.c src/riscv64-cells/cellcheck.c
 *                  src/riscv64-cells/fault.c src/riscv64-cells/pmap.c ;
 *           sv48: test/host/walk_sv48.c src/riscv64-sv48/radix.c src/riscv64-sv48/radixleaf.c
 *                 src/riscv64-sv48/radixidle.c src/riscv64-sv48/radixrange.c
 *                 src/riscv64-sv48/radixmove.c src/riscv64-sv48/radixcheck.c
 *                 src/riscv64-sv48/pmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap.h"
#include "model_pmap.h"
#include "sim_machine.h"
#include "walk.h"

static uint64_t rng;

uint32_t model_choose(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

static void random_calls_agree_with_a_plain_array(void **state)
{
    (void)state;
    const char *one = getenv("SEED"), *steps = getenv("STEPS");
    uint32_t    first = one ? (uint32_t)atoi(one) : 1, last = one ? first : 10;
    uint32_t    nsteps = steps ? (uint32_t)atoi(steps) : 12000;
    for (uint32_t seed = first; seed <= last; seed++) {
        print_message("# seed %u\n", seed); /* seen if it fails */
        rng = seed;
        model_start(model_places[seed % MODEL_PLACES], seed / 2 % 2);
        for (uint32_t step = 0; step < nsteps; step++)
            model_call();
        model_end();
    }
}

/* --- particular cases --------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    model_start(0x40000000, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    model_end();
    return 0;
}

static void ranges_outside_user_space_and_odd_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        vaddr_t va;
        size_t  len;
    } bad[] = {
        {0, PAGE_SIZE},
        {0, 0x20000},
        {USER_END, PAGE_SIZE},
        {USER_END - PAGE_SIZE, 2 * PAGE_SIZE},
        {WINDOW_BASE + 0x80200000, PAGE_SIZE},
        {0xffffffff80000000, PAGE_SIZE},
        {0x40000000, (size_t)-0x40000000},
        {0x40000000, SIZE_MAX - PAGE_MASK},
        {0x40000000, 0},
        {0x40000001, PAGE_SIZE},
        {0x40000000, PAGE_SIZE + 1},
    };
    uint8_t         bitmap[8] = {0};
    vaddr_t         found;
    struct pmap_run run;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        vaddr_t va = bad[i].va;
        size_t  len = bad[i].len;
        assert_int_equal(pmap_enter(pm, va, 0x90000000, len, 1, PMAP_R), -EINVAL);
        assert_int_equal(pmap_remove(pm, va, len), -EINVAL);
        assert_int_equal(pmap_remove_run(pm, va, len, &run), -EINVAL);
        assert_int_equal(pmap_protect(pm, 1, va, len, PMAP_R), -EINVAL);
        assert_int_equal(pmap_replace(pm, va, 0x90000000, len), -EINVAL);
        assert_int_equal(pmap_move(pm, va, 0x50000000, len), -EINVAL);
        assert_int_equal(pmap_move(pm, 0x50000000, va, len), -EINVAL);
        assert_int_equal(pmap_suspend(pm, va, len), -EINVAL);
        assert_int_equal(pmap_next(pm, va, len, &found), -EINVAL);
        assert_int_equal(pmap_clear_modified(pm, va, len, bitmap), -EINVAL);
    }
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000001, PAGE_SIZE, 1, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, WINDOW_SIZE, PAGE_SIZE, 1, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 0, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 2, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 1, 8), -EINVAL);
    assert_int_equal(pmap_next(pm, PAGE_SIZE, USER_END - PAGE_SIZE, &found), -ENOENT);
}

static unsigned kernel_rights(paddr_t at)
{
    unsigned rights = 0;
    for (unsigned access = PMAP_R; access <= PMAP_X; access *= 2) {
        uint64_t pa;
        if (!walk_access(sim_satp, 0, WINDOW_BASE + at, access, &pa))
            continue;
        assert_int_equal(pa, at);
        rights |= access;
    }
    return rights;
}

static void check_window(void)
{
    static const struct {
        paddr_t  pa;
        unsigned rights;
    } expected[] = {
        {0x80200000, PMAP_R | PMAP_X},
        {0x80230fff, PMAP_R | PMAP_X},
        {0x80231000, PMAP_R},
        {0x8023ffff, PMAP_R},
        {0x80240000, PMAP_R | PMAP_W},
        {0x87ffffff, PMAP_R | PMAP_W},
        {0x88000000, 0},
        {0x90000000, PMAP_R | PMAP_W},
        {0xcfffffff, PMAP_R | PMAP_W},
        {0xd0000000, 0},
        {0x80080000, PMAP_R | PMAP_W},
        {0x8007ffff, 0},
        {0x10000000, PMAP_R | PMAP_W},
        {0x10000fff, PMAP_R | PMAP_W},
        {0x10008fff, PMAP_R | PMAP_W},
        {0x10009000, 0},
        {0x0c5fffff, PMAP_R | PMAP_W},
        {0x0c600000, 0},
        {0x00100000, PMAP_R | PMAP_W},
        {0x00101000, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_int_equal(kernel_rights(expected[i].pa), expected[i].rights);
    uint64_t pa;
    assert_false(walk_access(sim_satp, 0, 0x80200000, PMAP_X, &pa)); /* no identity mapping */
    assert_false(walk_access(sim_satp, 1, WINDOW_BASE + 0x80200000, PMAP_X, &pa));
    assert_false(walk_access(sim_satp, 1, WINDOW_BASE + 0x90000000, PMAP_R, &pa));
}

static void the_window_is_text_rodata_ram_and_devices_in_every_map(void **state)
{
    (void)state;
    check_window();
    pmap_activate(NULL);
    check_window();
    pmap_activate(pm);
}

static void a_map_that_fails_to_be_created_leaves_no_frame(void **state)
{
    (void)state;
    size_t used = sim_frames_used();
    for (unsigned n = 1;; n++) {
        struct pmap *other;
        sim_fail_after(n);
        int err = pmap_create(&other);
        if (!sim_failed()) {
            assert_int_equal(err, 0);
            sim_fail_after(0);
            pmap_destroy(other);
            break;
        }
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(sim_frames_used(), used);
    }
    assert_int_equal(sim_frames_used(), used);
}

/* Three ranges of different rights, one of them cut at both ends, go to one run of frames. */
static void suspended_ranges_are_out_of_reach_and_resume_on_other_frames(void **state)
{
    (void)state;
    static const unsigned prot[] = {PMAP_R, PMAP_R | PMAP_W, PMAP_R};
    struct pmap_run       run;
    uint64_t              pa;
    uint8_t               bitmap[2] = {0};
    for (unsigned k = 0; k < 3; k++)
        assert_int_equal(pmap_enter(pm, base + k * 4 * PAGE_SIZE, 0x90000000 + k * 0x100000,
                                    4 * PAGE_SIZE, 1, prot[k]),
                         0);
    assert_true(walk_access(sim_satp, 1, base + 5 * PAGE_SIZE, PMAP_W, &pa));
    unsigned fences = sim_fences, shootdowns = sim_shootdowns;
    assert_int_equal(pmap_suspend(pm, base + 2 * PAGE_SIZE, 8 * PAGE_SIZE), 0);
    assert_true(sim_fences > fences && sim_shootdowns > shootdowns);
    for (unsigned i = 0; i < 12; i++) {
        bool away = i >= 2 && i < 10;
        assert_int_equal(walk_access(sim_satp, 1, base + i * PAGE_SIZE, PMAP_R, &pa), !away);
        assert_int_equal(pmap_extract(pm, 1, base + i * PAGE_SIZE + 7, &run), 0);
        assert_int_equal(run.pa, 0x90000000 + i / 4 * 0x100000 + i % 4 * PAGE_SIZE + 7);
        assert_int_equal(run.prot, prot[i / 4]);
    }
    assert_int_equal(pmap_extract(pm, 1, base + 12 * PAGE_SIZE, &run), -ENOENT);
    pmap_resume(pm, base + 2 * PAGE_SIZE, 0xa0000000, 8 * PAGE_SIZE);
    for (unsigned i = 2; i < 10; i++) {
        assert_true(walk_access(sim_satp, 1, base + i * PAGE_SIZE, PMAP_R, &pa));
        assert_int_equal(pa, 0xa0000000 + (i - 2) * PAGE_SIZE);
        assert_int_equal(walk_access(sim_satp, 1, base + i * PAGE_SIZE, PMAP_W, &pa), i / 4 == 1);
    }
    assert_int_equal(pmap_clear_modified(pm, base, 12 * PAGE_SIZE, bitmap), 0);
    assert_true(bitmap[0] & 1 << 5); /* what was written before is not forgotten */
}

static void suspending_what_is_partly_unmapped_changes_nothing(void **state)
{
    (void)state;
    uint64_t pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 4 * PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(pmap_enter(pm, base + 5 * PAGE_SIZE, 0x90000000, PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(pmap_suspend(pm, base + PAGE_SIZE, 5 * PAGE_SIZE), -EFAULT);
    assert_int_equal(pmap_suspend(pm, base + 4 * PAGE_SIZE, PAGE_SIZE), -EFAULT);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(walk_access(sim_satp, 1, base + i * PAGE_SIZE, PMAP_R, &pa), i != 4);
}

static bool is_mapped(vaddr_t va)
{
    struct pmap_run run;
    return pmap_extract(pm, 1, va, &run) == 0;
}

/* Units 4..11 from base on are a run, alone. */
static const vaddr_t run_pa = 0x200000000;

static void enter_run(size_t unit)
{
    assert_int_equal(pmap_enter(pm, base + 4 * unit, run_pa, 8 * unit, 1, PMAP_W), 0);
}

/* In pages, and in units that are halves of a large leaf. */
static void removing_a_run_tells_its_frames_wherever_in_the_range_it_lies(void **state)
{
    (void)state;
    static const size_t units[] = {PAGE_SIZE, 1ul << 20};
    static const struct {
        unsigned first, past; /* the range */
        unsigned gone, n;     /* of the run */
    } cases[] = {
        {4, 12, 4, 8}, {0, 20, 4, 8},   {4, 20, 4, 8}, {0, 12, 4, 8}, /* all of it, and holes */
        {4, 7, 4, 3},  {0, 5, 4, 1},                                  /* its start */
        {9, 12, 9, 3}, {11, 20, 11, 1},                               /* its end */
        {6, 8, 6, 2},  {7, 8, 7, 1},                                  /* from its middle */
    };
    for (unsigned k = 0; k < ARRAY_LEN(units) * ARRAY_LEN(cases); k++) {
        size_t   unit = units[k / ARRAY_LEN(cases)];
        unsigned first = cases[k % ARRAY_LEN(cases)].first, past = cases[k % ARRAY_LEN(cases)].past;
        unsigned gone = cases[k % ARRAY_LEN(cases)].gone, n = cases[k % ARRAY_LEN(cases)].n;

        struct pmap_run run = {0};
        enter_run(unit);
        pmap_update(pm);
        assert_int_equal(pmap_remove_run(pm, base + first * unit, (past - first) * unit, &run), 0);
        assert_int_equal(run.pa, run_pa + (gone - 4) * unit);
        assert_int_equal(run.len, n * unit);
        for (unsigned i = 0; i < 20; i++) {
            uint64_t pa;
            bool     there = i >= 4 && i < 12 && !(i >= gone && i < gone + n);
            assert_int_equal(walk_access(sim_satp, 1, base + i * unit, PMAP_W, &pa), there);
            assert_true(!there || pa == run_pa + (i - 4) * unit);
        }
        unsigned fences = sim_fences;
        pmap_update(pm);
        assert_true(sim_fences > fences); /* something was taken away */
        assert_int_equal(pmap_remove(pm, base, 20 * unit), 0);
    }
}

static void removing_a_run_where_nothing_is_mapped_changes_nothing(void **state)
{
    (void)state;
    struct pmap_run run = {.pa = 1, .len = 1};
    assert_int_equal(pmap_remove_run(pm, base, 4 * PAGE_SIZE, &run), -ENOENT);
    enter_run(PAGE_SIZE);
    pmap_update(pm);
    unsigned fences = sim_fences;
    assert_int_equal(pmap_remove_run(pm, base, 4 * PAGE_SIZE, &run), -ENOENT);
    assert_int_equal(pmap_remove_run(pm, base + 12 * PAGE_SIZE, PAGE_SIZE, &run), -ENOENT);
    assert_int_equal(pmap_remove_run(pm, base + (1ul << 30), 1ul << 31, &run), -ENOENT);
    pmap_update(pm);
    assert_int_equal(sim_fences, fences);
    assert_int_equal(run.pa, 1);
    assert_int_equal(run.len, 1);
    assert_true(is_mapped(base + 4 * PAGE_SIZE) && is_mapped(base + 11 * PAGE_SIZE));
}

/* Frames in a row with a hole between them are two, and so are neighbours whose frames are not. */
static void removing_a_run_from_a_range_of_two_changes_nothing(void **state)
{
    (void)state;
    struct pmap_run run = {.pa = 1, .len = 1};
    enter_run(PAGE_SIZE);
    assert_int_equal(pmap_enter(pm, base + 2 * PAGE_SIZE, run_pa - PAGE_SIZE, PAGE_SIZE, 1, PMAP_W),
                     0);
    assert_int_equal(pmap_enter(pm, base + 12 * PAGE_SIZE, run_pa, PAGE_SIZE, 1, PMAP_W), 0);
    assert_int_equal(pmap_remove_run(pm, base, 20 * PAGE_SIZE, &run), -E2BIG);
    assert_int_equal(pmap_remove_run(pm, base + 2 * PAGE_SIZE, 3 * PAGE_SIZE, &run), -E2BIG);
    assert_int_equal(pmap_remove_run(pm, base + 11 * PAGE_SIZE, 2 * PAGE_SIZE, &run), -E2BIG);
    assert_int_equal(run.pa, 1);
    assert_int_equal(run.len, 1);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(is_mapped(base + i * PAGE_SIZE), i == 2 || (i >= 4 && i <= 12));
    assert_int_equal(pmap_remove_run(pm, base, 4 * PAGE_SIZE, &run), 0);
    assert_int_equal(run.pa, run_pa - PAGE_SIZE);
}

/* A run that has to be cut, where no memory is left for more tables. */
static void a_run_that_cannot_be_cut_stays_and_says_so(void **state)
{
    (void)state;
    const size_t    large = 8ul << 20;
    struct pmap_run run = {.pa = 1, .len = 1};
    vaddr_t         va = base;
    int             err = 0;
    assert_int_equal(pmap_enter(pm, va, 0x200000000, large, 1, PMAP_R), 0);
    sim_fail_always(true);
    for (unsigned i = 1; !err && i < 2000; i++) { /* until none is left for cutting, either */
        va = base + i * PAGE_SIZE;
        err = pmap_remove_run(pm, base + 2 * i * PAGE_SIZE, PAGE_SIZE, &run);
        if (!err) {
            assert_int_equal(run.pa, 0x200000000 + 2 * i * PAGE_SIZE);
            run = (struct pmap_run){.pa = 1, .len = 1};
        }
    }
    assert_int_equal(err, -ENOMEM);
    assert_int_equal(run.pa, 1);
    assert_int_equal(run.len, 1);
    assert_true(is_mapped(base) && is_mapped(base + large - PAGE_SIZE));
    assert_true(is_mapped(base + 2 * (va - base)));
    sim_fail_always(false);
    assert_int_equal(pmap_remove_run(pm, base + 2 * (va - base), PAGE_SIZE, &run), 0);
    assert_int_equal(run.pa, 0x200000000 + 2 * (va - base));
    assert_int_equal(run.len, PAGE_SIZE);
    assert_int_equal(pmap_remove_run(pm, base, large, &run), -E2BIG);
}

static void statistics_count_ranges_tables_and_shootdowns(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct pmap_stats before, s;
    pmap_stats(pm, &before);
    assert_int_equal(before.ranges, 0);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(
            pmap_enter(pm, base + i * 0x200000ul, 0x90000000 + i * PAGE_SIZE, PAGE_SIZE, 1, PMAP_R),
            0);
    pmap_stats(pm, &s);
    assert_int_equal(s.ranges, N);
    assert_true(s.table_bytes > before.table_bytes);
    assert_true(before.room == SIZE_MAX ? s.rebuilt == 0 : s.rebuilt > 0);
    assert_int_equal(s.shootdowns, 0); /* nothing was taken away */
    assert_int_equal(pmap_remove(pm, base, PAGE_SIZE), 0);
    pmap_update(pm);
    pmap_stats(pm, &s);
    assert_int_equal(s.ranges, N - 1);
    assert_int_equal(s.shootdowns, 1);
}

static void a_mapping_without_rights_is_mapped_and_unreachable(void **state)
{
    (void)state;
    struct pmap_run run;
    vaddr_t         found;
    uint64_t        pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 4 * PAGE_SIZE, 1, PMAP_NONE), 0);
    assert_int_equal(pmap_extract(pm, 1, base + 5, &run), 0);
    assert_int_equal(run.pa, 0x90000005);
    assert_int_equal(run.prot, PMAP_NONE);
    assert_int_equal(pmap_next(pm, PAGE_SIZE, USER_END - PAGE_SIZE, &found), 0);
    assert_int_equal(found, base);
    assert_false(walk_access(sim_satp, 1, base, PMAP_R, &pa));
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_R), -EEXIST);
    assert_int_equal(pmap_protect(pm, 1, base, 4 * PAGE_SIZE, PMAP_R), 0);
    assert_true(walk_access(sim_satp, 1, base + PAGE_SIZE, PMAP_R, &pa));
    assert_int_equal(pa, 0x90001000);
}

static void rights_taken_away_and_given_back_keep_the_mark_of_a_write(void **state)
{
    (void)state;
    uint8_t  bitmap = 0;
    uint64_t pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_W), 0);
    assert_true(walk_access(sim_satp, 1, base, PMAP_W, &pa));
    assert_int_equal(pmap_protect(pm, 1, base, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(pmap_protect(pm, 1, base, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(pmap_move(pm, base, base + 0x100000, PAGE_SIZE), 0);
    assert_int_equal(pmap_clear_modified(pm, base + 0x100000, PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 1);
    bitmap = 0;
    assert_int_equal(pmap_clear_modified(pm, base + 0x100000, PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 0);
}

static void a_page_that_was_only_read_is_not_told_as_written(void **state)
{
    (void)state;
    uint8_t  bitmap = 0;
    uint64_t pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 3 * PAGE_SIZE, 1, PMAP_W | PMAP_X), 0);
    assert_true(walk_access(sim_satp, 1, base, PMAP_R, &pa));
    assert_true(walk_access(sim_satp, 1, base, PMAP_X, &pa));
    assert_int_equal(pmap_clear_modified(pm, base, 3 * PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 0);
}

static void a_call_that_takes_nothing_away_needs_no_fence(void **state)
{
    (void)state;
    pmap_update(pm);
    unsigned before = sim_fences + sim_shootdowns;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 8 * PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(pmap_protect(pm, 1, base, 8 * PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(pmap_remove(pm, base + 0x100000, 8 * PAGE_SIZE), 0);
    pmap_update(pm);
    assert_int_equal(sim_fences + sim_shootdowns, before);
    assert_int_equal(pmap_protect(pm, 1, base, 8 * PAGE_SIZE, PMAP_R), 0);
    pmap_update(pm);
    assert_true(sim_fences > 0 && sim_shootdowns > 0);
    assert_true(sim_fences + sim_shootdowns > before);
}

/* More ranges than any first table holds, then all of them gone. */
static void thousands_of_ranges_fit_and_go_again(void **state)
{
    (void)state;
    enum { N = 4000 };
    char text[120];
    for (unsigned i = 0; i < N; i++) {
        unsigned k = i * 1103 % N; /* in no order */
        assert_int_equal(pmap_enter(pm, base + k * 2 * PAGE_SIZE, 0x90000000 + k * PAGE_SIZE,
                                    PAGE_SIZE, 1, PMAP_R),
                         0);
        if (i % 97 == 0 && !pmap_consistent(pm, text, sizeof(text)))
            fail_msg("%s", text);
    }
    for (unsigned k = 0; k < N; k++) {
        uint64_t pa;
        assert_true(walk_access(sim_satp, 1, base + k * 2 * PAGE_SIZE, PMAP_R, &pa));
        assert_int_equal(pa, 0x90000000 + k * PAGE_SIZE);
        assert_false(walk_access(sim_satp, 1, base + (k * 2 + 1) * PAGE_SIZE, PMAP_R, &pa));
    }
    check_window();
    assert_int_equal(pmap_remove(pm, PAGE_SIZE, USER_END - PAGE_SIZE), 0);
    pmap_update(pm);
    assert_true(pmap_consistent(pm, text, sizeof(text)));
    model_check_frames();
}

/* Where there is no memory for more tables, what is mapped can still be cut, moved and taken away. */
static void ranges_can_be_cut_when_no_more_can_be_entered(void **state)
{
    (void)state;
    char         text[120];
    unsigned     n = 0;
    int          err = 0;
    const size_t step = 0x200000ul, len = 3 * PAGE_SIZE; /* a table of its own, if there are such */
    while (!err && n < 3000) {
        sim_fail_always(n >= 100);
        err = pmap_enter(pm, base + n * step, 0x90000000 + n * 4 * PAGE_SIZE, len, 1, PMAP_R);
        n += !err;
    }
    assert_int_equal(err, -ENOMEM);
    for (unsigned i = 0; i < 14; i++) { /* and when no rights can be changed, pages can be moved */
        vaddr_t middle = base + i * step + PAGE_SIZE;
        if (i < 7)
            assert_int_equal(pmap_protect(pm, 1, middle, PAGE_SIZE, PMAP_R | PMAP_W), 0);
        assert_int_equal(pmap_suspend(pm, middle, PAGE_SIZE), 0);
        pmap_resume(pm, middle, 0xa0000000 + i * PAGE_SIZE, PAGE_SIZE);
    }
    sim_fail_always(false);
    assert_int_equal(pmap_enter(pm, base + n * step, 0xb0000000, PAGE_SIZE, 1, PMAP_R), 0);
    if (!pmap_consistent(pm, text, sizeof(text)))
        fail_msg("%s", text);
    assert_int_equal(pmap_remove(pm, PAGE_SIZE, USER_END - PAGE_SIZE), 0);
    pmap_update(pm);
    model_check_frames();
}

static void every_size_of_a_large_range_is_found_again_page_by_page(void **state)
{
    (void)state;
    struct pmap_run run;
    uint64_t        pa;
    size_t          len = (1ull << 30) + (3 << 20) + 0x5000;
    vaddr_t         va = 0x3ffff000;
    assert_int_equal(pmap_enter(pm, va, 0x13ffff000, len, 1, PMAP_R), 0);
    for (size_t off = 0; off < len; off += 0x3d000) {
        assert_int_equal(pmap_extract(pm, 1, va + off, &run), 0);
        assert_int_equal(run.pa, 0x13ffff000 + off);
        assert_true(walk_access(sim_satp, 1, va + off, PMAP_R, &pa));
        assert_int_equal(pa, 0x13ffff000 + off);
    }
    assert_int_equal(pmap_remove(pm, va + 0x20000000, PAGE_SIZE), 0);
    assert_int_equal(pmap_protect(pm, 1, va + 0x1000000, PAGE_SIZE, PMAP_X), 0);
    assert_int_equal(pmap_extract(pm, 1, va + 0x20000000 - 1, &run), 0);
    assert_int_equal(run.len, 1);
    assert_int_equal(pmap_extract(pm, 1, va + 0x20000000, &run), -ENOENT);
    assert_int_equal(pmap_extract(pm, 1, va + 0x1000000, &run), 0);
    assert_int_equal(run.len, PAGE_SIZE);
    assert_int_equal(run.prot, PMAP_X);
    pmap_update(pm);
    model_check_frames();
}

/* Frames that are not aligned as the old ones force large leaves apart, which needs tables. */
static void replacing_a_large_range_by_odd_frames_works_or_changes_nothing(void **state)
{
    (void)state;
    struct pmap_run run;
    size_t          len = 6 << 20;
    assert_int_equal(pmap_enter(pm, base, 0x100000000, len, 1, PMAP_R), 0);
    sim_fail_after(2);
    int err = pmap_replace(pm, base, 0x110007000, len);
    assert_int_equal(err, sim_failed() ? -ENOMEM : 0);
    for (size_t off = 0; off < len; off += 0x1f000) {
        assert_int_equal(pmap_extract(pm, 1, base + off, &run), 0);
        assert_int_equal(run.pa, (err ? 0x100000000 : 0x110007000) + off);
    }
    sim_fail_after(0);
    assert_int_equal(pmap_replace(pm, base, 0x110007000, len), 0);
    for (size_t off = 0; off < len; off += 0x1f000) {
        assert_int_equal(pmap_extract(pm, 1, base + off, &run), 0);
        assert_int_equal(run.pa, 0x110007000 + off);
    }
    pmap_update(pm);
    model_check_frames();
}

static enum fault_kind decode(uint64_t cause, vaddr_t va, uint64_t sstatus)
{
    struct trapframe tf = {.scause = cause, .stval = va, .sstatus = sstatus, .dom = 1};
    struct fault     f;
    pmap_fault_decode(pm, &tf, &f);
    assert_int_equal(f.cause, cause);
    return f.kind;
}

static void traps_are_classified(void **state)
{
    (void)state;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(decode(13, base, 0), FAULT_HANDLED); /* spurious */
    assert_int_equal(decode(15, base, 0), FAULT_PROTECTION);
    assert_int_equal(decode(12, base, 0), FAULT_PROTECTION);
    assert_int_equal(decode(13, base + PAGE_SIZE, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, WINDOW_BASE + 0x80200000, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, 0xffffffffffffffff, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, base, SSTATUS_SPP), FAULT_PROTECTION);
    assert_int_equal(decode(5, base, 0), FAULT_ACCESS);
    assert_int_equal(decode(1, base, 0), FAULT_ACCESS);
    for (unsigned cause = 0; cause < 70; cause++) {
        bool memory = cause == 1 || cause == 5 || cause == 7 ||
                      (cause >= 12 && cause <= 15 && cause != 14);
        if (!memory && (cause < 24 || cause > 28))
            assert_int_equal(decode(cause, base, 0), FAULT_NONE);
    }
    assert_int_equal(decode(SCAUSE_INTERRUPT | 13, base, 0), FAULT_NONE);
    assert_int_equal(decode(13, base, 0), FAULT_HANDLED);
}

/* 25 to 27: what is reported is an operand, even where it looks like an address. */
static void broken_rules_are_no_memory_faults(void **state)
{
    (void)state;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_R), 0);
    for (unsigned cause = 25; cause <= 27; cause++) {
        assert_int_equal(decode(cause, base, 0), FAULT_NONE);
        assert_int_equal(decode(cause, 0x500, 0), FAULT_NONE);
    }
}

static size_t dump_lines;

static void count_line(void *arg, const char *line)
{
    (void)arg;
    assert_true(strlen(line) > 10);
    dump_lines++;
}

static void dumps_and_descriptions_name_what_is_there(void **state)
{
    (void)state;
    char   text[200];
    size_t before;
    dump_lines = 0;
    pmap_dump(pm, count_line, NULL);
    before = dump_lines;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 4 * PAGE_SIZE, 1, PMAP_R | PMAP_X), 0);
    dump_lines = 0;
    pmap_dump(pm, count_line, NULL);
    assert_int_equal(dump_lines, before + 1);
    pmap_dump(NULL, count_line, NULL);

    pmap_describe(pm, base + 0x1234, text, sizeof(text));
    assert_non_null(strstr(text, "0x9000"));
    assert_non_null(strstr(text, "r-x"));
    pmap_describe(pm, base - 1, text, sizeof(text));
    assert_null(strstr(text, "->"));
    pmap_describe(NULL, WINDOW_BASE + 0x80200000, text, sizeof(text));
    assert_non_null(strstr(text, "r-x"));
    pmap_describe(pm, ~0ul, text, sizeof(text));
    assert_null(strstr(text, "->"));
    pmap_describe(pm, base, text, 9);
    assert_int_equal(strlen(text), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_agree_with_a_plain_array),
        cmocka_unit_test_setup_teardown(ranges_outside_user_space_and_odd_ones_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_window_is_text_rodata_ram_and_devices_in_every_map,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_that_fails_to_be_created_leaves_no_frame, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            suspended_ranges_are_out_of_reach_and_resume_on_other_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(suspending_what_is_partly_unmapped_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            removing_a_run_tells_its_frames_wherever_in_the_range_it_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(removing_a_run_where_nothing_is_mapped_changes_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(removing_a_run_from_a_range_of_two_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_run_that_cannot_be_cut_stays_and_says_so, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(statistics_count_ranges_tables_and_shootdowns, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mapping_without_rights_is_mapped_and_unreachable, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rights_taken_away_and_given_back_keep_the_mark_of_a_write,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_was_only_read_is_not_told_as_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_call_that_takes_nothing_away_needs_no_fence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(thousands_of_ranges_fit_and_go_again, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_can_be_cut_when_no_more_can_be_entered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_size_of_a_large_range_is_found_again_page_by_page,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            replacing_a_large_range_by_odd_frames_works_or_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(traps_are_classified, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_rules_are_no_memory_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(dumps_and_descriptions_name_what_is_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
