/* SPDX-License-Identifier: Apache-2.0 */
/* test_vmspace_failures.c - every operation on an address space, with a real memory model under it, when
 * memory runs out within it: it does all, or it fails and has changed nothing.
 *
 * A scene is prepared: many ranges, so that tables are about to grow, and the pages the operation is about.
 * Then the operation is made, once for each allocation that may fail (of frames, which the model's
 * tables and the program's pages come from, and of the kernel's heap), and once for each number of
 * frames that may be left. Afterwards areas, map and contents are as they were, or as the operation
 * makes them; nothing is lost when all is taken down.
 */
/* sources: src/kernel/vmspace.c src/kernel/vmspace_change.c
 *          src/kernel/vmspace_pages.c src/kernel/vmspace_remap.c src/kernel/vmreport.c
 *          src/kernel/area.c src/kernel/runlist.c src/kernel/fault.c src/kernel/reserve.c src/kernel/compact.c src/kernel/uaccess.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c test/host/sim_kernel.c
 *          test/host/sim_model.c test/host/sim_vmspace.c
 *          src/lib/strlcpy.c */
/* variants: cells: test/host/walk_cells.c src/riscv64-cells/cellbuild.c
 *                  src/riscv64-cells/cellroom.c src/riscv64-cells/celltable.c
 *                  src/riscv64-cells/cellrange.c src/riscv64-cells/cellcheck.c
 *                  src/riscv64-cells/fault.c src/riscv64-cells/pmap.c ;
 *           sv48: test/host/walk_sv48.c src/riscv64-sv48/radix.c src/riscv64-sv48/radixleaf.c
 *                 src/riscv64-sv48/radixidle.c src/riscv64-sv48/radixrange.c
 *                 src/riscv64-sv48/radixmove.c src/riscv64-sv48/radixcheck.c
 *                 src/riscv64-sv48/pmap.c */
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
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_model.h"
#include "sim_vmspace.h"

/* --- the scene --------------------------------------------------------------------------- */

#define FILLER  (ZONE_LOW + 1024 * PAGE_SIZE) /* areas that only take room in tables */
#define SUBJECT ZONE_LOW                      /* SUBJECT_PAGES of private memory, all touched */
#define FRESH   (ZONE_LOW + 64 * PAGE_SIZE)   /* as many, none touched */
#define PRIVATE (ZONE_LOW + 128 * PAGE_SIZE)  /* a file's pages, mapped privately and read */
#define SHARED  (ZONE_LOW + 192 * PAGE_SIZE)  /* another's, shared and read */
#define HEAP    (ZONE_LOW + 256 * PAGE_SIZE)
#define FREE    (ZONE_HIGH + 512 * PAGE_SIZE) /* nothing is there */

enum { SUBJECT_PAGES = 32 };

static uint8_t mark(size_t page)
{
    return (uint8_t)(3 * page + 1);
}

static vaddr_t map_file(vaddr_t at, size_t file, unsigned flags)
{
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.hint = at,
                                                 .len = SUBJECT_PAGES * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = flags | AREA_FIXED,
                                                 .file = &files[file].pc}),
                     0);
    for (size_t i = 0; i < SUBJECT_PAGES; i++)
        assert_int_equal(touch(va + i * PAGE_SIZE, PMAP_R), 0);
    return va;
}

/* So many ranges besides. */
static void add_filler(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        map_at(FILLER + 2 * i * PAGE_SIZE, 1, RW);
        assert_int_equal(poke(FILLER + 2 * i * PAGE_SIZE, mark(i)), 0);
    }
}

static void prepare(void)
{
    assert_int_equal(vmspace_setup(NULL), 0);
    map_at(SUBJECT, SUBJECT_PAGES, RW);
    for (size_t i = 0; i < SUBJECT_PAGES; i++)
        assert_int_equal(poke(SUBJECT + i * PAGE_SIZE, mark(i)), 0);
    map_at(FRESH, SUBJECT_PAGES, RW);
    map_file(PRIVATE, 0, 0);
    map_file(SHARED, 1, AREA_SHARED);
    vmspace_brk_init(vs, HEAP);
    assert_int_equal(vmspace_brk(vs, HEAP + 5 * PAGE_SIZE), HEAP + 5 * PAGE_SIZE);
}

/* --- the operations ---------------------------------------------------------------------- */

static int map_over_the_middle(void)
{
    vaddr_t va;
    return map(&va, (struct area_spec){.hint = SUBJECT + 8 * PAGE_SIZE,
                                       .len = 4 * PAGE_SIZE,
                                       .prot = PMAP_R,
                                       .flags = AREA_FIXED});
}

static int map_elsewhere(void)
{
    vaddr_t va;
    return map(&va, (struct area_spec){.len = 4 * PAGE_SIZE, .prot = RW, .file = &files[0].pc});
}

static int unmap_the_middle(void)
{
    return vmspace_unmap(vs, SUBJECT + 9 * PAGE_SIZE, 3 * PAGE_SIZE);
}

static int unmap_across_areas(void)
{
    return vmspace_unmap(vs, SUBJECT + 9 * PAGE_SIZE, PRIVATE + 7 * PAGE_SIZE - SUBJECT);
}

static int protect_the_middle(void)
{
    return vmspace_protect(vs, DOM, SUBJECT + 5 * PAGE_SIZE, 7 * PAGE_SIZE, PMAP_R);
}

static int protect_the_start(void)
{
    return vmspace_protect(vs, DOM, PRIVATE, 3 * PAGE_SIZE, PMAP_NONE);
}

static int move_all(void)
{
    vaddr_t va;
    return vmspace_remap(vs, SUBJECT, SUBJECT_PAGES * PAGE_SIZE, 40 * PAGE_SIZE,
                         REMAP_MAY_MOVE | REMAP_FIXED, FREE, &va);
}

static int move_the_middle(void)
{
    vaddr_t va;
    return vmspace_remap(vs, SUBJECT + 4 * PAGE_SIZE, 4 * PAGE_SIZE, 4 * PAGE_SIZE,
                         REMAP_MAY_MOVE | REMAP_FIXED, FREE + 3 * PAGE_SIZE, &va);
}

static int move_and_keep(void)
{
    vaddr_t va;
    return vmspace_remap(vs, SUBJECT + 4 * PAGE_SIZE, 4 * PAGE_SIZE, 4 * PAGE_SIZE,
                         REMAP_MAY_MOVE | REMAP_KEEP, 0, &va);
}

static int grow_in_place(void)
{
    vaddr_t va;
    return vmspace_remap(vs, SUBJECT, SUBJECT_PAGES * PAGE_SIZE, 40 * PAGE_SIZE, 0, 0, &va);
}

static int shrink(void)
{
    vaddr_t va;
    return vmspace_remap(vs, SUBJECT, SUBJECT_PAGES * PAGE_SIZE, 7 * PAGE_SIZE, 0, 0, &va);
}

static int discard_the_middle(void)
{
    return vmspace_discard(vs, SUBJECT + 3 * PAGE_SIZE, 5 * PAGE_SIZE, false);
}

static int lock_the_middle(void)
{
    return vmspace_lock(vs, DOM, SUBJECT + 3 * PAGE_SIZE, 5 * PAGE_SIZE, AREA_LOCKED);
}

static int heap_up(void)
{
    vaddr_t to = HEAP + 9 * PAGE_SIZE;
    return vmspace_brk(vs, to) == to ? 0 : -ENOMEM;
}

static int heap_down(void)
{
    vaddr_t to = HEAP + PAGE_SIZE;
    return vmspace_brk(vs, to) == to ? 0 : -ENOMEM;
}

static int first_write(void)
{
    return touch(FRESH + 5 * PAGE_SIZE, PMAP_W);
}

static int first_read(void)
{
    return touch(FRESH + 5 * PAGE_SIZE, PMAP_R);
}

static int write_to_private_page(void)
{
    return touch(PRIVATE + 5 * PAGE_SIZE, PMAP_W);
}

static int write_to_shared_page(void)
{
    return touch(SHARED + 5 * PAGE_SIZE, PMAP_W);
}

static int populate(void)
{
    return vmspace_populate(vs, FRESH, SUBJECT_PAGES * PAGE_SIZE, PMAP_W);
}

/* gradual: what it has done before it fails stays. */
static const struct operation {
    const char *name;
    int (*run)(void);
    bool gradual;
} operations[] = {
    {"map over the middle", map_over_the_middle, false},
    {"map elsewhere", map_elsewhere, false},
    {"unmap the middle", unmap_the_middle, false},
    {"unmap across areas", unmap_across_areas, false},
    {"protect the middle", protect_the_middle, false},
    {"protect the start", protect_the_start, false},
    {"move all", move_all, false},
    {"move the middle", move_the_middle, false},
    {"move and keep", move_and_keep, false},
    {"grow in place", grow_in_place, false},
    {"shrink", shrink, false},
    {"discard the middle", discard_the_middle, false},
    {"lock the middle", lock_the_middle, false},
    {"heap up", heap_up, false},
    {"heap down", heap_down, false},
    {"first write", first_write, false},
    {"first read", first_read, false},
    {"write to a private page", write_to_private_page, false},
    {"write to a shared page", write_to_shared_page, false},
    {"populate", populate, true},
};

/* --- judging ----------------------------------------------------------------------------- */

static void contents_are_whole(size_t filler)
{
    for (size_t i = 0; i < filler; i++)
        assert_int_equal(peek(FILLER + 2 * i * PAGE_SIZE), mark(i));
    for (size_t i = 0; i < SUBJECT_PAGES; i++) {
        assert_int_equal(peek(SUBJECT + i * PAGE_SIZE), mark(i));
        assert_int_equal(peek(PRIVATE + i * PAGE_SIZE), files[0].disk[i * PAGE_SIZE]);
        assert_int_equal(peek(SHARED + i * PAGE_SIZE), files[1].disk[i * PAGE_SIZE]);
    }
}

/* Frames may have been moved (compact.h) and reserved ones taken: a page shows its contents with
 * its rights, wherever it is. */
static void same_pages(const struct sim_page *before, const struct sim_page *after)
{
    for (size_t i = 0; i < NPAGES; i++) {
        assert_int_equal(before[i].mapped, after[i].mapped);
        assert_int_equal(before[i].prot, after[i].prot);
    }
}

static size_t nfailed;

/* One operation in the scene at hand, in which memory(n) makes something fail; it must not have ended
 * otherwise than whole or not at all. */
static void attempt(const struct operation *op, size_t filler, void (*memory)(size_t), size_t n,
                    void (*heal)(void))
{
    struct sim_page *before = sim_model_pages(vs->pmap);
    char            *areas_before = areas_text();

    memory(n);
    int err = op->run();
    heal();
    sim_model_check(vs->pmap);
    if (err) {
        struct sim_page *after = sim_model_pages(vs->pmap);
        char            *areas_after = areas_text();
        assert_int_equal(err, -ENOMEM);
        assert_string_equal(areas_before, areas_after);
        if (!op->gradual)
            same_pages(before, after);
        contents_are_whole(filler);
        assert_int_equal(op->run(), 0); /* there is memory again */
        sim_model_check(vs->pmap);
        free(after);
        free(areas_after);
        nfailed++;
    }
    free(before);
    free(areas_before);
}

static void clear_away(void)
{
    pmap_activate(NULL);
    assert_int_equal(vmspace_teardown(NULL), 0);
}

/* --- what fails -------------------------------------------------------------------------- */

static void frame_fails(size_t n)
{
    frame_fail_after(n);
}

static void heap_fails(size_t n)
{
    sim_heap_fail_after(n);
}

static void nothing_fails(void)
{
    frame_fail_after(0);
    sim_heap_fail_after(0);
}

#define HELD 4096

static paddr_t held[HELD];
static size_t  nheld;

/* All frames but n are taken by somebody who does not give them back. */
static void frames_are_left(size_t n)
{
    for (nheld = 0; nheld < HELD && !frame_alloc(1, &held[nheld]); nheld++)
        ;
    for (size_t i = 0; i < n && nheld; i++)
        frame_put(held[--nheld]);
}

static void frames_come_back(void)
{
    while (nheld)
        frame_put(held[--nheld]);
}

/* Around the sizes at which tables of either model grow. */
static const size_t fillers[] = {0, 48, 52, 56, 60, 120};

static void for_all(void (*memory)(size_t), size_t first, size_t last, void (*heal)(void))
{
    for (size_t k = 0; k < ARRAY_LEN(operations); k++) {
        for (size_t f = 0; f < ARRAY_LEN(fillers); f++) {
            for (size_t n = first; n <= last; n++) {
                prepare();
                add_filler(fillers[f]);
                attempt(&operations[k], fillers[f], memory, n, heal);
                clear_away();
            }
        }
    }
}

static void when_any_allocation_of_frames_fails_nothing_changes(void **state)
{
    (void)state;
    for_all(frame_fails, 1, 3, nothing_fails);
}

static void when_any_allocation_of_the_heap_fails_nothing_changes(void **state)
{
    (void)state;
    nfailed = 0;
    for_all(heap_fails, 1, 3, nothing_fails);
    assert_true(nfailed > 0);
}

static void with_hardly_a_frame_left_nothing_changes_or_all_does(void **state)
{
    (void)state;
    nfailed = 0;
    for_all(frames_are_left, 0, 4, frames_come_back);
    assert_true(nfailed > 0);
}

#define CUT_PAGES 900

static void nothing_more(size_t n)
{
    (void)n;
}

/* Rights that alternate from page to page, with no frame left, until the model has no room for more
 * ranges, if it ever comes to that. */
static void cut_to_pieces(void)
{
    map_at(FILLER, CUT_PAGES, RW);
    for (size_t i = 0; i < CUT_PAGES; i += 2) /* as far as it is judged */
        assert_int_equal(poke(FILLER + i * PAGE_SIZE, mark(i / 2)), 0);
    frames_are_left(0);
    for (size_t i = 1; i < CUT_PAGES; i += 2)
        if (vmspace_protect(vs, DOM, FILLER + i * PAGE_SIZE, PAGE_SIZE, PMAP_R))
            break;
}

static void with_full_tables_and_no_frame_nothing_changes_or_all_does(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(operations); k++) {
        prepare();
        cut_to_pieces();
        attempt(&operations[k], CUT_PAGES / 2, nothing_more, 0, frames_come_back);
        clear_away();
    }
}

/* Every second of the frames that are held, so that no two free ones lie side by side. */
static void scattered_frames_come_back(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < nheld; i++) {
        if (held[i] >> PAGE_SHIFT & 1)
            frame_put(held[i]);
        else
            held[kept++] = held[i];
    }
    nheld = kept;
}

#define MOVABLE_PAGES 256 /* in one run, which can be moved to where single frames are free */

static void map_movable(void)
{
    map_at(ZONE_HIGH, MOVABLE_PAGES, RW);
    for (size_t i = 0; i < MOVABLE_PAGES; i++)
        assert_int_equal(poke(ZONE_HIGH + i * PAGE_SIZE, mark(i)), 0);
}

static void with_full_tables_and_single_frames_all_is_done(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(operations); k++) {
        prepare();
        map_movable();
        cut_to_pieces();
        scattered_frames_come_back();
        assert_int_equal(operations[k].run(), 0);
        sim_model_check(vs->pmap);
        for (size_t i = 0; i < CUT_PAGES / 2; i++)
            assert_int_equal(peek(FILLER + 2 * i * PAGE_SIZE), mark(i));
        for (size_t i = 0; i < MOVABLE_PAGES; i++)
            assert_int_equal(peek(ZONE_HIGH + i * PAGE_SIZE), mark(i));
        frames_come_back();
        clear_away();
    }
}

int main(void)
{
    sim_boot = sim_model_boot;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_any_allocation_of_frames_fails_nothing_changes),
        cmocka_unit_test(when_any_allocation_of_the_heap_fails_nothing_changes),
        cmocka_unit_test(with_hardly_a_frame_left_nothing_changes_or_all_does),
        cmocka_unit_test(with_full_tables_and_no_frame_nothing_changes_or_all_does),
        cmocka_unit_test(with_full_tables_and_single_frames_all_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
