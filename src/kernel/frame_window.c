/* SPDX-License-Identifier: Apache-2.0 */
/* frame_window.c - frames that are set aside, and windows of memory that are being emptied. */
#include "kernel/frame_stock.h"

#include "kernel/panic.h"
#include "lib/errno.h"

/* --- reservations ------------------------------------------------------------------------ */

int frame_reserve(size_t npages, size_t align, size_t phase, uint64_t id, paddr_t *out)
{
    size_t take = npages + phase;
    if (take > 1ul << (ORDERS - 1))
        return -ENOMEM;

    /* A block is aligned to its size; what lies before the phase goes back. */
    spinlock_acquire(&frame_pool.lock);
    unsigned order = order_for(size_max(take, align));
    uint32_t i = fails_by_injection() ? NONE : range_take(take, order, USE_MOVABLE);
    if (i != NONE) {
        if (phase)
            range_free(i, phase);
        i += (uint32_t)phase;
        mark_run(i, npages, head_reserved(id));
        frame_pool.nreserved += npages;
    }
    spinlock_release(&frame_pool.lock);

    if (i == NONE)
        return -ENOMEM;
    *out = address_of(i);
    return 0;
}

size_t frame_claim(paddr_t pa, size_t above, size_t *below, uint64_t id)
{
    uint64_t head = head_reserved(id);
    size_t   up = 0, down = 0;

    spinlock_acquire(&frame_pool.lock);
    struct frame *f = frames_at(pa, above);
    while (up < above && f[up].head == head)
        f[up++].head = FRAME_MOVABLE | HEAD_ONE_REF;
    while (up && down < *below && f[-1 - (ptrdiff_t)down].head == head)
        f[-1 - (ptrdiff_t)down++].head = FRAME_MOVABLE | HEAD_ONE_REF;
    frame_pool.nreserved -= up + down;
    spinlock_release(&frame_pool.lock);
    *below = down;
    return up;
}

void frame_keep(paddr_t pa, size_t npages, uint64_t id)
{
    spinlock_acquire(&frame_pool.lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++) {
        ASSERT(head_is_used(head_of(&f[k])));
        if (head_put_shared(&f[k]))
            continue;
        if (f[k].head == (FRAME_MOVABLE | HEAD_ONE_REF)) {
            f[k].head = head_reserved(id);
            frame_pool.nreserved++;
        } else {
            f[k].head = FRAME_NONE;
            range_free(index_of(pa) + (uint32_t)k, 1);
        }
    }
    spinlock_release(&frame_pool.lock);
}

size_t frame_unreserve(paddr_t pa, size_t npages, uint64_t id)
{
    size_t given = 0;

    spinlock_acquire(&frame_pool.lock);
    struct frame *f = frames_at(pa, npages);
    uint32_t      first = index_of(pa);
    for (size_t k = 0, run; k < npages; k += run + 1) {
        for (run = 0; k + run < npages && f[k + run].head == head_reserved(id); run++)
            f[k + run].head = FRAME_NONE;
        if (run)
            range_free(first + (uint32_t)k, run);
        given += run;
    }
    frame_pool.nreserved -= given;
    spinlock_release(&frame_pool.lock);
    return given;
}

/* --- emptying a window of memory (compact.c) --------------------------------------------- */

/* What stands at i, which is no inside of a free block: how many frames, and how many of them have to be
 * moved. False: they cannot be had. Reserved ones are simply taken: who reserved them looks. */
static bool unit_at(uint32_t i, uint32_t *len, uint32_t *cost)
{
    uint64_t         head = frame_pool.frames[i].head;
    enum frame_state state = head_state(head);

    *len = state == FRAME_FREE ? 1u << head_order(head) : 1;
    *cost = state == FRAME_MOVABLE;
    return state == FRAME_FREE || state == FRAME_RESERVED || head == (FRAME_MOVABLE | HEAD_ONE_REF);
}

/* The first frame of the free block that i lies in, or i. The largest order comes first: a head
 * inside of a block may be stale, but then the block's own is found before it. */
static uint32_t unit_start(uint32_t i)
{
    for (unsigned order = ORDERS; order-- > 1;) {
        uint32_t first = i >> order << order;
        if (is_free_block(first, order))
            return first;
    }
    return i;
}

/* A window being looked for; what costs `below` or more is of no use. */
struct search {
    size_t   npages, align, phase;
    uint32_t enough, below;
    uint32_t best; /* NONE: nothing found yet */
};

/* Two indices go over memory from i to stop, both at the start of units: [from, to) can be had for
 * `cost`. Ends at a window that is good enough. */
static void search_windows(struct search *s, uint32_t i, uint32_t stop)
{
    uint32_t from = i, to = i, cost = 0, len, c;

    while (to < stop && s->below > s->enough) {
        bool had = unit_at(to, &len, &c);
        to += len;
        cost += c;
        if (!had) {
            from = to;
            cost = 0;
        }
        while (to - from >= s->npages) {
            if (((from - s->phase) & (s->align - 1)) == 0 && cost < s->below) {
                s->best = from;
                s->below = cost;
            }
            unit_at(from, &len, &c);
            from += len;
            cost -= c;
        }
    }
}

bool frame_find_window(size_t npages, size_t align, size_t phase, size_t limit, paddr_t *pa)
{
    struct search s = {npages, align, phase, (uint32_t)(limit / 2), (uint32_t)limit + 1, NONE};

    spinlock_acquire(&frame_pool.lock);
    stock_empty_all();
    search_windows(&s, unit_start(frame_pool.search_from), frame_pool.end);
    if (s.best == NONE)
        search_windows(&s, frame_pool.lowest, frame_pool.end);
    if (s.best != NONE) {
        *pa = address_of(s.best);
        frame_pool.search_from = s.best;
    }
    spinlock_release(&frame_pool.lock);
    return s.best != NONE;
}

/* Take the free block at i, give back what of it lies behind stop. Returns where it ended. */
static uint32_t isolate_block(uint32_t i, uint32_t stop)
{
    uint32_t past = i + (1u << head_order(frame_pool.frames[i].head));

    block_take(i);
    if (past > stop) {
        range_free(stop, past - stop);
        past = stop;
    }
    mark_run(i, past - i, FRAME_ISOLATED);
    return past;
}

/* What stands at i goes out of circulation, if nobody uses it. Returns where it ended. */
static uint32_t isolate_unit(uint32_t i, uint32_t stop)
{
    struct frame *f = &frame_pool.frames[i];

    if (head_state(f->head) == FRAME_FREE)
        return isolate_block(i, stop);
    if (head_state(f->head) == FRAME_RESERVED) {
        f->head = FRAME_ISOLATED;
        frame_pool.nreserved--;
    }
    return i + 1;
}

void frame_isolate(paddr_t pa, size_t npages)
{
    spinlock_acquire(&frame_pool.lock);
    frames_at(pa, npages);
    uint32_t i = index_of(pa), stop = i + (uint32_t)npages;
    while (i < stop)
        i = isolate_unit(i, stop);
    spinlock_release(&frame_pool.lock);
}

bool frame_vacate(paddr_t pa, size_t npages)
{
    bool vacant = true;

    spinlock_acquire(&frame_pool.lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++)
        vacant &= f[k].head == (FRAME_MOVABLE | HEAD_ONE_REF);
    if (vacant)
        mark_run(index_of(pa), npages, FRAME_ISOLATED);
    spinlock_release(&frame_pool.lock);
    return vacant;
}

bool frame_settle(paddr_t pa, size_t npages, uint64_t id)
{
    bool     all = true;
    uint32_t first = index_of(pa);

    spinlock_acquire(&frame_pool.lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++)
        all &= f[k].head == FRAME_ISOLATED;
    if (all) {
        mark_run(first, npages, head_reserved(id));
        frame_pool.nreserved += npages;
    }
    for (size_t k = 0, run; !all && k < npages; k += run + 1) {
        for (run = 0; k + run < npages && f[k + run].head == FRAME_ISOLATED; run++)
            f[k + run].head = FRAME_NONE;
        if (run)
            range_free(first + (uint32_t)k, run);
    }
    spinlock_release(&frame_pool.lock);
    return all;
}
