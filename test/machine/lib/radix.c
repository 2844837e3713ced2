/* SPDX-License-Identifier: Apache-2.0
 *
 * radix.c - see radix.h. Tables come from a pool and stay taken: a test builds a few trees and ends.
 */
#include "lib/radix.h"
#include "lib/machine.h"

#define ENTRIES 512
#define WIDE    (4 * ENTRIES)
#define POOL    40

static uint64_t pool[POOL][ENTRIES] __attribute__((aligned(4096)));
static uint64_t wide_root[WIDE] __attribute__((aligned(16384)));
static unsigned taken;

static uint64_t *take(void)
{
    expect_true(taken < POOL);
    return pool[taken++];
}

struct radix radix_new(uint64_t mode)
{
    return (struct radix){.mode = mode, .root = take(), .top = ENTRIES};
}

struct radix radix_new_second_stage(uint64_t mode)
{
    return (struct radix){.mode = mode, .root = wide_root, .top = WIDE};
}

static volatile uint64_t *entry(uint64_t *table, uint64_t entries, uint64_t va, unsigned level)
{
    return &table[va >> (12 + 9 * level) & (entries - 1)];
}

volatile uint64_t *radix_map(const struct radix *r, uint64_t va, uint64_t pa, unsigned level,
                             uint64_t bits)
{
    unsigned           at = (unsigned)(r->mode - SV39) + 2;
    volatile uint64_t *e = entry(r->root, r->top, va, at);

    for (; at > level; at--) {
        if (!*e)
            *e = (uint64_t)take() >> 2 | PTE_V;
        e = entry((uint64_t *)(*e >> 10 << 12), ENTRIES, va, at - 1);
    }
    *e = pa >> 2 | bits | PTE_V;
    return e;
}

uint64_t radix_satp(const struct radix *r, uint64_t asid)
{
    return r->mode << 60 | asid << 44 | (uint64_t)r->root >> 12;
}
