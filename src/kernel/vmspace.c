/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace.c - mapping and unmapping: areas and the pmap kept in step.
 *
 * Each call first finds every reason to refuse and takes all memory it will need, then makes the
 * one pmap call that can fail, and from there on does only what cannot. Where the pmap has to be
 * called several times (vmspace_change.c), the calls made are taken back.
 */
#include "kernel/compact.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "kernel/runlist.h"
#include "kernel/vmspace_internal.h"
#include "lib/assert.h"
#include "lib/errno.h"

/* --- life -------------------------------------------------------------------------------- */

static size_t memory_total(void)
{
    struct frame_stats stats;
    frame_stats(&stats);
    return stats.total << PAGE_SHIFT;
}

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
    area_tree_init(&vs->areas);
    RB_INIT(&vs->reservations);
    vs->map_max = SIZE_MAX;
    vs->commit_max = memory_total();
    vs->data_max = SIZE_MAX;
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
    reserve_drop(vs, 0, USER_END);
    drop_all_frames(vs->pmap);
    pmap_destroy(vs->pmap);
    area_tree_destroy(&vs->areas);
    kfree(vs);
}

/* --- unmapping --------------------------------------------------------------------------- */

/* Take [va, end) out of the map and let go of the runs that it has there. */
static int drop_listed(struct vmspace *vs, vaddr_t va, vaddr_t end, const struct runlist *list)
{
    int err = pmap_remove(vs->pmap, va, end - va);
    if (err)
        return err;

    pmap_update(vs->pmap);
    runlist_put_frames(list);
    vs->resident -= list->bytes;
    return 0;
}

/* Where the last run of [va, end) starts. */
static vaddr_t last_run(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct runlist list;
    vaddr_t        last = va;

    while (va < end) {
        va = runlist_collect_some(&list, vs->pmap, PMAP_DOM_FIRST, va, end);
        last = list.n ? list.runs[list.n - 1].va : last;
    }
    return last;
}

/* There is no memory for a list of all runs. Only the last and the first one can be refused: they may
 * have to be cut. So the last one goes first, and then one piece after the other. */
static int drop_in_pieces(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct runlist list;
    vaddr_t        last = last_run(vs, va, end), to;

    runlist_collect_some(&list, vs->pmap, PMAP_DOM_FIRST, last, end);
    int err = drop_listed(vs, last, end, &list);
    for (; !err && va < last; va = to) {
        to = runlist_collect_some(&list, vs->pmap, PMAP_DOM_FIRST, va, last);
        err = drop_listed(vs, va, to, &list);
    }
    return err;
}

/* Many runs: they are listed before the map forgets them. */
static int drop_runs(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct runlist list;
    if (runlist_collect(&list, vs->pmap, PMAP_DOM_FIRST, va, end))
        return drop_in_pieces(vs, va, end);

    int err = drop_listed(vs, va, end, &list);
    runlist_free(&list);
    return err;
}

/* The same; if need be, after pages were moved to make room for a larger table. Nothing is remembered of
 * what was mapped to what before. */
static __attribute__((noinline)) int drop_or_compact(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    int err = drop_runs(vs, va, end);

    if (err == -ENOMEM && compact_for_tables(vs))
        err = drop_runs(vs, va, end);
    return err ? -ENOMEM : 0;
}

static inline void dropped(struct vmspace *vs, const struct pmap_run *run)
{
    pmap_update(vs->pmap);
    frame_put_run(run->pa, run->len >> PAGE_SHIFT);
    vs->resident -= run->len;
}

int vmspace_drop_pages(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct pmap_run run;
    int             err = pmap_remove_run(vs->pmap, va, end - va, &run);
    if (err == -ENOENT)
        return 0;
    if (err)
        return drop_or_compact(vs, va, end);
    dropped(vs, &run);
    return 0;
}

void vmspace_forget_areas(struct vmspace *vs, struct area *first, vaddr_t va, vaddr_t end)
{
    vs->mapped -= area_cut(&vs->areas, first, va, end);
    if (!RB_EMPTY(&vs->reservations))
        reserve_drop(vs, va, end);
}

/* Inlined into both that follow: a call more would be seen in munmap's cost. */
static inline __attribute__((always_inline)) int unmap(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct area *first = area_at_or_above(&vs->areas, va);
    if (!first || first->start >= end)
        return 0;
    if (first->start < va && first->end > end && area_want(&vs->areas, 1))
        return -ENOMEM;

    int err = vmspace_drop_pages(vs, va, end);
    if (!err)
        vmspace_forget_areas(vs, first, va, end);
    return err;
}

int vmspace_unmap_locked(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    return unmap(vs, va, end);
}

int vmspace_unmap(struct vmspace *vs, vaddr_t va, size_t len)
{
    if (!len || (va & PAGE_MASK) || va > USER_END || len > USER_END - va)
        return -EINVAL;

    vaddr_t end = va + ALIGN_UP(len, PAGE_SIZE);
    if (end <= USER_MIN) /* there is nothing below */
        return 0;
    mutex_lock(&vs->mutex);
    int err = unmap(vs, va > USER_MIN ? va : USER_MIN, end);
    mutex_unlock(&vs->mutex);
    return err;
}

int vmspace_clear(struct vmspace *vs)
{
    mutex_lock(&vs->mutex);
    int err = unmap(vs, USER_MIN, USER_END);
    vs->brk_start = vs->brk = 0;
    vs->map_flags = 0;
    vs->map_max = SIZE_MAX;
    vs->stack_max = 0;
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

/* Where an area of len bytes that may be anywhere goes; what is large, where large leaves or cells can
 * map it. 0: nowhere. */
static vaddr_t find_place(struct vmspace *vs, const struct area_spec *spec, size_t len,
                          struct area **above)
{
    vaddr_t va = 0;

    if (len >= VMSPACE_LARGE && !spec->file)
        va = area_find_aligned_gap(&vs->areas, len, VMSPACE_LARGE, above);
    return va ? va : area_find_gap(&vs->areas, len, above);
}

/* Where the program wishes it, or demands. *above: the first area that ends above it; this one starts above
 * it, or else has to go. -ENOENT: not there, but perhaps elsewhere; -EEXIST: nor elsewhere. */
static __attribute__((noinline)) int wished_place(struct vmspace *vs, const struct area_spec *spec,
                                                  size_t len, vaddr_t *va, struct area **above)
{
    *va = ALIGN_DOWN(spec->hint, PAGE_SIZE);
    if (!*va || !vmspace_range_valid(*va, len))
        return -ENOENT;

    *above = area_at_or_above(&vs->areas, *va);
    if (!*above || (*above)->start >= *va + len || (spec->flags & AREA_FIXED))
        return 0;
    return spec->flags & AREA_FIXED_NOREPLACE ? -EEXIST : -ENOENT;
}

/* AREA_FIXED: what is there goes. */
static __attribute__((noinline)) int make_place(struct vmspace *vs, vaddr_t va, vaddr_t end,
                                                struct area **above)
{
    int err = vmspace_unmap_locked(vs, va, end);
    if (!err)
        *above = area_at_or_above(&vs->areas, va);
    return err;
}

static void fill_in(struct area *area, const struct vmspace *vs, const struct area_spec *spec,
                    vaddr_t va, vaddr_t end)
{
    area->start = va;
    area->end = end;
    area->prot = spec->prot;
    area->flags = (spec->flags & AREA_KEPT) | vs->map_flags;
    area->dom = spec->dom ? spec->dom : PMAP_DOM_FIRST;
    area->file = spec->file;
    area->offset = spec->offset;
    area->name = spec->name;
}

/* How many bytes of [va, end) are mapped; above: the first area that ends above va. */
static size_t mapped_within(vaddr_t va, vaddr_t end, const struct area *above)
{
    size_t n = 0;
    for (; above && above->start < end; above = area_next(above))
        n += area_part_end(above, end) - area_part_start(above, va);
    return n;
}

/* Whether [va, end) would fit where what is mapped there goes. */
static __attribute__((noinline)) bool fits_instead(const struct vmspace *vs, vaddr_t va,
                                                   vaddr_t end, struct area *above)
{
    size_t gone = mapped_within(va, end, above);
    return end - va <= vs->map_max && vs->mapped - gone <= vs->map_max - (end - va);
}

/* vmspace_commit_check() where what is mapped there goes, which counts as data whatever it is, as in Linux. */
static __attribute__((noinline)) int commit_instead(struct vmspace         *vs,
                                                    const struct area_spec *spec)
{
    size_t len = ALIGN_UP(spec->len, PAGE_SIZE);
    size_t gone = mapped_within(spec->hint, spec->hint + len,
                                area_at_or_above(&vs->areas, spec->hint));
    return vmspace_commit(vs, spec->flags, len, len - gone);
}

/* Inlined into both that follow, as unmap(). */
static inline __attribute__((always_inline)) int map(struct vmspace         *vs,
                                                     const struct area_spec *spec, vaddr_t *out)
{
    size_t       len = ALIGN_UP(spec->len, PAGE_SIZE);
    struct area *above;
    vaddr_t      va;
    int          err = spec->hint ? wished_place(vs, spec, len, &va, &above) : -ENOENT;
    if (err == -ENOENT)
        err = (va = find_place(vs, spec, len, &above)) ? 0 : -ENOMEM;
    if (err)
        return err;
    bool full = len > vs->map_max || vs->mapped > vs->map_max - len;
    if ((full && !fits_instead(vs, va, va + len, above)) || area_want(&vs->areas, 2))
        return -ENOMEM;

    if (above && above->start < va + len) {
        err = make_place(vs, va, va + len, &above);
        if (err)
            return err;
    }
    struct area *area = area_new(&vs->areas);
    fill_in(area, vs, spec, va, va + len);
    area_insert(&vs->areas, area, above);
    vs->mapped += len;
    *out = va;
    return 0;
}

int vmspace_map_locked(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va)
{
    return map(vs, spec, va);
}

int vmspace_map(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va)
{
    int err = vmspace_spec_check(spec);
    if (err)
        return err;

    mutex_lock(&vs->mutex);
    err = vmspace_commit_check(vs, spec->prot, spec->flags, spec->len);
    if (err && spec->flags & AREA_FIXED)
        err = commit_instead(vs, spec);
    if (!err)
        err = map(vs, spec, va);
    mutex_unlock(&vs->mutex);
    return err;
}

vaddr_t vmspace_find_free(struct vmspace *vs, size_t len)
{
    if (!len || len > USER_END - USER_MIN)
        return 0;

    struct area *above;
    mutex_lock(&vs->mutex);
    vaddr_t va = area_find_gap(&vs->areas, ALIGN_UP(len, PAGE_SIZE), &above);
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

void vmspace_set_data_limit(struct vmspace *vs, size_t data_max)
{
    mutex_lock(&vs->mutex);
    vs->data_max = data_max;
    vs->commit_max = data_max == SIZE_MAX ? memory_total() : 0;
    mutex_unlock(&vs->mutex);
}

static size_t data_mapped(const struct vmspace *vs)
{
    size_t n = 0;
    for (const struct area *a = area_first(&vs->areas); a; a = area_next(a))
        if (a->prot & PMAP_W && !(a->flags & (AREA_SHARED | AREA_STACK)))
            n += a->end - a->start;
    return n;
}

int vmspace_commit(const struct vmspace *vs, unsigned flags, size_t len, size_t more)
{
    if (!(flags & AREA_NORESERVE) && len > memory_total())
        return -ENOMEM;
    if (vs->data_max == SIZE_MAX || flags & AREA_STACK)
        return 0;
    more = ALIGN_UP(more, PAGE_SIZE);
    return more > vs->data_max || data_mapped(vs) > vs->data_max - more ? -ENOMEM : 0;
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
