/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_blk.c - disks: struct blk_request over a virtqueue.
 *
 * A request is a chain of header, data and status byte; header and status live in a slot of the
 * disk's own, so as many requests are under way as there are slots. A device that breaks the queue's
 * rules is reset, and everything it had, and all that follows, ends with -EIO.
 *
 * Source: Virtual I/O Device specification 1.1, section 5.2.
 */
#include "drivers/drivers.h"
#include "drivers/virtio_mmio.h"
#include "kernel/blk.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/fmt.h"

#define QUEUE_SIZE  128u
#define CHAIN_DESCS 3u /* header, data, status */

#define F_READ_ONLY (1ull << 5)
#define F_FLUSH     (1ull << 9)

#define CONFIG_CAPACITY 0u /* 64 bits, sectors */

#define TYPE_IN    0u
#define TYPE_OUT   1u
#define TYPE_FLUSH 4u

#define STATUS_OK   0u    /* 1: input/output error, 2: not supported */
#define STATUS_NONE 0xffu /* ours: the device wrote none */

/* What the device reads of a request, then what it writes. */
struct blk_slot {
    struct {
        uint32_t type;
        uint32_t reserved;
        uint64_t sector;
    } header;
    volatile uint8_t status;

    struct blk_request *rq;
    struct blk_slot    *next; /* free list */
};
_Static_assert(sizeof(((struct blk_slot *)0)->header) == 16, "5.2.6");

struct virtio_blk {
    struct virtio_device virtio;
    struct blk_device    blk; /* its lock protects what follows */
    struct virtqueue     queue;
    struct blk_slot     *slots;
    struct blk_slot     *free;
    bool                 dead; /* given up */
};

/* --- completion, lock held ----------------------------------------------------------------- */

static void finish(struct virtio_blk *vb, struct blk_slot *slot, int error)
{
    struct blk_request *rq = slot->rq;
    slot->rq = NULL;
    slot->next = vb->free;
    vb->free = slot;
    blk_complete(&vb->blk, rq, error);
    waitq_wake_one(&vb->blk.space);
}

static void give_up(struct virtio_blk *vb)
{
    log_error("%s: %s; the disk is given up", vb->blk.name, vb->queue.fault);
    vb->dead = true;
    virtio_stop(&vb->virtio); /* no buffer is written to once its request is over */
    for (struct blk_slot *slot; (slot = virtqueue_abandon(&vb->queue)) != NULL;)
        finish(vb, slot, -EIO);
    waitq_wake_all(&vb->blk.space);
}

static void take_finished(struct virtio_blk *vb)
{
    void    *token;
    uint32_t written;
    int      err;
    while ((err = virtqueue_take(&vb->queue, &token, &written)) == 0) {
        struct blk_slot *slot = token;
        int              error = slot->status == STATUS_OK ? 0 : -EIO;
        if (error)
            log_warn("%s: request at sector %llu failed, status %u", vb->blk.name,
                     (unsigned long long)slot->header.sector, slot->status);
        finish(vb, slot, error);
    }
    if (err == -EIO)
        give_up(vb);
}

static void virtio_blk_interrupt(void *arg)
{
    struct virtio_blk *vb = arg;

    spinlock_acquire(&vb->blk.lock);
    if (!vb->dead) {
        virtio_irq_ack(&vb->virtio);
        take_finished(vb);
    }
    spinlock_release(&vb->blk.lock);
}

/* --- submission, lock held ----------------------------------------------------------------- */

static void fill_header(struct blk_slot *slot, const struct blk_request *rq)
{
    static const uint32_t types[] = {
        [BLK_READ] = TYPE_IN, [BLK_WRITE] = TYPE_OUT, [BLK_FLUSH] = TYPE_FLUSH};
    slot->header.type = types[rq->op];
    slot->header.reserved = 0;
    slot->header.sector = rq->sector;
    slot->status = STATUS_NONE;
}

/* Returns how many pieces the request's chain has. */
static unsigned fill_chain(struct blk_slot *slot, struct virtq_buf bufs[CHAIN_DESCS])
{
    struct blk_request *rq = slot->rq;
    unsigned            n = 0;

    bufs[n++] = (struct virtq_buf){.ptr = &slot->header, .len = sizeof(slot->header)};
    if (rq->len > 0)
        bufs[n++] = (struct virtq_buf){
            .ptr = rq->buf, .len = (uint32_t)rq->len, .device_writes = rq->op == BLK_READ};
    bufs[n++] = (struct virtq_buf){
        .ptr = (void *)&slot->status, .len = sizeof(slot->status), .device_writes = true};
    return n;
}

/* Sleeps until there is one. NULL: the disk was given up. */
static struct blk_slot *take_slot(struct virtio_blk *vb)
{
    while (!vb->free && !vb->dead)
        waitq_sleep(&vb->blk.space, &vb->blk.lock);
    if (vb->dead)
        return NULL;
    struct blk_slot *slot = vb->free;
    vb->free = slot->next;
    return slot;
}

static int virtio_blk_submit(struct blk_device *blk, struct blk_request *rq)
{
    struct virtio_blk *vb = container_of(blk, struct virtio_blk, blk);
    struct virtq_buf   bufs[CHAIN_DESCS];

    if (rq->op == BLK_FLUSH && !virtio_has(&vb->virtio, F_FLUSH)) {
        blk_complete(blk, rq,
                     vb->dead ? -EIO : 0); /* without the feature writes are stable at once */
        return 0;
    }
    struct blk_slot *slot = take_slot(vb);
    if (!slot)
        return -EIO;
    slot->rq = rq;
    fill_header(slot, rq);
    unsigned nbufs = fill_chain(slot, bufs);
    int      err = virtqueue_add(&vb->queue, bufs, nbufs, slot);
    ASSERT(!err); /* a slot in hand is room in the queue, and a broken queue is a dead disk */
    if (virtqueue_publish(&vb->queue))
        virtio_notify(&vb->virtio, 0);
    return 0;
}

static const struct blk_ops virtio_blk_ops = {.submit = virtio_blk_submit};

/* --- probing ------------------------------------------------------------------------------- */

/* As many slots as chains fit into the queue: a slot in hand is room in the queue. */
static int alloc_slots(struct virtio_blk *vb)
{
    unsigned n = vb->queue.size / CHAIN_DESCS;
    if (n == 0)
        return -EIO;
    vb->slots = kzalloc(n * sizeof(*vb->slots));
    if (!vb->slots)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        vb->slots[i].next = vb->free;
        vb->free = &vb->slots[i];
    }
    return 0;
}

static void init_blk(struct virtio_blk *vb)
{
    static unsigned ndisks;
    char            name[sizeof(vb->blk.name)];

    fmt_snprintf(name, sizeof(name), "vd%c", (char)('a' + ndisks++ % 26));
    blk_init(&vb->blk, name, &virtio_blk_ops, virtio_config(&vb->virtio, CONFIG_CAPACITY, 8));
    vb->blk.read_only = virtio_has(&vb->virtio, F_READ_ONLY);
}

static int start(struct virtio_blk *vb)
{
    int err = virtio_negotiate(&vb->virtio, F_READ_ONLY | F_FLUSH);
    if (!err)
        err = virtio_queue_setup(&vb->virtio, 0, QUEUE_SIZE, &vb->queue);
    if (!err)
        err = alloc_slots(vb);
    if (err)
        return err;
    init_blk(vb);
    return irq_register(vb->virtio.irq, virtio_blk_interrupt, vb);
}

static int virtio_blk_probe(const struct devtree_node *node)
{
    struct virtio_blk *vb = kzalloc(sizeof(*vb));
    if (!vb)
        return -ENOMEM;

    int err = virtio_open(&vb->virtio, node, VIRTIO_ID_BLOCK, "virtio-blk");
    if (!err) {
        err = start(vb);
        if (err)
            virtio_stop(&vb->virtio);
    }
    if (err) {
        virtio_queue_free(&vb->queue);
        kfree(vb->slots);
        kfree(vb);
        return err;
    }
    virtio_start(&vb->virtio);
    blk_register(&vb->blk);
    return 0;
}

const struct driver virtio_blk_driver = {
    .name = "virtio-blk",
    .compatible = virtio_mmio_compatible,
    .probe = virtio_blk_probe,
};
