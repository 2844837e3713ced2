/* SPDX-License-Identifier: Apache-2.0 */
/* blk_batch.c - many writes at once: see blk.h. A ring of requests; the oldest one makes room. */
#include "kernel/blk.h"

void blk_batch_start(struct blk_batch *batch, struct blk_device *dev)
{
    batch->dev = dev;
    batch->first = batch->count = 0;
    batch->error = 0;
}

static void note(struct blk_batch *batch, int err)
{
    if (!batch->error)
        batch->error = err;
}

static void wait_oldest(struct blk_batch *batch)
{
    note(batch, blk_wait(batch->dev, &batch->requests[batch->first]));
    batch->first = (batch->first + 1) % BLK_BATCH;
    batch->count--;
}

static void write_one(struct blk_batch *batch, uint64_t sector, const void *buf, size_t len)
{
    if (batch->count == BLK_BATCH)
        wait_oldest(batch);
    struct blk_request *rq = &batch->requests[(batch->first + batch->count) % BLK_BATCH];
    *rq = (struct blk_request){.op = BLK_WRITE, .sector = sector, .buf = (void *)buf, .len = len};
    int err = blk_submit(batch->dev, rq);
    if (err)
        note(batch, err);
    else
        batch->count++;
}

void blk_batch_write(struct blk_batch *batch, uint64_t sector, const void *buf, size_t len)
{
    for (size_t done = 0, n; done < len; done += n) {
        n = size_min(len - done, BLK_LEN_MAX);
        write_one(batch, sector + done / BLK_SECTOR, (const char *)buf + done, n);
    }
}

int blk_batch_finish(struct blk_batch *batch)
{
    while (batch->count)
        wait_oldest(batch);
    return batch->error;
}
