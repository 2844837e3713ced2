/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_mmio.h - virtio devices behind a window of registers: what their drivers have in common.
 *
 * Both register layouts are served, legacy (version 1) and modern (version 2); drivers do not see
 * the difference. A probe goes like this:
 *
 *     virtio_open         is it a device of my kind? reset it
 *     virtio_negotiate    agree on features
 *     virtio_queue_setup  for each queue
 *     irq_register
 *     virtio_start        from here on the device works
 *
 * After a failure in between: virtio_stop. Source: Virtual I/O Device specification 1.1, 3.1 and 4.2.
 */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "drivers/virtqueue.h"
#include "kernel/devtree.h"
#include "lib/types.h"

#define VIRTIO_ID_NET   1u
#define VIRTIO_ID_BLOCK 2u
#define VIRTIO_ID_RNG   4u

#define VIRTIO_F_VERSION_1 (1ull << 32)

#define VIRTIO_IRQ_USED   1u /* a used ring moved */
#define VIRTIO_IRQ_CONFIG 2u /* the configuration changed */

extern const char *const virtio_mmio_compatible[];

/* Constant after virtio_negotiate(). */
struct virtio_device {
    volatile void *base;
    size_t         len;    /* of the register window */
    bool           modern; /* version 2 */
    unsigned       irq;
    uint64_t       features; /* that both sides agreed on */
    char           name[16]; /* for messages */
};

/* Find the registers and the interrupt of node, check that a device of type `id` is behind them,
 * and reset it. name: for messages. -ENODEV: another device or none; -EINVAL, -EIO: with a log line. */
int virtio_open(struct virtio_device *dev, const struct devtree_node *node, uint32_t id,
                const char *name);

/* Agree on those of the wanted features that the device has. -EIO: it refuses. */
int virtio_negotiate(struct virtio_device *dev, uint64_t wanted);

static inline bool virtio_has(const struct virtio_device *dev, uint64_t feature)
{
    return (dev->features & feature) != 0;
}

/* Give the device its queue number `index` with at most max_size descriptors (a power of two).
 * The memory comes from frames and heap. -ENOMEM, -EIO: no usable queue there. */
int virtio_queue_setup(struct virtio_device *dev, unsigned index, unsigned max_size,
                       struct virtqueue *vq);

/* Return the queue's memory, after virtio_stop(). A queue that was not set up, all zero, is fine. */
void virtio_queue_free(struct virtqueue *vq);

void virtio_start(struct virtio_device *dev);

/* Tell the device to look at queue `index`. */
void virtio_notify(struct virtio_device *dev, unsigned index);

/* Which interrupts (VIRTIO_IRQ_*) are pending; they no longer are on return, and whatever the device
 * finishes from now on interrupts again. Read the used rings after it. */
uint32_t virtio_irq_ack(struct virtio_device *dev);

/* Read len (1, 2, 4 or 8) bytes of device configuration; 0 beyond the window's end. */
uint64_t virtio_config(const struct virtio_device *dev, size_t offset, size_t len);

/* Give the device up: it no longer touches memory when this returns. */
void virtio_stop(struct virtio_device *dev);

#endif
