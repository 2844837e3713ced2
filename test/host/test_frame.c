/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame.c - the frame allocator and the heap on an arena that stands for RAM.
 */
/* sources: src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/kernel/heap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/errno.h"
#include "machine/cpu.h"

/* --- what the allocator relies on, single-threaded ---------------------------------------- */

#define RAM_BASE  0x80000000ul
#define RAM_PAGES 4096ul

uintptr_t          phys_window;
static struct hart hart;

struct hart *hart_self(void)
{
    return &hart;
}

void spinlock_acquire(struct spinlock *lock)
{
    assert_true(hart.locks_held < lock->bit);
    hart.locks_held |= lock->bit;
}

void spinlock_release(struct spinlock *lock)
{
    assert_true(hart.locks_held & lock->bit);
    hart.locks_held &= ~lock->bit;
}

bool cpu_irq_save(void)
{
    return false;
}

void cpu_irq_restore(bool was_on)
{
    assert_false(was_on);
}

static bool    expect_assert;
static jmp_buf assert_jmp;

void assert_failed(const char *expr, const char *file, int line)
{
    if (expect_assert)
        longjmp(assert_jmp, 1);
    fprintf(stderr, "%s:%d: %s\n", file, line, expr);
    abort();
}

void panic(const char *fmt, ...)
{
    fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

/* RAM with garbage in it, two holes, free ranges that are not aligned to anything. */
static int setup(void **state)
{
    static char *ram;
    if (!ram && posix_memalign((void **)&ram, PAGE_SIZE, RAM_PAGES * PAGE_SIZE))
        return -1;
    memset(ram, 0xa5, RAM_PAGES * PAGE_SIZE);
    phys_window = (uintptr_t)ram - RAM_BASE;

    struct bootinfo bi = {.nfree = 3};
    bi.free[0] = (struct phys_range){RAM_BASE + 3 * PAGE_SIZE, 300 * PAGE_SIZE};
    bi.free[1] = (struct phys_range){RAM_BASE + 513 * PAGE_SIZE, 1001 * PAGE_SIZE};
    bi.free[2] = (struct phys_range){RAM_BASE + 2000 * PAGE_SIZE, 2096 * PAGE_SIZE};
    frame_init(&bi);
    frame_fail_after(0);
    *state = ram;
    return 0;
}

static bool in_free_range(paddr_t pa, size_t npages)
{
    uint64_t p = (pa - RAM_BASE) / PAGE_SIZE, e = p + npages;
    return (p >= 3 && e <= 303) || (p >= 513 && e <= 1514) || (p >= 2000 && e <= 4096);
}

/* --- frames ------------------------------------------------------------------------------- */

struct run {
    paddr_t pa;
    size_t  n;
};

static void random_runs_are_disjoint_and_all_memory_comes_back(void **state)
{
    (void)state;
    static struct run  runs[400];
    static uint8_t     owner[RAM_PAGES];
    size_t             nruns = 0;
    struct frame_stats start, now;
    size_t             largest = frame_largest_run();

    frame_stats(&start);
    memset(owner, 0, sizeof(owner));
    srand(7);
    for (int step = 0; step < 60000; step++) {
        if (nruns < ARRAY_LEN(runs) && rand() % 2) {
            struct run r = {0, 1 + (size_t)(rand() % 4 ? rand() % 9 : rand() % 200)};
            if (frame_alloc(r.n, &r.pa))
                continue;
            assert_true(in_free_range(r.pa, r.n));
            for (size_t k = 0; k < r.n; k++) {
                assert_int_equal(owner[(r.pa - RAM_BASE) / PAGE_SIZE + k]++, 0);
                assert_int_equal(frame_refs(r.pa + k * PAGE_SIZE), 1);
            }
            runs[nruns++] = r;
        } else if (nruns) {
            size_t     i = (size_t)rand() % nruns;
            struct run r = runs[i];
            size_t     part = 1 + (size_t)rand() % r.n; /* give it back in two pieces */
            memset(&owner[(r.pa - RAM_BASE) / PAGE_SIZE], 0, r.n);
            frame_put_run(r.pa + part * PAGE_SIZE, r.n - part);
            frame_put_run(r.pa, part);
            runs[i] = runs[--nruns];
        }
    }
    while (nruns) {
        nruns--;
        frame_free(runs[nruns].pa, runs[nruns].n);
    }
    frame_stats(&now);
    assert_memory_equal(&start, &now, sizeof(now));
    assert_int_equal(frame_largest_run(), largest); /* all joined again */
}

static void every_frame_can_be_had_and_then_there_is_no_memory(void **state)
{
    (void)state;
    struct frame_stats s;
    paddr_t            pa;
    frame_stats(&s);
    for (size_t i = 0; i < s.total; i++)
        assert_int_equal(frame_alloc(1, &pa), 0);
    assert_int_equal(frame_alloc(1, &pa), -ENOMEM);
    frame_stats(&s);
    assert_int_equal(s.free, 0);
}

static void a_frame_is_freed_with_its_last_reference(void **state)
{
    (void)state;
    paddr_t pa;
    assert_int_equal(frame_alloc(3, &pa), 0);
    frame_get(pa + PAGE_SIZE);
    frame_put_run(pa, 3);
    assert_int_equal(frame_refs(pa), 0);
    assert_int_equal(frame_refs(pa + PAGE_SIZE), 1);
    assert_int_equal(frame_refs(pa + 2 * PAGE_SIZE), 0);
    frame_put(pa + PAGE_SIZE);
    assert_int_equal(frame_refs(pa + PAGE_SIZE), 0);
}

static void expect_second_put_to_be_noticed(paddr_t pa)
{
    frame_put(pa);
    expect_assert = true;
    if (!setjmp(assert_jmp)) {
        frame_put(pa);
        fail_msg("a second free went unnoticed");
    }
    expect_assert = false;
    hart.locks_held = 0;
}

static void freeing_twice_is_noticed(void **state)
{
    (void)state;
    paddr_t pa;
    assert_int_equal(frame_alloc(1, &pa), 0);
    expect_second_put_to_be_noticed(pa);
    assert_int_equal(frame_try_movable(1, &pa), 0);
    expect_second_put_to_be_noticed(pa);
}

static void addresses_in_holes_belong_to_nobody(void **state)
{
    (void)state;
    assert_int_equal(frame_refs(RAM_BASE), 0);
    assert_int_equal(frame_refs(RAM_BASE + 400 * PAGE_SIZE), 0);
    assert_int_equal(frame_refs(RAM_BASE + 1600 * PAGE_SIZE), 0);
    assert_int_equal(frame_refs(RAM_BASE + RAM_PAGES * PAGE_SIZE), 0);
    assert_int_equal(frame_refs(0), 0);
}

static void zeroed_frames_are_zero(void **state)
{
    (void)state;
    paddr_t pa;
    assert_int_equal(frame_alloc_zeroed(2, &pa), 0);
    const char *p = phys_ptr(pa);
    for (size_t i = 0; i < 2 * PAGE_SIZE; i++)
        assert_int_equal(p[i], 0);
}

static void the_nth_allocation_fails_on_request_and_only_it(void **state)
{
    (void)state;
    paddr_t pa;
    frame_fail_after(3);
    assert_int_equal(frame_alloc(1, &pa), 0);
    assert_int_equal(frame_alloc(1, &pa), 0);
    assert_int_equal(frame_alloc(1, &pa), -ENOMEM);
    assert_int_equal(frame_alloc(1, &pa), 0);
}

static paddr_t hostage;

static bool release_hostage(size_t npages)
{
    (void)npages;
    if (!hostage)
        return false;
    frame_put_run(hostage, 300);
    hostage = 0;
    return true;
}

static void reclaim_is_asked_before_an_allocation_fails(void **state)
{
    (void)state;
    static int thread;
    paddr_t    pa;
    while (!frame_alloc(300, &pa))
        hostage = pa;
    assert_true(hostage);
    frame_add_reclaim(release_hostage);
    hart.thread = (struct thread *)&thread;
    assert_int_equal(frame_alloc(300, &pa), 0);
    assert_int_equal(frame_alloc(300, &pa), -ENOMEM);
    hart.thread = NULL;
}

/* --- reservations ------------------------------------------------------------------------- */

static struct frame_stats stats_now(void)
{
    struct frame_stats s;
    frame_stats(&s);
    return s;
}

static void reserved_frames_are_neither_free_nor_used(void **state)
{
    (void)state;
    struct frame_stats before = stats_now();
    paddr_t            pa;

    assert_int_equal(frame_reserve(100, 1, 0, 7, &pa), 0);
    assert_int_equal(stats_now().free, before.free - 100);
    assert_int_equal(stats_now().reserved, 100);
    assert_int_equal(frame_refs(pa + 50 * PAGE_SIZE), 0);

    size_t below = 0;
    assert_int_equal(frame_claim(pa + 10 * PAGE_SIZE, 20, &below, 7), 20);
    assert_int_equal(below, 0);
    assert_int_equal(frame_refs(pa + 10 * PAGE_SIZE), 1);
    assert_int_equal(stats_now().reserved, 80);
    assert_int_equal(frame_unreserve(pa, 100, 7), 80); /* what was claimed stays */
    frame_put_run(pa + 10 * PAGE_SIZE, 20);
    struct frame_stats after = stats_now();
    assert_memory_equal(&before, &after, sizeof(after));
}

static void only_the_one_who_reserved_a_frame_finds_it(void **state)
{
    (void)state;
    paddr_t pa, other;

    assert_int_equal(frame_reserve(64, 1, 0, 1, &pa), 0);
    assert_int_equal(frame_reserve(64, 1, 0, 2, &other), 0);
    size_t below = 5;
    assert_int_equal(frame_claim(pa + 32 * PAGE_SIZE, 1, &below, 2), 0);
    assert_int_equal(below, 0);
    assert_int_equal(frame_unreserve(pa, 64, 2), 0);
    below = 5;
    assert_int_equal(frame_claim(pa + 32 * PAGE_SIZE, 1, &below, 1), 1);
    assert_int_equal(below, 5);
    below = 32;
    assert_int_equal(frame_claim(pa + 20 * PAGE_SIZE, 44, &below, 1), 7); /* up to what is taken */
    assert_int_equal(below, 20);
    below = 1;
    assert_int_equal(frame_claim(pa + 33 * PAGE_SIZE, 31, &below, 1), 31);
    assert_int_equal(below, 0);
    assert_int_equal(stats_now().reserved, 64);
    assert_int_equal(frame_unreserve(other, 64, 2), 64);
}

static void a_reserved_run_has_the_alignment_and_phase_asked_for(void **state)
{
    (void)state;
    struct frame_stats before = stats_now();
    paddr_t            pa[4];
    static const struct {
        size_t npages, align, phase;
    } wish[] = {{512, 512, 0}, {300, 256, 17}, {33, 32, 31}, {3, 64, 5}};

    for (size_t i = 0; i < ARRAY_LEN(wish); i++) {
        assert_int_equal(frame_reserve(wish[i].npages, wish[i].align, wish[i].phase, i, &pa[i]), 0);
        assert_int_equal((pa[i] >> PAGE_SHIFT) % wish[i].align, wish[i].phase);
        assert_true(in_free_range(pa[i], wish[i].npages));
    }
    for (size_t i = 0; i < ARRAY_LEN(wish); i++)
        assert_int_equal(frame_unreserve(pa[i], wish[i].npages, i), wish[i].npages);
    struct frame_stats after = stats_now();
    assert_memory_equal(&before, &after, sizeof(after));
}

/* --- windows ------------------------------------------------------------------------------ */

/* Take all memory, page by page, as movable frames; returns how many, in pages[]. */
static size_t take_all_movable(paddr_t *pages)
{
    size_t n = 0;
    while (!frame_try_movable(1, &pages[n]))
        n++;
    return n;
}

static int compare_pages(const void *a, const void *b)
{
    paddr_t x = *(const paddr_t *)a, y = *(const paddr_t *)b;
    return x < y ? -1 : x > y;
}

static void the_window_found_holds_no_frame_that_cannot_be_moved(void **state)
{
    (void)state;
    static paddr_t pages[RAM_PAGES], fixed[RAM_PAGES];
    size_t         n = 0, nfixed = 0;
    paddr_t        pa;

    srand(3);
    for (bool more = true; more;) { /* one in fifty stays */
        bool    stays = rand() % 50 == 0;
        paddr_t page;
        more = !(stays ? frame_alloc(1, &page) : frame_try_movable(1, &page));
        if (more && stays)
            fixed[nfixed++] = page;
        else if (more)
            pages[n++] = page;
    }
    qsort(pages, n, sizeof(pages[0]), compare_pages);
    for (size_t i = 0; i < n; i += 2) {
        frame_put(pages[i]);
    }
    for (size_t want = 2; want <= 64; want *= 2) {
        if (!frame_find_window(want, 1, 0, want, &pa))
            continue;
        assert_true(in_free_range(pa, want));
        for (size_t i = 0; i < nfixed; i++)
            assert_true(fixed[i] < pa || fixed[i] >= pa + want * PAGE_SIZE);
    }
    assert_true(frame_find_window(8, 1, 0, 8, &pa));
    assert_false(frame_find_window(8, 1, 0, 0, &pa)); /* no eight free ones stand together */
}

static void a_window_is_aligned_as_asked(void **state)
{
    (void)state;
    static paddr_t pages[RAM_PAGES];
    size_t         n = take_all_movable(pages);
    paddr_t        pa;

    for (size_t i = 0; i < n; i += 3)
        frame_put(pages[i]);
    assert_true(frame_find_window(256, 128, 5, 256, &pa));
    assert_int_equal((pa >> PAGE_SHIFT) % 128, 5);
    assert_true(in_free_range(pa, 256));
}

static void an_emptied_window_belongs_to_who_asked_and_a_failed_one_is_freed(void **state)
{
    (void)state;
    static paddr_t pages[RAM_PAGES];
    size_t         n = take_all_movable(pages);
    paddr_t        pa;

    qsort(pages, n, sizeof(pages[0]), compare_pages);
    for (size_t i = 0; i < n; i += 2)
        frame_put(pages[i]);
    size_t free_before = stats_now().free;
    assert_true(frame_find_window(64, 1, 0, 64, &pa));
    frame_isolate(pa, 64);
    assert_int_equal(stats_now().free, free_before - 32);
    assert_false(frame_settle(pa, 64, 9)); /* nothing was moved */
    assert_int_equal(stats_now().free, free_before);

    assert_true(frame_find_window(64, 1, 0, 64, &pa));
    frame_isolate(pa, 64);
    for (size_t i = 1; i < n; i += 2) {
        if (pages[i] < pa || pages[i] >= pa + 64 * PAGE_SIZE)
            continue;
        frame_get(pages[i]);
        assert_false(frame_vacate(pages[i], 1)); /* somebody holds it */
        frame_put(pages[i]);
        assert_true(frame_vacate(pages[i], 1));
    }
    assert_true(frame_settle(pa, 64, 9));
    assert_int_equal(stats_now().free, free_before - 32);
    assert_int_equal(frame_unreserve(pa, 64, 9), 64);
    assert_int_equal(stats_now().free, free_before + 32);
}

static void a_window_takes_reserved_frames_from_who_reserved_them(void **state)
{
    (void)state;
    static paddr_t pages[RAM_PAGES];
    paddr_t        reserved, pa;

    assert_int_equal(frame_reserve(64, 64, 0, 5, &reserved), 0);
    take_all_movable(pages);
    assert_true(frame_find_window(64, 64, 0, 8, &pa));
    assert_int_equal(pa, reserved);
    frame_isolate(pa, 64);
    assert_int_equal(stats_now().reserved, 0);
    size_t below = 0;
    assert_int_equal(frame_claim(pa, 64, &below, 5), 0);
    assert_true(frame_settle(pa, 64, 6));
    assert_int_equal(frame_claim(pa, 64, &below, 5), 0);
    assert_int_equal(frame_claim(pa, 64, &below, 6), 64);
    assert_int_equal(stats_now().reserved, 0);
}

/* --- heap --------------------------------------------------------------------------------- */

static void random_objects_keep_their_contents_and_all_frames_but_slabs_come_back(void **state)
{
    (void)state;
    static struct {
        unsigned char *p;
        size_t         size;
        unsigned char  fill;
    } obj[600];
    size_t n = 0;

    srand(11);
    for (int step = 0; step < 40000; step++) {
        if (n < ARRAY_LEN(obj) && rand() % 2) {
            size_t         size = (size_t)(rand() % 5 ? rand() % 2200 : rand() % 20000);
            unsigned char *p = kmalloc(size);
            if (!p)
                continue;
            assert_int_equal((uintptr_t)p % 16, 0);
            obj[n].p = p;
            obj[n].size = size;
            obj[n].fill = (unsigned char)rand();
            memset(p, obj[n].fill, size);
            n++;
        } else if (n) {
            size_t i = (size_t)rand() % n;
            for (size_t k = 0; k < obj[i].size; k++)
                assert_int_equal(obj[i].p[k], obj[i].fill);
            kfree(obj[i].p);
            obj[i] = obj[--n];
        }
    }
    while (n)
        kfree(obj[--n].p);

    struct frame_stats s;
    frame_stats(&s);
    assert_true(s.total - s.free <= 13); /* one empty slab for each size class */
}

static void no_memory_is_null_and_too_large_is_null(void **state)
{
    (void)state;
    assert_null(kmalloc(SIZE_MAX));
    assert_null(kmalloc((size_t)1 << 40));
    frame_fail_after(1);
    assert_null(kmalloc(100000));
    kfree(NULL);
}

static void kzalloc_clears_what_was_used_before(void **state)
{
    (void)state;
    void *p = kmalloc(100);
    memset(p, 0xff, 100);
    kfree(p);
    const char *z = kzalloc(100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(z[i], 0);
}

int main(void)
{
    /* The heap's lists survive a new setup, so its tests come last and the first one starts empty. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_runs_are_disjoint_and_all_memory_comes_back, setup),
        cmocka_unit_test_setup(every_frame_can_be_had_and_then_there_is_no_memory, setup),
        cmocka_unit_test_setup(a_frame_is_freed_with_its_last_reference, setup),
        cmocka_unit_test_setup(freeing_twice_is_noticed, setup),
        cmocka_unit_test_setup(addresses_in_holes_belong_to_nobody, setup),
        cmocka_unit_test_setup(zeroed_frames_are_zero, setup),
        cmocka_unit_test_setup(the_nth_allocation_fails_on_request_and_only_it, setup),
        cmocka_unit_test_setup(reserved_frames_are_neither_free_nor_used, setup),
        cmocka_unit_test_setup(only_the_one_who_reserved_a_frame_finds_it, setup),
        cmocka_unit_test_setup(a_reserved_run_has_the_alignment_and_phase_asked_for, setup),
        cmocka_unit_test_setup(the_window_found_holds_no_frame_that_cannot_be_moved, setup),
        cmocka_unit_test_setup(a_window_is_aligned_as_asked, setup),
        cmocka_unit_test_setup(an_emptied_window_belongs_to_who_asked_and_a_failed_one_is_freed,
                               setup),
        cmocka_unit_test_setup(a_window_takes_reserved_frames_from_who_reserved_them, setup),
        cmocka_unit_test_setup(reclaim_is_asked_before_an_allocation_fails, setup),
        cmocka_unit_test_setup(
            random_objects_keep_their_contents_and_all_frames_but_slabs_come_back, setup),
        cmocka_unit_test(no_memory_is_null_and_too_large_is_null),
        cmocka_unit_test(kzalloc_clears_what_was_used_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
