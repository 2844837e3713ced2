/* SPDX-License-Identifier: Apache-2.0 */
/* frame_stock.h - single movable frames at hand; only the frame*.c files include it.
 *
 * Most frames that a program gets one by one were given back one by one a moment before. So the last
 * few stay in a stock, from which a frame is taken and to which it is returned without frame_pool.lock and
 * without splitting and joining blocks. An empty one is filled from one block, so that what is taken
 * one after the other is contiguous; of a full one the older half goes back (frame_stock.c).
 *
 * Frames in a stock are free: the numbers count them. But they are in no block, so whoever looks for
 * a run and finds none, or wants to know what runs there are, has all stocks emptied first. Their heads
 * say FRAME_NONE, as inside of a free block.
 *
 * Who is at a stock has interrupts off and waits for nothing, so that others may wait for him: also
 * with frame_pool.lock held, which is taken before a stock, never after.
 */
#ifndef KERNEL_FRAME_STOCK_H
#define KERNEL_FRAME_STOCK_H

#include <stdatomic.h>

#include "kernel/frame_impl.h"
#include "machine/cpu.h"

#define STOCKS      4  /* harts whose numbers are equal modulo this share one; a power of two */
#define STOCK_MAX   16 /* frames */
#define STOCK_BATCH 8  /* so many come and go at once */

struct frame_stock {
    /* 1 + how many there are; 0: somebody is at it. So one exchange takes hold of the stock and
     * tells what is in it. */
    atomic_size_t fill;
    uint32_t      frame[STOCK_MAX]; /* indices; the last one goes first */
};

extern struct frame_stock frame_stock[STOCKS];

static inline struct frame_stock *stock_of_hart(void)
{
    return &frame_stock[hart_self()->id & (STOCKS - 1)];
}

/* Acquire: what the last one who was at it wrote is seen. Pairs with stock_leave(). */
static inline size_t stock_enter(struct frame_stock *s)
{
    return atomic_exchange_explicit(&s->fill, 0, memory_order_acquire);
}

static inline void stock_leave(struct frame_stock *s, size_t fill)
{
    atomic_store_explicit(&s->fill, fill, memory_order_release);
}

/* A movable frame with one reference out of this hart's stock. False: it has none, or somebody is
 * at it. */
static inline bool stock_take(paddr_t *out)
{
    if (frame_pool.fail_countdown) /* every allocation is to be counted */
        return false;

    bool                irq = cpu_irq_save();
    struct frame_stock *s = stock_of_hart();
    size_t              fill = stock_enter(s);
    bool                had = fill > 1;
    if (had) {
        uint32_t i = s->frame[--fill - 1];
        frame_pool.frames[i].head = FRAME_MOVABLE | HEAD_ONE_REF;
        *out = address_of(i);
    }
    if (fill)
        stock_leave(s, fill);
    cpu_irq_restore(irq);
    return had;
}

/* Drop the reference on a movable frame that has no other, which makes it part of this hart's stock.
 * False: nothing was done, it is another kind of frame or there is no room. Who has a frame's only
 * reference is alone with it and needs no lock. */
static inline bool stock_put(paddr_t pa)
{
    uint64_t i = (pa >> PAGE_SHIFT) - frame_pool.base;
    if (i < frame_pool.lowest || i >= frame_pool.end ||
        frame_pool.frames[i].head != (FRAME_MOVABLE | HEAD_ONE_REF))
        return false;
    head_last(); /* what others did with the frame was before */

    bool                irq = cpu_irq_save();
    struct frame_stock *s = stock_of_hart();
    size_t              fill = stock_enter(s);
    bool                room = fill && fill <= STOCK_MAX;
    if (room) {
        frame_pool.frames[i].head = FRAME_NONE;
        s->frame[fill++ - 1] = (uint32_t)i;
    }
    if (fill)
        stock_leave(s, fill);
    cpu_irq_restore(irq);
    return room;
}

/* --- with frame_pool.lock held --- */

void stock_init(void);

/* A frame out of the blocks, its head for the caller to write, and some more of the same block for this
 * hart's stock. NONE: there is none. */
uint32_t stock_refill(void);

/* If this hart's stock is full, the older half goes back to the blocks. */
void stock_trim(void);

/* All frames of all stocks go back to the blocks. Whether there were any. */
bool stock_empty_all(void);

/* How many frames are in all stocks. */
size_t stock_count(void);

#endif
