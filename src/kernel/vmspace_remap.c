/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace_remap.c - mremap(2): growing and shrinking in place, moving, showing again. Pages move by
 * being mapped elsewhere; no byte is copied.
 *
 * The order of the checks is Linux's, which shows in the errors that programs get. */
#include "kernel/compact.h"
#include "kernel/vmspace_internal.h"
#include "lib/errno.h"

struct remap {
    vaddr_t  old_va, new_va;
    size_t   old_len, new_len; /* bytes, whole pages */
    unsigned flags;            /* enum remap_flags */
};

static int remap_check(const struct remap *r)
{
    if ((r->old_va & PAGE_MASK) || !r->new_len)
        return -EINVAL;
    if ((r->flags & REMAP_FIXED) && !(r->flags & REMAP_MAY_MOVE))
        return -EINVAL;
    if ((r->flags & REMAP_KEEP) && (!(r->flags & REMAP_MAY_MOVE) || r->old_len != r->new_len))
        return -EINVAL;
    return 0;
}

/* new_va is looked at also when it is but a wish. */
static int target_check(const struct remap *r)
{
    if ((r->new_va & PAGE_MASK) || r->new_len > USER_END || r->new_va > USER_END - r->new_len)
        return -EINVAL;
    if (r->old_va + r->old_len > r->new_va && r->new_va + r->new_len > r->old_va)
        return -EINVAL; /* they overlap */
    return (r->flags & REMAP_FIXED) && r->new_va < USER_MIN ? -EPERM : 0;
}

/* May the range in area, which holds its start, be moved or grown? */
static int resize_check(const struct vmspace *vs, const struct remap *r, const struct area *area)
{
    bool again = !r->old_len; /* show the same once more */

    if (again && !(area->flags & AREA_SHARED))
        return -EINVAL;
    if (r->old_len > area->end - r->old_va)
        return -EFAULT;
    if ((again || r->flags & REMAP_KEEP) && !area->file && (area->flags & AREA_SHARED))
        return -EINVAL; /* memory that is in no file can only be shown once */
    uint64_t offset = area->offset + (r->old_va - area->start);
    if (area->file && offset + r->new_len < offset)
        return -EINVAL;
    size_t more = r->new_len > r->old_len ? r->new_len - r->old_len : 0;
    return vmspace_commit_check(vs, area->prot, area->flags, more);
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
static int extend(struct vmspace *vs, const struct remap *r, const struct area *area)
{
    vaddr_t          end = r->old_va + r->old_len, va;
    struct area_spec spec = spec_of_area(area, end, end, r->new_len - r->old_len,
                                         AREA_FIXED_NOREPLACE);
    int              err = vmspace_spec_check(&spec);

    return err ? err : vmspace_map_locked(vs, &spec, &va);
}

/* In the map; if need be, after pages were moved to make room for a larger table. */
static int move_mappings(struct vmspace *vs, const struct remap *r, vaddr_t to)
{
    int err = pmap_move(vs->pmap, r->old_va, to, r->old_len);
    if (err == -ENOMEM && compact_for_tables(vs))
        err = pmap_move(vs->pmap, r->old_va, to, r->old_len);
    return err;
}

/* The new area is there, empty: bring the pages. Needs one area. */
static int move_pages(struct vmspace *vs, const struct remap *r, vaddr_t to)
{
    if (r->old_len && move_mappings(vs, r, to)) {
        vmspace_forget_areas(vs, area_find(&vs->areas, to), to, to + r->new_len);
        return -ENOMEM;
    }
    pmap_update(vs->pmap);
    if (r->old_len && !(r->flags & REMAP_KEEP))
        vmspace_forget_areas(vs, area_find(&vs->areas, r->old_va), r->old_va,
                             r->old_va + r->old_len);
    return 0;
}

/* Map spec, of which what is moved there does not count twice: only more bytes are new. */
static int map_target(struct vmspace *vs, const struct area_spec *spec, size_t more, vaddr_t *va)
{
    size_t max = vs->map_max;
    if (more > max || vs->mapped > max - more)
        return -ENOMEM;
    vs->map_max = SIZE_MAX;
    int err = vmspace_map_locked(vs, spec, va);
    vs->map_max = max;
    return err;
}

static int move(struct vmspace *vs, const struct remap *r, vaddr_t *va)
{
    const struct area *area = area_find(&vs->areas, r->old_va);
    unsigned           fixed = r->flags & REMAP_FIXED ? AREA_FIXED : 0;
    struct area_spec   spec = spec_of_area(area, r->old_va, r->new_va, r->new_len, fixed);
    int                err = vmspace_spec_check(&spec);
    if (!err)
        err = area_want(&vs->areas, 3); /* two for the new one, one for move_pages() */
    if (!err)
        err = map_target(vs, &spec, r->new_len - (r->flags & REMAP_KEEP ? 0 : r->old_len), va);
    return err ? err : move_pages(vs, r, *va);
}

/* What is left over goes, whatever happens to the rest. */
static int shrink(struct vmspace *vs, struct remap *r)
{
    vaddr_t tail = r->old_va + r->new_len;

    if (r->old_len <= r->new_len)
        return 0;
    if (r->new_len > USER_END || !vmspace_range_valid(tail, r->old_len - r->new_len))
        return -EINVAL;
    int err = vmspace_unmap_locked(vs, tail, r->old_va + r->old_len);
    if (!err)
        r->old_len = r->new_len;
    return err;
}

/* To a place that the caller named, or keeping the old one. */
static int remap_to(struct vmspace *vs, struct remap *r, vaddr_t *va)
{
    int err = target_check(r);
    if (!err)
        err = shrink(vs, r);
    if (!err)
        err = resize_check(vs, r, area_find(&vs->areas, r->old_va));
    return err ? err : move(vs, r, va);
}

static int remap_locked(struct vmspace *vs, struct remap *r, vaddr_t *va)
{
    struct area *area = area_find(&vs->areas, r->old_va);
    if (!area)
        return -EFAULT;
    if (r->flags & (REMAP_FIXED | REMAP_KEEP))
        return remap_to(vs, r, va);

    *va = r->old_va;
    if (r->new_len <= r->old_len)
        return shrink(vs, r);
    int err = resize_check(vs, r, area);
    if (err)
        return err;
    if (r->old_len && r->old_len == area->end - r->old_va && !extend(vs, r, area))
        return 0;
    return r->flags & REMAP_MAY_MOVE ? move(vs, r, va) : -ENOMEM;
}

int vmspace_remap(struct vmspace *vs, vaddr_t old_va, size_t old_len, size_t new_len,
                  unsigned flags, vaddr_t new_va, vaddr_t *va)
{
    struct remap r = {.old_va = old_va,
                      .new_va = flags & (REMAP_FIXED | REMAP_KEEP) ? new_va : 0,
                      .old_len = ALIGN_UP(old_len, PAGE_SIZE),
                      .new_len = ALIGN_UP(new_len, PAGE_SIZE),
                      .flags = flags};
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
