/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - allocation of frames, references on them, and numbers about them.
 *
 * Frames that are not free each say what they are in one word, so that a run is marked by one store a
 * frame: used, with a count of references; movable, the same of a program's own memory, which
 * compact.c may put elsewhere; reserved, set aside for a range that was not touched yet, with the
 * reservation's number (reserve.c); isolated, taken out of circulation by compact.c.
 */
#include "kernel/frame_stock.h"

#include "kernel/log.h"
#include "kernel/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

static bool (*reclaim[FRAME_RECLAIMERS])(size_t npages); /* up to the first NULL; set at boot */

/* --- allocation -------------------------------------------------------------------------- */

bool fails_by_injection(void)
{
    return frame_pool.fail_countdown && !--frame_pool.fail_countdown;
}

static uint32_t take(size_t n, enum frame_state state)
{
    if (state == FRAME_USED)
        return range_take(n, order_for(n), USE_FIXED);
    return n == 1 ? stock_refill() : range_take(n, order_for(n), USE_MOVABLE);
}

static int alloc_once(size_t n, enum frame_state state, paddr_t *out)
{
    spinlock_acquire(&frame_pool.lock);
    uint32_t i = fails_by_injection() ? NONE : take(n, state);
    if (i != NONE)
        mark_run(i, n, state | HEAD_ONE_REF);
    spinlock_release(&frame_pool.lock);

    if (i == NONE)
        return -ENOMEM;
    *out = address_of(i);
    return 0;
}

static bool may_reclaim(void)
{
    return !hart_self()->locks_held && hart_self()->thread;
}

/* Have somebody give up memory; whether anybody did. */
static bool reclaim_some(size_t npages)
{
    for (unsigned k = 0; k < FRAME_RECLAIMERS && reclaim[k]; k++) {
        if (reclaim[k](npages))
            return true;
    }
    return false;
}

static int alloc(size_t npages, enum frame_state state, paddr_t *out)
{
    ASSERT(npages > 0);
    if (npages > 1ul << (ORDERS - 1))
        return -ENOMEM;

    int err = alloc_once(npages, state, out);
    while (err && may_reclaim() && reclaim_some(npages))
        err = alloc_once(npages, state, out);
    return err;
}

int frame_alloc(size_t npages, paddr_t *out)
{
    return alloc(npages, FRAME_USED, out);
}

int frame_alloc_movable(size_t npages, paddr_t *out)
{
    return alloc(npages, FRAME_MOVABLE, out);
}

int frame_try_movable(size_t npages, paddr_t *out)
{
    if (npages == 1 && stock_take(out))
        return 0;
    ASSERT(npages > 0);
    return npages > 1ul << (ORDERS - 1) ? -ENOMEM : alloc_once(npages, FRAME_MOVABLE, out);
}

int frame_alloc_zeroed(size_t npages, paddr_t *out)
{
    int err = frame_alloc(npages, out);
    if (!err)
        memset(phys_ptr(*out), 0, npages << PAGE_SHIFT);
    return err;
}

/* --- references -------------------------------------------------------------------------- */

static struct frame *used_frame(paddr_t pa)
{
    struct frame *f = frames_at(pa, 1);
    ASSERT(head_is_used(f->head));
    return f;
}

void frame_get_run(paddr_t pa, size_t npages)
{
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++) {
        uint64_t before = head_get(&f[k]);
        ASSERT(head_is_used(before));
    }
}

/* How many frames from f on, at most max, have one reference, as the first one has, and drop it. */
static size_t drop_last_refs(struct frame *f, size_t max)
{
    struct frame *at = f, *stop = f + max;
    uint64_t      head = f->head;

    do
        at++->head = FRAME_NONE;
    while (at < stop && head_of(at) == head);
    head_last();
    return (size_t)(at - f);
}

/* Frees contiguous stretches in one go. Out of the way of frame_put_run(), which needs no stack then. */
static __attribute__((noinline)) void put_run(paddr_t pa, size_t npages)
{
    spinlock_acquire(&frame_pool.lock);
    if (npages == 1) /* it may have found no room */
        stock_trim();
    struct frame *f = frames_at(pa, npages);
    uint32_t      first = index_of(pa);
    for (size_t k = 0; k < npages;) {
        ASSERT(head_is_used(head_of(&f[k])));
        if (head_put_shared(&f[k])) {
            k++;
            continue;
        }
        size_t freed = drop_last_refs(&f[k], npages - k);
        range_free(first + (uint32_t)k, freed);
        k += freed;
    }
    spinlock_release(&frame_pool.lock);
}

/* Drop references on the first frames of a run, as far as they have others. How many. */
static inline size_t put_shared(paddr_t pa, size_t npages)
{
    struct frame *f = frames_at(pa, npages);
    size_t        k = 0;
    while (k < npages && head_put_shared(&f[k]))
        k++;
    return k;
}

void frame_put_run(paddr_t pa, size_t npages)
{
    if (npages == 1 && stock_put(pa))
        return;
    size_t shared = put_shared(pa, npages);
    if (shared < npages)
        put_run(pa + (shared << PAGE_SHIFT), npages - shared);
}

void frame_get(paddr_t pa)
{
    frame_get_run(pa, 1);
}

void frame_put(paddr_t pa)
{
    frame_put_run(pa, 1);
}

void frame_free(paddr_t pa, size_t npages)
{
    frame_put_run(pa, npages);
}

unsigned frame_refs(paddr_t pa)
{
    uint64_t i = (pa >> PAGE_SHIFT) - frame_pool.base;
    if (i < frame_pool.lowest || i >= frame_pool.end || !head_is_used(frame_pool.frames[i].head))
        return 0;
    return head_refs(frame_pool.frames[i].head);
}

void frame_set_tag(paddr_t pa, uint32_t tag)
{
    used_frame(pa)->next = tag;
}

uint32_t frame_tag(paddr_t pa)
{
    return used_frame(pa)->next;
}

/* --- statistics and settings ------------------------------------------------------------- */

void frame_stats(struct frame_stats *out)
{
    spinlock_acquire(&frame_pool.lock);
    out->total = frame_pool.total;
    out->free = frame_pool.nfree + stock_count();
    out->reserved = frame_pool.nreserved;
    spinlock_release(&frame_pool.lock);
}

size_t frame_largest_run(void)
{
    spinlock_acquire(&frame_pool.lock);
    stock_empty_all();
    uint32_t mask = frame_pool.list_mask[USE_MOVABLE] | frame_pool.list_mask[USE_FIXED];
    spinlock_release(&frame_pool.lock);
    return mask ? bits_power_below(mask) : 0;
}

static size_t list_length(enum frame_use use, unsigned order)
{
    size_t n = 0;
    for (uint32_t i = frame_pool.free_list[order][use]; i != NONE; i = frame_pool.frames[i].next)
        n++;
    return n;
}

void frame_free_blocks(size_t count[FRAME_ORDERS])
{
    spinlock_acquire(&frame_pool.lock);
    stock_empty_all();
    for (unsigned k = 0; k < ORDERS; k++)
        count[k] = list_length(USE_MOVABLE, k) + list_length(USE_FIXED, k);
    spinlock_release(&frame_pool.lock);
}

void frame_fail_after(size_t n)
{
    frame_pool.fail_countdown = n;
}

void frame_add_reclaim(bool (*fn)(size_t npages))
{
    unsigned k = 0;
    while (reclaim[k] && reclaim[k] != fn)
        k++;
    ASSERT(k < FRAME_RECLAIMERS);
    reclaim[k] = fn;
}
