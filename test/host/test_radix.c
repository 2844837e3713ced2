/* SPDX-License-Identifier: Apache-2.0 */
/* test_radix.c - what is particular to the tree of Sv48 page tables, beneath what test_pmap.c asks of
 * every memory model: which leaves and tables there are. What a hart finds is read from the raw
 * tables (walk.h).
 */
/* sources: test/host/sim_machine.c test/host/walk_sv48.c src/lib/fmt.c src/lib/string.c
 *          src/riscv64-sv48/radix.c src/riscv64-sv48/radixcheck.c src/riscv64-sv48/pmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "riscv64-sv48/model.h"
#include "sim_machine.h"
#include "walk.h"

#define MIB 0x100000ul
#define GIB 0x40000000ul
#define VA  0x40000000ul
#define PA  0x200000000ul

static struct pmap *pm;
static size_t       frames_before;

static int setup(void **state)
{
    (void)state;
    struct bootinfo bi;
    sim_reset();
    sim_bootinfo(&bi);
    sim_satp = pmap_bootstrap(&bi);
    frames_before = sim_frames_used();
    assert_int_equal(pmap_create(&pm), 0);
    pmap_activate(pm);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pmap_activate(NULL);
    pmap_destroy(pm);
    assert_int_equal(sim_frames_used(), frames_before);
    return 0;
}

static void consistent(void)
{
    char text[120] = "";
    if (!pmap_consistent(pm, text, sizeof(text)))
        fail_msg("%s", text);
}

static size_t leaves(void)
{
    struct pmap_stats stats;
    pmap_stats(pm, &stats);
    assert_int_equal(stats.table_bytes, pm->tree.ntables * PAGE_SIZE);
    return stats.ranges;
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
        assert_int_equal(leaves(), 2);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_suspended_range_is_unreachable_and_its_neighbours_are_not),
        TEST(a_range_resumes_on_its_new_frames_with_each_pages_rights),
        TEST(suspending_and_resuming_keep_what_was_written),
        TEST(resuming_large_leaves_on_odd_frames_needs_no_memory),
        TEST(a_suspension_that_finds_no_memory_changes_nothing),
        TEST(suspending_what_is_not_mapped_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
