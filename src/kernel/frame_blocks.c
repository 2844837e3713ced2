/* SPDX-License-Identifier: Apache-2.0 */
/* frame_blocks.c - a binary buddy allocator over all of RAM, and where in it things are put.
 *
 * One `struct frame` per 4 KiB between the lowest and the highest free address, indexed by page
 * number. A free block of 2^k frames, aligned to its size, is represented by its first frame, which is on
 * a list of order k; coalescing looks at the first frame of the other half. Only first frames of
 * blocks are ever looked at, so the array is initialised as blocks are split and boot does not pay for
 * RAM it does not touch; frames in holes (firmware, kernel image) are marked once.
 *
 * A run of any length is cut from the block that holds it and the rest is given back, so a run of
 * 5 frames costs 5 frames.
 *
 * What cannot be moved should not lie scattered, else no large run can be made any more. So memory is
 * divided into groups of some hundred frames. Fixed frames come from groups that are marked for
 * them; a new one is marked when they are full, and is anybody's again when it is free as a whole.
 * Either use takes from the other's groups before it fails.
 */
#include "kernel/frame_stock.h"

#include "kernel/panic.h"
#include "lib/string.h"

struct frame_pool frame_pool = {.lock = SPINLOCK_INIT(LOCK_FRAME, "frame")};

/* --- lists ------------------------------------------------------------------------------- */

static uint8_t *group_of(uint32_t i)
{
    return &frame_pool.groups[i >> frame_pool.group_order];
}

/* Whose list a free block is on: one of a group's size or more is anybody's. */
static enum frame_use use_of(uint32_t i, unsigned order)
{
    return order < frame_pool.group_order ? (enum frame_use) * group_of(i) : USE_MOVABLE;
}

static void list_push(uint32_t i, unsigned order)
{
    enum frame_use use = use_of(i, order);
    uint32_t      *list = &frame_pool.free_list[order][use];
    struct frame  *f = &frame_pool.frames[i];

    *f = (struct frame){
        .head = FRAME_FREE | (uint64_t)order << HEAD_DATA_SHIFT, .next = *list, .prev = NONE};
    if (f->next != NONE)
        frame_pool.frames[f->next].prev = i;
    *list = i;
    frame_pool.list_mask[use] |= 1u << order;
}

static void list_remove(uint32_t i)
{
    struct frame  *f = &frame_pool.frames[i];
    unsigned       order = head_order(f->head);
    enum frame_use use = use_of(i, order);

    if (f->next != NONE)
        frame_pool.frames[f->next].prev = f->prev;
    if (f->prev != NONE)
        frame_pool.frames[f->prev].next = f->next;
    else if ((frame_pool.free_list[order][use] = f->next) == NONE)
        frame_pool.list_mask[use] &= ~(1u << order);
    f->head = FRAME_NONE;
}

/* --- blocks ------------------------------------------------------------------------------ */

bool is_free_block(uint32_t i, unsigned order)
{
    return i >= frame_pool.lowest && i < frame_pool.end &&
           frame_pool.frames[i].head == (FRAME_FREE | (uint64_t)order << HEAD_DATA_SHIFT);
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
    for (uint32_t k = 0; k < 1u << order; k += 1u << frame_pool.group_order) {
        if (order >= frame_pool.group_order)
            *group_of(i + k) = USE_MOVABLE;
    }
    list_push(i, order);
}

void block_take(uint32_t i)
{
    frame_pool.nfree -= 1ul << head_order(frame_pool.frames[i].head);
    list_remove(i);
}

/* The largest aligned block that starts at i and has at most n frames. */
static unsigned order_at(uint32_t i, size_t n)
{
    unsigned order = 0;
    while (order + 1 < ORDERS && !(i & (1u << order)) && (2ul << order) <= n)
        order++;
    return order;
}

void range_free(uint32_t i, size_t n)
{
    frame_pool.nfree += n;
    while (n) {
        unsigned order = order_at(i, n);
        block_free(i, order);
        i += 1u << order;
        n -= 1ul << order;
    }
}

/* The smallest block of this use that has at least 2^order frames. NONE. */
static uint32_t smallest_block(unsigned order, enum frame_use use)
{
    uint32_t exact = frame_pool.free_list[order][use];
    uint32_t candidates = frame_pool.list_mask[use] >> order << order;
    if (exact != NONE)
        return exact;
    return candidates ? frame_pool.free_list[bits_lowest(candidates)][use] : NONE;
}

/* Where to take a block of 2^order frames from for this use; may mark a group. */
static uint32_t choose_block(unsigned order, enum frame_use use)
{
    if (order >= frame_pool.group_order)
        return smallest_block(order, USE_MOVABLE);

    uint32_t i = smallest_block(order, use);
    if (i != NONE)
        return i;
    if (use == USE_MOVABLE)
        return smallest_block(order, USE_FIXED);

    i = smallest_block(frame_pool.group_order, USE_MOVABLE);
    return i != NONE ? i : smallest_block(order, USE_MOVABLE);
}

/* The same, with what is in the stocks if that makes one. */
static uint32_t find_block(unsigned order, enum frame_use use)
{
    uint32_t i = choose_block(order, use);
    return i == NONE && stock_empty_all() ? choose_block(order, use) : i;
}

/* Take the first 2^order frames of the free block at i for this use. */
static void block_split(uint32_t i, unsigned order, enum frame_use use)
{
    unsigned found = head_order(frame_pool.frames[i].head);

    list_remove(i);
    while (found > order) { /* the upper half goes back; its first frame becomes valid here */
        if (found == frame_pool.group_order)
            *group_of(i) = (uint8_t)use;
        found--;
        list_push(i + (1u << found), found);
    }
    frame_pool.nfree -= 1ul << order;
}

uint32_t range_take(size_t n, unsigned order, enum frame_use use)
{
    uint32_t i = find_block(order, use);
    if (i == NONE)
        return NONE;

    block_split(i, order, use);
    if (n < 1ul << order)
        range_free(i + (uint32_t)n, (1ul << order) - n);
    return i;
}

uint32_t range_take_some(size_t *n, enum frame_use use)
{
    uint32_t i = find_block(0, use);
    if (i == NONE)
        return NONE;

    unsigned order = head_order(frame_pool.frames[i].head);
    *n = size_min(*n, 1ul << order);
    block_split(i, order_for(*n), use);
    return i;
}

/* Every frame of the run says head from now on. */
void mark_run(uint32_t i, size_t n, uint64_t head)
{
    struct frame *f = &frame_pool.frames[i], *stop = f + n;
    for (; stop - f >= 4; f += 4) {
        f[0].head = head;
        f[1].head = head;
        f[2].head = head;
        f[3].head = head;
    }
    for (; f < stop; f++)
        f->head = head;
}

struct frame *frames_at(paddr_t pa, size_t npages)
{
    uint64_t i = (pa >> PAGE_SHIFT) - frame_pool.base;
    ASSERT(i >= frame_pool.lowest && i <= frame_pool.end && npages <= frame_pool.end - i);
    return &frame_pool.frames[i];
}

/* --- start ------------------------------------------------------------------------------- */

#define GROUPS          64 /* memory has about so many */
#define GROUP_ORDER_MIN 4
#define GROUP_ORDER_MAX 9

/* Memory for the array comes from the start of the first free range that can hold it. */
static void *take_array(struct phys_range *ranges, size_t n, size_t bytes)
{
    bytes = ALIGN_UP(bytes, PAGE_SIZE);
    for (size_t i = 0; i < n; i++) {
        if (ranges[i].len <= bytes)
            continue;
        void *array = phys_ptr(ranges[i].start);
        ranges[i].start += bytes;
        ranges[i].len -= bytes;
        return array;
    }
    panic("no memory for the frame array: %zu bytes", bytes);
}

static void mark_hole(uint32_t from, uint32_t to)
{
    memset(&frame_pool.frames[from], 0, (to - from) * sizeof(struct frame)); /* FRAME_NONE */
}

/* The blocks of a whole range, largest first possible: none has a free buddy, so nothing joins and
 * no entry that was never written is read. */
static void add_range(uint32_t i, size_t n)
{
    frame_pool.total += n;
    frame_pool.nfree += n;
    while (n) {
        unsigned order = order_at(i, n);
        list_push(i, order);
        i += 1u << order;
        n -= 1ul << order;
    }
}

/* The two arrays are one piece of memory, which shows in no free range any more. */
static void make_arrays(struct phys_range *ranges, size_t n)
{
    size_t   nframes = frame_pool.end - frame_pool.lowest;
    unsigned order = order_for(nframes / GROUPS);
    order = order < GROUP_ORDER_MIN ? GROUP_ORDER_MIN : order;
    order = order > GROUP_ORDER_MAX ? GROUP_ORDER_MAX : order;

    uint32_t first = frame_pool.lowest >> order, ngroups = (frame_pool.end >> order) - first + 1;
    struct frame *frames = take_array(ranges, n, nframes * sizeof(struct frame) + ngroups);
    frame_pool.group_order = order;
    frame_pool.frames = frames - frame_pool.lowest; /* so that frames[lowest] is the first */
    frame_pool.groups = (uint8_t *)(frames + nframes) - first;
    memset(frames + nframes, USE_MOVABLE, ngroups);
}

void frame_init(const struct bootinfo *bi)
{
    struct phys_range ranges[BOOTINFO_RANGES];
    size_t            n = bi->nfree;
    ASSERT(n > 0);
    memcpy(ranges, bi->free, sizeof(ranges));

    for (unsigned k = 0; k < ORDERS; k++)
        frame_pool.free_list[k][USE_MOVABLE] = frame_pool.free_list[k][USE_FIXED] = NONE;
    frame_pool.list_mask[USE_MOVABLE] = frame_pool.list_mask[USE_FIXED] = 0;
    frame_pool.total = frame_pool.nfree = frame_pool.nreserved = frame_pool.fail_countdown = 0;
    frame_pool.base = ALIGN_DOWN(ranges[0].start >> PAGE_SHIFT, 1ul << (ORDERS - 1));
    frame_pool.lowest = index_of(ranges[0].start);
    frame_pool.end = index_of(ranges[n - 1].start + ranges[n - 1].len);
    frame_pool.search_from = frame_pool.lowest;
    stock_init();
    make_arrays(ranges, n);

    uint32_t at = frame_pool.lowest;
    for (size_t i = 0; i < n; i++) {
        mark_hole(at, index_of(ranges[i].start));
        at = index_of(ranges[i].start + ranges[i].len);
        add_range(index_of(ranges[i].start), ranges[i].len >> PAGE_SHIFT);
    }
}
