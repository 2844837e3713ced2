/* SPDX-License-Identifier: Apache-2.0 */
/* blk.c - block devices: see blk.h. Checks requests, so that drivers need not, and waits for them. */
#include "kernel/blk.h"

#include "kernel/log.h"
#include "kernel/trace.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct blk_device *root;

void blk_init(struct blk_device *dev, const char *name, const struct blk_ops *ops,
              uint64_t nsectors)
{
    *dev = (struct blk_device){.ops = ops, .nsectors = nsectors};
    strlcpy(dev->name, name, sizeof(dev->name));
    spinlock_init(&dev->lock, LOCK_BLK, "block device");
    waitq_init(&dev->space);
}

void blk_register(struct blk_device *dev)
{
    if (!root)
        root = dev;
    log_info("%s: %llu MiB%s%s", dev->name, (unsigned long long)(dev->nsectors >> 11),
             dev->read_only ? ", read-only" : "", dev == root ? ", root disk" : "");
}

struct blk_device *blk_root(void)
{
    return root;
}

/* Whether [sector, sector + len) lies on the device, in whole sectors. */
static bool range_valid(const struct blk_device *dev, uint64_t sector, size_t len)
{
    return len % BLK_SECTOR == 0 && sector <= dev->nsectors &&
           len / BLK_SECTOR <= dev->nsectors - sector;
}

static int check_request(const struct blk_device *dev, const struct blk_request *rq)
{
    if (rq->op == BLK_FLUSH)
        return 0;
    if (rq->len == 0 || rq->len > BLK_LEN_MAX || !range_valid(dev, rq->sector, rq->len))
        return -EINVAL;
    return rq->op == BLK_WRITE && dev->read_only ? -EROFS : 0;
}

int blk_submit(struct blk_device *dev, struct blk_request *rq)
{
    int err = check_request(dev, rq);
    if (err)
        return err;

    TRACE(blk, "%s: op=%d sector=%llu len=%zu", dev->name, rq->op, (unsigned long long)rq->sector,
          rq->len);
    rq->error = 0;
    rq->done = false;
    waitq_init(&rq->waiters);

    spinlock_acquire(&dev->lock);
    err = dev->ops->submit(dev, rq);
    spinlock_release(&dev->lock);
    return err;
}

int blk_wait(struct blk_device *dev, struct blk_request *rq)
{
    spinlock_acquire(&dev->lock);
    while (!rq->done)
        waitq_sleep(&rq->waiters, &dev->lock);
    spinlock_release(&dev->lock);
    return rq->error;
}

void blk_complete(struct blk_device *dev, struct blk_request *rq, int error)
{
    ASSERT(spinlock_held(&dev->lock));
    ASSERT(!rq->done);

    TRACE(blk, "%s: sector=%llu done, error %d", dev->name, (unsigned long long)rq->sector, error);
    rq->error = error;
    rq->done = true;
    waitq_wake_all(&rq->waiters);
}

static int transfer(struct blk_device *dev, struct blk_request *rq)
{
    int err = blk_submit(dev, rq);
    return err ? err : blk_wait(dev, rq);
}

static int transfer_range(struct blk_device *dev, enum blk_op op, uint64_t sector, void *buf,
                          size_t len)
{
    if (!range_valid(dev, sector, len)) /* before any part of it is written */
        return -EINVAL;

    for (size_t done = 0, n; done < len; done += n) {
        n = size_min(len - done, BLK_LEN_MAX);
        struct blk_request rq = {
            .op = op, .sector = sector + done / BLK_SECTOR, .buf = (char *)buf + done, .len = n};
        int err = transfer(dev, &rq);
        if (err)
            return err;
    }
    return 0;
}

int blk_read(struct blk_device *dev, uint64_t sector, void *buf, size_t len)
{
    return transfer_range(dev, BLK_READ, sector, buf, len);
}

int blk_write(struct blk_device *dev, uint64_t sector, const void *buf, size_t len)
{
    return transfer_range(dev, BLK_WRITE, sector, (void *)buf, len);
}

int blk_flush(struct blk_device *dev)
{
    struct blk_request rq = {.op = BLK_FLUSH};
    return transfer(dev, &rq);
}
