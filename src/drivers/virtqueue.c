/* SPDX-License-Identifier: Apache-2.0 */
/* virtqueue.c - the split virtqueue: see virtqueue.h.
 *
 * The device sees descriptors, and may scribble on them; chains are followed through slots[], which
 * it does not know of. Tests: test/host/test_virtqueue.c.
 */
#include "drivers/virtqueue.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"

/* Descriptors first, the available ring behind them, the used ring on a boundary of its own (2.6.2);
 * each ring ends with a 16-bit field for an option that is not used. */
size_t virtqueue_avail_offset(unsigned size)
{
    return size * sizeof(struct virtq_desc);
}

size_t virtqueue_used_offset(unsigned size)
{
    size_t avail = sizeof(struct virtq_avail) + (size + 1) * sizeof(uint16_t);
    return ALIGN_UP(virtqueue_avail_offset(size) + avail, VIRTQ_ALIGN);
}

size_t virtqueue_bytes(unsigned size)
{
    size_t used = sizeof(struct virtq_used) + size * sizeof(struct virtq_used_elem) +
                  sizeof(uint16_t);
    return ALIGN_UP(virtqueue_used_offset(size) + used, VIRTQ_ALIGN);
}

void virtqueue_init(struct virtqueue *vq, void *mem, struct virtq_slot *slots, unsigned size)
{
    ASSERT(size > 0 && size <= VIRTQ_SIZE_MAX && (size & (size - 1)) == 0);
    *vq = (struct virtqueue){
        .size = (uint16_t)size,
        .desc = mem,
        .avail = (void *)((char *)mem + virtqueue_avail_offset(size)),
        .used = (void *)((char *)mem + virtqueue_used_offset(size)),
        .slots = slots,
        .nfree = (uint16_t)size,
    };
    for (unsigned i = 0; i < size; i++)
        slots[i] = (struct virtq_slot){.next = (uint16_t)(i + 1)};
}

/* --- to the device ------------------------------------------------------------------------- */

/* Fill descriptor d with buf. */
static void write_desc(struct virtqueue *vq, uint16_t d, const struct virtq_buf *buf, bool last)
{
    unsigned flags = (buf->device_writes ? VIRTQ_DESC_WRITE : 0) | (last ? 0 : VIRTQ_DESC_NEXT);
    vq->desc[d] = (struct virtq_desc){
        .addr = phys_of(buf->ptr),
        .len = buf->len,
        .flags = (uint16_t)flags,
        .next = last ? 0 : vq->slots[d].next,
    };
}

int virtqueue_add(struct virtqueue *vq, const struct virtq_buf *bufs, unsigned nbufs, void *token)
{
    ASSERT(nbufs > 0 && token);
    if (vq->fault)
        return -EIO;
    if (nbufs > vq->nfree)
        return -ENOSPC;

    uint16_t head = vq->free_head, d = head;
    uint32_t writable = 0;
    for (unsigned i = 0; i < nbufs; i++) {
        write_desc(vq, d, &bufs[i], i == nbufs - 1);
        writable += bufs[i].device_writes ? bufs[i].len : 0;
        if (i < nbufs - 1)
            d = vq->slots[d].next;
    }
    vq->free_head = vq->slots[d].next;
    vq->nfree = (uint16_t)(vq->nfree - nbufs);
    vq->nchains++;
    vq->slots[head].token = token;
    vq->slots[head].writable = writable;
    vq->slots[head].ndesc = (uint16_t)nbufs;
    vq->avail->ring[vq->avail_idx++ % vq->size] = head;
    return 0;
}

bool virtqueue_publish(struct virtqueue *vq)
{
    /* Release: descriptors and ring entries are in memory before the index that covers them; pairs
     * with the device's read of idx before it reads them (2.6.13.3). */
    atomic_store_explicit(&vq->avail->idx, vq->avail_idx, memory_order_release);

    /* The index is written before the flag is read; pairs with the device, which clears the flag
     * and then looks at the index once more. Else each could miss the other's store (2.6.13.4.1). */
    atomic_thread_fence(memory_order_seq_cst);
    return !(atomic_load_explicit(&vq->used->flags, memory_order_relaxed) & VIRTQ_USED_NO_NOTIFY);
}

/* --- from the device ----------------------------------------------------------------------- */

/* Put the chain's descriptors on the free list. */
static void *free_chain(struct virtqueue *vq, uint16_t head)
{
    struct virtq_slot *slot = &vq->slots[head];
    void              *token = slot->token;
    uint16_t           last = head;
    for (unsigned i = 1; i < slot->ndesc; i++)
        last = vq->slots[last].next;

    vq->slots[last].next = vq->free_head;
    vq->free_head = head;
    vq->nfree = (uint16_t)(vq->nfree + slot->ndesc);
    vq->nchains--;
    slot->token = NULL;
    return token;
}

static int broken(struct virtqueue *vq, const char *fault)
{
    vq->fault = fault;
    return -EIO;
}

int virtqueue_take(struct virtqueue *vq, void **token, uint32_t *written)
{
    if (vq->fault)
        return -EIO;

    /* Acquire: the ring entry and the buffers' contents are read after the index that covers them;
     * pairs with the device, which writes them before it (2.6.14). */
    uint16_t idx = atomic_load_explicit(&vq->used->idx, memory_order_acquire);
    uint16_t finished = (uint16_t)(idx - vq->used_idx);
    if (finished == 0)
        return -EAGAIN;
    if (finished > vq->nchains)
        return broken(vq, "the used index is ahead of what the device was given");

    /* Each is read once: the device could change it between a check and a use. */
    struct virtq_used_elem *elem = &vq->used->ring[vq->used_idx % vq->size];
    uint32_t                id = atomic_load_explicit(&elem->id, memory_order_relaxed);
    uint32_t                len = atomic_load_explicit(&elem->len, memory_order_relaxed);
    if (id >= vq->size)
        return broken(vq, "a used entry names a descriptor that does not exist");
    if (!vq->slots[id].token)
        return broken(vq, "a used entry names a chain that the device does not have");
    if (len > vq->slots[id].writable)
        return broken(vq, "a used entry says that more was written than there was room for");

    vq->used_idx++;
    *written = len;
    *token = free_chain(vq, (uint16_t)id);
    return 0;
}

void *virtqueue_abandon(struct virtqueue *vq)
{
    for (uint16_t head = 0; vq->nchains > 0 && head < vq->size; head++)
        if (vq->slots[head].token)
            return free_chain(vq, head);
    return NULL;
}
