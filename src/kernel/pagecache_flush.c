/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache_flush.c - writing dirty pages back.
 *
 * Pages become clean before they are written, so that a change meanwhile makes them dirty again; but one that
 * somebody else holds, a mapping that is, stays dirty, because nothing tells of his stores. A
 * run's pages are chosen and written under its owner's lock, so none of them is cut off on the way.
 */
#include "kernel/frame.h"
#include "kernel/pagecache_chunk.h"
#include "lib/errno.h"

#define RUN_PAGES 256u /* at most, in one call of a file system */

static bool is_dirty(struct pagecache *pc, uint64_t index)
{
    uint32_t *page = pagecache_page(pc, index);

    return page && (*page & PAGE_DIRTY);
}

/* The first dirty page in [index, end); end: none. */
static uint64_t first_dirty(struct pagecache *pc, uint64_t index, uint64_t end)
{
    struct pagecache_chunk *chunk;

    while (index < end && (chunk = pagecache_chunk_from(pc, index))) {
        index = size_max(index, chunk->index);
        uint64_t stop = size_min(end, chunk->index + CHUNK_PAGES);
        while (index < stop && !(chunk->pages[index % CHUNK_PAGES] & PAGE_DIRTY))
            index++;
        if (index < stop)
            return index;
    }
    return end;
}

uint64_t pagecache_find_dirty(struct pagecache *pc, uint64_t index, uint64_t end, bool dirty)
{
    spinlock_acquire(&pagecache_lock);
    if (dirty)
        index = pc->ndirty ? first_dirty(pc, index, end) : end;
    else
        while (index < end && is_dirty(pc, index))
            index++;
    spinlock_release(&pagecache_lock);
    return index;
}

/* The first dirty run in [index, end), with references; false: none. */
static bool next_dirty(struct pagecache *pc, uint64_t index, uint64_t end,
                       struct pagecache_run *run)
{
    index = pc->ndirty ? first_dirty(pc, index, end) : end;
    if (index >= end)
        return false;

    *run = (struct pagecache_run){index, 1, page_pa(*pagecache_page(pc, index)), true};
    while (
        run->npages < RUN_PAGES && index + run->npages < end && is_dirty(pc, index + run->npages) &&
        page_pa(*pagecache_page(pc, index + run->npages)) == run->pa + (run->npages << PAGE_SHIFT))
        run->npages++;
    frame_get_run(run->pa, run->npages);
    return true;
}

/* Before the run is written: pages that only the cache and this call hold become clean, so that
 * a later change marks them again. */
static void clean_unmapped(struct pagecache *pc, const struct pagecache_run *run)
{
    bool alone = pc->ops->alone && pc->ops->alone(pc);

    for (size_t k = 0; k < run->npages; k++)
        if (alone || frame_refs(run->pa + (k << PAGE_SHIFT)) == 2)
            pagecache_set_dirty(pc, pagecache_page(pc, run->index + k), 1, false);
}

static void give_up(struct pagecache *pc, const struct pagecache_run *run, int err)
{
    for (size_t k = 0; k < run->npages; k++) {
        uint32_t *page = pagecache_page(pc, run->index + k);
        if (page && page_state(*page) == PAGE_READY)
            pagecache_set_dirty(pc, page, 1, false);
    }
    pc->error = err;
    pc->nerrors++;
    pc->error_told = false;
}

/* One run of [*index, end). False: there is none. */
static bool flush_run(struct pagecache *pc, uint64_t *index, uint64_t end, int *first)
{
    struct pagecache_run run;

    spinlock_acquire(&pagecache_lock);
    bool found = next_dirty(pc, *index, end, &run);
    if (found)
        clean_unmapped(pc, &run);
    spinlock_release(&pagecache_lock);
    if (!found)
        return false;

    int err = pc->ops->flush(pc, run.index, run.pa, run.npages);
    if (err) {
        spinlock_acquire(&pagecache_lock);
        give_up(pc, &run, err);
        spinlock_release(&pagecache_lock);
        *first = *first ? *first : err;
    }
    pagecache_put(&run);
    *index = run.index + run.npages;
    return true;
}

int pagecache_flush(struct pagecache *pc, uint64_t index, uint64_t npages)
{
    uint64_t end = npages > UINT64_MAX - index ? UINT64_MAX : index + npages;
    int      first = 0;
    bool     more = pc->ops->flush && pc->ndirty;

    while (more) {
        if (pc->ops->lock)
            pc->ops->lock(pc);
        more = flush_run(pc, &index, end, &first);
        if (pc->ops->unlock)
            pc->ops->unlock(pc);
    }
    return first;
}

/* --- errors ------------------------------------------------------------------------------- */

unsigned pagecache_error_start(const struct pagecache *pc)
{
    return pc->nerrors && !pc->error_told ? pc->nerrors - 1 : pc->nerrors;
}

int pagecache_error(struct pagecache *pc, unsigned *seen)
{
    spinlock_acquire(&pagecache_lock);
    int err = *seen != pc->nerrors ? pc->error : 0;
    *seen = pc->nerrors;
    if (err)
        pc->error_told = true;
    spinlock_release(&pagecache_lock);
    return err;
}

/* --- all files ---------------------------------------------------------------------------- */

/* The file that is dirty longest, with a reference, moved to the end of the list. NULL: none. */
static struct pagecache *take_dirty(void)
{
    struct pagecache *pc;

    spinlock_acquire(&pagecache_lock);
    TAILQ_FOREACH(pc, &pagecache_dirty, dirty_link)
        if (pc->ops->acquire_live(pc))
            break;
    if (pc) {
        TAILQ_REMOVE(&pagecache_dirty, pc, dirty_link);
        TAILQ_INSERT_TAIL(&pagecache_dirty, pc, dirty_link);
    }
    spinlock_release(&pagecache_lock);
    return pc;
}

static size_t count_dirty_files(void)
{
    struct pagecache *pc;
    size_t            n = 0;

    spinlock_acquire(&pagecache_lock);
    TAILQ_FOREACH(pc, &pagecache_dirty, dirty_link)
        n++;
    spinlock_release(&pagecache_lock);
    return n;
}

size_t pagecache_write_back(size_t keep)
{
    size_t before = pagecache_total.dirty_files, files = count_dirty_files();

    while (files-- && pagecache_total.dirty_files > keep) {
        struct pagecache *pc = take_dirty();
        if (!pc)
            break;
        pagecache_flush(pc, 0, UINT64_MAX); /* its error is kept for who asks */
        pc->ops->release(pc);
    }
    size_t after = pagecache_total.dirty_files;
    return before > after ? before - after : 0;
}

bool pagecache_too_dirty(size_t *keep)
{
    *keep = pagecache_dirty_max / 2;
    return pagecache_total.dirty_files > pagecache_dirty_max;
}
