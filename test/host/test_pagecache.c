/* SPDX-License-Identifier: Apache-2.0 */
/* test_pagecache.c - the page cache over files that live in arrays, with two real threads where two
 * matter, and with too little memory.
 */
/* sources: src/kernel/pagecache.c src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c
 *          test/host/sim_kernel.c */
/* flags: -pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "kernel/frame.h"
#include "kernel/pagecache.h"
#include "lib/errno.h"
#include "sim_kernel.h"

#define RAM_PAGES  2048
#define DISK_PAGES 4096

struct test_file {
    struct pagecache pc;
    uint8_t         *disk;
    atomic_size_t    fills, pages_filled, flushes;
    uint64_t         fail_page; /* fills that touch it return -EIO; UINT64_MAX: none */
    atomic_bool      hold;      /* fill waits while it is set */
    uint8_t          busy[DISK_PAGES];
};

static struct test_file file;

static int test_fill(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct test_file *f = container_of(pc, struct test_file, pc);

    assert_int_equal(hart_self()->locks_held, 0);
    assert_true(index + npages <= pages_for(f->pc.size));
    f->fills++;
    f->pages_filled += npages;
    for (size_t k = 0; k < npages; k++)
        assert_int_equal(f->busy[index + k]++, 0); /* never twice at once */
    while (f->hold)
        sched_yield();
    memcpy(phys_ptr(pa), f->disk + (index << PAGE_SHIFT), npages << PAGE_SHIFT);
    for (size_t k = 0; k < npages; k++)
        f->busy[index + k]--;
    return f->fail_page - index < npages ? -EIO : 0;
}

static int test_flush(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct test_file *f = container_of(pc, struct test_file, pc);

    f->flushes++;
    if (f->fail_page - index < npages)
        return -EIO;
    memcpy(f->disk + (index << PAGE_SHIFT), phys_ptr(pa), npages << PAGE_SHIFT);
    return 0;
}

static const struct pagecache_ops ops = {.fill = test_fill, .flush = test_flush};
static const struct pagecache_ops memory_ops = {0};
static size_t                     frames_at_start;

static void file_init(struct test_file *f, const struct pagecache_ops *o, uint64_t size)
{
    memset(f, 0, sizeof(*f));
    f->fail_page = UINT64_MAX;
    f->disk = malloc(DISK_PAGES * PAGE_SIZE);
    memset(f->disk, 0, DISK_PAGES * PAGE_SIZE); /* blocks that no file has read as zeros */
    for (size_t i = 0; i < size; i++)
        f->disk[i] = (uint8_t)(i * 31 + (i >> PAGE_SHIFT) * 7 + 1);
    pagecache_init(&f->pc, o, size);
}

static int setup(void **state)
{
    (void)state;
    sim_ram(RAM_PAGES);
    sim_thread(NULL, 1);
    pagecache_init_all();
    frames_at_start = sim_frames_free();
    file_init(&file, &ops, 100 * PAGE_SIZE + 123);
    return 0;
}

/* Every frame and every kernel object comes back. */
static int teardown(void **state)
{
    (void)state;
    pagecache_destroy(&file.pc);
    free(file.disk);

    struct pagecache_stats stats;
    pagecache_stats(&stats);
    return sim_frames_free() != frames_at_start || sim_heap_blocks() || stats.resident ||
           stats.reserved || stats.dirty;
}

/* --- reading ----------------------------------------------------------------------------- */

static void expect_bytes(struct test_file *f, uint64_t off, size_t len)
{
    uint8_t *buf = malloc(len + 1);
    buf[len] = 0x77;
    assert_int_equal(pagecache_read(&f->pc, off, buf, len), len);
    assert_memory_equal(buf, f->disk + off, len);
    assert_int_equal(buf[len], 0x77);
    free(buf);
}

static void bytes_read_are_the_files(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 500; i++) {
        uint64_t off = (uint64_t)rand() % file.pc.size;
        size_t   len = 1 + (size_t)rand() % (size_t)(file.pc.size - off);
        expect_bytes(&file, off, rand() % 3 ? size_min(len, 5000) : len);
    }
    assert_true(file.pages_filled <= 101); /* each page came from the disk once */
}

static void reading_stops_at_the_end(void **state)
{
    (void)state;
    uint8_t              buf[300];
    struct pagecache_run run;

    assert_int_equal(pagecache_read(&file.pc, file.pc.size - 100, buf, sizeof(buf)), 100);
    assert_int_equal(pagecache_read(&file.pc, file.pc.size, buf, sizeof(buf)), 0);
    assert_int_equal(pagecache_read(&file.pc, UINT64_MAX - 5, buf, sizeof(buf)), 0);
    assert_int_equal(pagecache_get(&file.pc, 101, 1, &run), -ENXIO);
    assert_int_equal(pagecache_get(&file.pc, UINT64_MAX >> PAGE_SHIFT, SIZE_MAX, &run), -ENXIO);
}

static void the_last_page_is_zero_behind_the_end(void **state)
{
    (void)state;
    struct pagecache_run run;

    assert_int_equal(pagecache_get(&file.pc, 100, 9, &run), 0);
    assert_int_equal(run.npages, 1);
    const uint8_t *bytes = phys_ptr(run.pa);
    assert_memory_equal(bytes, file.disk + 100 * PAGE_SIZE, 123);
    for (size_t i = 123; i < PAGE_SIZE; i++)
        assert_int_equal(bytes[i], 0);
    pagecache_put(&run);
}

static void a_file_that_fits_is_one_run_in_whatever_order_it_is_read(void **state)
{
    (void)state;
    struct pagecache_run run;
    uint8_t              byte;

    for (uint64_t i = 0; i <= 100; i++)
        assert_int_equal(pagecache_read(&file.pc, (i * 37 % 101) << PAGE_SHIFT, &byte, 1), 1);
    assert_int_equal(pagecache_get(&file.pc, 0, SIZE_MAX, &run), 0);
    assert_int_equal(run.npages, 101);
    pagecache_put(&run);
}

static void sequential_reading_needs_few_fills(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++)
        expect_bytes(&file, i << PAGE_SHIFT, PAGE_SIZE);
    assert_true(file.fills <= 4);
}

static void a_run_around_a_page_stays_within_its_limits(void **state)
{
    (void)state;
    struct pagecache_run run;

    assert_int_equal(pagecache_get_around(&file.pc, 20, 16, 32, &run), 0);
    assert_int_equal(run.index, 16);
    assert_int_equal(run.npages, 16);
    assert_memory_equal(phys_ptr(run.pa), file.disk + 16 * PAGE_SIZE, 16 * PAGE_SIZE);
    assert_int_equal(frame_refs(run.pa), 2);
    pagecache_put(&run);
    assert_int_equal(frame_refs(run.pa), 1);
}

static void an_error_is_of_its_page_alone(void **state)
{
    (void)state;
    uint8_t buf[3 * PAGE_SIZE];

    file.fail_page = 5;
    assert_int_equal(pagecache_read(&file.pc, 4 * PAGE_SIZE, buf, sizeof(buf)), PAGE_SIZE);
    assert_int_equal(pagecache_read(&file.pc, 5 * PAGE_SIZE, buf, sizeof(buf)), -EIO);
    expect_bytes(&file, 6 * PAGE_SIZE, 100);
    file.fail_page = UINT64_MAX; /* the disk recovered */
    expect_bytes(&file, 4 * PAGE_SIZE, sizeof(buf));
}

/* --- two threads ------------------------------------------------------------------------- */

static void *read_page_7(void *arg)
{
    struct pagecache_run run;

    sim_thread(NULL, 1);
    assert_int_equal(pagecache_get(&file.pc, 7, 1, &run), 0);
    assert_memory_equal(phys_ptr(run.pa), file.disk + 7 * PAGE_SIZE, PAGE_SIZE);
    pagecache_put(&run);
    return arg;
}

static void of_two_threads_that_need_a_page_one_fills_and_one_waits(void **state)
{
    (void)state;
    pthread_t threads[2];

    file.hold = true;
    for (size_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, read_page_7, NULL);
    while (!file.fills || sim_sleepers() != 1)
        sched_yield();
    file.hold = false;
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(file.fills, 1);
}

/* --- writing ----------------------------------------------------------------------------- */

static void what_is_written_is_read_and_flushed(void **state)
{
    (void)state;
    uint8_t *model = malloc(DISK_PAGES * PAGE_SIZE), buf[9000];
    uint64_t size = file.pc.size;

    memcpy(model, file.disk, size);
    memset(model + size, 0, DISK_PAGES * PAGE_SIZE - size);
    srand(3);
    for (int i = 0; i < 400; i++) {
        uint64_t off = (uint64_t)rand() % (130 * PAGE_SIZE);
        size_t   len = 1 + (size_t)rand() % sizeof(buf);
        for (size_t k = 0; k < len; k++)
            model[off + k] = buf[k] = (uint8_t)rand();
        assert_int_equal(pagecache_write(&file.pc, off, buf, len), len);
        size = size_max(size, off + len);
        assert_int_equal(file.pc.size, size);
        if (rand() % 50 == 0)
            assert_int_equal(pagecache_flush(&file.pc, (uint64_t)rand() % 100, 20), 0);
    }
    uint8_t *all = malloc(size);
    assert_int_equal(pagecache_read(&file.pc, 0, all, size), size);
    assert_memory_equal(all, model, size);

    assert_int_equal(pagecache_flush(&file.pc, 0, UINT64_MAX), 0);
    struct pagecache_stats stats;
    pagecache_stats(&stats);
    assert_int_equal(stats.dirty, 0);
    size_t flushes = file.flushes;
    assert_int_equal(pagecache_flush(&file.pc, 0, UINT64_MAX), 0);
    assert_int_equal(file.flushes, flushes); /* nothing is left to write */
    assert_memory_equal(file.disk, model, ALIGN_DOWN(size, PAGE_SIZE));
    free(all);
    free(model);
}

static void a_mapped_page_stays_dirty_when_it_is_flushed(void **state)
{
    (void)state;
    struct pagecache_run run;
    uint8_t              byte = 9;

    assert_int_equal(pagecache_write(&file.pc, 0, &byte, 1), 1);
    assert_int_equal(pagecache_get(&file.pc, 0, 1, &run), 0); /* a mapping's reference */
    assert_int_equal(pagecache_flush(&file.pc, 0, 1), 0);
    *(uint8_t *)phys_ptr(run.pa) = 10; /* the program writes, unseen */
    pagecache_put(&run);
    assert_int_equal(pagecache_flush(&file.pc, 0, 1), 0);
    assert_int_equal(file.disk[0], 10);
}

static void a_failed_flush_is_told_once_to_each_who_asks(void **state)
{
    (void)state;
    uint8_t  byte = 42;
    unsigned early = pagecache_error_start(&file.pc), other = early;

    assert_int_equal(pagecache_write(&file.pc, 3 * PAGE_SIZE, &byte, 1), 1);
    file.fail_page = 3;
    assert_int_equal(pagecache_flush(&file.pc, 0, UINT64_MAX), -EIO);
    assert_int_not_equal(file.disk[3 * PAGE_SIZE], 42);
    file.fail_page = UINT64_MAX;
    assert_int_equal(pagecache_flush(&file.pc, 0, UINT64_MAX), 0);

    unsigned untold = pagecache_error_start(&file.pc); /* nobody has heard of it: it will */
    assert_int_equal(pagecache_error(&file.pc, &early), -EIO);
    assert_int_equal(pagecache_error(&file.pc, &early), 0);
    assert_int_equal(pagecache_error(&file.pc, &other), -EIO);
    assert_int_equal(pagecache_error(&file.pc, &untold), -EIO);
    unsigned late = pagecache_error_start(&file.pc);
    assert_int_equal(pagecache_error(&file.pc, &late), 0);
}

static void a_file_cut_and_grown_again_reads_zeros_there(void **state)
{
    (void)state;
    uint8_t buf[3 * PAGE_SIZE], zeros[3 * PAGE_SIZE] = {0};

    expect_bytes(&file, 0, file.pc.size);
    pagecache_resize(&file.pc, 2 * PAGE_SIZE + 50);
    memset(file.disk + 2 * PAGE_SIZE + 50, 0, DISK_PAGES * PAGE_SIZE - 2 * PAGE_SIZE - 50);
    assert_int_equal(pagecache_read(&file.pc, 2 * PAGE_SIZE, buf, sizeof(buf)), 50);
    pagecache_resize(&file.pc, 5 * PAGE_SIZE);
    assert_int_equal(pagecache_read(&file.pc, 2 * PAGE_SIZE, buf, sizeof(buf)), sizeof(buf));
    assert_memory_equal(buf, file.disk + 2 * PAGE_SIZE, 50);
    assert_memory_equal(buf + 50, zeros, sizeof(buf) - 50);
}

/* --- little memory ----------------------------------------------------------------------- */

static void reclaim_gives_unfilled_frames_first_and_never_used_ones(void **state)
{
    (void)state;
    struct pagecache_run   run;
    struct pagecache_stats stats;
    uint8_t                byte = 1;

    assert_int_equal(pagecache_get(&file.pc, 50, 1, &run), 0);
    assert_int_equal(pagecache_read(&file.pc, 10 * PAGE_SIZE, &byte, 1), 1);
    assert_int_equal(pagecache_write(&file.pc, 20 * PAGE_SIZE, &byte, 1), 1);
    pagecache_stats(&stats);
    assert_int_equal(stats.resident + stats.reserved, 101);

    assert_true(pagecache_reclaim(20));
    struct pagecache_stats after;
    pagecache_stats(&after);
    assert_int_equal(after.resident, stats.resident);
    assert_int_equal(after.reserved, stats.reserved - 20);

    while (pagecache_reclaim(1000))
        ;
    pagecache_stats(&after);
    assert_int_equal(after.resident, 2); /* the one in use and the dirty one */
    assert_int_equal(after.reserved, 0);
    assert_memory_equal(phys_ptr(run.pa), file.disk + 50 * PAGE_SIZE, PAGE_SIZE);
    pagecache_put(&run);
}

static void a_file_larger_than_memory_can_be_read(void **state)
{
    (void)state;
    static struct test_file large;

    file_init(&large, &ops, DISK_PAGES * PAGE_SIZE);
    for (int round = 0; round < 2; round++)
        expect_bytes(&large, 0, DISK_PAGES * PAGE_SIZE);
    srand(5);
    for (int i = 0; i < 1000; i++)
        expect_bytes(&large, (uint64_t)rand() % ((DISK_PAGES - 2) * PAGE_SIZE), 5000);
    pagecache_destroy(&large.pc);
    free(large.disk);
}

static void a_file_in_memory_is_never_dropped(void **state)
{
    (void)state;
    static struct test_file tmp;
    uint8_t                 bytes[5000], back[5000];

    file_init(&tmp, &memory_ops, 0);
    memset(bytes, 0x3c, sizeof(bytes));
    assert_int_equal(pagecache_write(&tmp.pc, 7000, bytes, sizeof(bytes)), sizeof(bytes));
    while (pagecache_reclaim(1000))
        ;
    assert_int_equal(pagecache_read(&tmp.pc, 7000, back, sizeof(back)), sizeof(back));
    assert_memory_equal(back, bytes, sizeof(bytes));
    assert_int_equal(pagecache_read(&tmp.pc, 0, back, sizeof(back)), sizeof(back));
    memset(bytes, 0, sizeof(bytes));
    assert_memory_equal(back, bytes, sizeof(bytes));
    pagecache_destroy(&tmp.pc);
    free(tmp.disk);
}

/* Frames that were used before, as those of a machine that has run for a while. */
static void soil_all_frames(void)
{
    paddr_t pa[RAM_PAGES];
    size_t  n = 0;
    while (!frame_alloc(1, &pa[n])) {
        memset(phys_ptr(pa[n]), 0xee, PAGE_SIZE);
        n++;
    }
    while (n)
        frame_put(pa[--n]);
}

static void fill_run(const struct pagecache_run *run, uint8_t byte, size_t bytes)
{
    memset(phys_ptr(run->pa), byte, bytes);
}

static void expect_byte(struct test_file *f, uint64_t off, uint8_t byte)
{
    uint8_t got = (uint8_t)~byte;
    assert_int_equal(pagecache_read(&f->pc, off, &got, 1), 1);
    assert_int_equal(got, byte);
}

static void whole_pages_are_in_the_file_once_they_are_full_and_what_was_not_stored_is_zero(
    void **state)
{
    (void)state;
    static struct test_file tmp;
    struct pagecache_run    run;

    soil_all_frames();
    file_init(&tmp, &memory_ops, 0);
    assert_true(pagecache_begin_whole(&tmp.pc, 3, 4, &run));
    assert_true(run.index == 3 && run.npages >= 1 && run.npages <= 4);
    assert_false(pagecache_resident(&tmp.pc, 3));
    assert_int_equal(tmp.pc.size, 0);
    size_t bytes = (run.npages << PAGE_SHIFT) - 100;
    fill_run(&run, 0x11, bytes);
    pagecache_end_whole(&tmp.pc, &run, bytes);
    assert_int_equal(tmp.pc.size, 3 * PAGE_SIZE + bytes);
    expect_byte(&tmp, 2 * PAGE_SIZE, 0);
    expect_byte(&tmp, 3 * PAGE_SIZE, 0x11);
    expect_byte(&tmp, tmp.pc.size - 1, 0x11);
    uint64_t end = tmp.pc.size;
    pagecache_resize(&tmp.pc, end + 100);
    for (uint64_t off = end; off < end + 100; off++)
        expect_byte(&tmp, off, 0);
    assert_false(pagecache_begin_whole(&tmp.pc, 3, 1, &run)); /* it is there */
    pagecache_destroy(&tmp.pc);
    free(tmp.disk);
}

static void of_whole_pages_that_were_not_filled_none_is_in_the_file(void **state)
{
    (void)state;
    static struct test_file       tmp;
    struct pagecache_run          run;
    static struct pagecache_quota quota = {.limit = 10};

    file_init(&tmp, &memory_ops, 0);
    tmp.pc.quota = &quota;
    assert_true(pagecache_begin_whole(&tmp.pc, 0, 4, &run));
    assert_int_equal(quota.used, run.npages);
    fill_run(&run, 0x22, PAGE_SIZE);
    pagecache_end_whole(&tmp.pc, &run, PAGE_SIZE);
    assert_int_equal(quota.used, 1);
    assert_int_equal(tmp.pc.size, PAGE_SIZE);
    assert_false(pagecache_resident(&tmp.pc, 1));
    assert_true(pagecache_begin_whole(&tmp.pc, 1, 4, &run));
    pagecache_end_whole(&tmp.pc, &run, 0);
    assert_int_equal(tmp.pc.size, PAGE_SIZE);
    assert_false(pagecache_begin_whole(&tmp.pc, 1, 10, &run)); /* the quota allows nine */
    pagecache_destroy(&tmp.pc);
    assert_int_equal(quota.used, 0);
    free(tmp.disk);
}

static void a_page_that_came_while_a_whole_one_was_filled_is_written_to(void **state)
{
    (void)state;
    static struct test_file tmp;
    struct pagecache_run    run, mapped;

    file_init(&tmp, &memory_ops, 5 * PAGE_SIZE);
    assert_true(pagecache_begin_whole(&tmp.pc, 0, 3, &run));
    assert_int_equal(pagecache_get(&tmp.pc, 0, 1, &mapped), 0); /* as a fault does */
    fill_run(&run, 0x33, run.npages << PAGE_SHIFT);
    assert_int_equal(*(uint8_t *)phys_ptr(mapped.pa), 0);
    pagecache_end_whole(&tmp.pc, &run, run.npages << PAGE_SHIFT);
    assert_int_equal(*(uint8_t *)phys_ptr(mapped.pa), 0x33);
    expect_byte(&tmp, 0, 0x33);
    expect_byte(&tmp, (run.npages << PAGE_SHIFT) - 1, 0x33);
    pagecache_put(&mapped);
    pagecache_destroy(&tmp.pc);
    free(tmp.disk);
}

static void pages_that_a_disk_has_are_not_made_whole(void **state)
{
    (void)state;
    struct pagecache_run run;
    assert_false(pagecache_begin_whole(&file.pc, 100, 1, &run));
    assert_true(pagecache_begin_whole(&file.pc, 101, 1, &run));
    fill_run(&run, 0x44, PAGE_SIZE);
    pagecache_end_whole(&file.pc, &run, PAGE_SIZE);
    assert_int_equal(file.pc.ndirty, 1);
    assert_int_equal(pagecache_flush(&file.pc, 0, UINT64_MAX), 0);
    assert_int_equal(file.disk[101 * PAGE_SIZE], 0x44);
    assert_int_equal(file.pc.ndirty, 0);
}

static void each_failing_allocation_is_survived(void **state)
{
    (void)state;
    for (size_t n = 1; n < 30; n++) {
        uint8_t byte;
        frame_fail_after(n % 2 ? n / 2 + 1 : 0);
        sim_heap_fail_after(n % 2 ? 0 : n / 2);
        ssize_t got = pagecache_read(&file.pc, n * PAGE_SIZE, &byte, 1);
        assert_true(got == 1 || got == -ENOMEM);
        assert_true(got < 0 || byte == file.disk[n * PAGE_SIZE]);
        frame_fail_after(0);
        sim_heap_fail_after(0);
        while (pagecache_reclaim(1000))
            ;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_read_are_the_files, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_stops_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_page_is_zero_behind_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_fits_is_one_run_in_whatever_order_it_is_read,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(sequential_reading_needs_few_fills, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_around_a_page_stays_within_its_limits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_error_is_of_its_page_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(of_two_threads_that_need_a_page_one_fills_and_one_waits,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_and_flushed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mapped_page_stays_dirty_when_it_is_flushed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failed_flush_is_told_once_to_each_who_asks, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_cut_and_grown_again_reads_zeros_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reclaim_gives_unfilled_frames_first_and_never_used_ones,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_larger_than_memory_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_in_memory_is_never_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(
            whole_pages_are_in_the_file_once_they_are_full_and_what_was_not_stored_is_zero, setup,
            teardown),
        cmocka_unit_test_setup_teardown(of_whole_pages_that_were_not_filled_none_is_in_the_file,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_came_while_a_whole_one_was_filled_is_written_to,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(pages_that_a_disk_has_are_not_made_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(each_failing_allocation_is_survived, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
