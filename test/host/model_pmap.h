/* SPDX-License-Identifier: Apache-2.0 */
/* model_pmap.h - a memory model and a plain array of pages, put through the same calls.
 *
 * Each call compares what the pmap calls return, what pmap_extract() and pmap_next() say, and what
 * an independent walker (walk.h) reads from the raw tables, with the array. Allocations fail now and
 * then, and a call that fails must have changed nothing. What is called is decided by
 * model_choose(), which the program brings: test_pmap.c draws random numbers, fuzz_pmap.c takes the
 * bytes of an input.
 *
 * A difference ends the test (cmocka's fail()) and shows the call and the map.
 */
#ifndef TEST_MODEL_PMAP_H
#define TEST_MODEL_PMAP_H

#include "lib/types.h"
#include "machine/pmap.h"

#define MODEL_PAGES 2048u /* two top tables of 1024 pages: 8 MiB */

/* A number below `below`. */
uint32_t model_choose(uint32_t below);

/* A fresh machine whose map is empty and active; its pages begin at `at`. With domains, calls also
 * create and destroy domains. */
void model_start(vaddr_t at, bool domains);

/* One call. */
void model_call(void);

/* The map goes, and all its frames are back. */
void model_end(void);

/* The map occupies just the frames that its tables need. */
void model_check_frames(void);

extern vaddr_t      base; /* of the array's first page */
extern struct pmap *pm;

/* Places worth trying for the array. */
#define MODEL_PLACES 5
extern const vaddr_t model_places[MODEL_PLACES];

#endif
