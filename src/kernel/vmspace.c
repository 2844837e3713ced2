/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace.c - mapping and unmapping: areas and the pmap kept in step.
 *
 * Each call first finds every reason to refuse and takes all memory it will need, then makes the
 * one pmap call that can fail, and from there on does only what cannot. Where the pmap has to be
 * called several times (vmspace_change.c), the calls made are taken back.
 */
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "kernel/runlist.h"
#include "kernel/vmspace_internal.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* --- life -------------------------------------------------------------------------------- */

int vmspace_create(struct vmspace **out)
{
    struct frame_stats stats;
    struct vmspace    *vs = kzalloc(sizeof(*vs));
    if (!vs)
        return -ENOMEM;

    int err = pmap_create(&vs->pmap);
    if (err) {
        kfree(vs);
        return err;
    }
    mutex_init(&vs->mutex);
    RB_INIT(&vs->areas);
    vs->map_max = SIZE_MAX;
    frame_stats(&stats);
    vs->commit_max = stats.total << PAGE_SHIFT;
    pagecache_set_forget(vmspace_forget_file);
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

bool vmspace_range_valid(vaddr_t va, size_t len)
{
    return len <= USER_END && va >= USER_MIN && va <= USER_END &&
           ALIGN_UP(len, PAGE_SIZE) <= USER_END - va;
}

int vmspace_range_check(vaddr_t va, size_t len, vaddr_t *end)
{
    if (va & PAGE_MASK)
        return -EINVAL;
    if (!vmspace_range_valid(va, len))
        return -ENOMEM;
    *end = va + ALIGN_UP(len, PAGE_SIZE);
    return 0;
}

/* --- unmapping --------------------------------------------------------------------------- */

int vmspace_drop_pages(struct vmspace *vs, vaddr_t va, vaddr_t end)
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

int vmspace_unmap_locked(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct area *first = area_at_or_above(&vs->areas, va), *spare = NULL;
    if (!first || first->start >= end)
        return 0;
    if (first->start < va && first->end > end && !(spare = area_new()))
        return -ENOMEM;

    int err = vmspace_drop_pages(vs, va, end);
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
    if (!len || (va & PAGE_MASK) || va > USER_END || len > USER_END - va)
        return -EINVAL;

    vaddr_t end = va + ALIGN_UP(len, PAGE_SIZE);
    va = va > USER_MIN ? va : USER_MIN; /* there is nothing below */
    mutex_lock(&vs->mutex);
    int err = end > va ? vmspace_unmap_locked(vs, va, end) : 0;
    mutex_unlock(&vs->mutex);
    return err;
}

/* --- mapping ----------------------------------------------------------------------------- */

int vmspace_spec_check(const struct area_spec *spec)
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
    return vmspace_range_valid(spec->hint, spec->len) ? 0 : -ENOMEM;
}

static int choose_place(struct vmspace *vs, const struct area_spec *spec, size_t len, vaddr_t *va)
{
    vaddr_t hint = ALIGN_DOWN(spec->hint, PAGE_SIZE);
    bool    free = vmspace_range_valid(hint, len) && area_range_free(&vs->areas, hint, hint + len);

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

int vmspace_map_locked(struct vmspace *vs, const struct area_spec *spec, vaddr_t *out)
{
    size_t  len = ALIGN_UP(spec->len, PAGE_SIZE);
    vaddr_t va;
    int     err = choose_place(vs, spec, len, &va);
    if (err)
        return err;
    if (len > vs->map_max || vs->mapped > vs->map_max - len)
        return -ENOMEM;

    struct area *area = area_of_spec(spec, va, len);
    if (!area)
        return -ENOMEM;

    err = vmspace_unmap_locked(vs, va, va + len); /* free already, unless AREA_FIXED */
    if (err) {
        area_free(area);
        return err;
    }
    area->flags |= vs->map_flags;
    area_insert(&vs->areas, area);
    vs->mapped += len;
    *out = va;
    return 0;
}

int vmspace_commit_check(const struct vmspace *vs, unsigned prot, unsigned flags, size_t len)
{
    bool counts = (prot & PMAP_W) && !(flags & (AREA_SHARED | AREA_NORESERVE));

    return counts && len > vs->commit_max ? -ENOMEM : 0;
}

int vmspace_map(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va)
{
    int err = vmspace_spec_check(spec);
    if (!err)
        err = vmspace_commit_check(vs, spec->prot, spec->flags, spec->len);
    if (err)
        return err;

    mutex_lock(&vs->mutex);
    err = vmspace_map_locked(vs, spec, va);
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
        return vmspace_unmap_locked(vs, to, from);
    if (to == from)
        return 0;
    if (!area_range_free(&vs->areas, from, to + PAGE_SIZE)) /* a page stays free above the heap */
        return -ENOMEM;

    struct area_spec spec = {.hint = from,
                             .len = to - from,
                             .prot = PMAP_R | PMAP_W,
                             .flags = AREA_FIXED_NOREPLACE,
                             .name = "[heap]"};
    vaddr_t          va;
    int              err = vmspace_spec_check(&spec);
    if (!err)
        err = vmspace_commit_check(vs, spec.prot, spec.flags, spec.len);
    return err ? err : vmspace_map_locked(vs, &spec, &va);
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

/* --- stacks, limits ---------------------------------------------------------------------- */

void vmspace_set_limits(struct vmspace *vs, size_t map_max, size_t stack_max)
{
    mutex_lock(&vs->mutex);
    vs->map_max = map_max;
    vs->stack_max = stack_max;
    mutex_unlock(&vs->mutex);
}

/* What a program may touch is not to come close below a stack; a guard of its own may, and so may
 * another stack. */
static bool stack_keeps_off(struct area *area, vaddr_t start)
{
    struct area *below = area_prev(area);

    return !below || !below->prot || (below->flags & AREA_STACK) ||
           start - below->end >= AREA_STACK_GAP;
}

struct area *vmspace_grow_stack(struct vmspace *vs, vaddr_t va)
{
    vaddr_t      start = ALIGN_DOWN(va, PAGE_SIZE);
    struct area *area = area_at_or_above(&vs->areas, va);

    if (!area || !(area->flags & AREA_STACK) || start < USER_MIN)
        return NULL;
    size_t more = area->start - start;
    if (area->end - start > vs->stack_max || more > vs->map_max - size_min(vs->mapped, vs->map_max))
        return NULL;
    if (!stack_keeps_off(area, start))
        return NULL;
    vs->mapped += more;
    return area_extend_down(&vs->areas, area, start);
}
