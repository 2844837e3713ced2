/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame_stock.c - single movable frames, which go through a stock: nobody may notice it.
 *
 * Not in the numbers, not in what can be had, not in who owns what, also with several threads at it.
 */
/* sources: src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c
 *          test/host/sim_kernel.c */
/* flags: -pthread */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/frame.h"
#include "lib/errno.h"
#include "sim_kernel.h"

#define RAM_PAGES 4096
#define SINGLES   100 /* more than a stock holds, several times */

static int setup(void **state)
{
    (void)state;
    sim_ram(RAM_PAGES);
    return 0;
}

static struct frame_stats stats_now(void)
{
    struct frame_stats s;
    frame_stats(&s);
    return s;
}

/* What there is, to the last block; puts everything into blocks. */
struct layout {
    size_t count[FRAME_ORDERS], largest, free, reserved;
};

static struct layout layout_now(void)
{
    struct layout l = {.largest = frame_largest_run()};
    frame_free_blocks(l.count);
    l.free = stats_now().free;
    l.reserved = stats_now().reserved;
    return l;
}

static void expect_layout(const struct layout *want)
{
    struct layout now = layout_now();
    assert_memory_equal(want, &now, sizeof(now));
}

static size_t index_of_page(paddr_t pa)
{
    return (pa - SIM_RAM_BASE) >> PAGE_SHIFT;
}

/* --- what can be had ---------------------------------------------------------------------- */

static void frames_taken_one_after_the_other_are_contiguous(void **state)
{
    (void)state;
    paddr_t pa[SINGLES];

    for (size_t i = 0; i < SINGLES; i++) {
        assert_int_equal(frame_try_movable(1, &pa[i]), 0);
        assert_int_equal(pa[i], pa[0] + i * PAGE_SIZE);
    }
}

static void the_frame_given_back_last_is_taken_first(void **state)
{
    (void)state;
    paddr_t a, b, pa;

    assert_int_equal(frame_try_movable(1, &a), 0);
    assert_int_equal(frame_try_movable(1, &b), 0);
    frame_put(a);
    frame_put(b);
    assert_int_equal(frame_try_movable(1, &pa), 0);
    assert_int_equal(pa, b);
    assert_int_equal(frame_try_movable(1, &pa), 0);
    assert_int_equal(pa, a);
}

static void frames_are_counted_as_free_from_the_moment_they_are(void **state)
{
    (void)state;
    struct layout before = layout_now();
    paddr_t       pa[SINGLES];

    for (size_t i = 0; i < SINGLES; i++) {
        assert_int_equal(frame_try_movable(1, &pa[i]), 0);
        assert_int_equal(stats_now().free, before.free - i - 1);
    }
    for (size_t i = 0; i < SINGLES; i++) {
        frame_put(pa[i]);
        assert_int_equal(frame_refs(pa[i]), 0);
        assert_int_equal(stats_now().free, before.free - SINGLES + i + 1);
    }
    expect_layout(&before);
}

/* Take all memory page by page; pages[] by number. */
static size_t take_all(paddr_t *pages)
{
    size_t  n = 0;
    paddr_t pa;

    while (!frame_try_movable(1, &pa)) {
        pages[index_of_page(pa)] = pa;
        n++;
    }
    return n;
}

/* Memory is full but for an aligned run of 2^order pages, freed one by one; returns its start. */
static paddr_t all_but_one_run(unsigned order)
{
    static paddr_t pages[RAM_PAGES];
    memset(pages, 0, sizeof(pages));
    assert_int_equal(take_all(pages), stats_now().total);

    size_t first = RAM_PAGES / 2;
    for (size_t k = 0; k < 1ul << order; k++)
        frame_put(pages[first + k]);
    return pages[first];
}

static void a_run_that_was_freed_page_by_page_can_be_had_by_everybody(void **state)
{
    (void)state;
    for (unsigned order = 0; order <= 6; order++) {
        size_t  n = 1ul << order, below = 0;
        paddr_t run, pa;

        setup(NULL);
        run = all_but_one_run(order);
        assert_int_equal(frame_alloc(n, &pa), 0);
        assert_int_equal(pa, run);
        for (size_t k = 0; k < n; k++)
            frame_put(pa + k * PAGE_SIZE);
        assert_int_equal(frame_try_movable(n, &pa), 0);
        assert_int_equal(pa, run);
        for (size_t k = 0; k < n; k++)
            frame_put(pa + k * PAGE_SIZE);
        assert_int_equal(frame_reserve(n, n, 0, 5, &pa), 0);
        assert_int_equal(pa, run);
        assert_int_equal(frame_claim(pa, n, &below, 5), n);
        for (size_t k = 0; k < n; k++)
            frame_put(pa + k * PAGE_SIZE);
        assert_true(frame_find_window(n, n, 0, 0, &pa));
        assert_int_equal(pa, run);
        assert_int_equal(frame_largest_run(), n);
    }
}

static void the_nth_allocation_fails_though_freed_frames_are_at_hand(void **state)
{
    (void)state;
    paddr_t pa[SINGLES];

    for (size_t i = 0; i < SINGLES; i++)
        assert_int_equal(frame_try_movable(1, &pa[i]), 0);
    for (size_t i = 0; i < SINGLES; i++)
        frame_put(pa[i]);
    for (size_t n = 1; n < 5; n++) {
        frame_fail_after(n);
        for (size_t i = 1; i <= 5; i++)
            assert_int_equal(frame_try_movable(1, &pa[i]), i == n ? -ENOMEM : 0);
        for (size_t i = 1; i <= 5; i++) {
            if (i != n)
                frame_put(pa[i]);
        }
    }
}

/* RAM holds anything at boot: here, what the head of a free block of one frame looks like. */
static void what_was_in_memory_before_is_taken_for_no_free_frame(void **state)
{
    (void)state;
    uint64_t *words = phys_ptr(SIM_RAM_BASE);
    for (size_t i = 0; i < RAM_PAGES * PAGE_SIZE / sizeof(*words); i++)
        words[i] = 1;
    struct bootinfo bi = {.nfree = 1, .free = {{SIM_RAM_BASE, RAM_PAGES * PAGE_SIZE}}};
    frame_init(&bi);

    struct layout before = layout_now();
    paddr_t       first, second, fixed;
    assert_int_equal(frame_try_movable(1, &first), 0);
    assert_int_equal(frame_try_movable(1, &second), 0);
    assert_int_equal(frame_refs(second + PAGE_SIZE), 0);
    frame_get(first); /* so that it is freed past the stock, beside frames that are in there */
    frame_get(second);
    for (int i = 0; i < 2; i++) {
        frame_put(second);
        frame_put(first);
    }
    assert_int_equal(frame_alloc(1, &fixed), 0);
    frame_put(fixed);
    expect_layout(&before);
}

/* --- a model ------------------------------------------------------------------------------ */

static struct {
    uint8_t refs[RAM_PAGES]; /* of each page */
    size_t  used;
} model;

static void model_take(paddr_t pa, size_t n)
{
    for (size_t i = index_of_page(pa), end = i + n; i < end; i++)
        assert_int_equal(model.refs[i]++, 0);
    model.used += n;
}

static void model_put(paddr_t pa, size_t n)
{
    for (size_t i = index_of_page(pa), end = i + n; i < end; i++)
        model.used -= !--model.refs[i];
    frame_put_run(pa, n);
}

static void model_get(paddr_t pa, size_t n)
{
    for (size_t i = index_of_page(pa), end = i + n; i < end; i++)
        model.refs[i]++;
    frame_get_run(pa, n);
}

struct held {
    paddr_t pa;
    size_t  n;
    int     refs;
};

static bool random_alloc(struct held *h)
{
    static const size_t length[] = {1, 1, 1, 1, 1, 1, 2, 3, 16, 64};

    *h = (struct held){.n = length[rand() % 10], .refs = 1};
    int err = rand() % 4 ? frame_try_movable(h->n, &h->pa) : frame_alloc(h->n, &h->pa);
    if (!err)
        model_take(h->pa, h->n);
    else /* one frame can be had as long as one is free */
        assert_true(h->n > 1 || model.used == stats_now().total);
    return !err;
}

/* Give back, in one piece or page by page. Whether all of it went. */
static bool random_put(struct held *h)
{
    if (rand() % 5 == 0 && h->refs < 3) {
        model_get(h->pa, h->n);
        h->refs++;
        return false;
    }
    if (rand() % 2) {
        model_put(h->pa, h->n);
    } else {
        for (size_t k = 0; k < h->n; k++)
            model_put(h->pa + k * PAGE_SIZE, 1);
    }
    return !--h->refs;
}

static void expect_model(void)
{
    struct frame_stats s = stats_now();
    assert_int_equal(s.free, s.total - model.used);
    for (size_t k = 0; k < 8; k++) {
        size_t i = (size_t)rand() % RAM_PAGES;
        assert_int_equal(frame_refs(SIM_RAM_BASE + (i << PAGE_SHIFT)), model.refs[i]);
    }
}

/* As many as fit more or less, so that memory is now full, now nearly empty. */
static void random_calls_own_each_frame_once_and_the_numbers_are_exact(void **state)
{
    (void)state;
    static struct held held[RAM_PAGES];
    struct layout      before = layout_now();
    size_t             n = 0;

    memset(&model, 0, sizeof(model));
    srand(21);
    for (int step = 0; step < 60000; step++) {
        int grow = step / 10000 % 2 ? 30 : 60; /* of a hundred */
        if (rand() % 100 < grow && n < RAM_PAGES)
            n += random_alloc(&held[n]);
        else if (n) {
            size_t i = rand() % 3 ? n - 1 : (size_t)rand() % n;
            if (random_put(&held[i]))
                held[i] = held[--n];
        }
        expect_model();
        if (rand() % 2000 == 0)
            frame_largest_run();
    }
    for (; n; n--) {
        while (held[n - 1].refs--)
            model_put(held[n - 1].pa, held[n - 1].n);
    }
    expect_model();
    expect_layout(&before);
}

/* --- threads ------------------------------------------------------------------------------ */

#define THREADS 3
#define MINE    40
#define STEPS   150000

static atomic_uint       owned[RAM_PAGES];
static pthread_barrier_t all_there;

/* Takes and gives back frames in bursts; each has to be nobody else's meanwhile. */
static void *take_and_give_back(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    paddr_t  mine[MINE];
    size_t   n = 0;

    pthread_barrier_wait(&all_there);
    for (int step = 0; step < STEPS; step++) {
        if (n < MINE && rand_r(&seed) % 2) {
            if (frame_try_movable(1, &mine[n]))
                abort();
            if (atomic_fetch_add(&owned[index_of_page(mine[n++])], 1))
                abort();
        } else if (n) {
            atomic_fetch_sub(&owned[index_of_page(mine[--n])], 1);
            frame_put(mine[n]);
        }
        if (rand_r(&seed) % 1024 == 0)
            frame_largest_run(); /* others lose what they had at hand */
    }
    while (n) {
        atomic_fetch_sub(&owned[index_of_page(mine[--n])], 1);
        frame_put(mine[n]);
    }
    return NULL;
}

static void threads_never_own_the_same_frame(void **state)
{
    (void)state;
    struct layout before = layout_now();
    pthread_t     thread[THREADS];

    memset(owned, 0, sizeof(owned));
    pthread_barrier_init(&all_there, NULL, THREADS);
    for (uintptr_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, take_and_give_back, (void *)(k + 1)), 0);
    for (size_t k = 0; k < THREADS; k++)
        pthread_join(thread[k], NULL);
    pthread_barrier_destroy(&all_there);
    expect_layout(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(frames_taken_one_after_the_other_are_contiguous, setup),
        cmocka_unit_test_setup(the_frame_given_back_last_is_taken_first, setup),
        cmocka_unit_test_setup(frames_are_counted_as_free_from_the_moment_they_are, setup),
        cmocka_unit_test_setup(a_run_that_was_freed_page_by_page_can_be_had_by_everybody, setup),
        cmocka_unit_test_setup(the_nth_allocation_fails_though_freed_frames_are_at_hand, setup),
        cmocka_unit_test_setup(what_was_in_memory_before_is_taken_for_no_free_frame, setup),
        cmocka_unit_test_setup(random_calls_own_each_frame_once_and_the_numbers_are_exact, setup),
        cmocka_unit_test_setup(threads_never_own_the_same_frame, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
