/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace_pages.c - the contents of areas: filling them in advance, dropping them, writing them
 * back, telling which are there. As in Linux, a call over a hole does its work on both sides of
 * it and tells of it at the end, unless it says otherwise. */
#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/pagecache.h"
#include "kernel/runlist.h"
#include "kernel/thread.h"
#include "kernel/vmspace_internal.h"
#include "lib/errno.h"

/* --- dropping ---------------------------------------------------------------------------- */

/* Shared memory without a file is nowhere else. */
static bool keeps_contents(const struct area *area)
{
    return !area->file && (area->flags & AREA_SHARED);
}

/* Drop private memory, and keep its frames for it while nobody else needs them: what is touched again is to
 * continue its neighbours. They are held meanwhile. What does not fit into a short list is in pieces already. */
static int discard_memory(struct vmspace *vs, const struct area *area, vaddr_t va, vaddr_t end)
{
    struct runlist list;

    runlist_collect_some(&list, vs->pmap, area->dom, va, end);
    if (!list.n)
        return 0;
    for (size_t i = 0; i < list.n; i++)
        frame_get_run(list.runs[i].pa, list.runs[i].len >> PAGE_SHIFT);
    int err = vmspace_drop_pages(vs, va, end);
    if (err)
        runlist_put_frames(&list);
    for (size_t i = 0; !err && i < list.n; i++) {
        const struct mapped_run *run = &list.runs[i];
        reserve_keep(vs, run->va, run->va + run->len, run->pa);
    }
    return err;
}

static int discard_area(struct vmspace *vs, const struct area *area, vaddr_t va, vaddr_t end,
                        bool even_locked)
{
    if ((area->flags & AREA_LOCKED) && !even_locked)
        return -EINVAL;
    if (keeps_contents(area))
        return 0;

    vaddr_t from = area_part_start(area, va), to = area_part_end(area, end);
    return area->file ? vmspace_drop_pages(vs, from, to) : discard_memory(vs, area, from, to);
}

static int discard_locked(struct vmspace *vs, vaddr_t va, vaddr_t end, bool even_locked)
{
    int     err = 0;
    vaddr_t covered = va; /* up to here there was no hole */

    for (struct area *a = area_at_or_above(&vs->areas, va); !err && a && a->start < end;
         a = area_next(a)) {
        err = discard_area(vs, a, va, end, even_locked);
        if (a->start <= covered)
            covered = a->end;
    }
    return err ? err : covered < end ? -ENOMEM : 0;
}

int vmspace_discard(struct vmspace *vs, vaddr_t va, size_t len, bool even_locked)
{
    vaddr_t end;
    int     err = vmspace_range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    err = discard_locked(vs, va, end, even_locked);
    mutex_unlock(&vs->mutex);
    return err;
}

/* The part of area that shows those pages of its file goes. */
static void forget_in_area(struct vmspace *vs, const struct area *area, uint64_t index,
                           uint64_t npages)
{
    uint64_t first = area->offset >> PAGE_SHIFT, n = (area->end - area->start) >> PAGE_SHIFT;
    uint64_t from = index > first ? index - first : 0;
    uint64_t stop = index + npages > first ? index + npages - first : 0;

    if (stop > n)
        stop = n;
    if (from < stop && vmspace_drop_pages(vs, area->start + (from << PAGE_SHIFT),
                                          area->start + (stop << PAGE_SHIFT)))
        log_error("address space: no memory to take pages at %#lx away that their file gave up",
                  area->start + (from << PAGE_SHIFT));
}

void vmspace_forget_file(const struct pagecache *file, uint64_t index, uint64_t npages, bool cut)
{
    struct vmspace *vs = thread_self()->vmspace; /* there is no other */
    if (!vs)
        return;

    mutex_lock(&vs->mutex);
    for (struct area *a = area_first(&vs->areas); a; a = area_next(a)) {
        if (a->file == file && (cut || a->flags & AREA_SHARED))
            forget_in_area(vs, a, index, npages);
    }
    mutex_unlock(&vs->mutex);
}

/* --- filling ----------------------------------------------------------------------------- */

/* Is the page at va mapped with that right? *next: where the run that says so ends. */
static bool page_ready(struct vmspace *vs, const struct fault *fault, vaddr_t *next)
{
    struct pmap_run run;

    if (pmap_extract(vs->pmap, fault->dom, fault->va, &run) || !(run.prot & fault->access))
        return false;
    *next = fault->va + run.len;
    return true;
}

/* Up to the first hole or the first page that cannot be had. asked: the area itself must have the right,
 * not just what the machine makes of its rights. */
static int populate_locked(struct vmspace *vs, vaddr_t va, vaddr_t end, unsigned access, bool asked)
{
    struct fault fault = {.kind = FAULT_PROTECTION, .va = va, .access = access};

    while (fault.va < end) {
        struct area *area = area_find(&vs->areas, fault.va);
        if (!area)
            return -ENOMEM;
        if (asked && !(area->prot & access))
            return -EACCES;
        fault.dom = area->dom;
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
    int     err = vmspace_range_check(va, len, &end);
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    err = populate_locked(vs, va, end, access, true);
    mutex_unlock(&vs->mutex);
    return err;
}

/* What locked memory of area is filled for: private memory that may be written gets its own
 * frames at once. 0: nothing can be. */
static unsigned lock_access(const struct area *area)
{
    unsigned rights = area_rights(area->prot);

    if ((rights & PMAP_W) && !(area->flags & AREA_SHARED))
        return PMAP_W;
    return rights & PMAP_R ? PMAP_R : rights;
}

static int lock_fill_area(struct vmspace *vs, const struct area *area, vaddr_t va, vaddr_t end)
{
    unsigned access = lock_access(area);

    if (!access)
        return -EACCES;
    return populate_locked(vs, area_part_start(area, va), area_part_end(area, end), access, false);
}

int vmspace_fill(struct vmspace *vs, vaddr_t va, size_t len)
{
    vaddr_t end;
    int     err = vmspace_range_check(va, len, &end), first = 0;
    if (err || !len)
        return err;

    mutex_lock(&vs->mutex);
    for (struct area *a = area_at_or_above(&vs->areas, va); a && a->start < end; a = area_next(a)) {
        err = lock_fill_area(vs, a, va, end);
        first = first ? first : err;
    }
    mutex_unlock(&vs->mutex);
    return first;
}

/* --- writing back ------------------------------------------------------------------------ */

/* What of a shared file is mapped in a range. */
struct synced {
    struct pagecache *file; /* holds a reference of its owner; NULL: nothing is to be written */
    uint64_t          index, npages;
    vaddr_t           end; /* of the area */
};

/* The part of area in [va, end). */
static void take_synced(const struct area *area, vaddr_t va, vaddr_t end, struct synced *s)
{
    vaddr_t start = area_part_start(area, va), stop = area_part_end(area, end);

    *s = (struct synced){.end = stop};
    if (!area->file || !(area->flags & AREA_SHARED))
        return;
    s->file = area->file;
    s->index = (area->offset + (start - area->start)) >> PAGE_SHIFT;
    s->npages = (stop - start) >> PAGE_SHIFT;
    if (s->file->ops->acquire)
        s->file->ops->acquire(s->file);
}

/* The first area at or above va, as far as it lies below end. -ENOENT: none; -EBUSY. *hole: something below
 * it is not mapped. */
static int next_synced(struct vmspace *vs, vaddr_t va, vaddr_t end, bool invalidate,
                       struct synced *s, bool *hole)
{
    mutex_lock(&vs->mutex);
    struct area *a = area_at_or_above(&vs->areas, va);
    int err = !a || a->start >= end ? -ENOENT : invalidate && a->flags & AREA_LOCKED ? -EBUSY : 0;
    if (err == -ENOENT || a->start > va)
        *hole = true;
    if (!err)
        take_synced(a, va, end, s);
    mutex_unlock(&vs->mutex);
    return err;
}

static int write_synced(const struct synced *s)
{
    if (!s->file)
        return 0;
    int err = pagecache_flush(s->file, s->index, s->npages);
    if (s->file->ops->release)
        s->file->ops->release(s->file);
    return err;
}

/* Files are written without the mutex: their owners' locks come before it. */
int vmspace_sync(struct vmspace *vs, vaddr_t va, size_t len, bool invalidate)
{
    struct synced s;
    vaddr_t       end;
    bool          hole = false;
    int           err = vmspace_range_check(va, len, &end);

    while (!err && va < end && !(err = next_synced(vs, va, end, invalidate, &s, &hole))) {
        err = write_synced(&s);
        va = s.end;
    }
    return err && err != -ENOENT ? err : hole ? -ENOMEM : 0;
}

/* --- telling ----------------------------------------------------------------------------- */

static bool page_resident(struct vmspace *vs, const struct area *area, vaddr_t va)
{
    struct pmap_run run;

    if (!pmap_extract(vs->pmap, area->dom, va, &run))
        return true;
    uint64_t index = (area->offset + (va - area->start)) >> PAGE_SHIFT;
    return area->file && pagecache_resident(area->file, index);
}

int vmspace_resident(struct vmspace *vs, vaddr_t va, size_t npages, uint8_t *out)
{
    struct area *area = NULL;

    mutex_lock(&vs->mutex);
    for (size_t i = 0; i < npages; i++, va += PAGE_SIZE) {
        if (!area || va >= area->end)
            area = area_find(&vs->areas, va);
        if (!area)
            break;
        out[i] = page_resident(vs, area, va);
    }
    mutex_unlock(&vs->mutex);
    return area || !npages ? 0 : -ENOMEM;
}
