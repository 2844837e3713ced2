/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - what a page fault fills: zeroed frames, a file's frames, or copies of them.
 *
 * One range of translation maps one physical run. So the first touch of an area reserves a run for all
 * of it (reserve.h), and a fault fills as much as is cheap: the block of pmap_limits->fault_extent
 * around the address, and twice the last amount where an area is touched in ascending order; less
 * when memory is short (extent()). An area of two such blocks or less is filled whole. What is
 * filled is cut to the area and to what is not mapped yet.
 *
 * A file's page is first mapped without PMAP_W. A write to a private one gives the program its
 * own copy, or the right to write if nobody else has the frame; a write to a shared one marks the
 * file's page dirty and gives the right. So whatever can be written without the kernel
 * noticing is known to be dirty, and no dirty bits of the memory model are needed. Neighbours of
 * a private page are copied with it where that is cheap, and no longer follow the file then, which
 * Linux does page by page and leaves unspecified (mmap(2)).
 *
 * Runs with vs->mutex held, which a fault keeps while it sleeps for the disk; never with a
 * spinlock.
 */
#include "kernel/fault.h"

#include "kernel/compact.h"
#include "kernel/frame.h"
#include "kernel/hart.h"
#include "kernel/pagecache.h"
#include "kernel/reserve.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

/* A fault being worked on. */
struct filling {
    struct vmspace *vs;
    struct area    *area;
    vaddr_t         page;   /* that was touched */
    unsigned        access; /* PMAP_R, PMAP_W or PMAP_X */
    vaddr_t         lo, hi; /* what is going to be filled; holds page */
};

/* --- policy ------------------------------------------------------------------------------ */

#define MEMORY_SHARE 64 /* a fault takes at most this part of free memory, unless it is one page */

/* How many bytes to fill when memory allows want. A power of two. */
static size_t extent(size_t want)
{
    struct frame_stats stats;
    frame_stats(&stats);

    size_t pages = (stats.free + stats.reserved) / MEMORY_SHARE;
    return bits_power_below(size_max(size_min(want >> PAGE_SHIFT, pages), 1)) << PAGE_SHIFT;
}

/* Areas up to this size are filled whole. */
static size_t small_area(void)
{
    return 2 * pmap_limits->fault_extent;
}

static bool is_small(const struct area *area)
{
    return area->end - area->start <= small_area();
}

/* Blocks are counted from the area's start. */
static __attribute__((noinline)) void choose_block(struct filling *f)
{
    bool   sequential = f->area->fill_bytes && f->page == f->area->fill_next;
    size_t want = sequential ? 2 * f->area->fill_bytes : pmap_limits->fault_extent;
    size_t bytes = extent(size_max(want, pmap_limits->fault_extent));

    f->lo = sequential ? f->page : f->area->start + ALIGN_DOWN(f->page - f->area->start, bytes);
    f->hi = f->lo + bytes;
    if (f->hi > f->area->end)
        f->hi = f->area->end;
}

/* The range to fill before it is cut: see the top. */
static void choose_window(struct filling *f)
{
    if (is_small(f->area)) {
        f->lo = f->area->start;
        f->hi = f->area->end;
    } else {
        choose_block(f);
    }
}

static void window_one_page(struct filling *f)
{
    f->lo = f->page;
    f->hi = f->page + PAGE_SIZE;
}

/* Cut the window to half of it, or less: the aligned block around the page. */
static void window_halve(struct filling *f)
{
    size_t  half = bits_power_below((f->hi - f->lo - 1) >> PAGE_SHIFT) << PAGE_SHIFT;
    vaddr_t start = ALIGN_DOWN(f->page, half);

    f->lo = f->lo > start ? f->lo : start;
    f->hi = f->hi < start + half ? f->hi : start + half;
}

/* Cut the window to what is not mapped around the page. */
static __attribute__((noinline)) void cut_to_unmapped(struct filling *f)
{
    struct pmap *pm = f->vs->pmap;
    vaddr_t      above = f->page + PAGE_SIZE, va;

    if (above < f->hi && !pmap_next(pm, above, f->hi - above, &va))
        f->hi = va;
    while (f->lo < f->page && !pmap_next(pm, f->lo, f->page - f->lo, &va)) {
        struct pmap_run run;
        int             err = pmap_extract(pm, f->area->dom, va, &run);
        ASSERT(!err);
        f->lo = va + run.len;
    }
}

/* Cut the window to the pages that the file has. -EIO: the touched page is not among them. */
static int cut_to_file(struct filling *f)
{
    uint64_t size = ALIGN_UP(f->area->file->size, PAGE_SIZE), offset = f->area->offset;
    size_t   bytes = size > offset ? size - offset : 0;

    if (f->page - f->area->start >= bytes)
        return -EIO;
    if (f->hi - f->area->start > bytes)
        f->hi = f->area->start + bytes;
    return 0;
}

static uint64_t file_index(const struct filling *f, vaddr_t va)
{
    return (f->area->offset + (va - f->area->start)) >> PAGE_SHIFT;
}

/* --- reserving --------------------------------------------------------------------------- */

#define GROWTH_MIN  ((size_t)256 << 10) /* reserved behind what grows: as much as it has, within */
#define GROWTH_MAX  ((size_t)16 << 20)
#define RUNS_PASSED 8 /* mapped runs below the page that are worth going past */

static size_t growth(const struct area *area)
{
    size_t has = area->end - area->start;
    return size_max(size_min(has, GROWTH_MAX), GROWTH_MIN);
}

static bool is_heap(const struct filling *f)
{
    return f->area->end == ALIGN_UP(f->vs->brk, PAGE_SIZE);
}

/* The heap may become longer by the program's brk(2), a stack when it is touched below. */
static bool grows(const struct filling *f)
{
    return is_heap(f) || f->area->flags & AREA_STACK;
}

/* What the area can become, as far as nothing else is in the way. */
static void reach_of_area(const struct filling *f, vaddr_t *lo, vaddr_t *hi)
{
    struct area *area = f->area, *next = area_next(area), *below = area_prev(area);
    vaddr_t      floor = below ? below->end : USER_MIN, ceiling = next ? next->start : USER_END;

    *lo = area->start;
    *hi = area->end;
    if (is_heap(f))
        *hi = area->end + size_min(growth(area), ceiling - area->end);
    if (area->flags & AREA_STACK)
        *lo = area->start - size_min(growth(area), area->start - floor);
}

/* Cut *lo, which lies below the window, to what is not mapped. */
static void cut_below(const struct filling *f, vaddr_t *lo)
{
    struct pmap_run run;
    vaddr_t         va;

    for (int n = 0; *lo < f->lo && !pmap_next(f->vs->pmap, *lo, f->lo - *lo, &va); n++) {
        if (n == RUNS_PASSED || pmap_extract(f->vs->pmap, f->area->dom, va, &run))
            *lo = f->lo;
        else
            *lo = va + run.len;
    }
}

static void reserve_around(const struct filling *f)
{
    vaddr_t lo, hi, va;
    reach_of_area(f, &lo, &hi);
    if (hi - lo <= small_area())
        return;

    cut_below(f, &lo);
    if (f->hi < hi && !pmap_next(f->vs->pmap, f->hi, hi - f->hi, &va))
        hi = va;
    reserve_make(f->vs, f->page, lo, hi);
}

/* Frames for the window, or for as much of it around the touched page as there are. Memory is
 * taken from others (the page cache) for one page only. */
static int window_frames(struct filling *f, paddr_t *pa)
{
    while (frame_try_movable((f->hi - f->lo) >> PAGE_SHIFT, pa)) {
        if (f->hi - f->lo == PAGE_SIZE)
            return frame_alloc_movable(1, pa);
        window_halve(f);
    }
    return 0;
}

/* The same where neighbouring pages should have neighbouring frames. */
static __attribute__((noinline)) int reserved_frames(struct filling *f, paddr_t *pa)
{
    if (reserve_claim(f->vs, f->page, &f->lo, &f->hi, pa))
        return 0;
    reserve_around(f);
    if (reserve_claim(f->vs, f->page, &f->lo, &f->hi, pa))
        return 0;
    return window_frames(f, pa);
}

static bool is_whole_area(const struct filling *f)
{
    return f->lo == f->area->start && f->hi == f->area->end;
}

/* --- filling ----------------------------------------------------------------------------- */

/* Map frames, whose references become the mapping's. */
static int enter(struct filling *f, paddr_t pa, unsigned prot)
{
    size_t len = f->hi - f->lo;
    int    err = pmap_enter(f->vs->pmap, f->lo, pa, len, f->area->dom, prot);

    if (err == -ENOMEM && compact_for_tables(f->vs))
        err = pmap_enter(f->vs->pmap, f->lo, pa, len, f->area->dom, prot);
    if (err) {
        frame_put_run(pa, len >> PAGE_SHIFT);
        return err;
    }
    f->vs->resident += len;
    f->area->fill_next = f->hi;
    f->area->fill_bytes = len;
    return 0;
}

static int fill_zero(struct filling *f)
{
    paddr_t pa;
    int     err = is_whole_area(f) && !grows(f) ? window_frames(f, &pa) : reserved_frames(f, &pa);
    if (err)
        return err;

    memset(phys_ptr(pa), 0, f->hi - f->lo);
    return enter(f, pa, area_rights(f->area->prot));
}

/* Copy the file's part of the window to frames at pa, zeros behind its end. */
static int read_window(struct filling *f, paddr_t pa)
{
    size_t   len = f->hi - f->lo, done = 0;
    uint64_t offset = f->area->offset + (f->lo - f->area->start);

    while (done < len) {
        uint8_t *to = (uint8_t *)phys_ptr(pa) + done;
        ssize_t  n = pagecache_read(f->area->file, offset + done, to, len - done);
        if (n < 0)
            return (int)n;
        if (!n) /* the end of the file */
            memset(to, 0, len - done);
        done = n ? done + (size_t)n : len;
    }
    return 0;
}

/* Code arrives as data: fetches must see it. */
static void sync_code(const struct filling *f)
{
    if (f->area->prot & PMAP_X)
        hart_sync_code();
}

/* A private file page that is written before it was ever mapped: the program's own copy at once. */
static int fill_copy(struct filling *f)
{
    paddr_t pa;
    int     err = window_frames(f, &pa);
    if (err)
        return err;

    err = read_window(f, pa);
    if (err) {
        frame_put_run(pa, (f->hi - f->lo) >> PAGE_SHIFT);
        return err;
    }
    sync_code(f);
    return enter(f, pa, area_rights(f->area->prot));
}

/* The file's own frames. */
static int fill_file(struct filling *f)
{
    struct pagecache_run run;
    struct pagecache    *pc = f->area->file;
    unsigned             prot = area_mapped_prot(f->area, f->area->prot);
    int err = pagecache_get_around(pc, file_index(f, f->page), file_index(f, f->lo),
                                   file_index(f, f->hi), &run);
    if (err)
        return err == -ENXIO || err == -ENOSPC ? -EIO : err; /* no such page; none to be had */

    f->lo += (run.index - file_index(f, f->lo)) << PAGE_SHIFT;
    f->hi = f->lo + (run.npages << PAGE_SHIFT);
    if (f->access == PMAP_W) { /* shared: private pages are copied */
        pagecache_mark_dirty(pc, run.index, run.npages);
        prot |= PMAP_W;
    }
    sync_code(f);
    return enter(f, run.pa, prot);
}

static __attribute__((noinline)) int fill_from_file(struct filling *f)
{
    int err = cut_to_file(f);
    if (err)
        return err;

    bool copy = f->access == PMAP_W && !(f->area->flags & AREA_SHARED);
    err = copy ? fill_copy(f) : fill_file(f);

    if (err && err != -EIO && f->hi - f->lo > PAGE_SIZE) {
        window_one_page(f);
        err = copy ? fill_copy(f) : fill_file(f);
    }
    return err;
}

static inline int fill(struct filling *f)
{
    choose_window(f);
    if (f->hi - f->lo > PAGE_SIZE)
        cut_to_unmapped(f);
    return f->area->file ? fill_from_file(f) : fill_zero(f);
}

/* --- writing to what was mapped without the right ---------------------------------------- */

static bool frame_shared(paddr_t pa)
{
    return frame_refs(pa) > 1;
}

/* Cut the window to pages that are mapped to one physical run and whose frames are, like
 * the touched page's, shared with somebody or not. *pa: the frame at f->lo. */
static void cut_to_like_pages(struct filling *f, const struct pmap_run *at_page, paddr_t *pa)
{
    bool    shared = frame_shared(at_page->pa);
    vaddr_t va = f->page + PAGE_SIZE;

    if (f->hi > f->page + at_page->len)
        f->hi = f->page + at_page->len;
    while (va < f->hi && frame_shared(at_page->pa + (va - f->page)) == shared)
        va += PAGE_SIZE;
    f->hi = va;

    struct pmap_run below;
    *pa = at_page->pa;
    for (va = f->page; va > f->lo; va -= PAGE_SIZE) {
        if (pmap_extract(f->vs->pmap, f->area->dom, va - PAGE_SIZE, &below) ||
            below.pa != *pa - PAGE_SIZE || below.prot != at_page->prot ||
            frame_shared(below.pa) != shared)
            break;
        *pa = below.pa;
    }
    f->lo = va;
}

static int allow_writing(struct filling *f)
{
    int err = pmap_protect(f->vs->pmap, f->area->dom, f->lo, f->hi - f->lo,
                           area_rights(f->area->prot));
    if (!err)
        pmap_update(f->vs->pmap);
    return err;
}

/* Put a copy of the window under it. pa: the frames there now. */
static int copy_window(struct filling *f, paddr_t pa)
{
    vaddr_t old_lo = f->lo;
    paddr_t copy;
    int     err = window_frames(f, &copy);
    if (err)
        return err;

    size_t len = f->hi - f->lo;
    pa += f->lo - old_lo; /* the window may have become one page */
    memcpy(phys_ptr(copy), phys_ptr(pa), len);
    sync_code(f);
    err = pmap_replace(f->vs->pmap, f->lo, copy, len); /* includes the shootdown */
    frame_put_run(err ? copy : pa, len >> PAGE_SHIFT);
    return err;
}

static int write_private(struct filling *f, const struct pmap_run *run)
{
    paddr_t pa;
    cut_to_like_pages(f, run, &pa);

    int err = frame_shared(run->pa) ? copy_window(f, pa) : 0;
    return err ? err : allow_writing(f);
}

static int write_shared(struct filling *f, const struct pmap_run *run)
{
    f->lo = f->page;
    if (f->hi > f->page + run->len)
        f->hi = f->page + run->len;

    int err = cut_to_file(f);
    if (err)
        return err;
    pagecache_mark_dirty(f->area->file, file_index(f, f->lo), (f->hi - f->lo) >> PAGE_SHIFT);
    return allow_writing(f);
}

static int write_mapped(struct filling *f, const struct pmap_run *run)
{
    return f->area->flags & AREA_SHARED ? write_shared(f, run) : write_private(f, run);
}

/* The page is mapped and the area allows the access, but the pmap does not. */
static __attribute__((noinline)) int add_right(struct filling *f, struct pmap_run *run)
{
    if (f->access != PMAP_W || !f->area->file)
        return -EACCES; /* the compartment gave the right away itself */

    choose_window(f);
    int err = write_mapped(f, run);
    if (err != -ENOMEM || !compact_for_tables(f->vs) ||
        pmap_extract(f->vs->pmap, f->area->dom, f->page, run))
        return err;
    window_one_page(f); /* not to take the run that was made for the table */
    return write_mapped(f, run);
}

/* --- entry ------------------------------------------------------------------------------- */

int fault_resolve(struct vmspace *vs, const struct fault *fault)
{
    ASSERT(mutex_held(&vs->mutex));

    struct filling f;
    f.vs = vs;
    f.area = area_find(&vs->areas, fault->va);
    f.page = f.lo = f.hi = ALIGN_DOWN(fault->va, PAGE_SIZE);
    f.access = fault->access;
    if (!f.area && !(f.area = vmspace_grow_stack(vs, fault->va)))
        return -EFAULT;
    bool allowed = !fault->access || (area_rights(f.area->prot) & fault->access);
    if (fault->dom != f.area->dom || !allowed)
        return -EACCES;

    struct pmap_run run;
    int             err;
    if (fault->kind == FAULT_UNMAPPED || pmap_extract(vs->pmap, fault->dom, f.page, &run))
        err = fill(&f);
    else if (!fault->access || (run.prot & fault->access))
        err = 0; /* another thread was faster */
    else
        err = add_right(&f, &run);
    TRACE(fault, "va=%#lx access=%u dom=%u filled=%#lx..%#lx err=%d", fault->va, fault->access,
          fault->dom, f.lo, f.hi, err);
    return err == -ENOSPC ? -ENOMEM : err;
}

int fault_handle(struct vmspace *vs, const struct fault *fault)
{
    struct fault now = *fault;
    if (now.kind == FAULT_UNMAPPED) /* it was so before the lock was taken */
        now.kind = FAULT_PROTECTION;

    mutex_lock(&vs->mutex);
    int err = fault_resolve(vs, &now);
    mutex_unlock(&vs->mutex);
    return err;
}
