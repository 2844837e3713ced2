/* SPDX-License-Identifier: Apache-2.0 */
/* sim_pmap.h - a memory model that is a plain array of pages: the contract of machine/pmap.h with
 * nothing behind it. It maps two zones of user space, at its two ends; mapping elsewhere stops the
 * test, as does letting frames go before pmap_update() and breaking a rule of the contract.
 */
#ifndef TEST_SIM_PMAP_H
#define TEST_SIM_PMAP_H

#include "machine/layout.h"
#include "machine/pmap.h"

#define ZONE_PAGES 2048ul
#define ZONES      2
#define ZONE_LOW   0x1000000ul
#define ZONE_HIGH  (USER_END - ZONE_PAGES * PAGE_SIZE)

#define SIM_DOMAINS 3

/* The n-th change from now fails with -ENOSPC (1: the next), once; 0: none. */
void sim_pmap_fail_after(size_t n);

/* pmap_extract() and pmap_next() callers get runs of at most that many pages; 0: as long as they
 * are. */
void sim_pmap_cut_runs(size_t npages);

/* Number of a page, 0 .. ZONES * ZONE_PAGES - 1, and back. */
size_t  sim_page_number(vaddr_t va);
vaddr_t sim_page_va(size_t n);

/* One access as the hardware does it. */
bool sim_access(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access, paddr_t *pa);

/* Pages mapped; also checks that all frames are allocated and no removal waits for an update. */
size_t sim_pmap_check(struct pmap *pm);

/* Everything that the map says, to be compared. Free it. */
void *sim_pmap_snapshot(struct pmap *pm);
bool  sim_pmap_equals(struct pmap *pm, const void *snapshot);

#endif
