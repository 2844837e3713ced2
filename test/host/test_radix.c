/* SPDX-License-Identifier: Apache-2.0 */
/* test_radix.c - what is particular to the tree of Sv48 page tables, beneath what test_pmap.c asks of
 * every memory model: which leaves and tables there are, and what becomes of marks of writes when
 * they change. What a hart finds is read from the raw tables (walk.h). Random calls, and what a
 * hart finds while they run: test_radix_walk.c.
 */
/* sources: test/host/sim_machine.c test/host/walk_sv48.c src/lib/fmt.c src/lib/string.c
 *          src/riscv64-sv48/radix.c src/riscv64-sv48/radixleaf.c
 *          src/riscv64-sv48/radixidle.c src/riscv64-sv48/radixrange.c src/riscv64-sv48/radixmove.c
 *          src/riscv64-sv48/radixcheck.c src/riscv64-sv48/pmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "radix_map.h"
#include "walk.h"

#define MIB 0x100000ul
#define GIB 0x40000000ul

static void consistent(void)
{
    map_check("a call");
}

static bool reaches(vaddr_t va, unsigned access, paddr_t expected)
{
    uint64_t pa;
    if (!walk_access(sim_satp, 1, va, access, &pa))
        return false;
    assert_int_equal(pa, expected);
    return true;
}

static void enter(vaddr_t va, paddr_t pa, size_t len, unsigned prot)
{
    assert_int_equal(pmap_enter(pm, va, pa, len, 1, prot), 0);
    consistent();
}

/* --- suspending --- */

static void a_suspended_range_is_unreachable_and_its_neighbours_are_not(void **state)
{
    (void)state;
    enter(VA, PA, 4 * MIB, PMAP_R | PMAP_W);
    assert_int_equal(pmap_suspend(pm, VA + MIB, 2 * MIB), 0);
    consistent();
    assert_false(reaches(VA + MIB, PMAP_R, 0));
    assert_false(reaches(VA + 3 * MIB - 1, PMAP_W, 0));
    assert_true(reaches(VA + MIB - 1, PMAP_W, PA + MIB - 1));
    assert_true(reaches(VA + 3 * MIB, PMAP_R, PA + 3 * MIB));

    struct pmap_run run;
    assert_int_equal(pmap_extract(pm, 1, VA + MIB, &run), 0);
    assert_int_equal(run.pa, PA + MIB);
    pmap_resume(pm, VA + MIB, PA + MIB, 2 * MIB);
    consistent();
}

static void a_range_resumes_on_its_new_frames_with_each_pages_rights(void **state)
{
    (void)state;
    static const unsigned prot[] = {PMAP_R, PMAP_NONE, PMAP_R | PMAP_W, PMAP_X};
    paddr_t               to = PA + GIB + 7 * PAGE_SIZE;
    for (unsigned i = 0; i < 4; i++)
        enter(VA + i * PAGE_SIZE, PA + i * 3 * PAGE_SIZE, PAGE_SIZE, prot[i]);
    assert_int_equal(pmap_suspend(pm, VA, 4 * PAGE_SIZE), 0);
    pmap_resume(pm, VA, to, 4 * PAGE_SIZE);
    consistent();
    for (unsigned i = 0; i < 4; i++) {
        vaddr_t va = VA + i * PAGE_SIZE;
        for (unsigned access = PMAP_R; access <= PMAP_X; access *= 2)
            assert_int_equal(reaches(va, access, to + i * PAGE_SIZE), !!(prot[i] & access));
        struct pmap_run run;
        assert_int_equal(pmap_extract(pm, 1, va, &run), 0);
        assert_int_equal(run.prot, prot[i]);
    }
}

static void suspending_and_resuming_keep_what_was_written(void **state)
{
    (void)state;
    uint8_t bitmap = 0;
    for (unsigned i = 0; i < 4; i++)
        enter(VA + i * PAGE_SIZE, PA + i * 3 * PAGE_SIZE, PAGE_SIZE, PMAP_R | PMAP_W);
    assert_true(reaches(VA + PAGE_SIZE, PMAP_W, PA + 3 * PAGE_SIZE));
    assert_int_equal(pmap_suspend(pm, VA, 4 * PAGE_SIZE), 0);
    pmap_resume(pm, VA, PA + MIB, 4 * PAGE_SIZE);
    assert_int_equal(pmap_clear_modified(pm, VA, 4 * PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 2);
}

/* A large leaf has no place for frames that are not aligned as it is; resuming must not need memory
 * then. */
static void resuming_large_leaves_on_odd_frames_needs_no_memory(void **state)
{
    (void)state;
    paddr_t to = PA + 4 * GIB + PAGE_SIZE;
    enter(VA, PA, GIB + 2 * MIB, PMAP_R | PMAP_W);
    assert_int_equal(pmap_suspend(pm, VA, GIB + 2 * MIB), 0);
    consistent();
    sim_fail_after(1);
    pmap_resume(pm, VA, to, GIB + 2 * MIB);
    assert_false(sim_failed());
    sim_fail_after(0);
    consistent();
    for (size_t off = 0; off < GIB + 2 * MIB; off += 0x1f3000)
        assert_true(reaches(VA + off, PMAP_W, to + off));
}

/* The borders are in the middle of leaves of a GiB. */
static void resuming_parts_of_the_largest_leaves_on_odd_frames_needs_no_memory(void **state)
{
    (void)state;
    vaddr_t va = VA + GIB / 2 + 3 * PAGE_SIZE;
    size_t  len = GIB + 9 * MIB;
    paddr_t to = PA + 4 * GIB + 5 * PAGE_SIZE;
    enter(VA, PA, 3 * GIB, PMAP_R | PMAP_W);
    assert_int_equal(pmap_suspend(pm, va, len), 0);
    consistent();
    sim_fail_after(1);
    pmap_resume(pm, va, to, len);
    assert_false(sim_failed());
    sim_fail_after(0);
    consistent();
    for (size_t off = 0; off < len; off += 0x1f3000)
        assert_true(reaches(va + off, PMAP_R, to + off));
    assert_true(reaches(va - 1, PMAP_R, PA + (va - 1 - VA)));
    assert_true(reaches(va + len, PMAP_R, PA + (va + len - VA)));
}

static void a_suspension_that_finds_no_memory_changes_nothing(void **state)
{
    (void)state;
    enter(VA, PA, 4 * MIB, PMAP_R | PMAP_W);
    size_t used = sim_frames_used();
    for (unsigned n = 1;; n++) {
        sim_fail_after(n);
        int err = pmap_suspend(pm, VA + MIB, 2 * MIB);
        if (!sim_failed()) {
            assert_int_equal(err, 0);
            break;
        }
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(sim_frames_used(), used);
        assert_int_equal(map_leaves(), 2);
        consistent();
        assert_true(reaches(VA + MIB, PMAP_W, PA + MIB));
    }
    sim_fail_after(0);
    pmap_resume(pm, VA + MIB, PA + MIB, 2 * MIB);
}

static void suspending_what_is_not_mapped_is_refused(void **state)
{
    (void)state;
    enter(VA, PA, PAGE_SIZE, PMAP_R);
    assert_int_equal(pmap_suspend(pm, VA, 2 * PAGE_SIZE), -EFAULT);
    assert_int_equal(pmap_suspend(pm, VA + 1, PAGE_SIZE), -EINVAL);
    assert_true(reaches(VA, PMAP_R, PA));
    consistent();
}

/* --- large leaves --- */

#define N PTE_PER_TABLE

/* All pages of [VA, VA + 2 MiB) in steps: an odd step comes to each once. */
static void enter_in_steps(unsigned step, unsigned prot)
{
    for (unsigned k = 0; k < N; k++) {
        unsigned i = (k * step + 77) % N;
        assert_true(map_leaves() == k);
        assert_int_equal(pmap_enter(pm, VA + i * PAGE_SIZE, PA + i * PAGE_SIZE, PAGE_SIZE, 1, prot),
                         0);
    }
    consistent();
}

static void pages_that_fill_a_table_become_one_leaf_in_whatever_order_they_come(void **state)
{
    (void)state;
    static const unsigned steps[] = {1, N - 1, 3, 255, 257, 171};
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        enter_in_steps(steps[i], PMAP_R | PMAP_W);
        assert_int_equal(map_leaves(), 1);
        for (size_t off = 0; off < 2 * MIB; off += 0x7800)
            assert_true(reaches(VA + off, PMAP_R, PA + off));
        assert_int_equal(pmap_remove(pm, VA, 2 * MIB), 0);
        pmap_update(pm);
    }
}

static void pages_without_rights_become_one_leaf_as_others_do(void **state)
{
    (void)state;
    enter_in_steps(9, PMAP_NONE);
    assert_int_equal(map_leaves(), 1);
    assert_false(reaches(VA, PMAP_R, PA));
}

static void leaves_of_two_mib_become_one_of_a_gib(void **state)
{
    (void)state;
    for (unsigned k = 0; k < N; k++) {
        unsigned i = (k * 201) % N;
        assert_int_equal(map_leaves(), k);
        enter(VA + i * 2 * MIB, PA + i * 2 * MIB, 2 * MIB, PMAP_R | PMAP_W);
    }
    assert_int_equal(map_leaves(), 1);
    assert_true(reaches(VA + GIB - 5, PMAP_W, PA + GIB - 5));
}

/* The last page completes a table, and that table the one above. */
static void one_page_can_complete_a_gib(void **state)
{
    (void)state;
    enter(VA, PA, GIB - PAGE_SIZE, PMAP_R);
    assert_int_equal(map_leaves(), N - 1 + N - 1);
    enter(VA + GIB - PAGE_SIZE, PA + GIB - PAGE_SIZE, PAGE_SIZE, PMAP_R);
    assert_int_equal(map_leaves(), 1);
    pmap_update(pm);
    assert_int_equal(pm->tree.ntables, 3); /* the root, the window's, the other half's */
}

static void what_differs_in_one_page_stays_pages(void **state)
{
    (void)state;
    /* frames in a row, but not aligned */
    enter(VA, PA + PAGE_SIZE, 2 * MIB, PMAP_R);
    assert_int_equal(map_leaves(), N);
    /* a wrong frame at the end, in the middle, at the start */
    static const unsigned odd[] = {N - 1, N / 2, 0};
    for (unsigned k = 0; k < ARRAY_LEN(odd); k++) {
        vaddr_t va = VA + (k + 1) * 2 * MIB;
        enter(va + odd[k] * PAGE_SIZE, PA + 8 * MIB, PAGE_SIZE, PMAP_R);
        for (unsigned i = 0; i < N; i++) {
            if (i != odd[k])
                assert_int_equal(
                    pmap_enter(pm, va + i * PAGE_SIZE, PA + i * PAGE_SIZE, PAGE_SIZE, 1, PMAP_R),
                    0);
        }
        consistent();
        assert_int_equal(map_leaves(), (k + 2) * N);
    }
    /* other rights at the end, in the middle */
    enter(VA + 8 * MIB, PA, 2 * MIB - PAGE_SIZE, PMAP_R);
    enter(VA + 10 * MIB - PAGE_SIZE, PA + 2 * MIB - PAGE_SIZE, PAGE_SIZE, PMAP_R | PMAP_X);
    assert_int_equal(map_leaves(), 5 * N);
    vaddr_t va = VA + 10 * MIB;
    enter(va, PA, 400 * PAGE_SIZE, PMAP_R);
    assert_int_equal(pmap_protect(pm, 1, va + 100 * PAGE_SIZE, PAGE_SIZE, PMAP_X), 0);
    enter(va + 401 * PAGE_SIZE, PA + 401 * PAGE_SIZE, (N - 401) * PAGE_SIZE, PMAP_R);
    enter(va + 400 * PAGE_SIZE, PA + 400 * PAGE_SIZE, PAGE_SIZE, PMAP_R);
    assert_int_equal(map_leaves(), 6 * N);
}

static void rights_that_become_equal_again_make_one_leaf_again(void **state)
{
    (void)state;
    enter(VA, PA, 2 * MIB, PMAP_R | PMAP_W);
    for (unsigned i = 0; i < N; i += 73) {
        assert_int_equal(pmap_protect(pm, 1, VA + i * PAGE_SIZE, PAGE_SIZE, PMAP_R), 0);
        consistent();
        assert_int_equal(map_leaves(), N);
        assert_false(reaches(VA + i * PAGE_SIZE, PMAP_W, 0));
        assert_int_equal(pmap_protect(pm, 1, VA + i * PAGE_SIZE, PAGE_SIZE, PMAP_R | PMAP_W), 0);
        consistent();
        assert_int_equal(map_leaves(), 1);
        assert_true(reaches(VA + i * PAGE_SIZE, PMAP_W, PA + i * PAGE_SIZE));
    }
}

/* A table in the middle of the range, with others' entries in front of it and behind it. */
static void a_large_range_whose_rights_become_equal_joins_in_its_middle(void **state)
{
    (void)state;
    enter(VA, PA, 6 * MIB, PMAP_R);
    assert_int_equal(pmap_protect(pm, 1, VA + 3 * MIB, PAGE_SIZE, PMAP_X), 0);
    assert_int_equal(map_leaves(), 2 + N);
    assert_int_equal(pmap_protect(pm, 1, VA + PAGE_SIZE, 6 * MIB - 2 * PAGE_SIZE, PMAP_R), 0);
    consistent();
    assert_int_equal(map_leaves(), 3);
}

static void frames_put_in_a_row_make_one_leaf(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(pmap_enter(pm, VA + i * PAGE_SIZE, PA + (N - i) * PAGE_SIZE, PAGE_SIZE, 1,
                                    PMAP_R | PMAP_W),
                         0);
    assert_int_equal(map_leaves(), N);
    assert_int_equal(pmap_replace(pm, VA, PA + 16 * MIB, 2 * MIB), 0);
    consistent();
    assert_int_equal(map_leaves(), 1);
    assert_true(reaches(VA + 5, PMAP_R, PA + 16 * MIB + 5));
}

static void a_range_resumed_in_a_row_is_one_leaf(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(pmap_enter(pm, VA + i * PAGE_SIZE, PA + (N - i) * PAGE_SIZE, PAGE_SIZE, 1,
                                    PMAP_R | PMAP_W),
                         0);
    assert_int_equal(pmap_suspend(pm, VA, 2 * MIB), 0);
    consistent();
    pmap_resume(pm, VA, PA + 16 * MIB, 2 * MIB);
    consistent();
    assert_int_equal(map_leaves(), 1);
    assert_true(reaches(VA + 2 * MIB - 1, PMAP_W, PA + 18 * MIB - 1));
}

static void a_large_leaf_moves_as_one(void **state)
{
    (void)state;
    enter(VA, PA, 4 * MIB, PMAP_R | PMAP_W);
    assert_int_equal(pmap_move(pm, VA, VA + 64 * MIB, 4 * MIB), 0);
    consistent();
    assert_int_equal(map_leaves(), 2);
    assert_int_equal(pmap_move(pm, VA + 64 * MIB, VA + PAGE_SIZE, 4 * MIB), 0);
    consistent();
    assert_int_equal(map_leaves(), 2 * N);
    assert_int_equal(pmap_move(pm, VA + PAGE_SIZE, VA + 2 * MIB * 7, 4 * MIB), 0);
    consistent();
    assert_int_equal(map_leaves(), 2);
    pmap_update(pm);
    assert_true(reaches(VA + 14 * MIB + 3 * MIB, PMAP_W, PA + 3 * MIB));
}

/* Both borders are in the same leaf: a table for each level, not for each border. */
static void cutting_out_a_page_takes_no_more_tables_than_it_makes(void **state)
{
    (void)state;
    enter(VA, PA, 2 * GIB, PMAP_R);
    sim_fail_after(3);
    assert_int_equal(pmap_protect(pm, 1, VA + 3 * MIB, PAGE_SIZE, PMAP_X), 0);
    assert_false(sim_failed());
    assert_int_equal(pmap_protect(pm, 1, VA + 9 * MIB, 4 * MIB, PMAP_X), -ENOMEM);
    consistent();
    sim_fail_after(0);
    enter(VA + 2 * GIB, PA + 2 * GIB, 4 * MIB, PMAP_R | PMAP_W);
    sim_fail_after(2);
    assert_int_equal(pmap_replace(pm, VA + 2 * GIB + MIB, PA, PAGE_SIZE), 0);
    assert_int_equal(pmap_suspend(pm, VA + 2 * GIB + MIB, PAGE_SIZE), 0);
    pmap_resume(pm, VA + 2 * GIB + MIB, PA, PAGE_SIZE);
    assert_false(sim_failed());
    sim_fail_after(2);
    assert_int_equal(pmap_suspend(pm, VA + 2 * GIB + 3 * MIB, PAGE_SIZE), 0);
    pmap_resume(pm, VA + 2 * GIB + 3 * MIB, PA, PAGE_SIZE);
    assert_false(sim_failed());
    enter(VA + 4 * GIB, PA, GIB, PMAP_R | PMAP_W);
    sim_fail_after(3);
    assert_int_equal(pmap_suspend(pm, VA + 4 * GIB + 3 * MIB, PAGE_SIZE), 0);
    pmap_resume(pm, VA + 4 * GIB + 3 * MIB, PA, PAGE_SIZE);
    assert_false(sim_failed());
    sim_fail_after(5); /* one above, two for the borders */
    assert_int_equal(pmap_remove(pm, VA + GIB + 9 * MIB, 4 * MIB), 0);
    assert_false(sim_failed());
    sim_fail_after(0);
    consistent();
}

/* --- marks of writes --- */

static bool was_written(vaddr_t va)
{
    uint8_t bit = 0;
    assert_int_equal(pmap_clear_modified(pm, va, PAGE_SIZE, &bit), 0);
    return bit;
}

static void a_leaf_was_written_if_a_page_that_it_stands_for_was(void **state)
{
    (void)state;
    enter(VA, PA, 2 * MIB - PAGE_SIZE, PMAP_R | PMAP_W);
    assert_true(reaches(VA + 100 * PAGE_SIZE, PMAP_W, PA + 100 * PAGE_SIZE));
    enter(VA + 2 * MIB - PAGE_SIZE, PA + 2 * MIB - PAGE_SIZE, PAGE_SIZE, PMAP_R | PMAP_W);
    assert_int_equal(map_leaves(), 1);
    assert_true(was_written(VA + 100 * PAGE_SIZE));

    uint8_t bitmap[N / 8] = {0};
    assert_int_equal(pmap_clear_modified(pm, VA, 2 * MIB, bitmap), 0);
    for (unsigned i = 0; i < N / 8; i++)
        assert_int_equal(bitmap[i], 0xff);
    assert_false(was_written(VA + 100 * PAGE_SIZE));
}

static void a_leaf_that_cannot_be_written_any_more_was_written_if_a_page_was(void **state)
{
    (void)state;
    enter(VA, PA, 2 * MIB - PAGE_SIZE, PMAP_R | PMAP_W);
    assert_true(reaches(VA + 100 * PAGE_SIZE, PMAP_W, PA + 100 * PAGE_SIZE));
    assert_int_equal(pmap_protect(pm, 1, VA, 2 * MIB - PAGE_SIZE, PMAP_R), 0);
    enter(VA + 2 * MIB - PAGE_SIZE, PA + 2 * MIB - PAGE_SIZE, PAGE_SIZE, PMAP_R);
    assert_int_equal(map_leaves(), 1);
    assert_true(was_written(VA + 100 * PAGE_SIZE));
}

static void a_leaf_of_pages_that_nobody_wrote_is_not_told_as_written(void **state)
{
    (void)state;
    enter_in_steps(1, PMAP_R | PMAP_W);
    assert_int_equal(map_leaves(), 1);
    assert_true(reaches(VA, PMAP_R, PA));
    assert_false(was_written(VA));
}

static void pages_of_a_leaf_that_was_written_were_written(void **state)
{
    (void)state;
    enter(VA, PA, GIB, PMAP_R | PMAP_W);
    assert_true(reaches(VA + 5 * MIB, PMAP_W, PA + 5 * MIB));
    assert_int_equal(pmap_protect(pm, 1, VA + 6 * MIB, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(map_leaves(), 2 * N - 1);
    assert_true(was_written(VA + 5 * MIB));
    assert_true(was_written(VA + 6 * MIB));
    assert_true(was_written(VA + 6 * MIB + PAGE_SIZE));
    assert_false(was_written(VA + 6 * MIB));
}

/* 4.3.2, step 7: a machine may leave it to us. */
static void a_hart_that_sets_no_marks_has_them_set_when_it_faults(void **state)
{
    (void)state;
    struct fault     fault;
    struct trapframe tf = {.scause = 15, .stval = VA + 5, .dom = 1};
    enter(VA, PA, 2 * MIB, PMAP_R | PMAP_W);
    pmap_fault_decode(pm, &tf, &fault);
    assert_int_equal(fault.kind, FAULT_HANDLED);
    assert_int_equal(*radix_peek(&pm->tree, VA).pte & (PTE_A | PTE_D), PTE_A | PTE_D);
    assert_true(was_written(VA));
}

/* --- tables that became empty --- */

static void one_page(vaddr_t va)
{
    assert_int_equal(pmap_enter(pm, va, PA, PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(pmap_remove(pm, va, PAGE_SIZE), 0);
    pmap_update(pm);
    consistent();
}

static void mapping_again_where_something_was_takes_no_frame(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RADIX_IDLE / 2; i++)
        one_page(VA + i * 2 * MIB);
    size_t used = sim_frames_used();
    sim_fail_after(1);
    for (unsigned i = 0; i < 50; i++)
        one_page(VA + i * 7 % (RADIX_IDLE / 2) * 2 * MIB + i * PAGE_SIZE);
    assert_false(sim_failed());
    sim_fail_after(0);
    assert_int_equal(sim_frames_used(), used);
}

static void of_many_empty_tables_a_few_stay(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        one_page(VA + i * 2 * MIB);
        assert_true(pm->tree.ntables <= 4 + RADIX_IDLE);
    }
    /* each below a table of its own */
    for (unsigned i = 0; i < 100; i++) {
        one_page(VA + i * GIB);
        assert_true(pm->tree.ntables <= 3 + 2 * RADIX_IDLE);
    }
    assert_int_equal(sim_frames_used(), frames_before + 1 + pm->tree.ntables);
}

static void unmapping_much_leaves_no_empty_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        one_page(VA + i * GIB);
    for (unsigned i = 0; i < 3; i++)
        one_page(VA + 3 * MIB + i * 2 * MIB);
    enter(VA + PAGE_SIZE, PA, 64 * MIB, PMAP_R);
    assert_int_equal(pmap_remove(pm, VA, 128 * MIB), 0);
    pmap_update(pm);
    consistent();
    assert_int_equal(pm->tree.ntables, 2);
}

static void empty_tables_go_before_a_call_fails_for_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RADIX_IDLE; i++)
        one_page(VA + i * 2 * MIB);
    size_t before = pm->tree.ntables;
    sim_fail_after(1);
    enter(VA + 4 * GIB, PA, PAGE_SIZE, PMAP_R);
    assert_true(sim_failed());
    sim_fail_after(0);
    assert_true(pm->tree.ntables < before);
    assert_int_equal(sim_frames_used(), frames_before + 1 + pm->tree.ntables);
    assert_true(reaches(VA + 4 * GIB, PMAP_R, PA));
}

static void a_range_goes_where_an_empty_table_is_and_is_one_leaf(void **state)
{
    (void)state;
    one_page(VA + 2 * MIB);
    enter(VA, PA, 6 * MIB, PMAP_R);
    assert_int_equal(map_leaves(), 3);
    assert_int_equal(pmap_remove(pm, VA + 2 * MIB, 2 * MIB), 0);
    one_page(VA + 3 * MIB);
    assert_int_equal(pmap_move(pm, VA, VA + 2 * MIB, 2 * MIB), 0);
    consistent();
    assert_int_equal(map_leaves(), 2);
}

/* --- what is found --- */

static void a_walk_through_a_range_finds_a_run_in_one_piece(void **state)
{
    (void)state;
    struct pmap_run run;
    vaddr_t         found;
    size_t          len = 2 * MIB - 2 * PAGE_SIZE;
    enter(VA + PAGE_SIZE, PA, len, PMAP_R);
    enter(VA + 2 * MIB - PAGE_SIZE, PA + len, PAGE_SIZE, PMAP_R | PMAP_X);

    assert_int_equal(pmap_next(pm, VA, 4 * MIB, &found), 0);
    assert_int_equal(found, VA + PAGE_SIZE);
    assert_int_equal(pmap_extract(pm, 1, found, &run), 0);
    assert_int_equal(run.len, len); /* up to other rights */
    assert_int_equal(pmap_next(pm, VA + MIB, 16 * PAGE_SIZE, &found), 0);
    assert_int_equal(pmap_extract(pm, 1, found, &run), 0);
    assert_int_equal(run.pa, PA + MIB - PAGE_SIZE);
    assert_int_equal(run.len, 16 * PAGE_SIZE); /* what was asked about */
}

/* Else each look at that page would take as long as its run is. */
static void a_run_is_followed_once_for_each_time_it_was_come_upon(void **state)
{
    (void)state;
    struct pmap_run run;
    vaddr_t         found;
    enter(VA, PA, MIB, PMAP_R);
    assert_int_equal(pmap_next(pm, VA, MIB, &found), 0);
    assert_int_equal(pmap_extract(pm, 1, VA, &run), 0);
    assert_int_equal(run.len, MIB);
    assert_int_equal(pmap_extract(pm, 1, VA, &run), 0);
    assert_int_equal(run.len, PAGE_SIZE);
}

static void an_answer_is_never_older_than_the_table(void **state)
{
    (void)state;
    struct pmap_run run;
    vaddr_t         found;
    enter(VA, PA, 8 * PAGE_SIZE, PMAP_R);
    assert_int_equal(pmap_next(pm, VA, 8 * PAGE_SIZE, &found), 0);
    assert_int_equal(pmap_remove(pm, VA + 2 * PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(pmap_extract(pm, 1, VA, &run), 0);
    assert_int_equal(run.len, 2 * PAGE_SIZE);
}

/* --- fences --- */

static void a_few_pages_are_fenced_one_by_one_and_more_at_once(void **state)
{
    (void)state;
    enter(VA, PA, MIB, PMAP_R | PMAP_W);
    pmap_update(pm);
    unsigned before = sim_fences;
    assert_int_equal(pmap_protect(pm, 1, VA, 3 * PAGE_SIZE, PMAP_R), 0);
    pmap_update(pm);
    assert_int_equal(sim_fences, before + 3);
    assert_int_equal(pmap_protect(pm, 1, VA, MIB, PMAP_R), 0);
    assert_int_equal(pmap_remove(pm, VA + PAGE_SIZE, PAGE_SIZE), 0);
    before = sim_fences;
    pmap_update(pm);
    assert_int_equal(sim_fences, before + 1);
}

/* A walk cache may hold the pointer to the table, so that its frame must not be used before. */
static void a_table_that_was_joined_is_freed_by_the_next_update(void **state)
{
    (void)state;
    enter(VA, PA, 2 * MIB - PAGE_SIZE, PMAP_R);
    pmap_update(pm);
    size_t   used = sim_frames_used();
    unsigned before = sim_fences, others = sim_shootdowns;
    enter(VA + 2 * MIB - PAGE_SIZE, PA + 2 * MIB - PAGE_SIZE, PAGE_SIZE, PMAP_R);
    assert_int_equal(sim_frames_used(), used);
    pmap_update(pm);
    assert_int_equal(sim_frames_used(), used - 1);
    assert_int_equal(sim_fences, before + 1);
    assert_int_equal(sim_shootdowns, others + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, map_setup, map_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_suspended_range_is_unreachable_and_its_neighbours_are_not),
        TEST(a_range_resumes_on_its_new_frames_with_each_pages_rights),
        TEST(suspending_and_resuming_keep_what_was_written),
        TEST(resuming_large_leaves_on_odd_frames_needs_no_memory),
        TEST(resuming_parts_of_the_largest_leaves_on_odd_frames_needs_no_memory),
        TEST(a_suspension_that_finds_no_memory_changes_nothing),
        TEST(suspending_what_is_not_mapped_is_refused),
        TEST(pages_that_fill_a_table_become_one_leaf_in_whatever_order_they_come),
        TEST(pages_without_rights_become_one_leaf_as_others_do),
        TEST(leaves_of_two_mib_become_one_of_a_gib),
        TEST(one_page_can_complete_a_gib),
        TEST(what_differs_in_one_page_stays_pages),
        TEST(rights_that_become_equal_again_make_one_leaf_again),
        TEST(a_large_range_whose_rights_become_equal_joins_in_its_middle),
        TEST(frames_put_in_a_row_make_one_leaf),
        TEST(a_range_resumed_in_a_row_is_one_leaf),
        TEST(a_large_leaf_moves_as_one),
        TEST(cutting_out_a_page_takes_no_more_tables_than_it_makes),
        TEST(a_leaf_was_written_if_a_page_that_it_stands_for_was),
        TEST(a_leaf_that_cannot_be_written_any_more_was_written_if_a_page_was),
        TEST(a_leaf_of_pages_that_nobody_wrote_is_not_told_as_written),
        TEST(pages_of_a_leaf_that_was_written_were_written),
        TEST(a_hart_that_sets_no_marks_has_them_set_when_it_faults),
        TEST(mapping_again_where_something_was_takes_no_frame),
        TEST(of_many_empty_tables_a_few_stay),
        TEST(unmapping_much_leaves_no_empty_table),
        TEST(empty_tables_go_before_a_call_fails_for_memory),
        TEST(a_range_goes_where_an_empty_table_is_and_is_one_leaf),
        TEST(a_walk_through_a_range_finds_a_run_in_one_piece),
        TEST(a_run_is_followed_once_for_each_time_it_was_come_upon),
        TEST(an_answer_is_never_older_than_the_table),
        TEST(a_few_pages_are_fenced_one_by_one_and_more_at_once),
        TEST(a_table_that_was_joined_is_freed_by_the_next_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
