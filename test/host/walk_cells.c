/* SPDX-License-Identifier: Apache-2.0 */
/* walk_cells.c - securecells.md A.1 and A.5 as a program. Rule numbers stand beside the lines. */
#include "walk.h"

#include <string.h>

#include "machine/layout.h"

static uint64_t read_bytes(uint64_t pa, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, phys_ptr(pa), n);
    return v;
}

struct table {
    uint64_t base, rows, lines, doms, slots;
};

/* A.1.1 to A.1.4 */
static struct table table_of(uint64_t satp)
{
    struct table t = {.base = (satp & 0xfffffffffffull) << 12};
    t.rows = read_bytes(t.base, 4);
    t.lines = read_bytes(t.base + 4, 4);
    t.doms = read_bytes(t.base + 8, 4);
    t.slots = read_bytes(t.base + 12, 4);
    if (t.slots > 64 * t.lines)
        t.slots = 64 * t.lines;
    if (t.doms > t.rows)
        t.doms = t.rows;
    return t;
}

struct desc {
    uint64_t start, end, pa, valid;
};

/* A.1.6 */
static struct desc desc_at(const struct table *t, uint64_t i)
{
    uint64_t lo = read_bytes(t->base + 16 * i, 8), hi = read_bytes(t->base + 16 * i + 8, 8);
    return (struct desc){.start = lo & 0xfffffffffull,
                         .end = lo >> 36 | (hi & 0xff) << 28,
                         .pa = (hi >> 8 & 0xfffffffffffull) << 12,
                         .valid = hi >> 63};
}

/* A.5.6 */
static bool search(const struct table *t, uint64_t vpn, uint64_t *slot, struct desc *d)
{
    uint64_t lo = 1, hi = t->slots;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        *d = desc_at(t, mid);
        if (vpn > d->end) {
            lo = mid + 1;
        } else if (vpn < d->start) {
            hi = mid;
        } else {
            *slot = mid;
            return true;
        }
    }
    return false;
}

bool walk_access(uint64_t satp, unsigned dom, uint64_t va, unsigned access, uint64_t *pa)
{
    if (satp >> 60 != 14)
        return false;
    struct table t = table_of(satp);
    if (dom >= t.doms) /* A.5.3 */
        return false;

    uint64_t    slot;
    struct desc d;
    if (!search(&t, va >> 12, &slot, &d) || !d.valid) /* A.5.7 */
        return false;

    uint8_t *byte = phys_ptr(t.base + 1024 * t.lines + 64 * t.lines * dom + slot);
    unsigned rwx = *byte & 0xe;
    if (!(*byte & 1) || rwx == 4 || rwx == 12) /* A.5.8 */
        return false;
    unsigned need = access == PMAP_R ? 2 : access == PMAP_W ? 4 : 8;
    if (!(rwx & need)) /* A.5.9 */
        return false;
    *byte |= (uint8_t)(0x40 | (access == PMAP_W ? 0x80 : 0)); /* A.5.10 */
    *pa = d.pa + (va - (d.start << 12));                      /* A.5.12 */
    return true;
}

/* Behind the table, the kernel keeps a bit for each slot. */
size_t walk_frames(uint64_t satp)
{
    struct table t = table_of(satp);
    return (64 * t.lines * (16 + 5 * t.rows) + 8 * t.lines + 4095) / 4096; /* A.1.2 */
}

long walk_ranges(uint64_t satp)
{
    struct table t = table_of(satp);
    long         n = 0;
    for (uint64_t i = 1; i < t.slots; i++) {
        struct desc d = desc_at(&t, i);
        n += d.start <= d.end && d.end < USER_END >> 12;
    }
    return n;
}
