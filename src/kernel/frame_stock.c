/* SPDX-License-Identifier: Apache-2.0 */
/* frame_stock.c - what goes between the stocks and the blocks: see frame_stock.h.
 *
 * All of it runs with frame_pool.lock held.
 */
#include "kernel/frame_stock.h"

#include "lib/string.h"

struct frame_stock frame_stock[STOCKS];

/* Others are at it for a few instructions only. */
static size_t stock_wait(struct frame_stock *s)
{
    size_t fill;
    while (!(fill = stock_enter(s)))
        ;
    return fill;
}

void stock_init(void)
{
    for (size_t k = 0; k < STOCKS; k++)
        stock_leave(&frame_stock[k], 1);
}

/* The lower a frame is, the sooner it is taken. The first of them is the caller's. */
uint32_t stock_refill(void)
{
    size_t   n = STOCK_BATCH;
    uint32_t i = range_take_some(&n, USE_MOVABLE);
    if (i == NONE)
        return NONE;

    struct frame_stock *s = stock_of_hart();
    size_t              fill = stock_wait(s);
    mark_run(i + 1, n - 1, FRAME_NONE);
    while (n > 1 && fill <= STOCK_MAX)
        s->frame[fill++ - 1] = i + (uint32_t)--n;
    stock_leave(s, fill);
    range_free(i + 1, n - 1); /* it was not empty */
    return i;
}

void stock_trim(void)
{
    struct frame_stock *s = stock_of_hart();
    size_t              fill = stock_wait(s);
    if (fill > STOCK_MAX) {
        for (uint32_t k = 0; k < STOCK_BATCH; k++)
            range_free(s->frame[k], 1);
        fill -= STOCK_BATCH;
        memmove(s->frame, s->frame + STOCK_BATCH, (fill - 1) * sizeof(s->frame[0]));
    }
    stock_leave(s, fill);
}

bool stock_empty_all(void)
{
    bool any = false;

    for (size_t k = 0; k < STOCKS; k++) {
        struct frame_stock *s = &frame_stock[k];
        size_t              fill = stock_wait(s);
        for (; fill > 1; fill--) {
            range_free(s->frame[fill - 2], 1);
            any = true;
        }
        stock_leave(s, fill);
    }
    return any;
}

size_t stock_count(void)
{
    size_t n = 0;
    for (size_t k = 0; k < STOCKS; k++) {
        size_t fill = stock_wait(&frame_stock[k]);
        n += fill - 1;
        stock_leave(&frame_stock[k], fill);
    }
    return n;
}
