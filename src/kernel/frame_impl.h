/* SPDX-License-Identifier: Apache-2.0 */
/* frame_impl.h - what the frame*.c files use of each other; nobody else includes it.
 *
 *     frame_blocks.c    free blocks, their lists, and which part of memory is for whom
 *     frame_stock.c     single frames at hand, in front of the blocks
 *     frame.c           allocation, references, statistics
 *     frame_window.c    reservations, and emptying a window of memory
 *
 * Indices are page numbers less frame_pool.base. All calls want frame_pool.lock held.
 */
#ifndef KERNEL_FRAME_IMPL_H
#define KERNEL_FRAME_IMPL_H

#include "kernel/frame.h"
#include "kernel/spinlock.h"
#include "lib/bits.h"

#define ORDERS FRAME_ORDERS
#define NONE   UINT32_MAX /* no index */

enum frame_state {
    FRAME_NONE, /* a hole, or inside of a free block, or in a stock */
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

static inline enum frame_state head_state(uint64_t head)
{
    return (enum frame_state)(head & HEAD_STATE);
}

static inline unsigned head_order(uint64_t head)
{
    return head >> HEAD_DATA_SHIFT & 0xff;
}

static inline unsigned head_refs(uint64_t head)
{
    return (unsigned)(head >> 32);
}

static inline uint64_t head_reserved(uint64_t id)
{
    return FRAME_RESERVED | id << HEAD_DATA_SHIFT;
}

static inline bool head_is_used(uint64_t head)
{
    return head_state(head) == FRAME_USED || head_state(head) == FRAME_MOVABLE;
}

/* Who a free block below the size of a group is for. */
enum frame_use {
    USE_MOVABLE, /* programs, and what can be taken back */
    USE_FIXED,   /* what stays where it is */
    USES,
};

struct frame_pool {
    struct spinlock lock;
    /* constant after frame_init(): */
    struct frame *frames; /* by index; entries [lowest, end) exist */
    uint8_t *groups; /* enum frame_use of each 2^group_order frames; lock protects what it holds */
    unsigned group_order;
    uint64_t base; /* aligned to the largest block: aligned indices are aligned addresses */
    uint32_t lowest, end;
    /* lock protects: */
    uint32_t free_list[ORDERS][USES];
    uint32_t list_mask[USES];         /* bit k: free_list[k][use] is not empty */
    size_t   total, nfree, nreserved; /* nfree: in blocks; those in stocks come to it */
    size_t   fail_countdown;
    uint32_t search_from; /* where the last window was found */
};

extern struct frame_pool frame_pool;

static inline uint32_t index_of(paddr_t pa)
{
    return (uint32_t)((pa >> PAGE_SHIFT) - frame_pool.base);
}

static inline paddr_t address_of(uint32_t i)
{
    return (frame_pool.base + i) << PAGE_SHIFT;
}

/* Of the smallest block that has n frames, which are few for most. */
static inline unsigned order_for(size_t n)
{
    unsigned order = 0;
    while (1ul << order < n)
        order++;
    return order;
}

/* References change without the lock, by one atomic operation each, since who adds one has one already, or holds the
 * lock of what has one. So who has the only one is alone with the frame, and may change its head as he likes.
 * Returns what was before. */
static inline uint64_t head_get(struct frame *f)
{
    return __atomic_fetch_add(&f->head, HEAD_ONE_REF, __ATOMIC_RELAXED);
}

static inline void head_last(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline uint64_t head_of(const struct frame *f)
{
    return __atomic_load_n(&f->head, __ATOMIC_RELAXED);
}

/* Drop a reference where there are others. False: it is the last one, and still there: nobody sees a frame in use
 * without a reference. Release: what was done with the frame comes before whatever is done with it by who drops the last
 * reference, after head_last(). */
static inline bool head_put_shared(struct frame *f)
{
    uint64_t head = head_of(f);

    while (head_refs(head) > 1)
        if (__atomic_compare_exchange_n(&f->head, &head, head - HEAD_ONE_REF, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return true;
    head_last();
    return false;
}

/* The first of npages frames from pa on, all of which the allocator manages. */
struct frame *frames_at(paddr_t pa, size_t npages);

bool is_free_block(uint32_t i, unsigned order);
void block_take(uint32_t i); /* the free block at i is on no list any more */

/* Free n frames; their heads say FRAME_NONE, but the caller need not care for the first of each block. */
void range_free(uint32_t i, size_t n);

/* n frames out of a block of at least 2^order >= n. NONE: there is none. */
uint32_t range_take(size_t n, unsigned order, enum frame_use use);

/* Frames out of the smallest block there is: *n of them, a power of two, or all if it has fewer, which
 * *n says then. NONE: there is none. */
uint32_t range_take_some(size_t *n, enum frame_use use);

/* Every frame of the run says head from now on. */
void mark_run(uint32_t i, size_t n, uint64_t head);

bool fails_by_injection(void);

#endif
