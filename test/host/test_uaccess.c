/* SPDX-License-Identifier: Apache-2.0 */
/* test_uaccess.c - the kernel's access to users' memory. */
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

/* --- user access ------------------------------------------------------------------------- */

static void user_access_outside_of_user_space_is_refused(void **state)
{
    (void)state;
    uint8_t buf[64] = {0};

    map_at(USER_END - PAGE_SIZE, 1, RW);
    assert_int_equal(uaccess_read(buf, USER_END, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, WINDOW_BASE + SIM_RAM_BASE, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, 0, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, SIZE_MAX - 3, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write_some(USER_END - 10, buf, sizeof(buf)), 10);
    assert_int_equal(uaccess_zero_some(USER_END - 11, SIZE_MAX), 11);
    assert_int_equal(uaccess_write(USER_END - 10, buf, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write(0, buf, 0), 0);
    sim_thread(NULL, 1);
    assert_int_equal(uaccess_read(buf, USER_END - 10, 1), -EFAULT);
}

static void moving_nothing_touches_nothing(void **state)
{
    (void)state;
    static const vaddr_t places[] = {ZONE_LOW, ZONE_LOW + PAGE_SIZE, 0, USER_END, WINDOW_BASE};
    uint8_t              byte = 0;

    map_at(ZONE_LOW, 1, RW);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_int_equal(uaccess_read_some(&byte, places[i], 0), 0);
        assert_int_equal(uaccess_write_some(places[i], &byte, 0), 0);
        assert_int_equal(uaccess_zero_some(places[i], 0), 0);
        assert_false(mutex_held(&vs->mutex));
    }
}

static void strings_end_at_their_nul_and_nowhere_else(void **state)
{
    (void)state;
    char    text[2 * PAGE_SIZE];
    vaddr_t end = ZONE_LOW + 2 * PAGE_SIZE;

    map_at(ZONE_LOW, 2, RW);
    sim_pmap_cut_runs(1); /* the string lies in two runs */
    assert_int_equal(uaccess_write(end - PAGE_SIZE - 3, "abcdef", 7), 0);
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, sizeof(text)), 6);
    assert_string_equal(text, "abcdef");
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, 7), 6);
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, 6), -ENAMETOOLONG);
    assert_int_equal(uaccess_write(end - 3, "xyz", 3), 0);
    assert_int_equal(uaccess_read_str(text, end - 3, sizeof(text)), -EFAULT);
    assert_int_equal(uaccess_read_str(text, end - 3, 3), -ENAMETOOLONG);
    assert_int_equal(uaccess_write(end - 3, "xy", 3), 0);
    assert_int_equal(uaccess_read_str(text, end - 3, sizeof(text)), 2);
}

static void words_are_compared_and_exchanged(void **state)
{
    (void)state;
    uint32_t value;

    map_at(ZONE_LOW, 1, RW);
    map_at(ZONE_LOW + PAGE_SIZE, 1, PMAP_R);
    assert_int_equal(uaccess_cas32(ZONE_LOW + 4, 0, 5, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(uaccess_cas32(ZONE_LOW + 4, 0, 6, &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(uaccess_read32(ZONE_LOW + 4, &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(uaccess_read32(ZONE_LOW + 5, &value), -EFAULT);
    assert_int_equal(uaccess_read32(ZONE_LOW + PAGE_SIZE, &value), 0);
    assert_int_equal(uaccess_cas32(ZONE_LOW + PAGE_SIZE, 0, 1, &value), -EFAULT);
}

static void a_window_keeps_its_frames_when_they_are_unmapped(void **state)
{
    (void)state;
    struct uaccess_window w;

    map_at(ZONE_LOW, 4, RW);
    assert_int_equal(uaccess_window_open(ZONE_LOW + PAGE_SIZE - 8, 100, PMAP_W, &w), 0);
    assert_int_equal(w.len, 100);
    memset(w.ptr, 0x5a, w.len);
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE + 91), 0x5a);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 4 * PAGE_SIZE), 0);
    paddr_t pa = phys_of(w.ptr);
    assert_int_equal(frame_refs(ALIGN_DOWN(pa, PAGE_SIZE)), 1);
    uaccess_window_close(&w);
    assert_int_equal(frame_refs(ALIGN_DOWN(pa, PAGE_SIZE)), 0);
    assert_int_equal(uaccess_window_open(ZONE_LOW, 1, PMAP_R, &w), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VMSPACE_CASE(user_access_outside_of_user_space_is_refused),
        VMSPACE_CASE(moving_nothing_touches_nothing),
        VMSPACE_CASE(strings_end_at_their_nul_and_nowhere_else),
        VMSPACE_CASE(words_are_compared_and_exchanged),
        VMSPACE_CASE(a_window_keeps_its_frames_when_they_are_unmapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
