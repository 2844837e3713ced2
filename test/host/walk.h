/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - translation as the hardware does it, read from raw memory and written from the
 * specification alone: it shares no code with the memory models that it judges. One
 * implementation per model: walk_cells.c, walk_sv48.c.
 */
#ifndef TEST_WALK_H
#define TEST_WALK_H

#include "lib/types.h"
#include "machine/pmap.h"

/* One access (PMAP_R, PMAP_W or PMAP_X) of domain dom, 0 being the kernel. Sets A and D as
 * hardware does. False: page fault. */
bool walk_access(uint64_t satp, unsigned dom, uint64_t va, unsigned access, uint64_t *pa);

/* Frames that the tables occupy, without those shared by all maps. */
size_t walk_frames(uint64_t satp);

/* Ranges of users that the tables hold; -1 if the model does not count in ranges. */
long walk_ranges(uint64_t satp);

#endif
