/* SPDX-License-Identifier: Apache-2.0 */
/* pmap_args.h - the conditions of machine/pmap.h on arguments that are the same for every memory model;
 * where one does not hold, the call is -EINVAL. */
#ifndef MACHINE_PMAP_ARGS_H
#define MACHINE_PMAP_ARGS_H

#include "machine/layout.h"
#include "machine/pmap.h"

/* Whole pages, at least one, of user addresses; never page 0. */
static inline bool pmap_user_range_ok(vaddr_t va, size_t len)
{
    return !((va | len) & PAGE_MASK) && len > 0 && va >= PAGE_SIZE && va < USER_END &&
           len <= USER_END - va;
}

/* len bytes of frames, all of them in the window. */
static inline bool pmap_frames_ok(paddr_t pa, size_t len)
{
    return !(pa & PAGE_MASK) && pa < WINDOW_SIZE && len <= WINDOW_SIZE - pa;
}

static inline bool pmap_prot_ok(unsigned prot)
{
    return !(prot & ~(unsigned)(PMAP_R | PMAP_W | PMAP_X));
}

#endif
