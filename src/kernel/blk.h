/* SPDX-License-Identifier: Apache-2.0 */
/* blk.h - block devices: what a disk driver offers and what a file system uses.
 *
 * blk_read(), blk_write() and blk_flush() sleep until the transfer is over. To have several
 * transfers under way, fill requests, blk_submit() them all, then blk_wait() for each. Buffers are
 * physically contiguous frames or kernel memory (the window), never user addresses.
 */
#ifndef KERNEL_BLK_H
#define KERNEL_BLK_H

#include "kernel/waitq.h"
#include "lib/types.h"

#define BLK_SECTOR ((size_t)512)

struct blk_device;

#define BLK_LEN_MAX ((size_t)1 << 20) /* bytes in one request; blk_read and blk_write split */

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH };

struct blk_request {
    enum blk_op op;
    uint64_t    sector; /* BLK_SECTOR units; 0 for a flush */
    void       *buf;    /* in the window; constant for a write */
    size_t      len;    /* bytes, multiple of BLK_SECTOR, at most BLK_LEN_MAX; 0 for a flush */

    int          error; /* valid once done: 0 or negative errno */
    bool         done;  /* protected by dev->lock */
    struct waitq waiters;
};

struct blk_ops {
    /* Start rq, which has been checked. 0: the driver owns it until it calls blk_complete(), which may be
     * at once; else -EIO. Called with dev->lock held; may sleep on dev->space with it while the queue is
     * full. */
    int (*submit)(struct blk_device *dev, struct blk_request *rq);
};

struct blk_device {
    const struct blk_ops *ops;
    char                  name[16];
    uint64_t              nsectors;
    bool                  read_only; /* set by the driver before blk_register() */

    struct spinlock lock;  /* LOCK_BLK; also the driver's for its queue */
    struct waitq    space; /* the driver wakes it when its queue has room again */
};

void blk_init(struct blk_device *dev, const char *name, const struct blk_ops *ops,
              uint64_t nsectors);

/* Make dev known; the first one registered is the root disk. */
void               blk_register(struct blk_device *dev);
struct blk_device *blk_root(void); /* NULL: none */

/* The driver's completion, from its interrupt handler, dev->lock held. */
void blk_complete(struct blk_device *dev, struct blk_request *rq, int error);

/* Check rq and start it; may sleep while the device's queue is full. rq and its buffer belong to the
 * device until blk_wait() returned. -EINVAL (beyond the end, unaligned, too long), -EROFS, -EIO: it
 * was not started and must not be waited for. */
int blk_submit(struct blk_device *dev, struct blk_request *rq);

/* Sleep until rq is over. Returns its error. */
int blk_wait(struct blk_device *dev, struct blk_request *rq);

/* Everything written before is on stable storage when this returns 0. -EIO. */
int blk_flush(struct blk_device *dev);

/* 0, -EIO, -EINVAL (beyond the end, unaligned), -EROFS. Of any length. */
int blk_read(struct blk_device *dev, uint64_t sector, void *buf, size_t len);
int blk_write(struct blk_device *dev, uint64_t sector, const void *buf, size_t len);

/* Several writes under way at once, for who has many: start, write (which may sleep until an earlier
 * one is over), finish. The first error is told at the end, when all are over. Buffers stand still until then. */
#define BLK_BATCH 16u

struct blk_batch {
    struct blk_device *dev;
    unsigned           first, count; /* requests under way: a ring */
    int                error;
    struct blk_request requests[BLK_BATCH];
};

void blk_batch_start(struct blk_batch *batch, struct blk_device *dev);
void blk_batch_write(struct blk_batch *batch, uint64_t sector, const void *buf, size_t len);
int  blk_batch_finish(struct blk_batch *batch);

#endif
