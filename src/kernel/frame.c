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
 *
 * Frames that are not free each say what they are in one word, so that a run is marked by one store a
 * frame: used, with a count of references; movable, the same of a program's own memory, which
 * compact.c may put elsewhere; reserved, set aside for a range that was not touched yet, with the
 * reservation's number (reserve.c); isolated, taken out of circulation by compact.c.
 */
#include "kernel/frame.h"

#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define ORDERS FRAME_ORDERS
#define NONE   UINT32_MAX

enum frame_state {
    FRAME_NONE, /* a hole, or inside of a free block */
    FRAME_FREE, /* first of a free block */
    FRAME_USED,
    FRAME_MOVABLE,  /* used, by one program's memory */
    FRAME_RESERVED, /* counts as used, but can be taken back */
    FRAME_ISOLATED,
};

/* head, from the lowest byte on: the state; FRAME_FREE: the block's order; FRAME_USED, FRAME_MOVABLE:
 * 32 bits from bit 32 on: references; FRAME_RESERVED: 56 bits from bit 8 on: by which reservation. */
struct frame {
    uint64_t head;
    uint32_t next; /* FRAME_FREE: list links, frame indices; FRAME_USED: the owner's tag */
    uint32_t prev;
};

#define HEAD_STATE      0xffull
#define HEAD_DATA_SHIFT 8
#define HEAD_ONE_REF    (1ull << 32)

static enum frame_state head_state(uint64_t head)
{
    return (enum frame_state)(head & HEAD_STATE);
}

static unsigned head_order(uint64_t head)
{
    return head >> HEAD_DATA_SHIFT & 0xff;
}

static unsigned head_refs(uint64_t head)
{
    return (unsigned)(head >> 32);
}

static uint64_t head_reserved(uint64_t id)
{
    return FRAME_RESERVED | id << HEAD_DATA_SHIFT;
}

static bool head_is_used(uint64_t head)
{
    return head_state(head) == FRAME_USED || head_state(head) == FRAME_MOVABLE;
}

static struct spinlock lock = SPINLOCK_INIT(LOCK_FRAME, "frame");
/* constant after frame_init: */
static struct frame *frames; /* indexed by page number - base; entries [lowest, end) exist */
static uint64_t      base; /* aligned to the largest block: aligned indices are aligned addresses */
static uint32_t      lowest, end;
static bool (*reclaim[FRAME_RECLAIMERS])(size_t npages); /* up to the first NULL */
/* lock protects: */
static uint32_t free_list[ORDERS];
static uint32_t list_mask; /* bit k: free_list[k] is not empty */
static size_t   total, nfree, nreserved;
static size_t   fail_countdown;
static uint32_t search_from; /* where the last window was found */

/* --- lists ------------------------------------------------------------------------------- */

static void list_push(uint32_t i, unsigned order)
{
    struct frame *f = &frames[i];
    *f = (struct frame){.head = FRAME_FREE | (uint64_t)order << HEAD_DATA_SHIFT,
                        .next = free_list[order],
                        .prev = NONE};
    if (f->next != NONE)
        frames[f->next].prev = i;
    free_list[order] = i;
    list_mask |= 1u << order;
}

static void list_remove(uint32_t i)
{
    struct frame *f = &frames[i];
    unsigned      order = head_order(f->head);
    if (f->next != NONE)
        frames[f->next].prev = f->prev;
    if (f->prev != NONE)
        frames[f->prev].next = f->next;
    else if ((free_list[order] = f->next) == NONE)
        list_mask &= ~(1u << order);
    f->head = FRAME_NONE;
}

/* --- blocks ------------------------------------------------------------------------------ */

static bool is_free_block(uint32_t i, unsigned order)
{
    return i >= lowest && i < end &&
           frames[i].head == (FRAME_FREE | (uint64_t)order << HEAD_DATA_SHIFT);
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

/* Every frame of the run says head from now on. */
static void mark_run(uint32_t i, size_t n, uint64_t head)
{
    struct frame *f = &frames[i], *stop = f + n;
    for (; stop - f >= 4; f += 4) {
        f[0].head = head;
        f[1].head = head;
        f[2].head = head;
        f[3].head = head;
    }
    for (; f < stop; f++)
        f->head = head;
}

static uint32_t index_of(paddr_t pa)
{
    return (uint32_t)((pa >> PAGE_SHIFT) - base);
}

static paddr_t address_of(uint32_t i)
{
    return (base + i) << PAGE_SHIFT;
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

static int alloc_once(size_t n, uint64_t head, paddr_t *out)
{
    spinlock_acquire(&lock);
    uint32_t i = fails_by_injection() ? NONE : range_take(n, order_for(n));
    if (i != NONE)
        mark_run(i, n, head);
    spinlock_release(&lock);

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

    int err = alloc_once(npages, state | HEAD_ONE_REF, out);
    while (err && may_reclaim() && reclaim_some(npages))
        err = alloc_once(npages, state | HEAD_ONE_REF, out);
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
    ASSERT(npages > 0);
    return npages > 1ul << (ORDERS - 1) ? -ENOMEM
                                        : alloc_once(npages, FRAME_MOVABLE | HEAD_ONE_REF, out);
}

int frame_alloc_zeroed(size_t npages, paddr_t *out)
{
    int err = frame_alloc(npages, out);
    if (!err)
        memset(phys_ptr(*out), 0, npages << PAGE_SHIFT);
    return err;
}

/* --- references -------------------------------------------------------------------------- */

/* The first of npages frames from pa on, all of which the allocator manages. */
static struct frame *frames_at(paddr_t pa, size_t npages)
{
    uint64_t i = (pa >> PAGE_SHIFT) - base;
    ASSERT(i >= lowest && i <= end && npages <= end - i);
    return &frames[i];
}

static struct frame *used_frame(paddr_t pa)
{
    struct frame *f = frames_at(pa, 1);
    ASSERT(head_is_used(f->head));
    return f;
}

void frame_get_run(paddr_t pa, size_t npages)
{
    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++) {
        ASSERT(head_is_used(f[k].head));
        f[k].head += HEAD_ONE_REF;
    }
    spinlock_release(&lock);
}

/* How many frames from f on, at most max, have one reference, as the first one has, and drop it. */
static size_t drop_last_refs(struct frame *f, size_t max)
{
    uint64_t head = f->head;
    size_t   n = 0;

    do
        f[n].head = FRAME_NONE;
    while (++n < max && f[n].head == head);
    return n;
}

/* Frees contiguous stretches in one go. */
void frame_put_run(paddr_t pa, size_t npages)
{
    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, npages);
    uint32_t      first = index_of(pa);
    for (size_t k = 0; k < npages;) {
        ASSERT(head_is_used(f[k].head));
        if (head_refs(f[k].head) > 1) {
            f[k++].head -= HEAD_ONE_REF;
            continue;
        }
        size_t freed = drop_last_refs(&f[k], npages - k);
        range_free(first + (uint32_t)k, freed);
        k += freed;
    }
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
    uint64_t i = (pa >> PAGE_SHIFT) - base;
    if (i < lowest || i >= end || !head_is_used(frames[i].head))
        return 0;
    return head_refs(frames[i].head);
}

void frame_set_tag(paddr_t pa, uint32_t tag)
{
    used_frame(pa)->next = tag;
}

uint32_t frame_tag(paddr_t pa)
{
    return used_frame(pa)->next;
}

/* --- reservations ------------------------------------------------------------------------ */

int frame_reserve(size_t npages, size_t align, size_t phase, uint64_t id, paddr_t *out)
{
    size_t take = npages + phase;
    if (take > 1ul << (ORDERS - 1))
        return -ENOMEM;

    /* A block is aligned to its size; what lies before the phase goes back. */
    spinlock_acquire(&lock);
    unsigned order = order_for(size_max(take, align));
    uint32_t i = fails_by_injection() ? NONE : range_take(take, order);
    if (i != NONE) {
        if (phase)
            range_free(i, phase);
        i += (uint32_t)phase;
        mark_run(i, npages, head_reserved(id));
        nreserved += npages;
    }
    spinlock_release(&lock);

    if (i == NONE)
        return -ENOMEM;
    *out = address_of(i);
    return 0;
}

size_t frame_claim(paddr_t pa, size_t above, size_t *below, uint64_t id)
{
    uint64_t head = head_reserved(id);
    size_t   up = 0, down = 0;

    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, above);
    while (up < above && f[up].head == head)
        f[up++].head = FRAME_MOVABLE | HEAD_ONE_REF;
    while (up && down < *below && f[-1 - (ptrdiff_t)down].head == head)
        f[-1 - (ptrdiff_t)down++].head = FRAME_MOVABLE | HEAD_ONE_REF;
    nreserved -= up + down;
    spinlock_release(&lock);
    *below = down;
    return up;
}

size_t frame_unreserve(paddr_t pa, size_t npages, uint64_t id)
{
    size_t given = 0;

    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, npages);
    uint32_t      first = index_of(pa);
    for (size_t k = 0, run; k < npages; k += run + 1) {
        for (run = 0; k + run < npages && f[k + run].head == head_reserved(id); run++)
            f[k + run].head = FRAME_NONE;
        if (run)
            range_free(first + (uint32_t)k, run);
        given += run;
    }
    nreserved -= given;
    spinlock_release(&lock);
    return given;
}

/* --- emptying a window of memory (compact.c) --------------------------------------------- */

/* What stands at i, which is no inside of a free block: how many frames, and how many of them have to be
 * moved. False: they cannot be had. */
static bool unit_at(uint32_t i, uint32_t *len, uint32_t *cost)
{
    uint64_t head = frames[i].head;

    *len = head_state(head) == FRAME_FREE ? 1u << head_order(head) : 1;
    *cost = head_state(head) == FRAME_MOVABLE;
    return head_state(head) == FRAME_FREE || head == (FRAME_MOVABLE | HEAD_ONE_REF);
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

    spinlock_acquire(&lock);
    search_windows(&s, unit_start(search_from), end);
    if (s.best == NONE)
        search_windows(&s, lowest, end);
    if (s.best != NONE) {
        *pa = address_of(s.best);
        search_from = s.best;
    }
    spinlock_release(&lock);
    return s.best != NONE;
}

/* Take the free block at i, give back what of it lies behind stop. Returns where it ended. */
static uint32_t isolate_block(uint32_t i, uint32_t stop)
{
    uint32_t past = i + (1u << head_order(frames[i].head));

    list_remove(i);
    nfree -= past - i;
    if (past > stop) {
        range_free(stop, past - stop);
        past = stop;
    }
    mark_run(i, past - i, FRAME_ISOLATED);
    return past;
}

void frame_isolate(paddr_t pa, size_t npages)
{
    spinlock_acquire(&lock);
    frames_at(pa, npages);
    uint32_t i = index_of(pa), stop = i + (uint32_t)npages;
    while (i < stop)
        i = head_state(frames[i].head) == FRAME_FREE ? isolate_block(i, stop) : i + 1;
    spinlock_release(&lock);
}

bool frame_vacate(paddr_t pa, size_t npages)
{
    bool vacant = true;

    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++)
        vacant &= f[k].head == (FRAME_MOVABLE | HEAD_ONE_REF);
    if (vacant)
        mark_run(index_of(pa), npages, FRAME_ISOLATED);
    spinlock_release(&lock);
    return vacant;
}

bool frame_settle(paddr_t pa, size_t npages, uint64_t id)
{
    bool     all = true;
    uint32_t first = index_of(pa);

    spinlock_acquire(&lock);
    struct frame *f = frames_at(pa, npages);
    for (size_t k = 0; k < npages; k++)
        all &= f[k].head == FRAME_ISOLATED;
    if (all) {
        mark_run(first, npages, head_reserved(id));
        nreserved += npages;
    }
    for (size_t k = 0, run; !all && k < npages; k += run + 1) {
        for (run = 0; k + run < npages && f[k + run].head == FRAME_ISOLATED; run++)
            f[k + run].head = FRAME_NONE;
        if (run)
            range_free(first + (uint32_t)k, run);
    }
    spinlock_release(&lock);
    return all;
}

/* --- statistics and settings ------------------------------------------------------------- */

void frame_stats(struct frame_stats *out)
{
    spinlock_acquire(&lock);
    out->total = total;
    out->free = nfree;
    out->reserved = nreserved;
    out->largest_run = list_mask ? 1ul << (31 - __builtin_clz(list_mask)) : 0;
    spinlock_release(&lock);
}

void frame_free_blocks(size_t count[FRAME_ORDERS])
{
    spinlock_acquire(&lock);
    for (unsigned k = 0; k < ORDERS; k++) {
        count[k] = 0;
        for (uint32_t i = free_list[k]; i != NONE; i = frames[i].next)
            count[k]++;
    }
    spinlock_release(&lock);
}

void frame_fail_after(size_t n)
{
    fail_countdown = n;
}

void frame_add_reclaim(bool (*fn)(size_t npages))
{
    unsigned k = 0;
    while (reclaim[k] && reclaim[k] != fn)
        k++;
    ASSERT(k < FRAME_RECLAIMERS);
    reclaim[k] = fn;
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

static void mark_hole(uint32_t from, uint32_t to)
{
    memset(&frames[from], 0, (to - from) * sizeof(struct frame)); /* FRAME_NONE */
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
    memset(reclaim, 0, sizeof(reclaim));
    memcpy(ranges, bi->free, sizeof(ranges));
    for (unsigned k = 0; k < ORDERS; k++)
        free_list[k] = NONE;
    list_mask = 0;
    total = nfree = nreserved = 0;
    base = ALIGN_DOWN(ranges[0].start >> PAGE_SHIFT, 1ul << (ORDERS - 1));
    lowest = index_of(ranges[0].start);
    end = index_of(ranges[n - 1].start + ranges[n - 1].len);
    search_from = lowest;
    take_array(ranges, n, ALIGN_UP((end - lowest) * sizeof(struct frame), PAGE_SIZE));

    uint32_t at = lowest;
    for (size_t i = 0; i < n; i++) {
        mark_hole(at, index_of(ranges[i].start));
        at = index_of(ranges[i].start + ranges[i].len);
        add_range(index_of(ranges[i].start), ranges[i].len >> PAGE_SHIFT);
    }
}
