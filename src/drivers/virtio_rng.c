/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_rng.c - random bytes from the machine: one buffer at a time, filled by the device.
 *
 * Source: Virtual I/O Device specification 1.1, section 5.4.
 */
#include "drivers/drivers.h"
#include "drivers/virtio_mmio.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "lib/string.h"

#define QUEUE_SIZE 8u
#define CHUNK      256u /* bytes asked for at a time */

static struct virtio_rng {
    struct virtio_device virtio;
    struct mutex         reading; /* one reader at a time owns the buffer */

    struct spinlock lock;
    /* lock protects: */
    struct virtqueue queue;
    struct waitq     filled;
    uint8_t         *buf;     /* CHUNK bytes, the device's while `pending` */
    uint32_t         written; /* bytes in it */
    bool             pending;
    bool             dead;
} rng = {
    .reading = MUTEX_INIT(rng.reading),
    .lock = SPINLOCK_INIT(LOCK_DEVICE, "virtio-rng"),
    .filled = WAITQ_INIT(rng.filled),
};

static void give_up(void)
{
    log_error("virtio-rng: %s; given up", rng.queue.fault);
    virtio_stop(&rng.virtio);
    rng.dead = true;
    rng.pending = false;
    rng.written = 0;
}

static void virtio_rng_interrupt(void *arg)
{
    void *token;
    (void)arg;

    spinlock_acquire(&rng.lock);
    if (!rng.dead) {
        virtio_irq_ack(&rng.virtio);
        int err = virtqueue_take(&rng.queue, &token, &rng.written);
        if (err == 0)
            rng.pending = false;
        else if (err == -EIO)
            give_up();
        waitq_wake_all(&rng.filled);
    }
    spinlock_release(&rng.lock);
}

/* Ask for at most len bytes and sleep until some are there. 0, or -EIO. lock held. */
static int fill(size_t len)
{
    struct virtq_buf buf = {
        .ptr = rng.buf, .len = (uint32_t)size_min(len, CHUNK), .device_writes = true};
    if (rng.dead || virtqueue_add(&rng.queue, &buf, 1, &rng) != 0)
        return -EIO;

    rng.pending = true;
    if (virtqueue_publish(&rng.queue))
        virtio_notify(&rng.virtio, 0);
    while (rng.pending)
        waitq_sleep(&rng.filled, &rng.lock);
    return rng.written > 0 ? 0 : -EIO; /* a device that gives nothing would be asked for ever */
}

static int virtio_rng_read(void *buf, size_t len)
{
    int err = 0;

    mutex_lock(&rng.reading);
    for (size_t done = 0; done < len && !err;) {
        spinlock_acquire(&rng.lock);
        err = fill(len - done);
        spinlock_release(&rng.lock);
        if (err)
            break;
        memcpy((char *)buf + done, rng.buf, rng.written);
        memset(rng.buf, 0, rng.written); /* nobody else sees these bytes */
        done += rng.written;
    }
    mutex_unlock(&rng.reading);
    return err;
}

static int start(void)
{
    rng.buf = kzalloc(CHUNK);
    if (!rng.buf)
        return -ENOMEM;
    int err = virtio_negotiate(&rng.virtio, 0);
    if (!err)
        err = virtio_queue_setup(&rng.virtio, 0, QUEUE_SIZE, &rng.queue);
    return err ? err : irq_register(rng.virtio.irq, virtio_rng_interrupt, NULL);
}

static int virtio_rng_probe(const struct devtree_node *node)
{
    if (rng.buf)
        return -ENODEV; /* one is enough */
    int err = virtio_open(&rng.virtio, node, VIRTIO_ID_RNG, "virtio-rng");
    if (err)
        return err;
    err = start();
    if (err) {
        virtio_stop(&rng.virtio);
        virtio_queue_free(&rng.queue);
        kfree(rng.buf);
        rng.buf = NULL;
        return err;
    }
    virtio_start(&rng.virtio);
    machine_set_entropy(virtio_rng_read);
    return 0;
}

const struct driver virtio_rng_driver = {
    .name = "virtio-rng",
    .compatible = virtio_mmio_compatible,
    .probe = virtio_rng_probe,
};
