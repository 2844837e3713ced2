/* SPDX-License-Identifier: Apache-2.0 */
/* reserve.c - see reserve.h.
 *
 * Each reserved frame bears its reservation's number, which is never used again. So a reservation
 * need not know which of its frames were claimed, taken back, or reserved by another since: it looks
 * at the frame. Two locks: vs->mutex for the tree, and the spinlock for the list by age, which
 * reserve_reclaim() goes along; it frees frames, never the structures.
 */
#include "kernel/reserve.h"

#include "kernel/compact.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/spinlock.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/assert.h"
#include "lib/bits.h"

static struct spinlock lock = SPINLOCK_INIT(LOCK_RESERVE, "reserve");
/* lock protects: */
static TAILQ_HEAD(, reservation) by_age = TAILQ_HEAD_INITIALIZER(by_age); /* oldest first */
static uint64_t last_id;

static int reservation_compare(const struct reservation *a, const struct reservation *b)
{
    return a->start < b->start ? -1 : a->start > b->start;
}

RB_GENERATE_STATIC(reservation_tree, reservation, link, reservation_compare)

void reserve_init(void)
{
    frame_add_reclaim(reserve_reclaim);
}

/* --- one reservation --------------------------------------------------------------------- */

static size_t npages_of(const struct reservation *r)
{
    return (r->end - r->start) >> PAGE_SHIFT;
}

/* The first that ends above va, or NULL. */
static struct reservation *at_or_above(struct vmspace *vs, vaddr_t va)
{
    struct reservation *r = RB_ROOT(&vs->reservations), *best = NULL;

    while (r) {
        if (va < r->end) {
            best = r;
            r = RB_LEFT(r, link);
        } else {
            r = RB_RIGHT(r, link);
        }
    }
    return best;
}

static uint64_t new_id(void)
{
    spinlock_acquire(&lock);
    uint64_t id = ++last_id;
    spinlock_release(&lock);
    return id;
}

static void enlist(struct vmspace *vs, struct reservation *r)
{
    RB_INSERT(reservation_tree, &vs->reservations, r);
    spinlock_acquire(&lock);
    TAILQ_INSERT_TAIL(&by_age, r, aged);
    spinlock_release(&lock);
}

/* Its frames are somebody else's business. */
static void forget(struct vmspace *vs, struct reservation *r)
{
    RB_REMOVE(reservation_tree, &vs->reservations, r);
    spinlock_acquire(&lock);
    TAILQ_REMOVE(&by_age, r, aged);
    spinlock_release(&lock);
    kfree(r);
}

/* Change the range without its frames; reserve_reclaim() reads both. */
static void cut(struct reservation *r, vaddr_t start, vaddr_t end)
{
    spinlock_acquire(&lock);
    r->pa += start - r->start;
    r->start = start;
    r->end = end;
    spinlock_release(&lock);
}

/* --- taking from it ---------------------------------------------------------------------- */

/* A reservation is forgotten when a claim reaches its end and finds nothing below: one that is
 * filled from bottom to top goes with its last page. Any other goes when it is dropped. */
static void forget_if_filled(struct vmspace *vs, struct reservation *r, vaddr_t lo, vaddr_t hi)
{
    if (lo == r->start && hi == r->end)
        forget(vs, r);
    else if (lo == r->start)
        cut(r, hi, r->end);
    else if (hi == r->end)
        cut(r, r->start, lo);
}

bool reserve_claim(struct vmspace *vs, vaddr_t page, vaddr_t *lo, vaddr_t *hi, paddr_t *pa)
{
    struct reservation *r = at_or_above(vs, page);
    if (!r || r->start > page)
        return false;

    vaddr_t from = *lo > r->start ? *lo : r->start, to = *hi < r->end ? *hi : r->end;
    paddr_t frame = r->pa + (page - r->start);
    size_t  below = (page - from) >> PAGE_SHIFT;
    size_t  above = frame_claim(frame, (to - page) >> PAGE_SHIFT, &below, r->id);
    if (!above)
        return false;

    *lo = page - (below << PAGE_SHIFT);
    *hi = page + (above << PAGE_SHIFT);
    *pa = frame - (below << PAGE_SHIFT);
    forget_if_filled(vs, r, *lo, *hi);
    return true;
}

/* --- making one -------------------------------------------------------------------------- */

#define RESERVE_WHOLE 2 /* a range is reserved whole if it has at most this part of free memory */
#define RESERVE_PART  4 /* else an aligned part of it that has at most this part */

/* What is left of [*lo, *hi) around page between other reservations. */
static void cut_to_unreserved(struct vmspace *vs, vaddr_t page, vaddr_t *lo, vaddr_t *hi)
{
    struct reservation *above = at_or_above(vs, page), *below;

    if (above && above->start <= page) { /* its frames for page are gone: leave it alone */
        *lo = *hi = page;
        return;
    }
    if (above && above->start < *hi)
        *hi = above->start;
    below = above ? RB_PREV(reservation_tree, &vs->reservations, above)
                  : RB_MAX(reservation_tree, &vs->reservations);
    if (below && below->end > *lo)
        *lo = below->end;
}

/* The aligned block of `bytes`, a power of two, around page. */
static void cut_to_block(vaddr_t page, size_t bytes, vaddr_t *lo, vaddr_t *hi)
{
    vaddr_t start = ALIGN_DOWN(page, bytes);

    if (*lo < start)
        *lo = start;
    if (*hi > start + bytes)
        *hi = start + bytes;
}

/* How much of it is wise. Returns its length. */
static size_t cut_to_wise(vaddr_t page, vaddr_t *lo, vaddr_t *hi)
{
    struct frame_stats stats;
    frame_stats(&stats);

    size_t free = stats.free << PAGE_SHIFT, block = pmap_limits->granule;
    if (*hi - *lo > free / RESERVE_WHOLE) {
        while (2 * block <= free / RESERVE_PART)
            block *= 2;
        cut_to_block(page, block, lo, hi);
    }
    return *hi - *lo;
}

/* Frames for r, equal to its addresses modulo run_align if that can matter. Others are moved for it
 * if they are clearly fewer than what is won: else areas would push each other to and fro. */
static int find_frames(struct vmspace *vs, struct reservation *r)
{
    size_t npages = npages_of(r), bytes = r->end - r->start, unit = pmap_limits->run_align;
    bool   matters = ALIGN_UP(r->start, unit) + unit <= r->end;
    size_t align = matters ? unit >> PAGE_SHIFT : 1;
    size_t phase = (r->start >> PAGE_SHIFT) & (align - 1);
    int    err = frame_reserve(npages, align, phase, r->id, &r->pa);

    if (err && bytes <= pmap_limits->run_max)
        err = compact_reserve(vs, npages, align, phase, npages * 3 / 4, r->id, &r->pa);
    return err;
}

void reserve_make(struct vmspace *vs, vaddr_t page, vaddr_t lo, vaddr_t hi)
{
    cut_to_unreserved(vs, page, &lo, &hi);
    size_t bytes = lo < hi ? cut_to_wise(page, &lo, &hi) : 0;
    if (bytes <= pmap_limits->fault_extent)
        return;

    struct reservation *r = kmalloc(sizeof(*r));
    if (!r)
        return;
    *r = (struct reservation){.start = lo, .end = hi, .id = new_id()};
    while (find_frames(vs, r)) {
        bytes = bits_power_below(bytes - 1);
        cut_to_block(page, bytes, &r->start, &r->end);
        if (bytes <= pmap_limits->fault_extent) {
            kfree(r);
            return;
        }
    }
    enlist(vs, r);
    TRACE(vm, "reserve %#lx..%#lx at %#lx", r->start, r->end, r->pa);
}

/* --- giving it up ------------------------------------------------------------------------ */

static void give_up(const struct reservation *r, vaddr_t va, vaddr_t end)
{
    frame_unreserve(r->pa + (va - r->start), (end - va) >> PAGE_SHIFT, r->id);
}

/* The part of r above end becomes a reservation of its own; without memory for that it goes, too. */
static void split_off(struct vmspace *vs, struct reservation *r, vaddr_t end)
{
    struct reservation *upper = kmalloc(sizeof(*upper));
    if (!upper) {
        give_up(r, end, r->end);
        return;
    }
    *upper = (struct reservation){
        .start = end, .end = r->end, .pa = r->pa + (end - r->start), .id = r->id};
    enlist(vs, upper);
}

void reserve_drop(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct reservation *r = at_or_above(vs, va), *next;

    for (; r && r->start < end; r = next) {
        next = RB_NEXT(reservation_tree, &vs->reservations, r);
        vaddr_t from = r->start > va ? r->start : va, to = r->end < end ? r->end : end;
        give_up(r, from, to);
        if (from > r->start && to < r->end)
            split_off(vs, r, to);
        if (from > r->start)
            cut(r, r->start, from);
        else if (to < r->end)
            cut(r, to, r->end);
        else
            forget(vs, r);
    }
}

/* --- keeping what was dropped ------------------------------------------------------------ */

/* What is kept is in the way of runs for others: not too much of it. */
static bool wise_to_keep(size_t npages)
{
    struct frame_stats stats;
    frame_stats(&stats);
    return stats.reserved + npages <= stats.free / RESERVE_WHOLE;
}

/* For [va, end), of which no reservation holds a part. */
static void keep_anew(struct vmspace *vs, vaddr_t va, vaddr_t end, paddr_t pa)
{
    struct reservation *r = kmalloc(sizeof(*r));
    if (!r) {
        frame_put_run(pa, (end - va) >> PAGE_SHIFT);
        return;
    }
    *r = (struct reservation){.start = va, .end = end, .pa = pa, .id = new_id()};
    frame_keep(pa, npages_of(r), r->id);
    enlist(vs, r);
}

/* For [va, end), which r holds. Returns whether r has these very frames for it. */
static bool keep_within(const struct reservation *r, vaddr_t va, vaddr_t end, paddr_t pa)
{
    if (r->pa + (va - r->start) != pa)
        return false;
    frame_keep(pa, (end - va) >> PAGE_SHIFT, r->id);
    return true;
}

void reserve_keep(struct vmspace *vs, vaddr_t va, vaddr_t end, paddr_t pa)
{
    vaddr_t stop;

    if (!wise_to_keep((end - va) >> PAGE_SHIFT)) {
        frame_put_run(pa, (end - va) >> PAGE_SHIFT);
        return;
    }
    for (; va < end; pa += stop - va, va = stop) {
        struct reservation *r = at_or_above(vs, va);
        bool                inside = r && r->start <= va;
        stop = !r ? end : inside ? r->end : r->start;
        stop = stop < end ? stop : end;
        if (inside && keep_within(r, va, stop, pa))
            continue;
        if (inside)
            reserve_drop(vs, va, stop); /* it had other frames, which are gone */
        keep_anew(vs, va, stop, pa);
    }
}

/* --- when memory is short ------------------------------------------------------------------ */

bool reserve_reclaim(size_t npages)
{
    size_t              given = 0;
    struct reservation *r;

    spinlock_acquire(&lock);
    TAILQ_FOREACH(r, &by_age, aged) {
        if (given >= npages)
            break;
        given += frame_unreserve(r->pa, npages_of(r), r->id);
    }
    spinlock_release(&lock);
    TRACE(vm, "reservations: %zu frames wanted, %zu given up", npages, given);
    return given > 0;
}
