/* SPDX-License-Identifier: Apache-2.0 */
/* test_fault.c - faults: what an access finds, what it fills, and what it may not have. */
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

/* --- faults ------------------------------------------------------------------------------ */

static void another_compartments_area_is_out_of_reach(void **state)
{
    (void)state;
    uint8_t *byte, buf[4];

    map_at(ZONE_LOW, 4, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(user_access(2, ZONE_LOW, PMAP_R, &byte), -EACCES);
    map_at(ZONE_LOW + 8 * PAGE_SIZE, 4, RW);
    assert_int_equal(user_access(2, ZONE_LOW + 8 * PAGE_SIZE, PMAP_R, &byte), -EACCES);
    assert_int_equal(vs->resident, 4 * PAGE_SIZE); /* nor is it filled for it */
    assert_int_equal(vmspace_protect(vs, 2, ZONE_LOW, PAGE_SIZE, RW), -EACCES);
    sim_thread(vs, 2); /* nor does the kernel read it on its behalf */
    assert_int_equal(uaccess_read(buf, ZONE_LOW, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write(ZONE_LOW, buf, sizeof(buf)), -EFAULT);
    assert_int_equal(pmap_protect(vs->pmap, 2, ZONE_LOW, PAGE_SIZE, PMAP_R), 0); /* a grant */
    assert_int_equal(uaccess_read(buf, ZONE_LOW, sizeof(buf)), 0);
    assert_int_equal(uaccess_write(ZONE_LOW, buf, sizeof(buf)), -EFAULT);
}

static void a_right_that_the_program_gave_away_does_not_come_back(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(pmap_protect(vs->pmap, DOM, ZONE_LOW, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(poke(ZONE_LOW, 2), -EACCES);
    assert_int_equal(uaccess_zero(ZONE_LOW, 1), -EFAULT);
}

static void naming_a_page_without_an_access_fills_it_whatever_its_rights(void **state)
{
    (void)state;
    struct fault fault = {.kind = FAULT_UNMAPPED, .va = ZONE_LOW, .access = PMAP_NONE, .dom = DOM};
    struct pmap_run run;

    map_at(ZONE_LOW, 1, PMAP_NONE);
    assert_int_equal(fault_handle(vs, &fault), 0);
    assert_int_equal(pmap_extract(vs->pmap, DOM, ZONE_LOW, &run), 0);
    assert_int_equal(run.prot, PMAP_NONE);
    assert_int_equal(touch(ZONE_LOW, PMAP_R), -EACCES);
    fault.dom = 2;
    assert_int_equal(fault_handle(vs, &fault), -EACCES);
}

static void touching_sixteen_pages_in_order_takes_one_fault(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 16, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(vs->resident, 16 * PAGE_SIZE);

    struct pmap_run run;
    assert_int_equal(pmap_extract(vs->pmap, DOM, ZONE_LOW, &run), 0);
    assert_int_equal(run.len, 16 * PAGE_SIZE); /* one physical run */
}

static void fills_grow_while_an_area_is_touched_in_order(void **state)
{
    (void)state;
    size_t faults = 0;
    map_at(ZONE_LOW, 1024, RW);
    for (size_t i = 0; i < 1024; i++) {
        size_t before = vs->resident;
        assert_int_equal(poke(ZONE_LOW + i * PAGE_SIZE, 1), 0);
        faults += vs->resident != before;
    }
    assert_true(faults < 40); /* 64 with equal steps */
}

static void a_private_write_reaches_neither_file_nor_other_mapping(void **state)
{
    (void)state;
    vaddr_t          va, other;
    struct area_spec spec = {.len = 10 * PAGE_SIZE, .prot = RW, .file = &files[0].pc};

    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(map(&other, spec), 0);
    uint8_t old = files[0].disk[5 * PAGE_SIZE];
    assert_int_equal(peek(va + 5 * PAGE_SIZE), old); /* maps the file's frame */
    assert_int_equal(peek(other + 5 * PAGE_SIZE), old);
    assert_int_equal(poke(va + 5 * PAGE_SIZE, (uint8_t)(old + 1)), 0);
    assert_int_equal(peek(va + 5 * PAGE_SIZE), (uint8_t)(old + 1));
    assert_int_equal(peek(other + 5 * PAGE_SIZE), old);
    assert_int_equal(peek(va + 9 * PAGE_SIZE), files[0].disk[9 * PAGE_SIZE]);
    assert_int_equal(vmspace_discard(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(peek(va + 5 * PAGE_SIZE), old);
}

static void a_frame_that_nobody_else_has_is_written_in_place(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(
        map(&va, (struct area_spec){.len = PAGE_SIZE, .prot = RW, .file = &files[0].pc}), 0);
    assert_int_equal(poke(va, 1), 0); /* an own copy */
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(poke(va, 2), -EACCES);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, RW), 0);
    size_t frames = sim_frames_free();
    assert_int_equal(poke(va, 2), 0);
    assert_int_equal(sim_frames_free(), frames);
    assert_int_equal(peek(va), 2);
}

static void writes_to_shared_pages_reach_the_file_by_user_and_by_kernel(void **state)
{
    (void)state;
    vaddr_t va;
    uint8_t two = 202;
    assert_int_equal(map(&va, (struct area_spec){.len = 10 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_SHARED,
                                                 .file = &files[1].pc}),
                     0);
    assert_int_equal(touch(va, PMAP_R), 0);
    assert_int_equal(poke(va + 3, 201), 0);
    assert_int_equal(uaccess_write(va + 7 * PAGE_SIZE, &two, 1), 0);
    assert_int_equal(vmspace_sync(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(files[1].disk[3], 201);
    assert_int_equal(files[1].disk[7 * PAGE_SIZE], 202);
    assert_int_equal(poke(va + 4, 203), 0); /* still mapped for writing: seen by the next one */
    assert_int_equal(vmspace_sync(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(files[1].disk[4], 203);
}

static void behind_the_file_and_on_bad_disks_is_an_io_error(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.len = (FILE_PAGES + 2) * PAGE_SIZE,
                                                 .prot = RW,
                                                 .file = &files[0].pc}),
                     0);
    files[0].broken = true;
    assert_int_equal(touch(va, PMAP_R), -EIO);
    assert_int_equal(touch(va, PMAP_W), -EIO);
    files[0].broken = false;
    assert_int_equal(touch(va, PMAP_R), 0);
    assert_int_equal(peek(va + FILE_PAGES * PAGE_SIZE - 1), 0);
    assert_int_equal(touch(va + FILE_PAGES * PAGE_SIZE, PMAP_R), -EIO);
    assert_int_equal(touch(va + FILE_PAGES * PAGE_SIZE, PMAP_W), -EIO);
}

static void code_from_a_file_is_made_visible_to_fetches(void **state)
{
    (void)state;
    vaddr_t va;
    size_t  before = sim_icache_syncs();
    assert_int_equal(
        map(&va,
            (struct area_spec){.len = PAGE_SIZE, .prot = PMAP_R | PMAP_X, .file = &files[0].pc}),
        0);
    assert_int_equal(touch(va, PMAP_X), 0);
    assert_true(sim_icache_syncs() > before);
    assert_int_equal(touch(va, PMAP_W), -EACCES);
}

static void running_out_of_memory_is_an_error_and_all_comes_back(void **state)
{
    (void)state;
    size_t done = 0;
    int    err = 0;

    map_at(ZONE_LOW, ZONE_PAGES, RW);
    map_at(ZONE_HIGH, ZONE_PAGES, RW);
    for (; !err && done < NPAGES; done++)
        err = poke(sim_page_va(done), (uint8_t)done);
    assert_int_equal(err, -ENOMEM);
    assert_true(done > RAM_PAGES - RAM_PAGES / 32); /* nearly all of it was of use */
    assert_int_equal(vmspace_populate(vs, ZONE_LOW, NPAGES / 2 * PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(vmspace_populate(vs, ZONE_HIGH, NPAGES / 2 * PAGE_SIZE, PMAP_W), -ENOMEM);
    for (size_t i = 0; i < done - 1; i++)
        assert_int_equal(peek(sim_page_va(i)), (uint8_t)i);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0);
    assert_int_equal(poke(sim_page_va(done), 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VMSPACE_CASE(another_compartments_area_is_out_of_reach),
        VMSPACE_CASE(a_right_that_the_program_gave_away_does_not_come_back),
        VMSPACE_CASE(naming_a_page_without_an_access_fills_it_whatever_its_rights),
        VMSPACE_CASE(touching_sixteen_pages_in_order_takes_one_fault),
        VMSPACE_CASE(fills_grow_while_an_area_is_touched_in_order),
        VMSPACE_CASE(a_private_write_reaches_neither_file_nor_other_mapping),
        VMSPACE_CASE(a_frame_that_nobody_else_has_is_written_in_place),
        VMSPACE_CASE(writes_to_shared_pages_reach_the_file_by_user_and_by_kernel),
        VMSPACE_CASE(behind_the_file_and_on_bad_disks_is_an_io_error),
        VMSPACE_CASE(code_from_a_file_is_made_visible_to_fetches),
        VMSPACE_CASE(running_out_of_memory_is_an_error_and_all_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
