/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - a binary buddy allocator over all of RAM.
 *
 * One `struct frame` per 4 KiB between the lowest and the highest free address, indexed by page
 * number. A free block of 2^k frames, aligned to its size, is represented by its first frame, which is on
 * the list of order k; coalescing looks at the first frame of the other half. Only first frames of
 * blocks are ever looked at, so the array is initialised as blocks are split and boot does not pay for
 * RAM it does not touch; frames in holes (firmware, kernel image) are marked once.
 *
 * A run of any length is cut from the block that holds it and the rest is given back, so a run of
 * 5 frames costs 5 frames.
 */
#include "kernel/frame.h"

#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define ORDERS 19 /* up to 2^18 frames: 1 GiB */
#define NONE   UINT32_MAX

enum frame_state { FRAME_HOLE, FRAME_USED, FRAME_FREE /* first of a free block */ };

struct frame {
    uint32_t refs;
    uint8_t  state; /* enum frame_state */
    uint8_t  order; /* FRAME_FREE: of the block */
    uint32_t next;  /* FRAME_FREE: list links, frame indices; FRAME_USED: the owner's tag */
    uint32_t prev;
};

static struct spinlock lock = SPINLOCK_INIT(LOCK_FRAME, "frame");
/* constant after frame_init: */
static struct frame *frames; /* indexed by page number - base; entries [lowest, end) exist */
static uint64_t      base; /* aligned to the largest block: aligned indices are aligned addresses */
static uint32_t      lowest, end;
static bool (*reclaim)(size_t npages);
/* lock protects: */
static uint32_t free_list[ORDERS];
static uint32_t list_mask; /* bit k: free_list[k] is not empty */
static size_t   total, nfree;
static size_t   fail_countdown;

/* --- lists ------------------------------------------------------------------------------- */

static void list_push(uint32_t i, unsigned order)
{
    struct frame *f = &frames[i];
    *f = (struct frame){
        .state = FRAME_FREE, .order = (uint8_t)order, .next = free_list[order], .prev = NONE};
    if (f->next != NONE)
        frames[f->next].prev = i;
    free_list[order] = i;
    list_mask |= 1u << order;
}

static void list_remove(uint32_t i)
{
    struct frame *f = &frames[i];
    if (f->next != NONE)
        frames[f->next].prev = f->prev;
    if (f->prev != NONE)
        frames[f->prev].next = f->next;
    else if ((free_list[f->order] = f->next) == NONE)
        list_mask &= ~(1u << f->order);
    f->state = FRAME_USED;
}

/* --- blocks ------------------------------------------------------------------------------ */

static bool is_free_block(uint32_t i, unsigned order)
{
    return i >= lowest && i < end && frames[i].state == FRAME_FREE && frames[i].order == order;
}

static void block_free(uint32_t i, unsigned order)
{
    while (order + 1 < ORDERS) {
        uint32_t buddy = i ^ (1u << order);
        if (!is_free_block(buddy, order))
            break;
        list_remove(buddy);
        i &= ~(1u << order);
        order++;
    }
    list_push(i, order);
}

/* The largest aligned block that starts at i and has at most n frames. */
static unsigned order_at(uint32_t i, size_t n)
{
    unsigned order = 0;
    while (order + 1 < ORDERS && !(i & (1u << order)) && (2ul << order) <= n)
        order++;
    return order;
}

static void range_free(uint32_t i, size_t n)
{
    nfree += n;
    while (n) {
        unsigned order = order_at(i, n);
        block_free(i, order);
        i += 1u << order;
        n -= 1ul << order;
    }
}

/* A block of at least 2^order frames, cut down to exactly n <= 2^order. NONE: there is none. */
static uint32_t range_take(size_t n, unsigned order)
{
    uint32_t candidates = list_mask >> order << order;
    if (!candidates)
        return NONE;

    unsigned found = (unsigned)__builtin_ctz(candidates);
    uint32_t i = free_list[found];
    list_remove(i);
    while (found > order) { /* the upper half goes back; its first frame becomes valid here */
        found--;
        list_push(i + (1u << found), found);
    }
    nfree -= 1ul << order;
    if (n < 1ul << order)
        range_free(i + (uint32_t)n, (1ul << order) - n);
    return i;
}

/* --- allocation -------------------------------------------------------------------------- */

static unsigned order_for(size_t n)
{
    return n <= 1 ? 0 : 64 - (unsigned)__builtin_clzl(n - 1);
}

static bool fails_by_injection(void)
{
    return fail_countdown && !--fail_countdown;
}

static int alloc_once(size_t n, paddr_t *out)
{
    spinlock_acquire(&lock);
    uint32_t i = fails_by_injection() ? NONE : range_take(n, order_for(n));
    for (uint32_t k = 0; i != NONE && k < n; k++)
        frames[i + k] = (struct frame){.refs = 1, .state = FRAME_USED};
    spinlock_release(&lock);

    if (i == NONE)
        return -ENOMEM;
    *out = (base + i) << PAGE_SHIFT;
    return 0;
}

static bool may_reclaim(void)
{
    return reclaim && !hart_self()->locks_held && hart_self()->thread;
}

int frame_alloc(size_t npages, paddr_t *out)
{
    ASSERT(npages > 0);
    if (npages > 1ul << (ORDERS - 1))
        return -ENOMEM;

    int err = alloc_once(npages, out);
    while (err && may_reclaim() && reclaim(npages))
        err = alloc_once(npages, out);
    return err;
}

int frame_alloc_zeroed(size_t npages, paddr_t *out)
{
    int err = frame_alloc(npages, out);
    if (!err)
        memset(phys_ptr(*out), 0, npages << PAGE_SHIFT);
    return err;
}

/* --- references -------------------------------------------------------------------------- */

/* The frame at pa, or NULL if the allocator does not own that address. */
static struct frame *frame_at(paddr_t pa)
{
    uint64_t i = (pa >> PAGE_SHIFT) - base;
    return i >= lowest && i < end && frames[i].state == FRAME_USED ? &frames[i] : NULL;
}

static struct frame *used_frame(paddr_t pa)
{
    struct frame *f = frame_at(pa);
    ASSERT(f && f->refs > 0);
    return f;
}

void frame_get_run(paddr_t pa, size_t npages)
{
    spinlock_acquire(&lock);
    for (size_t k = 0; k < npages; k++)
        used_frame(pa + (k << PAGE_SHIFT))->refs++;
    spinlock_release(&lock);
}

/* Frees contiguous stretches in one go. */
void frame_put_run(paddr_t pa, size_t npages)
{
    uint32_t first = (uint32_t)((pa >> PAGE_SHIFT) - base), freed = 0;

    spinlock_acquire(&lock);
    for (uint32_t k = 0; k < npages; k++) {
        if (--used_frame(pa + ((paddr_t)k << PAGE_SHIFT))->refs == 0) {
            freed++;
        } else if (freed) {
            range_free(first + k - freed, freed);
            freed = 0;
        }
    }
    if (freed)
        range_free(first + (uint32_t)npages - freed, freed);
    spinlock_release(&lock);
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
    struct frame *f = frame_at(pa);
    return f ? f->refs : 0;
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
    spinlock_acquire(&lock);
    out->total = total;
    out->free = nfree;
    out->largest_run = list_mask ? 1ul << (31 - __builtin_clz(list_mask)) : 0;
    spinlock_release(&lock);
}

void frame_fail_after(size_t n)
{
    fail_countdown = n;
}

void frame_set_reclaim(bool (*fn)(size_t npages))
{
    reclaim = fn;
}

/* --- start ------------------------------------------------------------------------------- */

/* The frame array takes the start of the first free range that can hold it. */
static void take_array(struct phys_range *ranges, size_t n, size_t bytes)
{
    for (size_t i = 0; i < n; i++) {
        if (ranges[i].len <= bytes)
            continue;
        frames = phys_ptr(ranges[i].start);
        frames -= lowest; /* so that frames[lowest] is the first */
        ranges[i].start += bytes;
        ranges[i].len -= bytes;
        return;
    }
    panic("no memory for the frame array: %zu bytes", bytes);
}

static uint32_t index_of(paddr_t pa)
{
    return (uint32_t)((pa >> PAGE_SHIFT) - base);
}

static void mark_hole(uint32_t from, uint32_t to)
{
    memset(&frames[from], 0, (to - from) * sizeof(struct frame));
}

/* The blocks of a whole range, largest first possible: none has a free buddy, so nothing joins and
 * no entry that was never written is read. */
static void add_range(uint32_t i, size_t n)
{
    total += n;
    nfree += n;
    while (n) {
        unsigned order = order_at(i, n);
        list_push(i, order);
        i += 1u << order;
        n -= 1ul << order;
    }
}

void frame_init(const struct bootinfo *bi)
{
    struct phys_range ranges[BOOTINFO_RANGES];
    size_t            n = bi->nfree;

    ASSERT(n > 0);
    memcpy(ranges, bi->free, sizeof(ranges));
    for (unsigned k = 0; k < ORDERS; k++)
        free_list[k] = NONE;
    list_mask = 0;
    total = nfree = 0;
    base = ALIGN_DOWN(ranges[0].start >> PAGE_SHIFT, 1ul << (ORDERS - 1));
    lowest = index_of(ranges[0].start);
    end = index_of(ranges[n - 1].start + ranges[n - 1].len);
    take_array(ranges, n, ALIGN_UP((end - lowest) * sizeof(struct frame), PAGE_SIZE));

    uint32_t at = lowest;
    for (size_t i = 0; i < n; i++) {
        mark_hole(at, index_of(ranges[i].start));
        at = index_of(ranges[i].start + ranges[i].len);
        add_range(index_of(ranges[i].start), ranges[i].len >> PAGE_SHIFT);
    }
}
