/* SPDX-License-Identifier: Apache-2.0 */
/* sim_pmap.c - see sim_pmap.h. */
#include "sim_pmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/frame.h"
#include "lib/assert.h"
#include "lib/errno.h"

#define NPAGES (ZONES * ZONE_PAGES)

struct page {
    paddr_t pa;
    bool    mapped;
    uint8_t prot[SIM_DOMAINS];
};

struct pmap {
    struct page pages[NPAGES];
    vaddr_t     suspended; /* nothing else may happen to the map meanwhile; 0: nothing is */
    size_t      suspended_len;
    size_t      nremoved; /* since the last pmap_update() */
    paddr_t     removed[NPAGES];
};

static const struct pmap_limits limits = {.name = "array",
                                          .granule = PAGE_SIZE,
                                          .fault_extent = 16 * PAGE_SIZE,
                                          .run_align = PAGE_SIZE,
                                          .run_max = SIZE_MAX,
                                          .max_ranges = SIZE_MAX,
                                          .max_domains = SIM_DOMAINS};
const struct pmap_limits *const pmap_limits = &limits;

static size_t fail_countdown, cut_runs;

void sim_pmap_fail_after(size_t n)
{
    fail_countdown = n;
}

void sim_pmap_cut_runs(size_t npages)
{
    cut_runs = npages;
}

static bool fails(void)
{
    return fail_countdown && !--fail_countdown;
}

static void resumed(const struct pmap *pm)
{
    ASSERT(!pm->suspended);
}

size_t sim_page_number(vaddr_t va)
{
    bool low = va >= ZONE_LOW && va < ZONE_LOW + ZONE_PAGES * PAGE_SIZE;
    ASSERT(low || (va >= ZONE_HIGH && va < USER_END));
    return low ? (va - ZONE_LOW) >> PAGE_SHIFT : ZONE_PAGES + ((va - ZONE_HIGH) >> PAGE_SHIFT);
}

vaddr_t sim_page_va(size_t n)
{
    return n < ZONE_PAGES ? ZONE_LOW + (n << PAGE_SHIFT)
                          : ZONE_HIGH + ((n - ZONE_PAGES) << PAGE_SHIFT);
}

static bool zone_has(vaddr_t va)
{
    return (va >= ZONE_LOW && va < ZONE_LOW + ZONE_PAGES * PAGE_SIZE) ||
           (va >= ZONE_HIGH && va < USER_END);
}

static struct page *range(struct pmap *pm, vaddr_t va, size_t len)
{
    ASSERT(len && !(va & PAGE_MASK) && !(len & PAGE_MASK));
    size_t first = sim_page_number(va);
    ASSERT(sim_page_number(va + len - PAGE_SIZE) == first + (len >> PAGE_SHIFT) - 1);
    resumed(pm);
    return &pm->pages[first];
}

/* --- the contract ------------------------------------------------------------------------ */

int pmap_create(struct pmap **out)
{
    *out = fails() ? NULL : calloc(1, sizeof(struct pmap));
    return *out ? 0 : -ENOMEM;
}

void pmap_destroy(struct pmap *pm)
{
    free(pm);
}

int pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, pmap_dom_t dom, unsigned prot)
{
    struct page *p = range(pm, va, len);
    size_t       n = len >> PAGE_SHIFT;

    ASSERT(dom > 0 && dom < SIM_DOMAINS && (!(prot & PMAP_W) || (prot & PMAP_R)));
    for (size_t i = 0; i < n; i++)
        ASSERT(!p[i].mapped);
    if (fails())
        return -ENOSPC;
    for (size_t i = 0; i < n; i++) {
        p[i] = (struct page){.pa = pa + (i << PAGE_SHIFT), .mapped = true};
        p[i].prot[dom] = (uint8_t)prot;
        ASSERT(frame_refs(p[i].pa) > 0);
    }
    return 0;
}

int pmap_remove(struct pmap *pm, vaddr_t va, size_t len)
{
    if (fails())
        return -ENOSPC;
    for (vaddr_t end = va + len; va < end; va += PAGE_SIZE) {
        if (!zone_has(va))
            continue;
        struct page *p = range(pm, va, PAGE_SIZE);
        if (p->mapped)
            pm->removed[pm->nremoved++] = p->pa;
        *p = (struct page){0};
    }
    return 0;
}

int pmap_remove_run(struct pmap *pm, vaddr_t va, size_t len, struct pmap_run *run)
{
    vaddr_t         first, next;
    struct pmap_run found;
    if (pmap_next(pm, va, len, &first))
        return -ENOENT;
    pmap_extract(pm, PMAP_DOM_FIRST, first, &found);
    size_t left = va + len - first;
    if (found.len < left && !pmap_next(pm, first + found.len, left - found.len, &next))
        return -E2BIG;
    int err = pmap_remove(pm, va, len);
    if (!err)
        *run = (struct pmap_run){
            .pa = found.pa, .len = size_min(found.len, left), .prot = ~0u}; /* not told */
    return err;
}

int pmap_protect(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot)
{
    if (!zone_has(va) || !zone_has(va + len - PAGE_SIZE))
        return -EFAULT;

    struct page *p = range(pm, va, len);
    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        if (!p[i].mapped)
            return -EFAULT;
    if (fails())
        return -ENOSPC;
    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        p[i].prot[dom] = (uint8_t)prot;
    return 0;
}

int pmap_replace(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    struct page *p = range(pm, va, len);

    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        ASSERT(p[i].mapped &&
               !memcmp(phys_ptr(p[i].pa), phys_ptr(pa + (i << PAGE_SHIFT)), PAGE_SIZE));
    if (fails())
        return -ENOSPC;
    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        p[i].pa = pa + (i << PAGE_SHIFT);
    return 0;
}

int pmap_suspend(struct pmap *pm, vaddr_t va, size_t len)
{
    struct page *p = range(pm, va, len);

    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        ASSERT(p[i].mapped);
    if (fails())
        return -ENOSPC;
    pm->suspended = va;
    pm->suspended_len = len;
    return 0;
}

void pmap_resume(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    ASSERT(pm->suspended == va && pm->suspended_len == len);
    pm->suspended = 0;

    struct page *p = range(pm, va, len);
    for (size_t i = 0; i < len >> PAGE_SHIFT; i++) {
        ASSERT(!memcmp(phys_ptr(p[i].pa), phys_ptr(pa + (i << PAGE_SHIFT)), PAGE_SIZE));
        p[i].pa = pa + (i << PAGE_SHIFT);
    }
}

int pmap_move(struct pmap *pm, vaddr_t old_va, vaddr_t new_va, size_t len)
{
    struct page *from = range(pm, old_va, len), *to = range(pm, new_va, len);

    for (size_t i = 0; i < len >> PAGE_SHIFT; i++)
        ASSERT(!to[i].mapped);
    if (fails())
        return -ENOSPC;
    memcpy(to, from, (len >> PAGE_SHIFT) * sizeof(*to));
    memset(from, 0, (len >> PAGE_SHIFT) * sizeof(*from));
    return 0;
}

int pmap_extract(struct pmap *pm, pmap_dom_t dom, vaddr_t va, struct pmap_run *run)
{
    if (va >= WINDOW_BASE) { /* a model may map the kernel for all: callers must not ask */
        *run = (struct pmap_run){va - WINDOW_BASE, PAGE_SIZE - (va & PAGE_MASK), PMAP_R | PMAP_W};
        return 0;
    }
    if (!zone_has(va))
        return -ENOENT;
    size_t       n = sim_page_number(va), end = (n / ZONE_PAGES + 1) * ZONE_PAGES;
    struct page *p = &pm->pages[n];
    if (!p->mapped)
        return -ENOENT;

    size_t k = 1;
    while (n + k < end && p[k].mapped && p[k].pa == p->pa + (k << PAGE_SHIFT) &&
           p[k].prot[dom] == p->prot[dom] && (!cut_runs || k < cut_runs))
        k++;
    size_t into = va & PAGE_MASK;
    *run = (struct pmap_run){p->pa + into, (k << PAGE_SHIFT) - into, p->prot[dom]};
    return 0;
}

struct pmap_piece pmap_reach(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access)
{
    struct pmap_run run;
    bool            found = va < WINDOW_BASE && !pmap_extract(pm, dom, va, &run);
    if (!found || !(run.prot & access))
        return (struct pmap_piece){.len = 0};
    return (struct pmap_piece){run.pa, run.len};
}

void *pmap_window(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned access)
{
    struct pmap_piece piece = pmap_reach(pm, dom, va, access);
    return piece.len && piece.len >= len ? phys_ptr(piece.pa) : NULL;
}

int pmap_next(struct pmap *pm, vaddr_t va, size_t len, vaddr_t *mapped)
{
    for (size_t zone = 0; zone < ZONES; zone++) {
        size_t  n = zone * ZONE_PAGES, end = n + ZONE_PAGES;
        vaddr_t base = sim_page_va(n);
        if (va > base)
            n += size_min((va - base) >> PAGE_SHIFT, ZONE_PAGES);
        for (; n < end && sim_page_va(n) - va < len; n++) {
            if (pm->pages[n].mapped) {
                *mapped = sim_page_va(n);
                return 0;
            }
        }
    }
    return -ENOENT;
}

void pmap_update(struct pmap *pm)
{
    for (size_t i = 0; i < pm->nremoved; i++)
        ASSERT(frame_refs(pm->removed[i]) > 0); /* not let go before the commit point */
    pm->nremoved = 0;
}

void pmap_stats(struct pmap *pm, struct pmap_stats *out)
{
    *out = (struct pmap_stats){.room = SIZE_MAX, .table_bytes = sizeof(*pm)};
    for (size_t i = 0; i < NPAGES; i++)
        out->ranges += pm->pages[i].mapped;
}

void pmap_describe(struct pmap *pm, vaddr_t va, char *buf, size_t size)
{
    struct pmap_run run;
    snprintf(buf, size, pmap_extract(pm, 1, va, &run) ? "not mapped" : "mapped");
}

/* How many pages are mapped. */
void pmap_dump(struct pmap *pm, void (*out)(void *arg, const char *line), void *arg)
{
    char   line[32];
    size_t n = 0;
    for (size_t i = 0; i < NPAGES; i++)
        n += pm->pages[i].mapped;
    snprintf(line, sizeof(line), "%zu pages", n);
    out(arg, line);
}

/* --- for the tests ----------------------------------------------------------------------- */

bool sim_access(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access, paddr_t *pa)
{
    if (!zone_has(va))
        return false;
    struct page *p = &pm->pages[sim_page_number(va)];
    *pa = p->pa + (va & PAGE_MASK);
    return p->mapped && (p->prot[dom] & access);
}

size_t sim_pmap_check(struct pmap *pm)
{
    size_t n = 0;

    resumed(pm);
    ASSERT(!pm->nremoved);
    for (size_t i = 0; i < NPAGES; i++) {
        n += pm->pages[i].mapped;
        ASSERT(!pm->pages[i].mapped || frame_refs(pm->pages[i].pa) > 0);
    }
    return n;
}

void *sim_pmap_snapshot(struct pmap *pm)
{
    void *copy = malloc(sizeof(pm->pages));
    return memcpy(copy, pm->pages, sizeof(pm->pages));
}

bool sim_pmap_equals(struct pmap *pm, const void *snapshot)
{
    return !memcmp(pm->pages, snapshot, sizeof(pm->pages));
}
