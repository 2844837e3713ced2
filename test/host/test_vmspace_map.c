/* SPDX-License-Identifier: Apache-2.0 */
/* test_vmspace_map.c - calls that map, change and move areas: what Linux answers, and what is left. */
/* sources: src/kernel/vmspace.c src/kernel/vmspace_change.c
 *          src/kernel/vmspace_pages.c src/kernel/vmspace_remap.c src/kernel/vmreport.c
 *          src/kernel/area.c src/kernel/runlist.c src/kernel/fault.c src/kernel/reserve.c src/kernel/compact.c src/kernel/uaccess.c src/kernel/pagecache.c
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

#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/pagecache.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_pmap.h"
#include "sim_vmspace.h"

/* --- mapping calls ----------------------------------------------------------------------- */

static void arguments_are_checked_as_linux_does(void **state)
{
    (void)state;
    vaddr_t va;

    assert_int_equal(map(&va, (struct area_spec){.len = 0}), -EINVAL);
    assert_int_equal(map(&va, (struct area_spec){.len = SIZE_MAX}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = USER_END}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .hint = 0x2000001, .flags = AREA_FIXED}),
                     -EINVAL);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .hint = 0x1000, .flags = AREA_FIXED}),
                     -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE,
                                                 .hint = USER_END - PAGE_SIZE,
                                                 .flags = AREA_FIXED}),
                     -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .file = &files[0].pc, .offset = 12}),
                     -EINVAL);
    assert_int_equal(
        map(&va,
            (struct area_spec){.len = 2 * PAGE_SIZE, .file = &files[0].pc, .offset = -PAGE_SIZE}),
        -EOVERFLOW);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 0), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW + 1, 1), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, USER_END, PAGE_SIZE), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, 0, PAGE_SIZE), 0); /* nothing is ever there */
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, SIZE_MAX), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0); /* a hole */
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 1, 1, PMAP_R), -EINVAL);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW, 1, PMAP_R), -ENOMEM);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW, 0, PMAP_R), 0);
    assert_int_equal(vmspace_protect(vs, DOM, USER_END - PAGE_SIZE, SIZE_MAX, PMAP_R), -ENOMEM);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, PAGE_SIZE, false), -ENOMEM);
    expect_areas("");
}

static void rights_change_up_to_a_hole(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 2, RW);
    map_at(ZONE_LOW + 3 * PAGE_SIZE, 2, RW);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + PAGE_SIZE, 4 * PAGE_SIZE, PMAP_R),
                     -ENOMEM);
    expect_areas("1000000-1001000 rw-p 00000000 00:00 0\n"
                 "1001000-1002000 r--p 00000000 00:00 0\n"
                 "1003000-1005000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 0), -ENOMEM);
    expect_areas("1000000-1001000 rw-p 00000000 00:00 0\n"
                 "1001000-1002000 r--p 00000000 00:00 0\n"
                 "1003000-1005000 rw-p 00000000 00:00 0\n");
}

static void contents_are_dropped_on_both_sides_of_a_hole(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    map_at(ZONE_LOW + 2 * PAGE_SIZE, 1, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(poke(ZONE_LOW + 2 * PAGE_SIZE, 1), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 3 * PAGE_SIZE, false), -ENOMEM);
    assert_int_equal(peek(ZONE_LOW), 0);
    assert_int_equal(peek(ZONE_LOW + 2 * PAGE_SIZE), 0);
}

static void locked_memory_is_not_discarded(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 4, RW);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(poke(ZONE_LOW + i * PAGE_SIZE, 9), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW + PAGE_SIZE, PAGE_SIZE, AREA_LOCKED), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), -EINVAL);
    assert_int_equal(peek(ZONE_LOW), 0); /* what stands before it went */
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE), 9);
    assert_int_equal(peek(ZONE_LOW + 2 * PAGE_SIZE), 9);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 2 * PAGE_SIZE, true), 0);
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW, 4 * PAGE_SIZE, 0), 0);
    expect_areas("1000000-1004000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW, 6 * PAGE_SIZE, AREA_LOCKED), -ENOMEM);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), -EINVAL);
}

static void what_is_mapped_after_lock_all_is_locked(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    vmspace_lock_all(vs, false, 0, AREA_LOCKED);
    map_at(ZONE_LOW + PAGE_SIZE, 1, RW);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW + PAGE_SIZE, PAGE_SIZE, false), -EINVAL);
    vmspace_lock_all(vs, true, 0, 0);
    expect_areas("1000000-1002000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 2 * PAGE_SIZE, false), 0);
}

static void a_stack_grows_to_where_it_is_touched_but_keeps_off(void **state)
{
    (void)state;
    vaddr_t top = ZONE_LOW + 0x800000, va;

    assert_int_equal(map(&va, (struct area_spec){.hint = top - PAGE_SIZE,
                                                 .len = PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_STACK | AREA_FIXED}),
                     0);
    assert_int_equal(touch(top - 2 * PAGE_SIZE, PMAP_W), -EFAULT); /* no limit set: none */
    vmspace_set_limits(vs, SIZE_MAX, 0x400000);
    assert_int_equal(touch(top - 0x400000, PMAP_W), 0);
    assert_int_equal(vs->mapped, 0x400000);
    assert_int_equal(touch(top - 0x400001, PMAP_W), -EFAULT);
    vmspace_set_limits(vs, SIZE_MAX, SIZE_MAX);
    map_at(top - 0x700000, 1, PMAP_R);
    assert_int_equal(touch(top - 0x700000 + AREA_STACK_GAP, PMAP_W), -EFAULT);
    assert_int_equal(touch(top - 0x700000 + AREA_STACK_GAP + PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(vmspace_protect(vs, DOM, top - 0x700000, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(touch(top - 0x700000 + PAGE_SIZE, PMAP_W), 0);
    assert_true(area_tree_consistent(&vs->areas));
}

static void mapping_stops_at_the_limit(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 3, RW);
    vmspace_set_limits(vs, 5 * PAGE_SIZE, 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 3 * PAGE_SIZE}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE}), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 1}), -ENOMEM);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 1}), 0);
}

static void residence_is_told_up_to_a_hole(void **state)
{
    (void)state;
    uint8_t here[4] = {7, 7, 7, 7};
    vaddr_t va = ZONE_LOW + 16 * PAGE_SIZE;

    map_at(va, 2, RW);
    sim_pmap_cut_runs(1);
    assert_int_equal(vmspace_resident(vs, va, 2, here), 0);
    assert_int_equal(here[0] + here[1], 0);
    assert_int_equal(poke(va, 1), 0);
    assert_int_equal(vmspace_resident(vs, va, 3, here), -ENOMEM);
    assert_int_equal(here[0], 1);
    assert_int_equal(here[2], 7);
}

/* Every second page of n has other rights: neighbours are not one run. */
static void make_runs(vaddr_t va, size_t n)
{
    map_at(va, n, RW);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(poke(va + i * PAGE_SIZE, (uint8_t)i), 0);
    for (size_t i = 0; i < n; i += 2)
        assert_int_equal(pmap_protect(vs->pmap, DOM, va + i * PAGE_SIZE, PAGE_SIZE, PMAP_R), 0);
}

static void unmapping_many_runs_needs_no_memory(void **state)
{
    (void)state;
    make_runs(ZONE_LOW, 64);
    make_runs(ZONE_LOW + 100 * PAGE_SIZE, 64);
    sim_heap_fail_after(1); /* the list of them */
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 130 * PAGE_SIZE), 0);
    assert_int_equal(vs->resident, 34 * PAGE_SIZE);
    assert_int_equal(sim_pmap_check(vs->pmap), 34);
    assert_int_equal(peek(ZONE_LOW + 130 * PAGE_SIZE), 30);
}

/* The part that may be refused is tried before the others. */
static void unmapping_many_runs_that_is_refused_changes_nothing(void **state)
{
    (void)state;
    make_runs(ZONE_LOW, 64);
    void *before = sim_pmap_snapshot(vs->pmap);
    sim_heap_fail_after(1);
    sim_pmap_fail_after(1);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 64 * PAGE_SIZE), -ENOMEM);
    assert_true(sim_pmap_equals(vs->pmap, before));
    free(before);
}

static void private_memory_larger_than_the_machines_is_refused(void **state)
{
    (void)state;
    vaddr_t va;
    size_t  ram = RAM_PAGES * PAGE_SIZE;

    assert_int_equal(map(&va, (struct area_spec){.len = 2 * ram, .prot = RW}), -ENOMEM);
    assert_int_equal(
        map(&va, (struct area_spec){.len = 2 * ram, .prot = RW, .flags = AREA_NORESERVE}), 0);
    assert_int_equal(vmspace_unmap(vs, va, 2 * ram), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * ram, .prot = PMAP_R}), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, 2 * ram, RW), -ENOMEM);
    assert_int_equal(vmspace_protect(vs, DOM, va, ram / 2, RW), 0);
    assert_int_equal(vmspace_unmap(vs, va, 2 * ram), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = PAGE_SIZE, .prot = RW}), 0);
    assert_int_equal(vmspace_remap(vs, va, PAGE_SIZE, 2 * ram, REMAP_MAY_MOVE, 0, &va), -ENOMEM);
    vmspace_brk_init(vs, ZONE_LOW);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 2 * ram), ZONE_LOW);
}

static void a_file_that_was_cut_is_shown_no_more(void **state)
{
    (void)state;
    vaddr_t shared, own;

    assert_int_equal(map(&shared, (struct area_spec){.len = 4 * PAGE_SIZE,
                                                     .prot = RW,
                                                     .flags = AREA_SHARED,
                                                     .file = &files[1].pc}),
                     0);
    assert_int_equal(
        map(&own, (struct area_spec){.len = 4 * PAGE_SIZE, .prot = RW, .file = &files[1].pc}), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(poke(shared + i * PAGE_SIZE, 1), 0);
        assert_int_equal(poke(own + i * PAGE_SIZE, 2), 0);
    }
    pagecache_resize(&files[1].pc, 2 * PAGE_SIZE);
    assert_int_equal(peek(shared + PAGE_SIZE), 1);
    assert_int_equal(peek(own + PAGE_SIZE), 2);
    assert_int_equal(peek(shared + 2 * PAGE_SIZE), -EIO);
    assert_int_equal(peek(own + 2 * PAGE_SIZE), -EIO);
    assert_int_equal(poke(own + 3 * PAGE_SIZE, 1), -EIO);
}

static void a_read_only_area_never_becomes_writable(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec spec = {.len = PAGE_SIZE,
                             .prot = PMAP_R,
                             .flags = AREA_SHARED | AREA_READ_ONLY,
                             .file = &files[1].pc};
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, RW), -EACCES);
    assert_int_equal(poke(va, 1), -EACCES);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_R), 0);
    spec.prot = RW;
    assert_int_equal(map(&va, spec), -EACCES);
}

static void neighbours_that_could_be_one_area_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50; i++)
        map_at(ZONE_LOW + (i * 17 % 50) * PAGE_SIZE, 1, RW);
    expect_areas("1000000-1032000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 5 * PAGE_SIZE, PAGE_SIZE, 0), 0);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 5 * PAGE_SIZE, PAGE_SIZE, RW), 0);
    expect_areas("1000000-1032000 rw-p 00000000 00:00 0\n");
}

static void a_fixed_mapping_cuts_a_file_and_offsets_stay_right(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.hint = ZONE_LOW,
                                                 .len = 8 * PAGE_SIZE,
                                                 .prot = PMAP_R,
                                                 .file = &files[0].pc,
                                                 .offset = 2 * PAGE_SIZE}),
                     0);
    map_at(ZONE_LOW + 3 * PAGE_SIZE, 2, RW);
    expect_areas(
        "1000000-1003000 r--p 00002000 00:00 0                                    /file0\n"
        "1003000-1005000 rw-p 00000000 00:00 0\n"
        "1005000-1008000 r--p 00007000 00:00 0                                    /file0\n");
    assert_int_equal(files[0].refs, 2);
    assert_int_equal(peek(ZONE_LOW + 5 * PAGE_SIZE + 9), files[0].disk[7 * PAGE_SIZE + 9]);
}

static void without_a_wish_mappings_go_to_the_highest_gap(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec spec = {.len = 4 * PAGE_SIZE, .prot = RW};

    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 4 * PAGE_SIZE);
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 8 * PAGE_SIZE);
    assert_int_equal(vmspace_unmap(vs, USER_END - 3 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
    spec.hint = USER_END - 5 * PAGE_SIZE; /* taken: a hint is a hint */
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 12 * PAGE_SIZE);
    spec.len = PAGE_SIZE + 1;
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 3 * PAGE_SIZE);
    assert_int_equal(vmspace_find_free(vs, 1), USER_END - 13 * PAGE_SIZE);
    assert_int_equal(vmspace_find_free(vs, USER_END), 0);
}

/* Down from the top: a page, 2 MiB and a page, 2 MiB. */
static void what_is_large_starts_where_large_pages_can_map_it(void **state)
{
    (void)state;
    vaddr_t          page, odd, even, again;
    struct area_spec large = {.len = VMSPACE_LARGE, .prot = RW};

    assert_int_equal(map(&page, (struct area_spec){.len = PAGE_SIZE, .prot = RW}), 0);
    large.len += PAGE_SIZE;
    assert_int_equal(map(&odd, large), 0);
    assert_int_equal(odd, USER_END - 2 * VMSPACE_LARGE);
    large.len = VMSPACE_LARGE;
    assert_int_equal(map(&even, large), 0);
    assert_int_equal(even, odd - VMSPACE_LARGE);

    /* A hole that is large and aligned is used again, one that is only large enough is not. */
    assert_int_equal(vmspace_unmap(vs, even, large.len), 0);
    assert_int_equal(map(&again, large), 0);
    assert_int_equal(again, even);
    assert_int_equal(vmspace_unmap(vs, odd + PAGE_SIZE, VMSPACE_LARGE), 0);
    assert_int_equal(map(&again, large), 0);
    assert_int_equal(again, even - VMSPACE_LARGE);
    assert_true(area_tree_consistent(&vs->areas));
}

static void what_is_large_goes_anywhere_when_no_aligned_place_is_left(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec rest = {.hint = USER_MIN, .flags = AREA_FIXED}, large = {.prot = RW};

    rest.len = USER_END - USER_MIN;
    assert_int_equal(map(&va, rest), 0);
    large.len = VMSPACE_LARGE;
    assert_int_equal(vmspace_unmap(vs, USER_END - 3 * PAGE_SIZE - large.len, large.len), 0);
    assert_int_equal(map(&va, large), 0);
    assert_int_equal(va, USER_END - 3 * PAGE_SIZE - large.len);
    assert_int_equal(map(&va, large), -ENOMEM);
}

static void the_place_of_a_file_is_not_rounded(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec spec = {.prot = PMAP_R, .file = &files[0].pc};

    spec.len = VMSPACE_LARGE + PAGE_SIZE;
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - spec.len);
}

static void rights_change_where_pages_are_missing(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 40, RW);
    for (size_t i = 0; i < 40; i += 1 + i % 3)
        assert_int_equal(poke(ZONE_LOW + i * PAGE_SIZE, 9), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW + 5 * PAGE_SIZE, PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW + 20 * PAGE_SIZE, 2 * PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW, 40 * PAGE_SIZE, PMAP_R), 0);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(touch(ZONE_LOW + i * PAGE_SIZE, PMAP_W), -EACCES);
        assert_int_equal(touch(ZONE_LOW + i * PAGE_SIZE, PMAP_R), 0);
    }
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + PAGE_SIZE, 38 * PAGE_SIZE, RW), 0);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(touch(ZONE_LOW + i * PAGE_SIZE, PMAP_W), i % 39 ? 0 : -EACCES);
}

static void free_space_below_a_stack_is_kept(void **state)
{
    (void)state;
    vaddr_t va;
    char    line[300];

    assert_int_equal(map(&va, (struct area_spec){.hint = USER_END - 8 * PAGE_SIZE,
                                                 .len = 8 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_FIXED | AREA_STACK,
                                                 .name = "[stack]"}),
                     0);
    assert_int_equal(map(&va, (struct area_spec){.len = PAGE_SIZE}), 0);
    assert_int_equal(va, USER_END - 9 * PAGE_SIZE - AREA_STACK_GAP);
    vmspace_describe_addr(vs, USER_END - 8 * PAGE_SIZE - 16, line, sizeof(line));
    assert_non_null(strstr(line, "stack overflow"));
    vmspace_describe_addr(vs, USER_END - 16, line, sizeof(line));
    assert_non_null(strstr(line, "[stack]"));
}

/* See test_describe(). */
static void files_are_asked_for_their_names_without_the_lock(void **state)
{
    (void)state;
    vaddr_t va;
    char    line[300];

    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE,
                                                 .prot = PMAP_R,
                                                 .file = &files[0].pc,
                                                 .offset = PAGE_SIZE}),
                     0);
    vmspace_describe_addr(vs, va + PAGE_SIZE, line, sizeof(line));
    assert_non_null(strstr(line, "r--p /file0; "));
    vmspace_locate_addr(vs, va + PAGE_SIZE + 5, line, sizeof(line));
    assert_string_equal(line, "/file0+0x2005");
    char *text = areas_text();
    assert_non_null(strstr(text, "/file0\n"));
    free(text);
    assert_int_equal(files[0].refs, 1);
}

static void the_break_moves_up_and_down_and_keeps_bytes(void **state)
{
    (void)state;
    assert_int_equal(vmspace_brk(vs, 0), 0);
    vmspace_brk_init(vs, ZONE_LOW);
    assert_int_equal(vmspace_brk(vs, 0), ZONE_LOW);
    for (size_t i = 1; i <= 40; i++)
        assert_int_equal(vmspace_brk(vs, ZONE_LOW + i * 3000), ZONE_LOW + i * 3000);
    expect_areas(
        "1000000-101e000 rw-p 00000000 00:00 0                                    [heap]\n");
    assert_int_equal(poke(ZONE_LOW + 5, 77), 0);
    assert_int_equal(poke(ZONE_LOW + 0x5005, 78), 0);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 6), ZONE_LOW + 6);
    assert_int_equal(touch(ZONE_LOW + 0x5005, PMAP_R), -EFAULT);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 0x8000), ZONE_LOW + 0x8000);
    assert_int_equal(peek(ZONE_LOW + 5), 77);
    assert_int_equal(peek(ZONE_LOW + 0x5005), 0);
    map_at(ZONE_LOW + 0x10000, 1, RW);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 0x11000), ZONE_LOW + 0x8000); /* in the way */
    assert_int_equal(vmspace_brk(vs, SIZE_MAX), ZONE_LOW + 0x8000);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW - 1), ZONE_LOW + 0x8000);
}

static void remap_moves_frames_and_not_bytes(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 2, RW);
    map_at(ZONE_LOW + 2 * PAGE_SIZE, 1, PMAP_R);
    assert_int_equal(poke(ZONE_LOW + PAGE_SIZE, 5), 0);
    size_t frames = sim_frames_free();
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0, &va), -ENOMEM);
    assert_int_equal(
        vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 4 * PAGE_SIZE, REMAP_MAY_MOVE, 0, &va), 0);
    assert_int_equal(sim_frames_free(), frames);
    assert_int_equal(peek(va + PAGE_SIZE), 5);
    assert_int_equal(touch(ZONE_LOW, PMAP_R), -EFAULT);
    assert_int_equal(vmspace_remap(vs, va, 4 * PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE | REMAP_FIXED,
                                   ZONE_LOW + 2 * PAGE_SIZE, &va),
                     0);
    expect_areas("1002000-1003000 rw-p 00000000 00:00 0\n");
    assert_int_equal(
        vmspace_remap(vs, va, PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE | REMAP_FIXED, va, &va),
        -EINVAL);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE, 0, &va),
                     -EFAULT);
    assert_int_equal(vmspace_remap(vs, va, PAGE_SIZE, 0, REMAP_MAY_MOVE, 0, &va), -EINVAL);
}

static void remap_keeps_the_old_area_if_asked(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 2, RW);
    assert_int_equal(poke(ZONE_LOW, 5), 0);
    assert_int_equal(
        vmspace_remap(vs, ZONE_LOW, PAGE_SIZE, 2 * PAGE_SIZE, REMAP_MAY_MOVE | REMAP_KEEP, 0, &va),
        -EINVAL);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
                                   REMAP_MAY_MOVE | REMAP_KEEP, 0, &va),
                     0);
    assert_int_not_equal(va, ZONE_LOW);
    assert_int_equal(peek(va), 5);
    assert_int_equal(peek(ZONE_LOW), 0);
    assert_int_equal(vs->mapped, 4 * PAGE_SIZE);
}

static void remap_of_nothing_shows_a_shared_file_again(void **state)
{
    (void)state;
    vaddr_t va, again;

    assert_int_equal(map(&va, (struct area_spec){.len = 3 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_SHARED,
                                                 .file = &files[1].pc}),
                     0);
    assert_int_equal(vmspace_remap(vs, va + PAGE_SIZE, 0, PAGE_SIZE, 0, 0, &again), -ENOMEM);
    assert_int_equal(vmspace_remap(vs, va + PAGE_SIZE, 0, PAGE_SIZE, REMAP_MAY_MOVE, 0, &again), 0);
    assert_int_equal(poke(again, 77), 0);
    assert_int_equal(peek(va + PAGE_SIZE), 77);
    map_at(ZONE_LOW, 1, RW);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 0, PAGE_SIZE, REMAP_MAY_MOVE, 0, &again), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VMSPACE_CASE(unmapping_many_runs_needs_no_memory),
        VMSPACE_CASE(unmapping_many_runs_that_is_refused_changes_nothing),
        VMSPACE_CASE(arguments_are_checked_as_linux_does),
        VMSPACE_CASE(rights_change_up_to_a_hole),
        VMSPACE_CASE(contents_are_dropped_on_both_sides_of_a_hole),
        VMSPACE_CASE(locked_memory_is_not_discarded),
        VMSPACE_CASE(what_is_mapped_after_lock_all_is_locked),
        VMSPACE_CASE(a_stack_grows_to_where_it_is_touched_but_keeps_off),
        VMSPACE_CASE(mapping_stops_at_the_limit),
        VMSPACE_CASE(residence_is_told_up_to_a_hole),
        VMSPACE_CASE(private_memory_larger_than_the_machines_is_refused),
        VMSPACE_CASE(a_file_that_was_cut_is_shown_no_more),
        VMSPACE_CASE(a_read_only_area_never_becomes_writable),
        VMSPACE_CASE(neighbours_that_could_be_one_area_are_one),
        VMSPACE_CASE(a_fixed_mapping_cuts_a_file_and_offsets_stay_right),
        VMSPACE_CASE(without_a_wish_mappings_go_to_the_highest_gap),
        VMSPACE_CASE(what_is_large_starts_where_large_pages_can_map_it),
        VMSPACE_CASE(what_is_large_goes_anywhere_when_no_aligned_place_is_left),
        VMSPACE_CASE(the_place_of_a_file_is_not_rounded),
        VMSPACE_CASE(rights_change_where_pages_are_missing),
        VMSPACE_CASE(free_space_below_a_stack_is_kept),
        VMSPACE_CASE(files_are_asked_for_their_names_without_the_lock),
        VMSPACE_CASE(the_break_moves_up_and_down_and_keeps_bytes),
        VMSPACE_CASE(remap_moves_frames_and_not_bytes),
        VMSPACE_CASE(remap_keeps_the_old_area_if_asked),
        VMSPACE_CASE(remap_of_nothing_shows_a_shared_file_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
