/* SPDX-License-Identifier: Apache-2.0 */
/* blk.h - block devices: what a disk driver offers and what a file system uses.
 *
 * blk_read() and blk_write() sleep until the transfer is over. Buffers are physically contiguous
 * frames or kernel memory (the window), never user addresses.
 */
#ifndef KERNEL_BLK_H
#define KERNEL_BLK_H

#include "kernel/waitq.h"
#include "lib/types.h"

#define BLK_SECTOR ((size_t)512)

struct blk_device;

struct blk_request {
    bool     write;
    uint64_t sector; /* BLK_SECTOR units */
    void    *buf;    /* in the window */
    size_t   len;    /* bytes, multiple of BLK_SECTOR */

    int          error; /* valid once done: 0 or negative errno */
    bool         done;  /* protected by dev->lock */
    struct waitq waiters;
};

struct blk_ops {
    /* Start rq; completion sets error and done under dev->lock and wakes waiters. Called with dev->lock
     * held; may sleep on dev->space with it while the queue is full. */
    int (*submit)(struct blk_device *dev, struct blk_request *rq);
};

struct blk_device {
    const struct blk_ops *ops;
    char                  name[16];
    uint64_t              nsectors;
    bool                  read_only;

    struct spinlock lock; /* LOCK_BLK */
    struct waitq    space;
};

void blk_init(struct blk_device *dev, const char *name, const struct blk_ops *ops, uint64_t nsectors);

/* Make dev known; the first one registered is the root disk. */
void               blk_register(struct blk_device *dev);
struct blk_device *blk_root(void); /* NULL: none */

/* The driver's completion, from its interrupt handler, dev->lock held. */
void blk_complete(struct blk_device *dev, struct blk_request *rq, int error);

/* 0, -EIO, -EINVAL (beyond the end, unaligned), -EROFS. */
int blk_read(struct blk_device *dev, uint64_t sector, void *buf, size_t len);
int blk_write(struct blk_device *dev, uint64_t sector, const void *buf, size_t len);

#endif
