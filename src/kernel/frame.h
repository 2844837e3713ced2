/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - physical memory in 4 KiB frames: a buddy allocator that hands out contiguous runs.
 *
 * Every frame has a reference count. A run is allocated with one reference on each of its frames and
 * each frame is freed on its own when the last reference goes; freed neighbours join again.
 * frame_alloc() and frame_free() of machine/upcall.h are the same allocator (references 1 -> 0).
 */
#ifndef KERNEL_FRAME_H
#define KERNEL_FRAME_H

#include "lib/types.h"
#include "machine/bootinfo.h"
#include "machine/layout.h"
#include "machine/upcall.h"

struct frame_stats {
    size_t total;       /* frames managed */
    size_t free;        /* frames free now */
    size_t largest_run; /* frames in the largest free block */
};

/* Take over bi->free. Once, before anything allocates. */
void frame_init(const struct bootinfo *bi);

/* frame_alloc() with zeroed contents. */
int frame_alloc_zeroed(size_t npages, paddr_t *out);

void     frame_get(paddr_t pa);  /* one more reference on the frame at pa */
void     frame_put(paddr_t pa);  /* one less; frees the frame at zero */
unsigned frame_refs(paddr_t pa); /* 0: free, or not RAM that frames manage */
void     frame_get_run(paddr_t pa, size_t npages);
void     frame_put_run(paddr_t pa, size_t npages);

/* A word that the owner of an allocated frame keeps with it (the heap's size class). */
void     frame_set_tag(paddr_t pa, uint32_t tag);
uint32_t frame_tag(paddr_t pa);

void frame_stats(struct frame_stats *out);

/* Fault injection: the n-th allocation from now fails (1 = the next), once; 0: off. */
void frame_fail_after(size_t n);

/* Called when an allocation finds no memory, to release some (page cache); returns whether it did.
 * One hook. Runs in thread context without spinlocks held, or not at all. */
void frame_set_reclaim(bool (*reclaim)(size_t npages));

#endif
