/* SPDX-License-Identifier: Apache-2.0 */
/* test_virtqueue.c - the driver's side of a virtqueue against a simulated device, well-behaved in
 * any order and hostile in every way it could be.
 */
/* sources: src/drivers/virtqueue.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/virtqueue.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "sim_virtq.h"

#define SIZE 16u

uintptr_t phys_window; /* 0: physical addresses are pointers */

void assert_failed(const char *expr, const char *file, int line)
{
    print_error("%s:%d: %s\n", file, line, expr);
    abort();
}

struct world {
    void             *mem;
    struct virtq_slot slots[SIZE];
    struct virtqueue  vq;
    struct sim_virtq  device;
};

static unsigned next_random(void)
{
    static uint64_t state = 0x853c49e6748fea9b;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->mem = aligned_alloc(PAGE_SIZE, virtqueue_bytes(SIZE));
    memset(w->mem, 0, virtqueue_bytes(SIZE));
    virtqueue_init(&w->vq, w->mem, w->slots, SIZE);
    w->device = (struct sim_virtq){
        .desc = w->mem,
        .avail = (void *)((char *)w->mem + virtqueue_avail_offset(SIZE)),
        .used = (void *)((char *)w->mem + virtqueue_used_offset(SIZE)),
        .size = SIZE,
    };
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    free(w->mem);
    free(w);
    return 0;
}

/* One piece of 4 bytes for the device to write, shown to the device. */
static void add_one(struct world *w, void *token)
{
    static uint32_t  word;
    struct virtq_buf buf = {.ptr = &word, .len = sizeof(word), .device_writes = true};
    assert_int_equal(virtqueue_add(&w->vq, &buf, 1, token), 0);
    virtqueue_publish(&w->vq);
}

static struct sim_chain device_takes(struct world *w)
{
    struct sim_chain chain;
    assert_true(sim_take(&w->device, &chain));
    return chain;
}

static void parts_lie_where_both_transports_expect_them(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= VIRTQ_SIZE_MAX; size *= 2) {
        size_t avail_end = 16 * size + 4 + 2 * size + 2, used_len = 4 + 8 * size + 2;
        assert_int_equal(virtqueue_avail_offset(size), 16 * size);
        assert_int_equal(virtqueue_used_offset(size), (avail_end + 4095) / 4096 * 4096);
        assert_true(virtqueue_bytes(size) >= virtqueue_used_offset(size) + used_len);
    }
}

static void a_chain_reaches_the_device_piece_by_piece(void **state)
{
    struct world    *w = *state;
    char             a[3], b[5], c[7];
    struct virtq_buf bufs[] = {
        {.ptr = a, .len = 3}, {.ptr = b, .len = 5}, {.ptr = c, .len = 7, .device_writes = true}};

    assert_int_equal(virtqueue_add(&w->vq, bufs, 3, w), 0);
    assert_false(sim_take(&w->device, &(struct sim_chain){0})); /* not before publish */
    assert_true(virtqueue_publish(&w->vq));

    struct sim_chain chain = device_takes(w);
    assert_int_equal(chain.npieces, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(chain.piece[i].ptr, bufs[i].ptr);
        assert_int_equal(chain.piece[i].len, bufs[i].len);
        assert_int_equal(chain.piece[i].writable, bufs[i].device_writes);
    }
}

static void a_device_that_polls_is_not_notified(void **state)
{
    struct world *w = *state;
    w->device.used[0] = 1;
    assert_false(virtqueue_publish(&w->vq));
    w->device.used[0] = 0;
    assert_true(virtqueue_publish(&w->vq));
}

/* What a random run remembers of a chain under way. */
struct pending {
    struct sim_chain chain; /* as the device sees it */
    uint32_t         token; /* 1 .. */
    uint32_t         writable;
    bool             taken; /* by the device */
};

struct run {
    struct pending pending[SIZE];
    unsigned       npending, ndescs;
    uint32_t       next_token;
    char           memory[64];
};

static void run_add(struct world *w, struct run *run)
{
    struct virtq_buf bufs[SIZE];
    unsigned         n = next_random() % 5 + 1;
    struct pending   p = {.token = ++run->next_token};
    for (unsigned i = 0; i < n; i++) {
        bufs[i] = (struct virtq_buf){
            .ptr = run->memory + i, .len = next_random() % 60 + 1, .device_writes = i >= n / 2};
        p.writable += bufs[i].device_writes ? bufs[i].len : 0;
    }
    int err = virtqueue_add(&w->vq, bufs, n, (void *)(uintptr_t)p.token);
    assert_int_equal(err, n > SIZE - run->ndescs ? -ENOSPC : 0);
    if (err)
        return;
    virtqueue_publish(&w->vq);
    run->ndescs += n;
    run->pending[run->npending++] = p;
}

/* The device takes all there is, finishes one of its chains, any of them; the driver takes it back. */
static void run_finish(struct world *w, struct run *run)
{
    void    *token;
    uint32_t written;
    for (unsigned i = 0; i < run->npending; i++)
        if (!run->pending[i].taken) {
            run->pending[i].chain = device_takes(w);
            run->pending[i].taken = true;
        }
    if (run->npending == 0) {
        assert_int_equal(virtqueue_take(&w->vq, &token, &written), -EAGAIN);
        return;
    }

    unsigned       which = next_random() % run->npending;
    struct pending p = run->pending[which];
    uint32_t       len = next_random() % (p.writable + 1);
    sim_finish(&w->device, p.chain.head, len);
    assert_int_equal(virtqueue_take(&w->vq, &token, &written), 0);
    assert_int_equal((uintptr_t)token, p.token);
    assert_int_equal(written, len);
    assert_int_equal(virtqueue_take(&w->vq, &token, &written), -EAGAIN);

    run->ndescs -= p.chain.npieces;
    memmove(&run->pending[which], &run->pending[which + 1], (--run->npending - which) * sizeof(p));
}

static void chains_come_back_in_any_order_and_no_descriptor_is_lost(void **state)
{
    struct world *w = *state;
    struct run    run = {0};
    for (unsigned i = 0; i < 200000; i++) /* the 16-bit indices wrap around */
        if (next_random() % 2)
            run_add(w, &run);
        else
            run_finish(w, &run);
    while (run.npending > 0)
        run_finish(w, &run);
    assert_int_equal(w->vq.nfree, SIZE);
    for (uintptr_t i = 1; i <= SIZE; i++)
        add_one(w, (void *)i);
    struct virtq_buf buf = {.ptr = run.memory, .len = 1};
    assert_int_equal(virtqueue_add(&w->vq, &buf, 1, w), -ENOSPC);
}

/* The device has shown something impossible: the queue is broken, says why, and stays broken. */
static void expect_broken(struct world *w)
{
    void            *token = NULL;
    uint32_t         written = 0;
    struct virtq_buf buf = {.ptr = &written, .len = 4};

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(virtqueue_take(&w->vq, &token, &written), -EIO);
        assert_non_null(w->vq.fault);
        assert_null(token);
    }
    assert_int_equal(virtqueue_add(&w->vq, &buf, 1, w), -EIO);
}

static void a_used_index_ahead_of_what_was_given_breaks_the_queue(void **state)
{
    struct world *w = *state;
    add_one(w, w);
    device_takes(w);
    w->device.used[1] = 2;
    expect_broken(w);
}

static void a_used_index_that_goes_back_breaks_the_queue(void **state)
{
    struct world *w = *state;
    void         *token;
    uint32_t      written;
    add_one(w, w);
    sim_finish(&w->device, device_takes(w).head, 0);
    assert_int_equal(virtqueue_take(&w->vq, &token, &written), 0);
    add_one(w, w);
    w->device.used[1] = 0;
    expect_broken(w);
}

static void a_descriptor_number_beyond_the_queue_breaks_it(void **state)
{
    static const uint32_t ids[] = {SIZE, SIZE + 1, 0xffff, 0x10000, 0xffffffff};
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
        set_up(state);
        struct world *w = *state;
        add_one(w, w);
        sim_finish(&w->device, ids[i], 0);
        expect_broken(w);
        tear_down(state);
    }
}

static void finishing_a_chain_twice_breaks_the_queue(void **state)
{
    struct world *w = *state;
    void         *token;
    uint32_t      written;
    add_one(w, (void *)1);
    add_one(w, (void *)2);
    uint16_t head = device_takes(w).head;
    sim_finish(&w->device, head, 0);
    sim_finish(&w->device, head, 0);
    assert_int_equal(virtqueue_take(&w->vq, &token, &written), 0);
    token = NULL;
    expect_broken(w);
}

static void a_chain_named_by_its_middle_breaks_the_queue(void **state)
{
    struct world    *w = *state;
    char             bytes[8];
    struct virtq_buf bufs[] = {{.ptr = bytes, .len = 4},
                               {.ptr = bytes, .len = 4, .device_writes = true}};
    uint64_t         addr;
    uint32_t         len;
    uint16_t         flags, next;

    assert_int_equal(virtqueue_add(&w->vq, bufs, 2, w), 0);
    virtqueue_publish(&w->vq);
    sim_read_desc(&w->device, device_takes(w).head, &addr, &len, &flags, &next);
    sim_finish(&w->device, next, 0);
    expect_broken(w);
}

static void more_written_than_there_is_room_for_breaks_the_queue(void **state)
{
    struct world *w = *state;
    add_one(w, w);
    sim_finish(&w->device, device_takes(w).head, 5);
    expect_broken(w);
}

/* Chains must not be followed through memory that the device writes to. */
static void scribbling_over_the_descriptors_changes_nothing(void **state)
{
    struct world *w = *state;
    struct run    run = {0};
    for (unsigned i = 0; i < 20000; i++) {
        if (next_random() % 2)
            run_add(w, &run);
        else
            run_finish(w, &run);
        for (unsigned p = 0; p < run.npending; p++) /* so that the device itself is not fooled */
            if (!run.pending[p].taken) {
                run.pending[p].chain = device_takes(w);
                run.pending[p].taken = true;
            }
        memset(w->device.desc, (int)next_random(), 16 * SIZE);
    }
    assert_null(w->vq.fault);
}

static void a_given_up_queue_returns_every_token_once(void **state)
{
    struct world *w = *state;
    unsigned      seen = 0;
    for (uintptr_t i = 1; i <= SIZE; i++)
        add_one(w, (void *)i);
    w->device.used[1] = SIZE + 1;
    expect_broken(w);
    for (uintptr_t token; (token = (uintptr_t)virtqueue_abandon(&w->vq)) != 0;) {
        assert_false(seen & 1u << token);
        seen |= 1u << token;
    }
    assert_int_equal(seen, ((1u << SIZE) - 1) << 1);
    assert_int_equal(w->vq.nfree, SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_lie_where_both_transports_expect_them),
        TEST(a_chain_reaches_the_device_piece_by_piece),
        TEST(a_device_that_polls_is_not_notified),
        TEST(chains_come_back_in_any_order_and_no_descriptor_is_lost),
        TEST(a_used_index_ahead_of_what_was_given_breaks_the_queue),
        TEST(a_used_index_that_goes_back_breaks_the_queue),
        cmocka_unit_test(a_descriptor_number_beyond_the_queue_breaks_it),
        TEST(finishing_a_chain_twice_breaks_the_queue),
        TEST(a_chain_named_by_its_middle_breaks_the_queue),
        TEST(more_written_than_there_is_room_for_breaks_the_queue),
        TEST(scribbling_over_the_descriptors_changes_nothing),
        TEST(a_given_up_queue_returns_every_token_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
