/* SPDX-License-Identifier: Apache-2.0 */
/* virtqueue.h - the split virtqueue: rings in memory shared with a virtio device.
 *
 * No registers here: virtio_mmio.c tells the device where the rings are and when to look, so this
 * runs on the host against a simulated device. Nothing the device writes is believed: what must be
 * right is kept in memory of our own, and a queue that catches its device at nonsense is broken for
 * good. The caller serialises all calls on one queue; none of them sleeps.
 *
 * Source: Virtual I/O Device specification 1.1, section 2.6 (split virtqueues), 2.6.2 (legacy layout).
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include <stdatomic.h>

#include "lib/types.h"

#define VIRTQ_DESC_NEXT  1u /* the chain goes on in `next` */
#define VIRTQ_DESC_WRITE 2u /* the device writes here, else it reads */

#define VIRTQ_USED_NO_NOTIFY 1u /* the device looks at the ring by itself now */

/* Rings of these alignments suit both the legacy and the modern transport. */
#define VIRTQ_ALIGN PAGE_SIZE

/* The device's view, little-endian. */
struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct virtq_desc) == 16, "2.6.5");

struct virtq_avail {
    uint16_t         flags;
    _Atomic uint16_t idx; /* we write: ring[0 .. idx) were made available, modulo size */
    uint16_t         ring[];
};
_Static_assert(offsetof(struct virtq_avail, ring) == 4, "2.6.6");

struct virtq_used_elem {
    _Atomic uint32_t id;  /* head of the chain that is finished */
    _Atomic uint32_t len; /* bytes the device wrote into it */
};

struct virtq_used {
    _Atomic uint16_t       flags;
    _Atomic uint16_t       idx; /* the device writes */
    struct virtq_used_elem ring[];
};
_Static_assert(offsetof(struct virtq_used, ring) == 4, "2.6.8");

/* What we know of one descriptor; the chain's facts are with its head. */
struct virtq_slot {
    void    *token;    /* head of a chain that the device has: the caller's; else NULL */
    uint32_t writable; /* head: bytes that the device may write */
    uint16_t next;     /* the next descriptor of the chain, or of the free list */
    uint16_t ndesc;    /* head: descriptors of the chain */
};

struct virtqueue {
    uint16_t            size; /* descriptors, a power of two; constant, as are the pointers */
    struct virtq_desc  *desc;
    struct virtq_avail *avail;
    struct virtq_used  *used;
    struct virtq_slot  *slots;

    uint16_t    free_head; /* valid while nfree > 0 */
    uint16_t    nfree;     /* descriptors */
    uint16_t    nchains;   /* that the device has */
    uint16_t    avail_idx; /* running number of the next entry we make available */
    uint16_t    used_idx;  /* and of the next one we expect back */
    const char *fault;     /* NULL, or what the device did wrong */
};

/* One piece of a chain, physically contiguous. */
struct virtq_buf {
    void    *ptr;           /* in the window */
    uint32_t len;           /* bytes, not 0 */
    bool     device_writes; /* such pieces come after all others */
};

#define VIRTQ_SIZE_MAX 32768u

/* Bytes of shared memory for `size` descriptors, and where in it the parts begin. */
size_t virtqueue_bytes(unsigned size);
size_t virtqueue_avail_offset(unsigned size);
size_t virtqueue_used_offset(unsigned size);

/* An empty queue of `size` descriptors (a power of two, at most VIRTQ_SIZE_MAX) in mem, which is zeroed,
 * VIRTQ_ALIGN-aligned and virtqueue_bytes(size) long; slots has `size` elements. Both stay the caller's. */
void virtqueue_init(struct virtqueue *vq, void *mem, struct virtq_slot *slots, unsigned size);

/* Queue a chain of nbufs pieces; the device sees it after virtqueue_publish(). token is not NULL.
 * -ENOSPC: fewer than nbufs descriptors are free, -EIO: the queue is broken. */
int virtqueue_add(struct virtqueue *vq, const struct virtq_buf *bufs, unsigned nbufs, void *token);

/* Show the device what was added. Returns whether it wants to be notified. */
bool virtqueue_publish(struct virtqueue *vq);

/* Take back one finished chain: its token and how many bytes the device wrote, at most as many as
 * its pieces hold. -EAGAIN: none is finished, -EIO: the queue is broken (vq->fault says how). */
int virtqueue_take(struct virtqueue *vq, void **token, uint32_t *written);

/* After the device was reset: the token of some chain it had, which is now free, or NULL. */
void *virtqueue_abandon(struct virtqueue *vq);

#endif
