/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace_change.c - rights and other attributes of areas that exist.
 *
 * As in Linux, a call over several areas works on them in order and stops at the first that it
 * cannot change, or at a hole: what stands before has been changed then. That part is done whole
 * or, when memory runs out, not at all.
 *
 * Writable pages of files are mapped without the right to write until they are written for the
 * first time (fault.c), so a mapping of a file never gets PMAP_W from here.
 */
#include "kernel/compact.h"
#include "kernel/log.h"
#include "kernel/runlist.h"
#include "kernel/vmspace_internal.h"
#include "lib/errno.h"

/* What every change of areas goes through: inlined into each call, which leaves half of it. */
#define INLINE static inline __attribute__((always_inline))

/* What a call changes about areas. */
struct change {
    bool     set_prot;
    unsigned prot;
    unsigned set, clear; /* AREA_* */
};

INLINE bool changes(const struct change *c, const struct area *area)
{
    return (c->set_prot && area->prot != c->prot) || (~area->flags & c->set) ||
           (area->flags & c->clear);
}

/* --- pages ------------------------------------------------------------------------------- */

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

/* Every mapped stretch of the list for itself, with what the area there allows. */
static int protect_stretches(struct vmspace *vs, pmap_dom_t dom, struct area *first, vaddr_t va,
                             vaddr_t end, unsigned prot, const struct runlist *list)
{
    size_t i = 0;
    int    err = 0;

    for (struct area *a = first; !err && a && a->start < end; a = area_next(a)) {
        vaddr_t at = area_part_start(a, va), stop = area_part_end(a, end), start;
        while (!err && next_stretch(list, &i, &at, stop, &start)) {
            err = pmap_protect(vs->pmap, dom, start, at - start, area_mapped_prot(a, prot));
            if (err)
                protect_undo(vs, dom, list, start);
        }
    }
    if (!err)
        pmap_update(vs->pmap);
    return err;
}

/* Where there are holes, or areas that differ, or a larger table is needed, for which pages have to be moved.
 * That is done when nothing has changed, and of the list only frames' addresses are out of date then. */
static __attribute__((noinline)) int protect_listed(struct vmspace *vs, pmap_dom_t dom,
                                                    struct area *first, vaddr_t va, vaddr_t end,
                                                    unsigned prot)
{
    struct runlist list;
    int            err = runlist_collect(&list, vs->pmap, dom, va, end);
    if (err && compact_for_tables(vs))
        err = runlist_collect(&list, vs->pmap, dom, va, end);
    if (err)
        return err;

    err = protect_stretches(vs, dom, first, va, end, prot, &list);
    if (err == -ENOMEM && compact_for_tables(vs))
        err = protect_stretches(vs, dom, first, va, end, prot, &list);
    runlist_free(&list);
    return err ? -ENOMEM : 0;
}

/* Change the rights of what is mapped in [va, end), which areas from first on cover. One call of the pmap
 * does it if one area is all there is and no page is missing; if it fails, nothing has changed. */
static int protect_pages(struct vmspace *vs, pmap_dom_t dom, struct area *first, vaddr_t va,
                         vaddr_t end, unsigned prot)
{
    int err = -EFAULT;

    if (first->end >= end)
        err = pmap_protect(vs->pmap, dom, va, end - va, area_mapped_prot(first, prot));
    if (err)
        return protect_listed(vs, dom, first, va, end, prot);
    pmap_update(vs->pmap);
    return 0;
}

/* --- areas ------------------------------------------------------------------------------- */

/* The part of area that lies in [va, end), as an area of its own. */
static struct area *cut_out(struct vmspace *vs, struct area *area, vaddr_t va, vaddr_t end)
{
    if (area->start < va)
        area = area_split(&vs->areas, area, va);
    if (area->end > end)
        area_split(&vs->areas, area, end);
    return area;
}

/* Those that are already so are left whole. Needs an area for each end that has to be cut. */
INLINE void change_areas(struct vmspace *vs, struct area *first, vaddr_t va, vaddr_t end,
                         const struct change *c)
{
    struct area *area = first;

    for (; area && area->start < end; area = area_next(area)) {
        if (!changes(c, area))
            continue;
        area = cut_out(vs, area, va, end);
        area->prot = c->set_prot ? c->prot : area->prot;
        area->flags = (area->flags | c->set) & ~c->clear;
        area = area_merge(&vs->areas, area);
    }
}

/* The change as a whole on [va, end), which areas from first on cover and nothing forbids. -ENOMEM:
 * nothing changed. */
INLINE int change_covered(struct vmspace *vs, pmap_dom_t dom, struct area *first, vaddr_t va,
                          vaddr_t end, const struct change *c)
{
    if (area_want(&vs->areas, 2))
        return -ENOMEM;

    int err = c->set_prot ? protect_pages(vs, dom, first, va, end, c->prot) : 0;
    if (!err)
        change_areas(vs, first, va, end, c);
    return err;
}

/* Why dom may not change len bytes of area so. */
INLINE int change_check(const struct vmspace *vs, const struct area *area, pmap_dom_t dom,
                        const struct change *c, size_t len)
{
    if (area->dom != dom)
        return -EACCES;
    if (!c->set_prot || !(c->prot & PMAP_W) || (area->prot & PMAP_W))
        return 0;
    return area->flags & AREA_READ_ONLY ? -EACCES
                                        : vmspace_commit_check(vs, c->prot, area->flags, len);
}

/* How far from va, where first starts or goes on, areas without a hole allow the change: *stop, and why
 * not to end. */
INLINE int change_reach(struct vmspace *vs, pmap_dom_t dom, const struct area *first, vaddr_t va,
                        vaddr_t end, const struct change *c, vaddr_t *stop)
{
    const struct area *area = first;

    for (*stop = va; *stop < end; area = area_next(area)) {
        if (!area || area->start > *stop)
            return -ENOMEM;
        vaddr_t part = area_part_end(area, end);
        int     err = change_check(vs, area, dom, c, part - *stop);
        if (err)
            return err;
        *stop = part;
    }
    return 0;
}

INLINE int change(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len,
                  const struct change *c)
{
    vaddr_t end, stop;
    int     err = vmspace_range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    struct area *first = area_find(&vs->areas, va);
    int          why = change_reach(vs, dom, first, va, end, c, &stop);
    if (stop > va)
        err = change_covered(vs, dom, first, va, stop, c);
    mutex_unlock(&vs->mutex);
    return err ? err : why;
}

/* --- calls ------------------------------------------------------------------------------- */

int vmspace_protect(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot)
{
    const struct change c = {.set_prot = true, .prot = prot};

    return change(vs, dom, va, len, &c);
}

#define LOCK_FLAGS (unsigned)(AREA_LOCKED | AREA_LOCK_LAZY)

int vmspace_lock(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned flags)
{
    const struct change c = {.set = flags, .clear = LOCK_FLAGS & ~flags};

    return change(vs, dom, va, len, &c);
}

void vmspace_lock_all(struct vmspace *vs, bool current, unsigned flags, unsigned future)
{
    mutex_lock(&vs->mutex);
    vs->map_flags = future;
    for (struct area *a = current ? area_first(&vs->areas) : NULL; a; a = area_next(a)) {
        a->flags = (a->flags & ~LOCK_FLAGS) | flags;
        a = area_merge(&vs->areas, a);
    }
    mutex_unlock(&vs->mutex);
}
