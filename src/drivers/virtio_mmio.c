/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_mmio.c - the virtio transport over memory-mapped registers: see virtio_mmio.h. */
#include "drivers/virtio_mmio.h"

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"
#include "machine/mmio.h"

/* Registers (4.2.2, 4.2.4). L: legacy only, M: modern only. */
enum virtio_register {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_GUEST_PAGE_SIZE = 0x028, /* L: the unit of REG_QUEUE_PFN */
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_QUEUE_ALIGN = 0x03c, /* L: of the used ring */
    REG_QUEUE_PFN = 0x040,   /* L: where the queue's memory is, not 0: in use */
    REG_QUEUE_READY = 0x044, /* M */
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC = 0x080,        /* M: low word, high word behind it, as the next two */
    REG_QUEUE_DRIVER = 0x090,      /* M: the available ring */
    REG_QUEUE_DEVICE = 0x0a0,      /* M: the used ring */
    REG_CONFIG_GENERATION = 0x0fc, /* M */
    REG_CONFIG = 0x100,
};

#define MAGIC 0x74726976u /* "virt" */

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED      128u

#define RESET_READS_MAX  1000000u
#define CONFIG_TRIES_MAX 16u

const char *const virtio_mmio_compatible[] = {"virtio,mmio", NULL};

static uint32_t reg_read(const struct virtio_device *dev, size_t reg)
{
    return mmio_read32(mmio_at(dev->base, reg));
}

static void reg_write(struct virtio_device *dev, size_t reg, uint32_t value)
{
    mmio_write32(mmio_at(dev->base, reg), value);
}

static void add_status(struct virtio_device *dev, uint32_t bit)
{
    reg_write(dev, REG_STATUS, reg_read(dev, REG_STATUS) | bit);
}

static int refuse(const struct virtio_device *dev, const char *why)
{
    log_error("%s: %s", dev->name, why);
    return -EIO;
}

/* --- life ---------------------------------------------------------------------------------- */

/* The device stops what it was doing. Reading 0 back says that it has. */
static int reset(struct virtio_device *dev)
{
    reg_write(dev, REG_STATUS, 0);
    for (unsigned i = 0; i < RESET_READS_MAX; i++)
        if (reg_read(dev, REG_STATUS) == 0)
            return 0;
    return refuse(dev, "the device does not finish its reset");
}

/* -ENODEV: not ours, -EINVAL: not a device we understand. */
static int identify(struct virtio_device *dev, uint32_t id)
{
    if (reg_read(dev, REG_MAGIC) != MAGIC) {
        log_error("%s: no virtio device at these registers (magic %#x)", dev->name,
                  reg_read(dev, REG_MAGIC));
        return -ENODEV;
    }
    if (reg_read(dev, REG_DEVICE_ID) != id)
        return -ENODEV;
    uint32_t version = reg_read(dev, REG_VERSION);
    if (version != 1 && version != 2) {
        log_error("%s: unknown register layout, version %u", dev->name, version);
        return -EINVAL;
    }
    dev->modern = version == 2;
    return 0;
}

int virtio_open(struct virtio_device *dev, const struct devtree_node *node, uint32_t id,
                const char *name)
{
    *dev = (struct virtio_device){0};
    strlcpy(dev->name, name, sizeof(dev->name));

    int err = devtree_reg(node, 0, &dev->base, &dev->len);
    if (err)
        return err;
    if (dev->len < REG_CONFIG)
        return -EINVAL;
    err = identify(dev, id);
    if (!err)
        err = devtree_irq(node, 0, &dev->irq);
    if (!err)
        err = reset(dev);
    if (err)
        return err;
    add_status(dev, STATUS_ACKNOWLEDGE);
    add_status(dev, STATUS_DRIVER);
    return 0;
}

static uint64_t device_features(struct virtio_device *dev)
{
    reg_write(dev, REG_DEVICE_FEATURES_SEL, 1);
    uint64_t high = reg_read(dev, REG_DEVICE_FEATURES);
    reg_write(dev, REG_DEVICE_FEATURES_SEL, 0);
    return high << 32 | reg_read(dev, REG_DEVICE_FEATURES);
}

static void set_driver_features(struct virtio_device *dev)
{
    reg_write(dev, REG_DRIVER_FEATURES_SEL, 1);
    reg_write(dev, REG_DRIVER_FEATURES, (uint32_t)(dev->features >> 32));
    reg_write(dev, REG_DRIVER_FEATURES_SEL, 0);
    reg_write(dev, REG_DRIVER_FEATURES, (uint32_t)dev->features);
}

int virtio_negotiate(struct virtio_device *dev, uint64_t wanted)
{
    if (dev->modern)
        wanted |= VIRTIO_F_VERSION_1;
    else
        wanted &= UINT32_MAX; /* a legacy device has 32 feature bits */

    dev->features = device_features(dev) & wanted;
    if (dev->modern && !virtio_has(dev, VIRTIO_F_VERSION_1))
        return refuse(dev, "the device is neither legacy nor modern");
    set_driver_features(dev);
    if (!dev->modern)
        return 0;

    add_status(dev, STATUS_FEATURES_OK);
    if (!(reg_read(dev, REG_STATUS) & STATUS_FEATURES_OK))
        return refuse(dev, "the device refuses the features it offered");
    return 0;
}

void virtio_start(struct virtio_device *dev)
{
    add_status(dev, STATUS_DRIVER_OK);
}

void virtio_stop(struct virtio_device *dev)
{
    add_status(dev, STATUS_FAILED);
    reset(dev);
}

/* --- queues -------------------------------------------------------------------------------- */

static void write_address(struct virtio_device *dev, size_t reg, paddr_t pa)
{
    reg_write(dev, reg, (uint32_t)pa);
    reg_write(dev, reg + 4, (uint32_t)(pa >> 32));
}

static void place_queue(struct virtio_device *dev, unsigned size, paddr_t pa)
{
    reg_write(dev, REG_QUEUE_NUM, size);
    if (!dev->modern) {
        reg_write(dev, REG_GUEST_PAGE_SIZE, PAGE_SIZE);
        reg_write(dev, REG_QUEUE_ALIGN, VIRTQ_ALIGN);
        reg_write(dev, REG_QUEUE_PFN, (uint32_t)(pa >> PAGE_SHIFT));
        return;
    }
    write_address(dev, REG_QUEUE_DESC, pa);
    write_address(dev, REG_QUEUE_DRIVER, pa + virtqueue_avail_offset(size));
    write_address(dev, REG_QUEUE_DEVICE, pa + virtqueue_used_offset(size));
    reg_write(dev, REG_QUEUE_READY, 1);
}

/* How many descriptors to use of the selected queue: a power of two, 0: there is no such queue. */
static unsigned queue_size(struct virtio_device *dev, unsigned max_size)
{
    uint32_t offered = reg_read(dev, REG_QUEUE_NUM_MAX);
    while (max_size > offered)
        max_size /= 2;
    return max_size;
}

static int alloc_queue(struct virtqueue *vq, unsigned size, paddr_t *pa)
{
    struct virtq_slot *slots = kmalloc(size * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    int err = frame_alloc_zeroed(pages_for(virtqueue_bytes(size)), pa);
    if (err) {
        kfree(slots);
        return err;
    }
    virtqueue_init(vq, phys_ptr(*pa), slots, size);
    return 0;
}

int virtio_queue_setup(struct virtio_device *dev, unsigned index, unsigned max_size,
                       struct virtqueue *vq)
{
    reg_write(dev, REG_QUEUE_SEL, index);
    if (reg_read(dev, dev->modern ? REG_QUEUE_READY : REG_QUEUE_PFN) != 0)
        return refuse(dev, "the queue is in use right after a reset");
    unsigned size = queue_size(dev, max_size);
    if (size == 0)
        return refuse(dev, "the device lacks a queue");

    paddr_t pa;
    int     err = alloc_queue(vq, size, &pa);
    if (err)
        return err;
    place_queue(dev, size, pa);
    return 0;
}

void virtio_queue_free(struct virtqueue *vq)
{
    if (!vq->desc)
        return;
    frame_free(phys_of(vq->desc), pages_for(virtqueue_bytes(vq->size)));
    kfree(vq->slots);
    *vq = (struct virtqueue){0};
}

void virtio_notify(struct virtio_device *dev, unsigned index)
{
    reg_write(dev, REG_QUEUE_NOTIFY, index);
}

uint32_t virtio_irq_ack(struct virtio_device *dev)
{
    uint32_t pending = reg_read(dev, REG_INTERRUPT_STATUS);
    reg_write(dev, REG_INTERRUPT_ACK, pending);

    /* The acknowledgement comes before the used ring is read: were the ring read first, a request
     * that finished in between would be acknowledged without having been seen. */
    mmio_barrier();
    return pending;
}

/* --- configuration ------------------------------------------------------------------------- */

static uint64_t read_config(const struct virtio_device *dev, size_t offset, size_t len)
{
    const volatile void *at = mmio_at(dev->base, REG_CONFIG + offset);
    switch (len) {
    case 1:
        return mmio_read8(at);
    case 2:
        return mmio_read16(at);
    case 4:
        return mmio_read32(at);
    default:
        return mmio_read32(at) | (uint64_t)mmio_read32(mmio_at(dev->base, REG_CONFIG + offset + 4))
                                     << 32;
    }
}

/* A legacy device has no generation; two equal readings must do. */
uint64_t virtio_config(const struct virtio_device *dev, size_t offset, size_t len)
{
    uint64_t value = 0;
    if (offset > dev->len - REG_CONFIG || len > dev->len - REG_CONFIG - offset)
        return 0;

    for (unsigned i = 0; i < CONFIG_TRIES_MAX; i++) {
        uint32_t before = dev->modern ? reg_read(dev, REG_CONFIG_GENERATION) : 0;
        value = read_config(dev, offset, len);
        if (dev->modern ? reg_read(dev, REG_CONFIG_GENERATION) == before
                        : read_config(dev, offset, len) == value)
            break;
    }
    return value;
}
