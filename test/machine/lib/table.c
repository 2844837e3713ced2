/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c - see table.h. Runs in M, on physical addresses.
 */
#include "lib/table.h"

#include "lib/machine.h"

#define VPN_MASK ((1ull << 36) - 1)

extern uint8_t image_start[], image_end[];

static uint8_t default_table[PAGE] __attribute__((aligned(4096)));
_Static_assert(TABLE_BYTES(1, SPEC_ROWS) <= PAGE, "the default table is one page");

volatile struct meta *meta(const struct table *t)
{
    return (volatile struct meta *)t->base;
}

volatile struct desc *desc(const struct table *t, uint64_t slot)
{
    return (volatile struct desc *)(t->base + 16 * slot);
}

volatile uint8_t *perm(const struct table *t, uint64_t sd, uint64_t slot)
{
    return (volatile uint8_t *)(t->base + 1024 * t->T + 64 * t->T * sd + slot);
}

volatile uint32_t *grant(const struct table *t, uint64_t sd, uint64_t slot)
{
    uint64_t gt = t->base + 1024 * t->T + 64 * t->T * t->R;

    return (volatile uint32_t *)(gt + 256 * t->T * sd + 4 * slot);
}

static uint64_t start_of(struct desc d)
{
    return d.lo & VPN_MASK;
}

static uint64_t end_of(struct desc d)
{
    return d.lo >> 36 | (d.hi & 0xff) << 28;
}

static struct desc desc_get(const struct table *t, uint64_t slot)
{
    return (struct desc){desc(t, slot)->lo, desc(t, slot)->hi};
}

static struct desc desc_raw(uint64_t start, uint64_t end, uint64_t ppn, uint64_t top)
{
    return (struct desc){
        .lo = start | (end & 0xfffffff) << 36,
        .hi = end >> 28 | ppn << 8 | top,
    };
}

struct desc desc_make(uint64_t va, uint64_t pages, uint64_t pa)
{
    uint64_t start = va >> 12 & VPN_MASK;

    return desc_raw(start, (start + pages - 1) & VPN_MASK, pa >> 12, DESC_VALID);
}

struct desc desc_empty(uint64_t e)
{
    return desc_raw(e + 1, e, 0, 0);
}

void desc_put(const struct table *t, uint64_t slot, struct desc d)
{
    desc(t, slot)->hi = d.hi;
    desc(t, slot)->lo = d.lo;
}

void perm_put(const struct table *t, uint64_t sd, uint64_t slot, uint8_t byte)
{
    uint64_t  at = (uint64_t)perm(t, sd, slot);
    uint32_t *word = (uint32_t *)(at & ~3ull);
    unsigned  shift = 8 * (at & 3);

    __atomic_fetch_and(word, ~(0xffu << shift), __ATOMIC_SEQ_CST);
    __atomic_fetch_or(word, (uint32_t)byte << shift, __ATOMIC_SEQ_CST);
}

uint64_t slot_of(const struct table *t, uint64_t va)
{
    uint64_t vpn = va >> 12 & VPN_MASK;

    for (uint64_t i = 1; i < meta(t)->N; i++) {
        struct desc d = desc_get(t, i);
        if (start_of(d) <= vpn && vpn <= end_of(d))
            return i;
    }
    return 0;
}

uint64_t search_length(const struct table *t, uint64_t va)
{
    uint64_t vpn = va >> 12 & VPN_MASK, lo = 1, hi = meta(t)->N, reads = 0;

    while (lo < hi) {
        uint64_t    mid = lo + (hi - lo) / 2;
        struct desc d = desc_get(t, mid);

        reads++;
        if (vpn > end_of(d))
            lo = mid + 1;
        else if (vpn < start_of(d))
            hi = mid;
        else
            break;
    }
    return reads;
}

/* Insert a cell into its sorted place among slots 1..N-1. */
static void insert(const struct table *t, const struct cell *c)
{
    struct desc new = desc_make(c->va, c->pages, c->pa);
    uint64_t i = meta(t)->N++;

    for (; i > 1 && start_of(desc_get(t, i - 1)) > start_of(new); i--) {
        desc_put(t, i, desc_get(t, i - 1));
        for (uint64_t sd = 0; sd < t->R; sd++)
            *perm(t, sd, i) = *perm(t, sd, i - 1);
    }
    desc_put(t, i, new);
    for (uint64_t sd = 0; sd < t->R; sd++)
        *perm(t, sd, i) = sd < SPEC_ROWS ? c->row[sd] : 0;
}

static void insert_image(const struct table *t)
{
    uint64_t    pa = (uint64_t)image_start;
    struct cell image = {.va = pa, .pages = ((uint64_t)image_end - pa) / PAGE, .pa = pa};

    insert(t, &image);
    for (uint64_t sd = 0; sd < t->R; sd++)
        *perm(t, sd, slot_of(t, pa)) = P_RWX;
}

struct table table_build(uint64_t base, uint64_t T, uint64_t R, const struct cell *cells, size_t n)
{
    struct table t = {base, T, R};

    memset((void *)base, 0, TABLE_BYTES(T, R));
    for (uint64_t k = 0; k < 64 * T * R; k++)
        *grant(&t, 0, k) = NO_GRANT;
    *meta(&t) = (struct meta){.R = (uint32_t)R, .T = (uint32_t)T, .M = (uint32_t)R, .N = 1};
    for (size_t k = 0; k < n; k++)
        insert(&t, &cells[k]);
    insert_image(&t);
    return t;
}

uint64_t table_satp(const struct table *t)
{
    return SATP_MODE_CELLS << 60 | t->base >> 12;
}

struct table cells_on(const struct cell *cells, size_t n)
{
    struct table t = table_build((uint64_t)default_table, 1, SPEC_ROWS, cells, n);

    csr_write(CSR_SATP, table_satp(&t));
    expect(csr_read(CSR_SATP), table_satp(&t));
    return t;
}

/* The first of cells gets slot 16, and 16 bytes from B is the start of the first cell here. */
struct table cells_on_behind_a_row(const struct cell *cells, size_t n)
{
    static struct cell all[17];

    for (unsigned k = 0; k < 15; k++)
        all[k] = (struct cell){.va = (P_RWX + k) * PAGE, .pages = 1, .pa = FRAME(0)};
    for (size_t k = 0; k < n; k++)
        all[15 + k] = cells[k];
    struct table t = cells_on(all, 15 + n);
    expect(slot_of(&t, cells[0].va), 16);
    expect(*(uint8_t *)(t.base + 16), P_RWX);
    return t;
}
