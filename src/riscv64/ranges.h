/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - small sorted lists of disjoint physical ranges, for reading a machine's memory map.
 *
 * A list is an array of at most `max` entries and its length. Pure C: test/host/test_ranges.c.
 */
#ifndef RISCV64_RANGES_H
#define RISCV64_RANGES_H

#include "machine/bootinfo.h"

/* Add [start, start+len), joining what touches or overlaps. false: the list is full (unchanged). */
bool ranges_add(struct phys_range *list, size_t *n, size_t max, struct phys_range r);

/* Take [start, start+len) out. false: a split found the list full (unchanged). */
bool ranges_cut(struct phys_range *list, size_t *n, size_t max, struct phys_range r);

/* r is completely inside one entry. */
bool ranges_contain(const struct phys_range *list, size_t n, struct phys_range r);

#endif
