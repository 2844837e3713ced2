/* SPDX-License-Identifier: Apache-2.0 */
/* sim_virtq.h - the device's side of a split virtqueue, for tests.
 *
 * Written from the specification's layout (1.1, 2.6) with plain offsets, not with the driver's
 * structures, so that a mistake in those shows.
 */
#ifndef TEST_SIM_VIRTQ_H
#define TEST_SIM_VIRTQ_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "machine/layout.h"

struct sim_virtq {
    unsigned char *desc;  /* 16 bytes each: address 8, length 4, flags 2, next 2 */
    uint16_t      *avail; /* flags, index, ring of heads */
    uint16_t      *used;  /* flags, index, ring of 32-bit (head, length) */
    unsigned       size;
    uint16_t       seen; /* available entries taken */
};

struct sim_piece {
    unsigned char *ptr;
    uint32_t       len;
    bool           writable;
};

#define SIM_CHAIN_MAX 16

struct sim_chain {
    uint16_t         head;
    unsigned         npieces;
    struct sim_piece piece[SIM_CHAIN_MAX];
};

static inline void sim_read_desc(const struct sim_virtq *q, unsigned index, uint64_t *addr,
                                 uint32_t *len, uint16_t *flags, uint16_t *next)
{
    const unsigned char *at = q->desc + 16 * index;
    assert(index < q->size);
    memcpy(addr, at, 8);
    memcpy(len, at + 8, 4);
    memcpy(flags, at + 12, 2);
    memcpy(next, at + 14, 2);
}

/* Take the next available chain. false: there is none. */
static inline bool sim_take(struct sim_virtq *q, struct sim_chain *chain)
{
    uint16_t index = __atomic_load_n(&q->avail[1], __ATOMIC_ACQUIRE), flags, next;
    uint64_t addr;
    if (q->seen == index)
        return false;

    chain->npieces = 0;
    chain->head = next = q->avail[2 + q->seen++ % q->size];
    do {
        assert(chain->npieces < SIM_CHAIN_MAX);
        struct sim_piece *piece = &chain->piece[chain->npieces++];
        sim_read_desc(q, next, &addr, &piece->len, &flags, &next);
        piece->ptr = phys_ptr(addr);
        piece->writable = flags & 2;
    } while (flags & 1);
    return true;
}

/* Write a used entry, whatever it says, and show it. */
static inline void sim_finish(struct sim_virtq *q, uint32_t head, uint32_t len)
{
    uint32_t entry[2] = {head, len};
    memcpy(q->used + 2 + q->used[1] % q->size * 4, entry, sizeof(entry));
    __atomic_store_n(&q->used[1], (uint16_t)(q->used[1] + 1), __ATOMIC_RELEASE);
}

#endif
