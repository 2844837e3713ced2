/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace.c - mapping, unmapping, changing rights: areas and the pmap kept in step.
 *
 * Each call first finds every reason to refuse and takes all memory it will need, then makes the
 * one pmap call that can fail, and from there on does only what cannot. Where the pmap has to be
 * called several times (rights over several areas), the calls made are taken back.
 *
 * Writable pages of files are mapped without the right to write until they are written for the
 * first time (fault.c): private ones are copied then, shared ones marked dirty. So a mapping
 * of a file never gets PMAP_W from here.
 */
#include "kernel/vmspace.h"

#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/pagecache.h"
#include "kernel/runlist.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* --- life -------------------------------------------------------------------------------- */

int vmspace_create(struct vmspace **out)
{
    struct vmspace *vs = kzalloc(sizeof(*vs));
    if (!vs)
        return -ENOMEM;

    int err = pmap_create(&vs->pmap);
    if (err) {
        kfree(vs);
        return err;
    }
    mutex_init(&vs->mutex);
    RB_INIT(&vs->areas);
    *out = vs;
    return 0;
}

/* No hart uses the map: frames can go while it still shows them, and nothing has to be split. */
static void drop_all_frames(struct pmap *pm)
{
    vaddr_t at = USER_MIN, va;

    while (at < USER_END && !pmap_next(pm, at, USER_END - at, &va)) {
        struct pmap_run run;
        int             err = pmap_extract(pm, PMAP_DOM_FIRST, va, &run);
        ASSERT(!err);
        frame_put_run(run.pa, run.len >> PAGE_SHIFT);
        at = va + run.len;
    }
}

void vmspace_destroy(struct vmspace *vs)
{
    drop_all_frames(vs->pmap);
    pmap_destroy(vs->pmap);
    area_cut(&vs->areas, USER_MIN, USER_END, NULL);
    kfree(vs);
}

/* --- ranges ------------------------------------------------------------------------------ */

/* [va, va + len), rounded up to pages, lies in user space. */
static bool range_valid(vaddr_t va, size_t len)
{
    return len <= USER_END && va >= USER_MIN && va <= USER_END &&
           ALIGN_UP(len, PAGE_SIZE) <= USER_END - va;
}

/* For calls on what exists: outside of user space nothing does. */
static int range_check(vaddr_t va, size_t len, vaddr_t *end)
{
    if (va & PAGE_MASK)
        return -EINVAL;
    if (!range_valid(va, len))
        return -ENOMEM;
    *end = va + ALIGN_UP(len, PAGE_SIZE);
    return 0;
}

/* --- unmapping --------------------------------------------------------------------------- */

/* Take [va, end) out of the pmap and drop its frames. -ENOMEM: nothing happened. */
static int drop_pages(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct runlist list;
    int            err = runlist_collect(&list, vs->pmap, PMAP_DOM_FIRST, va, end);
    if (err)
        return err;

    if (list.n) {
        err = pmap_remove(vs->pmap, va, end - va);
        if (!err) {
            pmap_update(vs->pmap);
            runlist_put_frames(&list);
            vs->resident -= list.bytes;
        }
    }
    runlist_free(&list);
    return err ? -ENOMEM : 0;
}

/* How many bytes of [va, end) are in areas; first: the first one that ends above va. */
static size_t covered_bytes(struct area *first, vaddr_t va, vaddr_t end)
{
    size_t bytes = 0;

    for (struct area *a = first; a && a->start < end; a = area_next(a))
        bytes += (a->end < end ? a->end : end) - (a->start > va ? a->start : va);
    return bytes;
}

static int unmap_locked(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct area *first = area_at_or_above(&vs->areas, va), *spare = NULL;
    if (!first || first->start >= end)
        return 0;
    if (first->start < va && first->end > end && !(spare = area_new()))
        return -ENOMEM;

    int err = drop_pages(vs, va, end);
    if (err) {
        area_free(spare);
        return err;
    }
    vs->mapped -= covered_bytes(first, va, end);
    area_cut(&vs->areas, va, end, spare);
    return 0;
}

int vmspace_unmap(struct vmspace *vs, vaddr_t va, size_t len)
{
    if (!len || (va & PAGE_MASK) || !range_valid(va, len))
        return -EINVAL;

    mutex_lock(&vs->mutex);
    int err = unmap_locked(vs, va, va + ALIGN_UP(len, PAGE_SIZE));
    mutex_unlock(&vs->mutex);
    return err;
}

/* --- mapping ----------------------------------------------------------------------------- */

static int spec_check(const struct area_spec *spec)
{
    if (!spec->len || (spec->offset & PAGE_MASK))
        return -EINVAL;
    if (spec->len > USER_END - USER_MIN)
        return -ENOMEM;
    if (spec->file && spec->offset + ALIGN_UP(spec->len, PAGE_SIZE) < spec->offset)
        return -EOVERFLOW;
    if ((spec->flags & AREA_READ_ONLY) && (spec->prot & PMAP_W))
        return -EACCES;
    if (!(spec->flags & (AREA_FIXED | AREA_FIXED_NOREPLACE)))
        return 0;
    if (spec->hint & PAGE_MASK)
        return -EINVAL;
    return range_valid(spec->hint, spec->len) ? 0 : -ENOMEM;
}

static int choose_place(struct vmspace *vs, const struct area_spec *spec, size_t len, vaddr_t *va)
{
    vaddr_t hint = ALIGN_UP(spec->hint, PAGE_SIZE);
    bool    free = range_valid(hint, len) && area_range_free(&vs->areas, hint, hint + len);

    if (!free && (spec->flags & AREA_FIXED_NOREPLACE))
        return -EEXIST;
    if (free || (spec->flags & AREA_FIXED)) {
        *va = hint;
        return 0;
    }
    *va = area_find_gap(&vs->areas, len);
    return *va ? 0 : -ENOMEM;
}

static struct area *area_of_spec(const struct area_spec *spec, vaddr_t va, size_t len)
{
    struct area *area = area_new();
    if (!area)
        return NULL;

    area->start = va;
    area->end = va + len;
    area->prot = spec->prot;
    area->flags = spec->flags & AREA_KEPT;
    area->dom = spec->dom ? spec->dom : PMAP_DOM_FIRST;
    area->offset = spec->offset;
    area->name = spec->name;
    area->file = spec->file;
    if (area->file && area->file->ops->acquire)
        area->file->ops->acquire(area->file);
    return area;
}

static int map_locked(struct vmspace *vs, const struct area_spec *spec, vaddr_t *out)
{
    size_t  len = ALIGN_UP(spec->len, PAGE_SIZE);
    vaddr_t va;
    int     err = choose_place(vs, spec, len, &va);
    if (err)
        return err;

    struct area *area = area_of_spec(spec, va, len);
    if (!area)
        return -ENOMEM;

    err = unmap_locked(vs, va, va + len); /* free already, unless AREA_FIXED */
    if (err) {
        area_free(area);
        return err;
    }
    area_insert(&vs->areas, area);
    vs->mapped += len;
    *out = va;
    return 0;
}

int vmspace_map(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va)
{
    int err = spec_check(spec);
    if (err)
        return err;

    mutex_lock(&vs->mutex);
    err = map_locked(vs, spec, va);
    mutex_unlock(&vs->mutex);
    return err;
}

vaddr_t vmspace_find_free(struct vmspace *vs, size_t len)
{
    if (!len || len > USER_END - USER_MIN)
        return 0;

    mutex_lock(&vs->mutex);
    vaddr_t va = area_find_gap(&vs->areas, ALIGN_UP(len, PAGE_SIZE));
    mutex_unlock(&vs->mutex);
    return va;
}

/* --- rights ------------------------------------------------------------------------------ */

static int protect_check(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, vaddr_t end, unsigned prot)
{
    if (!area_range_covered(&vs->areas, va, end))
        return -ENOMEM;
    for (struct area *a = area_find(&vs->areas, va); a && a->start < end; a = area_next(a)) {
        if (a->dom != dom || ((prot & PMAP_W) && (a->flags & AREA_READ_ONLY)))
            return -EACCES;
    }
    return 0;
}

/* The first mapped stretch of [*at, end), whatever runs it consists of; *at moves behind it. i: the
 * caller's place in the list. False: nothing is mapped there. */
static bool next_stretch(const struct runlist *list, size_t *i, vaddr_t *at, vaddr_t end,
                         vaddr_t *start)
{
    const struct mapped_run *run = &list->runs[*i], *stop = &list->runs[list->n];

    while (run < stop && run->va + run->len <= *at)
        run++;
    *i = (size_t)(run - list->runs);
    if (run == stop || run->va >= end || *at >= end)
        return false;

    *start = *at = run->va > *at ? run->va : *at;
    for (; run < stop && run->va <= *at && *at < end; run++)
        *at = run->va + run->len < end ? run->va + run->len : end;
    return true;
}

/* Give back what the runs before end had. It takes no more room than there was before. */
static void protect_undo(struct vmspace *vs, pmap_dom_t dom, const struct runlist *list,
                         vaddr_t end)
{
    for (size_t i = 0; i < list->n && list->runs[i].va < end; i++) {
        const struct mapped_run *run = &list->runs[i];
        size_t                   len = size_min(run->len, end - run->va);
        if (pmap_protect(vs->pmap, dom, run->va, len, run->prot))
            log_error("address space: rights at %#lx could not be restored", run->va);
    }
    pmap_update(vs->pmap);
}

/* Change the rights of what is mapped in [va, end), which areas cover. */
static int protect_pages(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, vaddr_t end, unsigned prot)
{
    struct runlist list;
    int            err = runlist_collect(&list, vs->pmap, dom, va, end);
    if (err || !list.n)
        return err;

    size_t i = 0;
    for (struct area *a = area_find(&vs->areas, va); !err && a && a->start < end;
         a = area_next(a)) {
        vaddr_t at = a->start > va ? a->start : va, stop = a->end < end ? a->end : end, start;
        while (!err && next_stretch(&list, &i, &at, stop, &start)) {
            err = pmap_protect(vs->pmap, dom, start, at - start, area_mapped_prot(a, prot));
            if (err)
                protect_undo(vs, dom, &list, start);
        }
    }
    if (!err)
        pmap_update(vs->pmap);
    runlist_free(&list);
    return err ? -ENOMEM : 0;
}

/* Set the rights of the areas. Those that have them are left whole; spares are for cutting the
 * first and the last, if they do not. */
static void protect_areas(struct vmspace *vs, vaddr_t va, vaddr_t end, unsigned prot,
                          struct area *spares[2])
{
    struct area *area = area_find(&vs->areas, va);

    for (; area && area->start < end; area = area_next(area)) {
        if (area->prot == prot)
            continue;
        if (area->start < va) {
            area_split(&vs->areas, area, va, spares[0]);
            area = spares[0];
            spares[0] = NULL;
        }
        if (area->end > end) {
            area_split(&vs->areas, area, end, spares[1]);
            spares[1] = NULL;
        }
        area->prot = prot;
        area = area_merge(&vs->areas, area);
    }
}

static int protect_locked(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, vaddr_t end,
                          unsigned prot)
{
    int err = protect_check(vs, dom, va, end, prot);
    if (err)
        return err;

    struct area *spares[2] = {NULL, NULL};
    struct area *first = area_find(&vs->areas, va), *last = area_find(&vs->areas, end - 1);
    bool         split_first = first->start < va && first->prot != prot;
    bool         split_last = last->end > end && last->prot != prot;

    if ((split_first && !(spares[0] = area_new())) || (split_last && !(spares[1] = area_new())))
        err = -ENOMEM;
    if (!err)
        err = protect_pages(vs, dom, va, end, prot);
    if (!err)
        protect_areas(vs, va, end, prot, spares);
    area_free(spares[0]);
    area_free(spares[1]);
    return err;
}

int vmspace_protect(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot)
{
    vaddr_t end;
    int     err = range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    err = protect_locked(vs, dom, va, end, prot);
    mutex_unlock(&vs->mutex);
    return err;
}

/* --- contents ---------------------------------------------------------------------------- */

static bool keeps_contents(const struct area *area)
{
    return !area->file && (area->flags & AREA_SHARED);
}

/* Areas in a row that lose their pages are handled as one range. */
static int discard_locked(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    if (!area_range_covered(&vs->areas, va, end))
        return -ENOMEM;

    vaddr_t      from = va;
    struct area *area = area_find(&vs->areas, va);
    for (; area && area->start < end; area = area_next(area)) {
        if (!keeps_contents(area))
            continue;
        int err = from < area->start ? drop_pages(vs, from, area->start) : 0;
        if (err)
            return err;
        from = area->end;
    }
    return from < end ? drop_pages(vs, from, end) : 0;
}

int vmspace_discard(struct vmspace *vs, vaddr_t va, size_t len)
{
    vaddr_t end;
    int     err = range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    err = discard_locked(vs, va, end);
    mutex_unlock(&vs->mutex);
    return err;
}

/* Is the page at va mapped with that right? *next: where the run that says so ends. */
static bool page_ready(struct vmspace *vs, const struct fault *fault, vaddr_t *next)
{
    struct pmap_run run;

    if (pmap_extract(vs->pmap, fault->dom, fault->va, &run) || !(run.prot & fault->access))
        return false;
    *next = fault->va + run.len;
    return true;
}

static int populate_locked(struct vmspace *vs, vaddr_t va, vaddr_t end, unsigned access)
{
    if (!area_range_covered(&vs->areas, va, end))
        return -ENOMEM;

    struct fault fault = {.kind = FAULT_UNMAPPED, .va = va, .access = access};
    while (fault.va < end) {
        fault.dom = area_find(&vs->areas, fault.va)->dom;
        if (page_ready(vs, &fault, &fault.va))
            continue;
        int err = fault_resolve(vs, &fault);
        if (err)
            return err;
    }
    return 0;
}

int vmspace_populate(struct vmspace *vs, vaddr_t va, size_t len, unsigned access)
{
    vaddr_t end;
    int     err = range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    err = populate_locked(vs, va, end, access);
    mutex_unlock(&vs->mutex);
    return err;
}

/* Dirty pages of area within [va, end) go to the file. */
static int sync_area(struct area *area, vaddr_t va, vaddr_t end)
{
    if (!area->file || !(area->flags & AREA_SHARED))
        return 0;

    vaddr_t  start = area->start > va ? area->start : va;
    vaddr_t  stop = area->end < end ? area->end : end;
    uint64_t index = (area->offset + (start - area->start)) >> PAGE_SHIFT;
    return pagecache_flush(area->file, index, (stop - start) >> PAGE_SHIFT);
}

int vmspace_sync(struct vmspace *vs, vaddr_t va, size_t len)
{
    vaddr_t end;
    int     err = range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    if (!area_range_covered(&vs->areas, va, end))
        err = -ENOMEM;
    struct area *a = err ? NULL : area_find(&vs->areas, va);
    for (; !err && a && a->start < end; a = area_next(a))
        err = sync_area(a, va, end);
    mutex_unlock(&vs->mutex);
    return err;
}

/* --- moving ------------------------------------------------------------------------------ */

struct remap {
    vaddr_t  old_va, new_va;
    size_t   old_len, new_len; /* bytes, whole pages */
    unsigned flags;            /* AREA_FIXED: to new_va */
    bool     may_move;
};

static int remap_check(const struct remap *r)
{
    if ((r->old_va & PAGE_MASK) || !r->old_len || !r->new_len)
        return -EINVAL;
    if (!range_valid(r->old_va, r->old_len))
        return -EFAULT;
    if (!(r->flags & AREA_FIXED))
        return r->new_len <= USER_END - USER_MIN ? 0 : -ENOMEM;
    if ((r->new_va & PAGE_MASK) || !range_valid(r->new_va, r->new_len) || !r->may_move)
        return -EINVAL;
    bool apart = r->new_va + r->new_len <= r->old_va || r->old_va + r->old_len <= r->new_va;
    return apart ? 0 : -EINVAL;
}

/* The part of area from va on, as a request for len bytes at hint. */
static struct area_spec spec_of_area(const struct area *area, vaddr_t va, vaddr_t hint, size_t len,
                                     unsigned flags)
{
    return (struct area_spec){.hint = hint,
                              .len = len,
                              .prot = area->prot,
                              .flags = area->flags | flags,
                              .dom = area->dom,
                              .file = area->file,
                              .offset = area->offset + (va - area->start),
                              .name = area->name};
}

/* Make area, whose end is the range's, longer where it is. */
static int remap_extend(struct vmspace *vs, const struct remap *r, const struct area *area)
{
    vaddr_t          end = r->old_va + r->old_len, va;
    struct area_spec spec = spec_of_area(area, end, end, r->new_len - r->old_len,
                                         AREA_FIXED_NOREPLACE);
    int              err = spec_check(&spec);

    return err ? err : map_locked(vs, &spec, &va);
}

static int remap_move(struct vmspace *vs, const struct remap *r, const struct area *area,
                      vaddr_t *va)
{
    struct area_spec spec = spec_of_area(area, r->old_va, r->new_va, r->new_len, r->flags);
    struct area     *spare = area_new();
    if (!spare)
        return -ENOMEM;

    int err = spec_check(&spec);
    if (!err)
        err = map_locked(vs, &spec, va);
    if (err) {
        area_free(spare);
        return err;
    }

    vaddr_t old_end = r->old_va + r->old_len;
    err = pmap_move(vs->pmap, r->old_va, *va, r->old_len);
    if (err) {
        area_cut(&vs->areas, *va, *va + r->new_len, spare);
        vs->mapped -= r->new_len;
        return -ENOMEM;
    }
    pmap_update(vs->pmap);
    area_cut(&vs->areas, r->old_va, old_end, spare);
    vs->mapped -= r->old_len;
    return 0;
}

static int remap_locked(struct vmspace *vs, struct remap *r, vaddr_t *va)
{
    struct area *area = area_find(&vs->areas, r->old_va);
    vaddr_t      old_end = r->old_va + r->old_len;
    if (!area || area->end < old_end)
        return -EFAULT;

    if (r->new_len < r->old_len) { /* what is left over goes, whatever happens to the rest */
        int err = unmap_locked(vs, r->old_va + r->new_len, old_end);
        if (err)
            return err;
        r->old_len = r->new_len;
        area = area_find(&vs->areas, r->old_va);
    }
    *va = r->old_va;
    if (r->flags & AREA_FIXED)
        return remap_move(vs, r, area, va);
    if (r->new_len == r->old_len)
        return 0;
    if (area->end == old_end && !remap_extend(vs, r, area))
        return 0;
    return r->may_move ? remap_move(vs, r, area, va) : -ENOMEM;
}

int vmspace_remap(struct vmspace *vs, vaddr_t old_va, size_t old_len, size_t new_len, bool may_move,
                  unsigned flags, vaddr_t new_va, vaddr_t *va)
{
    struct remap r = {.old_va = old_va,
                      .new_va = flags & AREA_FIXED ? new_va : 0,
                      .old_len = ALIGN_UP(old_len, PAGE_SIZE),
                      .new_len = ALIGN_UP(new_len, PAGE_SIZE),
                      .flags = flags & AREA_FIXED,
                      .may_move = may_move};
    vaddr_t      at;
    int          err = remap_check(&r);
    if (err)
        return err;

    mutex_lock(&vs->mutex);
    err = remap_locked(vs, &r, &at);
    mutex_unlock(&vs->mutex);
    if (!err)
        *va = at;
    return err;
}

/* --- heap -------------------------------------------------------------------------------- */

void vmspace_brk_init(struct vmspace *vs, vaddr_t start)
{
    ASSERT(!(start & PAGE_MASK));

    mutex_lock(&vs->mutex);
    vs->brk_start = vs->brk = start;
    mutex_unlock(&vs->mutex);
}

static int brk_move(struct vmspace *vs, vaddr_t from, vaddr_t to)
{
    if (to < from)
        return unmap_locked(vs, to, from);
    if (to == from)
        return 0;

    struct area_spec spec = {.hint = from,
                             .len = to - from,
                             .prot = PMAP_R | PMAP_W,
                             .flags = AREA_FIXED_NOREPLACE,
                             .name = "[heap]"};
    vaddr_t          va;
    int              err = spec_check(&spec);
    return err ? err : map_locked(vs, &spec, &va);
}

vaddr_t vmspace_brk(struct vmspace *vs, vaddr_t addr)
{
    mutex_lock(&vs->mutex);
    if (vs->brk_start && addr >= vs->brk_start && addr <= USER_END &&
        !brk_move(vs, ALIGN_UP(vs->brk, PAGE_SIZE), ALIGN_UP(addr, PAGE_SIZE)))
        vs->brk = addr;
    vaddr_t now = vs->brk;
    mutex_unlock(&vs->mutex);
    return now;
}
