/* SPDX-License-Identifier: Apache-2.0 */
/* sim_model.h - a real memory model under the kernel code of sim_kernel.h: what it needs of a hart, and
 * the part of sim_pmap.h that tests of address spaces ask for, answered by an independent walker
 * (walk.h). Link sim_model.c, sim_kernel.c, the model, and its walk_*.c; not sim_pmap.c.
 */
#ifndef TEST_SIM_MODEL_H
#define TEST_SIM_MODEL_H

#include "lib/types.h"
#include "machine/pmap.h"

/* For sim_boot of sim_vmspace.h: the model builds the kernel's own map. */
void sim_model_boot(void);

/* What pmap_extract() says of each page of the zones, to be compared. Free it. */
struct sim_page {
    bool     mapped;
    unsigned prot;
    paddr_t  pa;
};
struct sim_page *sim_model_pages(struct pmap *pm);

/* Stops the test unless the model's invariants hold. */
void sim_model_check(struct pmap *pm);

#endif
