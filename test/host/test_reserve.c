/* SPDX-License-Identifier: Apache-2.0 */
/* test_reserve.c - runs of memory: set aside for what is touched later, taken back when memory is
 * short, and made by moving pages when none is left. */
/* sources: src/kernel/vmspace.c src/kernel/vmspace_change.c
 *          src/kernel/vmspace_pages.c src/kernel/vmspace_remap.c src/kernel/vmreport.c
 *          src/kernel/area.c src/kernel/runlist.c src/kernel/fault.c src/kernel/reserve.c src/kernel/compact.c
 *          src/kernel/uaccess.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c test/host/sim_kernel.c
 *          test/host/sim_pmap.c test/host/sim_vmspace.c
 *          src/lib/strlcpy.c */
/* flags: -pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/compact.h"
#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_pmap.h"
#include "sim_vmspace.h"

static vaddr_t low(size_t page)
{
    return ZONE_LOW + page * PAGE_SIZE;
}

/* How many physical runs [page, page + n) of the low zone is mapped to. */
static size_t runs_in(size_t page, size_t n)
{
    size_t  runs = 0;
    vaddr_t at = low(page), end = low(page + n), va;

    while (at < end && !pmap_next(vs->pmap, at, end - at, &va)) {
        struct pmap_run run;
        assert_int_equal(pmap_extract(vs->pmap, DOM, va, &run), 0);
        at = va + run.len;
        runs++;
    }
    return runs;
}

static struct frame_stats stats_now(void)
{
    struct frame_stats s;
    frame_stats(&s);
    return s;
}

/* --- reservations ------------------------------------------------------------------------ */

static void an_area_touched_in_any_order_ends_as_one_run(void **state)
{
    (void)state;
    static size_t order[1024];

    map_at(low(0), 1024, RW);
    for (size_t i = 0; i < 1024; i++)
        order[i] = i;
    srand(5);
    for (size_t i = 1023; i > 0; i--) {
        size_t k = (size_t)rand() % (i + 1), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    for (size_t i = 0; i < 1024; i++)
        assert_int_equal(poke(low(order[i]), (uint8_t)order[i]), 0);
    for (size_t i = 0; i < 1024; i++)
        assert_int_equal(peek(low(i)), (uint8_t)i);
    assert_int_equal(runs_in(0, 1024), 1);
    assert_int_equal(stats_now().reserved, 0);
}

static void what_is_not_touched_is_not_mapped(void **state)
{
    (void)state;
    map_at(low(0), 1024, RW);
    assert_int_equal(poke(low(512), 1), 0);
    assert_int_equal(vs->resident, pmap_limits->fault_extent);
    assert_int_equal(stats_now().reserved, 1024 - 16);
}

static void two_areas_do_not_take_each_others_frames(void **state)
{
    (void)state;
    map_at(low(0), 256, RW);
    map_at(low(1000), 256, RW);
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(poke(low(i), 1), 0);
        assert_int_equal(poke(low(1255 - i), 2), 0);
    }
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(peek(low(i)), 1);
        assert_int_equal(peek(low(1000 + i)), 2);
    }
    assert_int_equal(runs_in(0, 256), 1);
    assert_int_equal(runs_in(1000, 256), 1);
}

static void unmapping_gives_up_what_was_reserved(void **state)
{
    (void)state;
    size_t before = stats_now().free;

    map_at(low(0), 1024, RW);
    assert_int_equal(poke(low(0), 1), 0);
    assert_int_equal(poke(low(1023), 1), 0);
    assert_int_equal(vmspace_unmap(vs, low(100), 800 * PAGE_SIZE), 0); /* a hole in the middle */
    assert_int_equal(stats_now().reserved, 1024 - 800 - 32);
    assert_int_equal(poke(low(99), 1), 0); /* both sides are still there */
    assert_int_equal(poke(low(900), 1), 0);
    assert_int_equal(vmspace_unmap(vs, low(0), 1024 * PAGE_SIZE), 0);
    assert_int_equal(stats_now().reserved, 0);
    assert_int_equal(stats_now().free, before);
}

static void a_hole_cut_without_memory_for_it_loses_no_frame(void **state)
{
    (void)state;
    size_t before = stats_now().free;

    map_at(low(0), 1024, RW);
    assert_int_equal(poke(low(0), 1), 0);
    sim_heap_fail_after(2); /* the first is the area's */
    assert_int_equal(vmspace_unmap(vs, low(100), 800 * PAGE_SIZE), 0);
    sim_heap_fail_after(0);
    assert_int_equal(poke(low(1000), 1), 0);
    assert_int_equal(vmspace_unmap(vs, low(0), 1024 * PAGE_SIZE), 0);
    assert_int_equal(stats_now().free, before);
    assert_int_equal(stats_now().reserved, 0);
}

static void reserved_memory_is_there_for_those_who_need_it(void **state)
{
    (void)state;
    size_t n = 0;

    map_at(low(0), 1024, RW);
    assert_int_equal(poke(low(0), 1), 0);
    map_at(low(1024), 1024, RW);
    assert_int_equal(poke(low(1024), 1), 0);
    map_at(ZONE_HIGH, ZONE_PAGES, RW); /* and then touch all there is */
    for (; n < ZONE_PAGES && !poke(ZONE_HIGH + n * PAGE_SIZE, 3); n++)
        ;
    assert_int_equal(n, ZONE_PAGES);
    for (n = 0; n < 2048 && !poke(low(n), 4); n++)
        ;
    assert_true(stats_now().free < 16); /* it ended for want of memory, not earlier */
    assert_int_equal(stats_now().reserved, 0);
    assert_int_equal(peek(ZONE_HIGH), 3);
}

/* A reservation whose frames were taken back and reserved by another must not use them. */
static void frames_taken_back_are_not_claimed_by_their_first_reservation(void **state)
{
    (void)state;
    map_at(low(0), 512, RW);
    assert_int_equal(poke(low(0), 1), 0);
    assert_true(reserve_reclaim(SIZE_MAX));
    map_at(low(1024), 512, RW);
    assert_int_equal(poke(low(1024), 2), 0);
    for (size_t i = 0; i < 512; i++) {
        assert_int_equal(poke(low(i), 1), 0);
        assert_int_equal(poke(low(1024 + i), 2), 0);
    }
    for (size_t i = 0; i < 512; i++) {
        assert_int_equal(peek(low(i)), 1);
        assert_int_equal(peek(low(1024 + i)), 2);
    }
}

static void a_heap_that_grows_step_by_step_is_one_run(void **state)
{
    (void)state;
    vmspace_brk_init(vs, low(0));
    for (size_t n = 1; n < 400; n += 7) {
        assert_int_equal(vmspace_brk(vs, low(n)), low(n));
        for (size_t i = n < 8 ? 0 : n - 8; i < n; i++)
            assert_int_equal(poke(low(i), 1), 0);
    }
    assert_true(runs_in(0, 400) <= 4); /* the room behind it doubles */
}

static void memory_that_was_discarded_and_is_touched_again_is_one_run_again(void **state)
{
    (void)state;
    map_at(low(0), 512, RW);
    for (size_t i = 0; i < 512; i++)
        assert_int_equal(poke(low(i), 1), 0);
    srand(11);
    for (size_t round = 0; round < 300; round++) {
        size_t n = 1 + (size_t)rand() % 40, at = (size_t)rand() % (512 - n);
        assert_int_equal(vmspace_discard(vs, low(at), n * PAGE_SIZE, false), 0);
        for (size_t i = n / 2; i < n; i++) /* the other half stays away for a while */
            assert_int_equal(peek(low(at + i)), 0);
    }
    for (size_t i = 0; i < 512; i++)
        assert_int_equal(poke(low(i), (uint8_t)i), 0);
    for (size_t i = 0; i < 512; i++)
        assert_int_equal(peek(low(i)), (uint8_t)i);
    assert_int_equal(runs_in(0, 512), 1);
    assert_int_equal(stats_now().reserved, 0);
}

static void memory_that_was_discarded_is_there_for_others(void **state)
{
    (void)state;
    size_t before = stats_now().free, n = 0;

    map_at(low(0), 1024, RW);
    for (size_t i = 0; i < 1024; i++)
        assert_int_equal(poke(low(i), 1), 0);
    assert_int_equal(vmspace_discard(vs, low(0), 1024 * PAGE_SIZE, false), 0);
    assert_int_equal(stats_now().reserved, 1024);
    map_at(ZONE_HIGH, ZONE_PAGES, RW);
    for (; n < ZONE_PAGES && !poke(ZONE_HIGH + n * PAGE_SIZE, 3); n++)
        ;
    map_at(low(1024), ZONE_PAGES - 1024, RW);
    for (size_t i = 1024; i < ZONE_PAGES && !poke(low(i), 3); i++)
        n++;
    assert_true(n >= size_min(before - 16, 2 * ZONE_PAGES - 1024));
}

/* What is reserved for a page may be lost; the page has another frame then, which is not the reservation's. */
static void frames_that_came_from_elsewhere_are_kept_as_what_they_are(void **state)
{
    (void)state;
    size_t before = stats_now().free;

    paddr_t taken[4];

    map_at(low(0), 64, RW);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(poke(low(i), 1), 0);
    assert_int_equal(vmspace_discard(vs, low(0), 64 * PAGE_SIZE, false), 0);
    assert_int_equal(poke(low(40), 2), 0); /* keeps a part of the reservation alive */
    assert_true(reserve_reclaim(SIZE_MAX));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(frame_try_movable(16, &taken[i]), 0); /* the frames it had */
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(poke(low(i), 4), 0);
    assert_int_equal(vmspace_discard(vs, low(0), 20 * PAGE_SIZE, false), 0);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(poke(low(i), 5), 0);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(peek(low(i)), 5);
    assert_int_equal(vmspace_unmap(vs, low(0), 64 * PAGE_SIZE), 0);
    for (size_t i = 0; i < 4; i++)
        frame_free(taken[i], 16);
    assert_int_equal(stats_now().reserved, 0);
    assert_int_equal(stats_now().free, before);
}

static void a_frame_that_somebody_holds_is_not_kept(void **state)
{
    (void)state;
    struct pmap_run run;

    map_at(low(0), 64, RW);
    assert_int_equal(poke(low(7), 9), 0);
    assert_int_equal(pmap_extract(vs->pmap, DOM, low(7), &run), 0);
    frame_get(run.pa);
    assert_int_equal(vmspace_discard(vs, low(0), 64 * PAGE_SIZE, false), 0);
    assert_int_equal(frame_refs(run.pa), 1);
    assert_int_equal(peek(low(7)), 0);
    assert_int_equal(*(uint8_t *)phys_ptr(run.pa), 9);
    frame_put(run.pa);
}

/* --- compaction -------------------------------------------------------------------------- */

#define SMALL 4 /* pages */

#define BALLAST 700 /* frames that nothing maps: the zones are no larger than memory */

static paddr_t ballast;

static vaddr_t fragment(size_t n)
{
    size_t page = n * SMALL, in_low = ZONE_PAGES - 300; /* the rest of the low zone stays free */
    return page < in_low ? low(page) : ZONE_HIGH + (page - in_low) * PAGE_SIZE;
}

/* Fill all but a few pages of memory with areas of SMALL pages. Returns how many. */
static size_t make_fragments(void)
{
    size_t n = 0;

    assert_int_equal(frame_alloc(BALLAST, &ballast), 0);
    for (; stats_now().free > 64; n++) {
        map_at(fragment(n), SMALL, n % 4 ? RW : RW | PMAP_X);
        for (size_t i = 0; i < SMALL; i++)
            assert_int_equal(poke(fragment(n) + i * PAGE_SIZE, (uint8_t)(n + i)), 0);
    }
    return n;
}

static paddr_t aside[64];
static size_t  naside;

static void set_aside(paddr_t pa)
{
    assert_true(naside < 64);
    aside[naside++] = pa;
}

static void give_back_set_aside(void)
{
    while (naside)
        frame_free(aside[--naside], 8);
}

static int drop_ballast(void **state)
{
    frame_free(ballast, BALLAST);
    return vmspace_teardown(state);
}

static void free_every_second(size_t n)
{
    for (size_t i = 1; i < n; i += 2)
        assert_int_equal(vmspace_unmap(vs, fragment(i), SMALL * PAGE_SIZE), 0);
}

static void expect_fragments(size_t n)
{
    for (size_t k = 0; k < n; k += 2) {
        for (size_t i = 0; i < SMALL; i++)
            assert_int_equal(peek(fragment(k) + i * PAGE_SIZE), (uint8_t)(k + i));
    }
}

static void fragmented_memory_becomes_one_run_and_contents_stay(void **state)
{
    (void)state;
    size_t               n = make_fragments();
    struct compact_stats before, after;

    free_every_second(n);
    compact_stats(&before);
    assert_true(frame_largest_run() <= 64);
    map_at(low(ZONE_PAGES - 290), 256, RW);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(poke(low(ZONE_PAGES - 290 + i), 0x77), 0);
    assert_int_equal(runs_in(ZONE_PAGES - 290, 256), 1);
    compact_stats(&after);
    assert_int_equal(after.runs, before.runs + 1);
    assert_true(after.moved - before.moved >= 100 && after.moved - before.moved <= 256);
    expect_fragments(n);
}

static void the_kernels_own_runs_are_made_the_same_way(void **state)
{
    (void)state;
    size_t  n = make_fragments();
    paddr_t pa;

    free_every_second(n);
    while (!frame_try_movable(8, &pa)) /* the last runs of that size */
        set_aside(pa);
    assert_int_equal(frame_alloc(16, &pa), 0);
    frame_free(pa, 16);
    mutex_lock(&vs->mutex); /* the map may be in use: it must not be touched */
    assert_int_equal(frame_alloc(64, &pa), -ENOMEM);
    mutex_unlock(&vs->mutex);
    give_back_set_aside();
    expect_fragments(n);
}

/* Each step of it fails once; the next fault finds memory all the same. */
static void compaction_that_fails_half_way_loses_nothing(void **state)
{
    (void)state;
    size_t n = make_fragments();

    free_every_second(n);
    for (size_t step = 1; step < 40; step++) {
        vaddr_t va = low(ZONE_PAGES - 290);
        map_at(va, 128, RW);
        if (step % 2)
            sim_pmap_fail_after(step / 2 + 1);
        else
            frame_fail_after(step / 2 + 1);
        for (size_t i = 0; i < 128; i++) {
            int err = poke(va + i * PAGE_SIZE, 1);
            assert_true(!err || err == -ENOMEM);
        }
        sim_pmap_fail_after(0);
        frame_fail_after(0);
        assert_int_equal(vmspace_unmap(vs, va, 128 * PAGE_SIZE), 0);
        expect_fragments(n);
    }
}

static void frames_that_somebody_holds_stay_where_they_are(void **state)
{
    (void)state;
    size_t          n = make_fragments();
    struct pmap_run run;

    free_every_second(n);
    assert_int_equal(pmap_extract(vs->pmap, DOM, fragment(n / 2 & ~1ul), &run), 0);
    frame_get(run.pa);
    map_at(low(ZONE_PAGES - 290), 256, RW);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(poke(low(ZONE_PAGES - 290 + i), 0x77), 0);
    struct pmap_run now;
    assert_int_equal(pmap_extract(vs->pmap, DOM, fragment(n / 2 & ~1ul), &now), 0);
    assert_int_equal(now.pa, run.pa);
    frame_put(run.pa);
    expect_fragments(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VMSPACE_CASE(an_area_touched_in_any_order_ends_as_one_run),
        VMSPACE_CASE(what_is_not_touched_is_not_mapped),
        VMSPACE_CASE(two_areas_do_not_take_each_others_frames),
        VMSPACE_CASE(unmapping_gives_up_what_was_reserved),
        VMSPACE_CASE(a_hole_cut_without_memory_for_it_loses_no_frame),
        VMSPACE_CASE(reserved_memory_is_there_for_those_who_need_it),
        VMSPACE_CASE(frames_taken_back_are_not_claimed_by_their_first_reservation),
        VMSPACE_CASE(memory_that_was_discarded_and_is_touched_again_is_one_run_again),
        VMSPACE_CASE(memory_that_was_discarded_is_there_for_others),
        VMSPACE_CASE(frames_that_came_from_elsewhere_are_kept_as_what_they_are),
        VMSPACE_CASE(a_frame_that_somebody_holds_is_not_kept),
        VMSPACE_CASE(a_heap_that_grows_step_by_step_is_one_run),
        cmocka_unit_test_setup_teardown(fragmented_memory_becomes_one_run_and_contents_stay,
                                        vmspace_setup, drop_ballast),
        cmocka_unit_test_setup_teardown(the_kernels_own_runs_are_made_the_same_way, vmspace_setup,
                                        drop_ballast),
        cmocka_unit_test_setup_teardown(compaction_that_fails_half_way_loses_nothing, vmspace_setup,
                                        drop_ballast),
        cmocka_unit_test_setup_teardown(frames_that_somebody_holds_stay_where_they_are,
                                        vmspace_setup, drop_ballast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
