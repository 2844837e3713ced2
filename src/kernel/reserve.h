/* SPDX-License-Identifier: Apache-2.0 */
/* reserve.h - contiguous frames set aside for memory that a program has not touched yet.
 *
 * One range of translation maps one physical run, so what a program touches piece by piece should
 * come from one run. When a part of an area is touched for the first time, a run for the whole of it is
 * reserved; faults take their frames from there. A reservation belongs to a range of addresses, not
 * to an area: areas are split and joined without a thought of it, and it may reach beyond one that is
 * expected to grow. Reserved frames promise nothing: when memory is short they are taken back, the
 * oldest reservation first, and faults find other frames.
 *
 * The caller holds vs->mutex, unless it says otherwise. Addresses are page-aligned.
 */
#ifndef KERNEL_RESERVE_H
#define KERNEL_RESERVE_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "lib/types.h"

struct vmspace;

/* Frames from pa on for [start, end): those of them that still bear its number. */
struct reservation {
    RB_ENTRY(reservation) link;    /* by start; protected by vs->mutex */
    TAILQ_ENTRY(reservation) aged; /* protected by the lock of reserve.c */
    vaddr_t  start, end;
    paddr_t  pa;
    uint64_t id;
};

RB_HEAD(reservation_tree, reservation);

/* Reservations are given up when memory is short, before anything else is. Once, at boot. */
void reserve_init(void);

/* The part of [*lo, *hi) around page, none of which is mapped, that has reserved frames: they become
 * movable ones with one reference, *pa the first. False: page has none. */
bool reserve_claim(struct vmspace *vs, vaddr_t page, vaddr_t *lo, vaddr_t *hi, paddr_t *pa);

/* Reserve frames for [lo, hi), or as much of it around page as is wise: nothing there is mapped. May
 * do nothing. */
void reserve_make(struct vmspace *vs, vaddr_t page, vaddr_t lo, vaddr_t hi);

/* [va, end), which was mapped to the frames from pa on, is mapped no more and likely to be touched again:
 * reserve them for it, if that is wise. The caller's reference on each goes. */
void reserve_keep(struct vmspace *vs, vaddr_t va, vaddr_t end, paddr_t pa);

/* [va, end) is not going to be touched as what it was: give up what is reserved for it. */
void reserve_drop(struct vmspace *vs, vaddr_t va, vaddr_t end);

/* Give up at least npages frames, if there are so many, of anybody. Whether any were. Any context
 * that may take spinlocks; vs->mutex may be held or not. */
bool reserve_reclaim(size_t npages);

#endif
