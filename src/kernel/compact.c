/* SPDX-License-Identifier: Apache-2.0 */
/* compact.c - see compact.h.
 *
 * First everything free in the window is isolated, so that nothing new is put there. Then the map is
 * gone through once, by runs, which costs little where a map has few; what lies in the window is moved
 * piece by piece, each piece to the largest run that can be had. A piece that cannot be moved ends
 * it: what was moved stays where it is now, and the window is freed.
 */
#include "kernel/compact.h"

#include "kernel/frame.h"
#include "kernel/hart.h"
#include "kernel/reserve.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

struct window {
    paddr_t start, end;
};

/* Protected by the vs->mutex of the one address space there is. */
static struct compact_stats counts;

/* --- moving ------------------------------------------------------------------------------ */

/* The largest run of at most npages; halves what is asked for until it is there. */
static int alloc_at_most(size_t *npages, paddr_t *pa)
{
    while (frame_try_movable(*npages, pa)) {
        if (*npages == 1)
            return -ENOMEM;
        *npages = (*npages + 1) / 2;
    }
    return 0;
}

/* Show npages pages at va, which show the frames from `from` on, on those from `to` on. */
static int move_piece(struct vmspace *vs, vaddr_t va, paddr_t from, paddr_t to, size_t npages)
{
    size_t len = npages << PAGE_SHIFT;
    int    err = pmap_suspend(vs->pmap, va, len);
    if (err)
        return err;

    memcpy(phys_ptr(to), phys_ptr(from), len);
    hart_sync_code(); /* there may be code in it */
    bool vacant = frame_vacate(from, npages);
    pmap_resume(vs->pmap, va, vacant ? to : from, len);
    counts.moved += vacant ? npages : 0;
    return vacant ? 0 : -EBUSY;
}

/* Move all of a run of frames that va shows. */
static int move_run(struct vmspace *vs, vaddr_t va, paddr_t pa, size_t len)
{
    while (len) {
        paddr_t to;
        size_t  npages = len >> PAGE_SHIFT;
        int     err = alloc_at_most(&npages, &to);
        if (err)
            return err;
        err = move_piece(vs, va, pa, to, npages);
        if (err) {
            frame_put_run(to, npages);
            return err;
        }
        va += npages << PAGE_SHIFT;
        pa += npages << PAGE_SHIFT;
        len -= npages << PAGE_SHIFT;
    }
    return 0;
}

/* Move what the map shows of the window out of it. */
static int empty_window(struct vmspace *vs, const struct window *w)
{
    vaddr_t at = USER_MIN, va;

    while (at < USER_END && !pmap_next(vs->pmap, at, USER_END - at, &va)) {
        struct pmap_run run;
        if (pmap_extract(vs->pmap, PMAP_DOM_FIRST, va, &run))
            break;
        paddr_t from = run.pa > w->start ? run.pa : w->start;
        paddr_t to = run.pa + run.len < w->end ? run.pa + run.len : w->end;
        at = va + run.len;
        int err = from < to ? move_run(vs, va + (from - run.pa), from, to - from) : 0;
        if (err)
            return err;
    }
    return 0;
}

/* --- whether to try ---------------------------------------------------------------------- */

/* The last failure. The same again, with hardly more memory, would fail again. */
static size_t failed_npages, failed_available;

static bool hopeless(size_t npages)
{
    struct frame_stats stats;
    frame_stats(&stats);
    size_t available = stats.free + stats.reserved;
    return available < npages || (failed_npages && npages >= failed_npages &&
                                  available <= failed_available + failed_npages / 4);
}

static void remember(size_t npages, bool failed)
{
    struct frame_stats stats;
    frame_stats(&stats);
    failed_npages = failed ? npages : 0;
    failed_available = stats.free + stats.reserved;
}

/* As many free frames as may be moved. */
static void make_places(size_t npages)
{
    struct frame_stats stats;
    frame_stats(&stats);
    if (stats.free < npages)
        reserve_reclaim(npages - stats.free);
}

/* --- entry ------------------------------------------------------------------------------- */

int compact_reserve(struct vmspace *vs, size_t npages, size_t align, size_t phase, size_t limit,
                    uint64_t id, paddr_t *pa)
{
    ASSERT(mutex_held(&vs->mutex));

    make_places(limit);
    if (hopeless(npages)) {
        TRACE(vm, "compact: %zu frames are hopeless", npages);
        return -ENOMEM;
    }
    if (!frame_find_window(npages, align, phase, limit, pa)) {
        remember(npages, true);
        TRACE(vm, "compact: no window of %zu frames with at most %zu to be moved", npages, limit);
        return -ENOMEM;
    }
    struct window w = {*pa, *pa + (npages << PAGE_SHIFT)};
    frame_isolate(w.start, npages);
    int err = empty_window(vs, &w);
    if (!frame_settle(w.start, npages, id) && !err)
        err = -ENOMEM; /* a page of it is in no map */
    remember(npages, err != 0);
    counts.runs += !err;
    counts.failed += err != 0;
    TRACE(vm, "compact %#lx..%#lx: %d; %lu frames moved so far", w.start, w.end, err,
          (unsigned long)counts.moved);
    return err ? -ENOMEM : 0;
}

/* Make a run and leave it free, as a block that an allocation of npages takes. */
static bool make_free_run(struct vmspace *vs, size_t npages)
{
    paddr_t pa;
    size_t  block = bits_power_above(npages);
    if (compact_reserve(vs, block, block, 0, block, 0, &pa))
        return false;
    frame_unreserve(pa, block, 0);
    return true;
}

/* Tables grow by doubling; a model whose tables are single frames finds one or there is none. */
bool compact_for_tables(struct vmspace *vs)
{
    struct pmap_stats stats;
    pmap_stats(vs->pmap, &stats);
    return make_free_run(vs, pages_for(2 * stats.table_bytes) + 1);
}

/* Asked by frame_alloc(), which may be called with vs->mutex held: then the map may be in use. */
static bool compact_reclaim(size_t npages)
{
    struct vmspace *vs = thread_self()->vmspace;
    if (npages == 1 || !vs || !mutex_trylock(&vs->mutex))
        return false;

    bool made = make_free_run(vs, npages);
    mutex_unlock(&vs->mutex);
    return made;
}

void compact_init(void)
{
    frame_add_reclaim(compact_reclaim);
}

void compact_stats(struct compact_stats *out)
{
    *out = counts;
}
