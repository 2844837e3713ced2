/* SPDX-License-Identifier: Apache-2.0 */
/* radix_map.h - one map of Sv48 page tables, which is in use, for the tests of the tree. For a source file
 * of a test alone; the sim_machine.c beneath it is set anew for every test.
 */
#ifndef TEST_RADIX_MAP_H
#define TEST_RADIX_MAP_H

#include "riscv64-sv48/model.h"
#include "sim_machine.h"

/* Where tests map things, both at the border of a leaf of 1 GiB. */
#define VA 0x40000000ul
#define PA 0x200000000ul

static struct pmap *pm;
static size_t       frames_before; /* the map came */

static inline int map_setup(void **state)
{
    struct bootinfo bi;

    (void)state;
    sim_reset();
    sim_bootinfo(&bi);
    sim_satp = pmap_bootstrap(&bi);
    frames_before = sim_frames_used();
    assert_int_equal(pmap_create(&pm), 0);
    pmap_activate(pm);
    return 0;
}

static inline int map_teardown(void **state)
{
    (void)state;
    pmap_activate(NULL);
    pmap_destroy(pm);
    assert_int_equal(sim_frames_used(), frames_before);
    return 0;
}

/* The test fails unless the tree is consistent after `what`. */
static inline void map_check(const char *what)
{
    char text[120] = "";
    if (!pmap_consistent(pm, text, sizeof(text)))
        fail_msg("after %s: %s", what, text);
}

static inline size_t map_leaves(void)
{
    struct pmap_stats stats;
    pmap_stats(pm, &stats);
    assert_int_equal(stats.table_bytes, pm->tree.ntables * PAGE_SIZE);
    return stats.ranges;
}

#endif
