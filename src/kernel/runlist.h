/* SPDX-License-Identifier: Apache-2.0 */
/* runlist.h - what a range of a pmap maps, collected before it changes.
 *
 * Frames can only be let go after pmap_update(), when the map no longer says which they were, and a
 * change that fails half-way has to be taken back; both need the list first. A short list lives in
 * the caller's frame.
 */
#ifndef KERNEL_RUNLIST_H
#define KERNEL_RUNLIST_H

#include "machine/pmap.h"

struct mapped_run {
    vaddr_t  va;
    size_t   len; /* bytes */
    paddr_t  pa;
    unsigned prot; /* of the domain asked for */
};

struct runlist {
    struct mapped_run *runs; /* ascending */
    size_t             n, room;
    size_t             bytes; /* all in all */
    struct mapped_run  local[8];
};

/* Collect the runs of [start, end) as dom sees them. -ENOMEM (nothing to free then). */
int runlist_collect(struct runlist *list, struct pmap *pm, pmap_dom_t dom, vaddr_t start,
                    vaddr_t end);

/* The same without ever needing memory: as many of the first runs as fit. Returns where they end, or end. */
vaddr_t runlist_collect_some(struct runlist *list, struct pmap *pm, pmap_dom_t dom, vaddr_t start,
                             vaddr_t end);

/* Drop one reference on every frame of the list. */
void runlist_put_frames(const struct runlist *list);

void runlist_free(struct runlist *list);

#endif
