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

#define FRAME_ORDERS 19 /* free blocks have up to 2^18 frames: 1 GiB */

struct frame_stats {
    size_t total;    /* frames managed */
    size_t free;     /* frames free now */
    size_t reserved; /* frames that are neither free nor used: taken back when memory is short */
};

/* Take over bi->free. Once, before anything allocates. */
void frame_init(const struct bootinfo *bi);

/* frame_alloc() for a program's own memory: mapped in one place, and nobody but the map knows where
 * the frames are. They may be moved while they have one reference (compact.h). */
int frame_alloc_movable(size_t npages, paddr_t *out);

/* The same without taking memory from anybody else when there is none. */
int frame_try_movable(size_t npages, paddr_t *out);

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

/* --- reservations (reserve.c): frames set aside, each for the one whose number it bears ---- */

/* A run whose first frame's number is phase modulo align, a power of two (phase < align). Never
 * reclaims. -ENOMEM. */
int frame_reserve(size_t npages, size_t align, size_t phase, uint64_t id, paddr_t *out);

/* Frames that id has reserved become movable ones with one reference: from pa on, at most `above`, and if
 * there are any, then from pa downwards, at most *below. Returns how many from pa on; *below: how
 * many before it. */
size_t frame_claim(paddr_t pa, size_t above, size_t *below, uint64_t id);

/* Drop a reference on each frame of a run. Movable ones on which it was the last are reserved by id, and do not
 * become free. */
void frame_keep(paddr_t pa, size_t npages, uint64_t id);

/* Free those of the run that id has reserved. Returns how many. */
size_t frame_unreserve(paddr_t pa, size_t npages, uint64_t id);

/* --- emptying a window of memory (compact.c) --- */

/* A window of npages frames, aligned as above, that is free, reserved or movable and has at most limit frames
 * to be moved: the next one with half of that or less behind the last one found, or else the one
 * with the fewest. limit < npages + 1. May look at all of memory. */
bool frame_find_window(size_t npages, size_t align, size_t phase, size_t limit, paddr_t *pa);

/* Take all free and reserved frames of a window that frame_find_window() found out of circulation. */
void frame_isolate(paddr_t pa, size_t npages);

/* Movable frames of the window whose contents are elsewhere now join them. False: somebody
 * holds one of them. */
bool frame_vacate(paddr_t pa, size_t npages);

/* The end: a window that is isolated as a whole becomes id's, and true is returned; else what is
 * isolated of it becomes free. */
bool frame_settle(paddr_t pa, size_t npages, uint64_t id);

/* --- statistics and settings --- */

void frame_stats(struct frame_stats *out);

/* Frames in the largest free block. */
size_t frame_largest_run(void);

/* count[k]: free blocks of 2^k frames. */
void frame_free_blocks(size_t count[FRAME_ORDERS]);

/* Fault injection: the n-th allocation from now fails (1 = the next), once; 0: off. */
void frame_fail_after(size_t n);

#define FRAME_RECLAIMERS 4

/* Called when an allocation finds no memory, to release some; returns whether it did. Those
 * added first are asked first, so the cheapest to lose is added first. Runs in thread context
 * without spinlocks held, or not at all; may not sleep. */
void frame_add_reclaim(bool (*reclaim)(size_t npages));

#endif
