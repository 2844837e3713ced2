/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache.c - pages of files: finding, reserving, filling, giving up. How they are kept and the
 * rule for the lock: pagecache_chunk.h. Contents: pagecache_io.c.
 */
#include "kernel/pagecache.h"

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/pagecache_chunk.h"
#include "kernel/trace.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

struct spinlock        pagecache_lock = SPINLOCK_INIT(LOCK_PAGECACHE, "pagecache");
struct pagecache_stats pagecache_total;
size_t                 pagecache_dirty_max;
struct pagecache_list  pagecache_dirty = TAILQ_HEAD_INITIALIZER(pagecache_dirty);
static TAILQ_HEAD(, pagecache_chunk) lru = TAILQ_HEAD_INITIALIZER(lru);

/* --- chunks ------------------------------------------------------------------------------ */

static int chunk_compare(const struct pagecache_chunk *a, const struct pagecache_chunk *b)
{
    return a->index < b->index ? -1 : a->index > b->index;
}

RB_GENERATE_STATIC(pagecache_tree, pagecache_chunk, link, chunk_compare)

struct pagecache_chunk *pagecache_chunk_from(struct pagecache *pc, uint64_t index)
{
    struct pagecache_chunk *chunk = RB_ROOT(&pc->chunks), *best = NULL;

    index = ALIGN_DOWN(index, CHUNK_PAGES);
    while (chunk) {
        if (index <= chunk->index)
            best = chunk;
        if (index == chunk->index)
            break;
        chunk = index < chunk->index ? RB_LEFT(chunk, link) : RB_RIGHT(chunk, link);
    }
    return best;
}

static struct pagecache_chunk *chunk_at(struct pagecache *pc, uint64_t index)
{
    struct pagecache_chunk *chunk = pc->recent;

    index = ALIGN_DOWN(index, CHUNK_PAGES);
    if (!chunk || chunk->index != index) {
        chunk = pagecache_chunk_from(pc, index);
        if (!chunk || chunk->index != index)
            return NULL;
        pc->recent = chunk;
    }
    return chunk;
}

uint32_t *pagecache_page(struct pagecache *pc, uint64_t index)
{
    struct pagecache_chunk *chunk = chunk_at(pc, index);

    return chunk ? &chunk->pages[index % CHUNK_PAGES] : NULL;
}

static enum page_state state_at(struct pagecache *pc, uint64_t index)
{
    uint32_t *page = pagecache_page(pc, index);

    return page ? page_state(*page) : PAGE_EMPTY;
}

static void chunk_free_if_unused(struct pagecache_chunk *chunk)
{
    struct pagecache *pc = chunk->owner;

    if (chunk->used || chunk->pins)
        return;
    if (pc->recent == chunk)
        pc->recent = NULL;
    RB_REMOVE(pagecache_tree, &pc->chunks, chunk);
    TAILQ_REMOVE(&lru, chunk, lru);
    kfree(chunk);
}

/* The chunk of index, made if need be, pinned. NULL: no memory. Without the lock. */
static struct pagecache_chunk *chunk_pin(struct pagecache *pc, uint64_t index)
{
    struct pagecache_chunk *spare = NULL, *chunk;

    spinlock_acquire(&pagecache_lock);
    while (!(chunk = chunk_at(pc, index)) && !spare) {
        spinlock_release(&pagecache_lock);
        spare = kzalloc(sizeof(*spare));
        if (!spare)
            return NULL;
        spinlock_acquire(&pagecache_lock);
    }
    if (!chunk) {
        chunk = spare;
        spare = NULL;
        chunk->owner = pc;
        chunk->index = ALIGN_DOWN(index, CHUNK_PAGES);
        RB_INSERT(pagecache_tree, &pc->chunks, chunk);
        TAILQ_INSERT_TAIL(&lru, chunk, lru);
    }
    chunk->pins++;
    spinlock_release(&pagecache_lock);
    kfree(spare);
    return chunk;
}

/* Unpin the chunks of pages [lo, hi), all of which are pinned. */
static void chunks_unpin(struct pagecache *pc, uint64_t lo, uint64_t hi)
{
    spinlock_acquire(&pagecache_lock);
    for (uint64_t i = ALIGN_DOWN(lo, CHUNK_PAGES); i < hi; i += CHUNK_PAGES) {
        struct pagecache_chunk *chunk = chunk_at(pc, i);
        chunk->pins--;
        chunk_free_if_unused(chunk);
    }
    spinlock_release(&pagecache_lock);
}

static int chunks_pin(struct pagecache *pc, uint64_t lo, uint64_t hi)
{
    for (uint64_t i = ALIGN_DOWN(lo, CHUNK_PAGES); i < hi; i += CHUNK_PAGES) {
        if (!chunk_pin(pc, i)) {
            chunks_unpin(pc, lo, i);
            return -ENOMEM;
        }
    }
    return 0;
}

/* --- states ------------------------------------------------------------------------------ */

void pagecache_set_dirty(struct pagecache *pc, uint32_t *page, size_t npages, bool dirty)
{
    uint32_t bit = dirty ? PAGE_DIRTY : 0;
    size_t   changed = 0;

    for (uint32_t *stop = page + npages; page < stop; page++) {
        changed += (*page & PAGE_DIRTY) != bit;
        *page = (*page & ~PAGE_DIRTY) | bit;
    }
    if (!changed)
        return;
    size_t by = dirty ? changed : -changed;
    pagecache_total.dirty += by;
    pc->ndirty += by;
    if (!pc->ops->flush)
        return;
    pagecache_total.dirty_files += by;
    if (dirty && pc->ndirty == changed)
        TAILQ_INSERT_TAIL(&pagecache_dirty, pc, dirty_link);
    else if (!pc->ndirty)
        TAILQ_REMOVE(&pagecache_dirty, pc, dirty_link);
}

/* n pages more (or less) in that state; BUSY counts as RESERVED. */
static void count(struct pagecache *pc, enum page_state state, size_t n)
{
    if (state == PAGE_READY) {
        pc->nresident += n;
        pagecache_total.resident += n;
        if (pc->quota)
            pc->quota->used += n;
    } else if (state == PAGE_RESERVED) {
        pc->nreserved += n;
        pagecache_total.reserved += n;
    }
}

bool pagecache_drop(struct pagecache_chunk *chunk, size_t first, size_t end)
{
    while (first < end) {
        uint32_t       *page = &chunk->pages[first];
        enum page_state state = page_state(*page);
        size_t          n = 1;
        ASSERT(state != PAGE_BUSY);
        if (state != PAGE_EMPTY) {
            n = pagecache_run_length(page, end - first);
            pagecache_set_dirty(chunk->owner, page, n, false);
            count(chunk->owner, state, -n);
            frame_put_run(page_pa(*page), n);
            memset(page, 0, n * sizeof(*page));
            chunk->used -= (unsigned)n;
        }
        first += n;
    }
    bool goes = !chunk->used && !chunk->pins;
    chunk_free_if_unused(chunk);
    return goes;
}

/* --- reserving --------------------------------------------------------------------------- */

#define RESERVE_SHARE 4   /* a whole file may take this part of free memory */
#define RESERVE_PART  512 /* pages at once of a file that is larger than that */
#define GROW_PAGES    16  /* reserved at once behind the end of a file that grows */

/* The pages to reserve when page index is first needed. */
static void choose_reservation(const struct pagecache *pc, uint64_t index, uint64_t *lo,
                               uint64_t *hi)
{
    struct frame_stats stats;
    frame_stats(&stats);

    uint64_t file = pages_for(pc->size),
             limit = size_min(stats.free / RESERVE_SHARE, frame_largest_run());
    uint64_t part = RESERVE_PART;
    if (index >= file) {
        file = index + GROW_PAGES;
        part = GROW_PAGES;
    } else if (file <= limit) {
        *lo = 0;
        *hi = file;
        return;
    }
    while (part > 1 && part > limit / RESERVE_SHARE)
        part /= 2;
    *lo = ALIGN_DOWN(index, part);
    *hi = size_min(*lo + part, file);
}

/* Cut [*lo, *hi) to the EMPTY pages around index. */
static void cut_to_empty(struct pagecache *pc, uint64_t index, uint64_t *lo, uint64_t *hi)
{
    uint64_t i = index;

    spinlock_acquire(&pagecache_lock);
    while (i > *lo && state_at(pc, i - 1) == PAGE_EMPTY)
        i--;
    *lo = i;
    for (i = index + 1; i < *hi && state_at(pc, i) == PAGE_EMPTY;)
        i++;
    *hi = i;
    spinlock_release(&pagecache_lock);
}

/* The pages of chunk from index on, at most n, get the frames from pa on; what others supplied meanwhile stays. */
static void give_frames_of(struct pagecache_chunk *chunk, uint64_t index, size_t n, paddr_t pa)
{
    uint32_t *page = &chunk->pages[index % CHUNK_PAGES];
    size_t    given = 0;

    for (uint32_t *stop = page + n; page < stop; page++, pa += PAGE_SIZE) {
        if (page_state(*page) != PAGE_EMPTY) {
            frame_put(pa);
            continue;
        }
        *page = page_make(pa, PAGE_RESERVED);
        given++;
    }
    chunk->used += (unsigned)given;
    count(chunk->owner, PAGE_RESERVED, given);
}

/* Hand a run of frames to pages [lo, hi), whose chunks are there. */
static void give_frames(struct pagecache *pc, uint64_t lo, uint64_t hi, paddr_t pa)
{
    spinlock_acquire(&pagecache_lock);
    while (lo < hi) {
        size_t n = size_min(hi - lo, CHUNK_PAGES - lo % CHUNK_PAGES);
        give_frames_of(chunk_at(pc, lo), lo, n, pa);
        lo += n;
        pa += n << PAGE_SHIFT;
    }
    spinlock_release(&pagecache_lock);
}

static int reserve_range(struct pagecache *pc, uint64_t lo, uint64_t hi)
{
    int err = chunks_pin(pc, lo, hi);
    if (err)
        return err;

    paddr_t pa;
    err = frame_alloc(hi - lo, &pa);
    if (!err)
        give_frames(pc, lo, hi, pa);
    chunks_unpin(pc, lo, hi);
    return err;
}

/* Page index has no frame: give it one, and its neighbours theirs. Without the lock. */
static int reserve(struct pagecache *pc, uint64_t index)
{
    uint64_t lo, hi;
    choose_reservation(pc, index, &lo, &hi);
    cut_to_empty(pc, index, &lo, &hi);

    int err = reserve_range(pc, lo, hi);
    return err && hi - lo > 1 ? reserve_range(pc, index, index + 1) : err;
}

/* --- filling ----------------------------------------------------------------------------- */

#define READ_AHEAD_MIN 16 /* pages, once reading is found to be sequential */
#define READ_AHEAD_MAX 64

/* Where filling for a request of [index, hi) should end. There is nothing to read ahead in memory. */
static uint64_t read_ahead(struct pagecache *pc, uint64_t index, uint64_t hi)
{
    if (index != pc->ra_next || !pc->ops->fill) {
        pc->ra_pages = 0;
        return hi;
    }
    pc->ra_pages = size_min(size_max(2 * pc->ra_pages, READ_AHEAD_MIN), READ_AHEAD_MAX);
    return index + pc->ra_pages > hi ? index + pc->ra_pages : hi;
}

/* The page is in that state, in the frame that follows the one of run. */
static bool extends(struct pagecache *pc, uint64_t index, enum page_state state, paddr_t pa)
{
    uint32_t *page = pagecache_page(pc, index);

    return page && page_state(*page) == state && page_pa(*page) == pa;
}

/* How many pages from index on, below hi, are in one state in frames that follow each other; page: the word of index. */
static size_t run_from(struct pagecache *pc, uint64_t index, uint64_t hi, const uint32_t *page)
{
    enum page_state state = page_state(*page);
    paddr_t         pa = page_pa(*page);
    size_t          n = 0, here;

    do {
        page = n ? pagecache_page(pc, index + n) : page;
        here = size_min(hi - index - n, CHUNK_PAGES - (index + n) % CHUNK_PAGES);
        size_t more = pagecache_run_length(page, here);
        n += more;
        if (more < here)
            return n;
    } while (index + n < hi && extends(pc, index + n, state, pa + (n << PAGE_SHIFT)));
    return n;
}

/* The run of pages in one state around index, within [lo, hi). page: its word. */
static __attribute__((noinline)) struct pagecache_run run_of_many(struct pagecache *pc,
                                                                  uint64_t index, uint64_t lo,
                                                                  uint64_t hi, const uint32_t *page)
{
    enum page_state      state = page_state(*page);
    struct pagecache_run run = {index, run_from(pc, index, hi, page), page_pa(*page), false};

    while (run.index > lo && extends(pc, run.index - 1, state, run.pa - PAGE_SIZE)) {
        run.index--;
        run.npages++;
        run.pa -= PAGE_SIZE;
    }
    return run;
}

/* One page is what programs most often ask for. */
static inline struct pagecache_run run_around(struct pagecache *pc, uint64_t index, uint64_t lo,
                                              uint64_t hi, const uint32_t *page)
{
    if (hi - lo == 1)
        return (struct pagecache_run){index, 1, page_pa(*page), false};
    return run_of_many(pc, index, lo, hi, page);
}

static void set_states(struct pagecache *pc, const struct pagecache_run *run, enum page_state state)
{
    size_t n;
    for (size_t done = 0; done < run->npages; done += n) {
        uint32_t *page = pagecache_pages(pc, run->index + done, run->npages - done, &n);
        for (size_t k = 0; k < n; k++)
            page[k] = page_make(page_pa(page[k]), state);
    }
}

/* Contents for BUSY pages; size: of the file when they became so. Nobody else sees the frames. */
static int fill_frames(struct pagecache *pc, const struct pagecache_run *run, uint64_t size)
{
    uint64_t start = run->index << PAGE_SHIFT, len = run->npages << PAGE_SHIFT;
    uint64_t inside = size > start ? size - start : 0;
    uint8_t *bytes = phys_ptr(run->pa);

    if (inside && pc->ops->fill) {
        int err = pc->ops->fill(pc, run->index, run->pa, run->npages);
        if (err)
            return err;
    } else {
        inside = 0;
    }
    if (inside < len)
        memset(bytes + inside, 0, len - inside);
    return 0;
}

/* Fill the RESERVED page index, and others of [lo, hi) with it. The lock is dropped meanwhile. */
static int fill(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi)
{
    uint64_t size = pc->size, file = pages_for(size);
    if (index < file) /* nothing is read behind the end, and a file grows by zeroed pages */
        hi = size_min(hi, file);
    else
        lo = size_max(lo, file);

    struct pagecache_run run = run_around(pc, index, lo, hi, pagecache_page(pc, index));
    if (pc->quota && run.npages > pc->quota->limit - pc->quota->used)
        return -ENOSPC;
    if (pc->quota)
        pc->quota->used += run.npages; /* so that nobody else takes them meanwhile */
    set_states(pc, &run, PAGE_BUSY);
    spinlock_release(&pagecache_lock);

    int err = fill_frames(pc, &run, size);
    TRACE(fs, "fill pages %lu+%zu of %p: %d", (unsigned long)run.index, run.npages, (void *)pc,
          err);

    spinlock_acquire(&pagecache_lock);
    if (pc->quota)
        pc->quota->used -= run.npages;
    set_states(pc, &run, err ? PAGE_RESERVED : PAGE_READY);
    if (!err) {
        count(pc, PAGE_RESERVED, -run.npages);
        count(pc, PAGE_READY, run.npages);
    }
    waitq_wake_all(&pc->changed);
    return err;
}

/* Fill with read-ahead; if that fails, the page alone: the error may not be its own. */
static int fill_page(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi)
{
    int err = fill(pc, index, lo, read_ahead(pc, index, hi));

    if (err && state_at(pc, index) == PAGE_RESERVED)
        err = fill(pc, index, index, index + 1);
    return err;
}

/* --- getting ----------------------------------------------------------------------------- */

/* One step towards a READY page. The lock is held before and after, but not throughout. */
static int advance(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi)
{
    int err;

    switch (state_at(pc, index)) {
    case PAGE_EMPTY:
        spinlock_release(&pagecache_lock);
        err = reserve(pc, index);
        spinlock_acquire(&pagecache_lock);
        return err;
    case PAGE_RESERVED:
        return fill_page(pc, index, lo, hi);
    default:
        waitq_sleep(&pc->changed, &pagecache_lock);
        return 0;
    }
}

/* Hand the run out: with references, and its chunk as the one used last. */
static inline void take_run(struct pagecache *pc, const struct pagecache_run *run)
{
    struct pagecache_chunk *chunk = chunk_at(pc, run->index);

    frame_get_run(run->pa, run->npages);
    pc->ra_next = run->index + run->npages;
    if (!TAILQ_NEXT(chunk, lru))
        return;
    TAILQ_REMOVE(&lru, chunk, lru);
    TAILQ_INSERT_TAIL(&lru, chunk, lru);
}

/* The word of page index if that is READY, else NULL. */
static inline uint32_t *ready_page(struct pagecache *pc, uint64_t index)
{
    uint32_t *page = pagecache_page(pc, index);

    return page && page_state(*page) == PAGE_READY ? page : NULL;
}

/* past_end: pages behind the file's end may be made. */
static int get(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi, bool past_end,
               struct pagecache_run *run)
{
    int       err = 0;
    bool      alone = pc->quota && !past_end; /* each page counts: make none but this one */
    uint64_t  fill_lo = alone ? index : lo, fill_hi = alone ? index + 1 : hi;
    uint32_t *page;
    ASSERT(lo <= index && index < hi);

    spinlock_acquire(&pagecache_lock);
    while (!err && !(page = ready_page(pc, index)))
        err = past_end || index < pages_for(pc->size) ? advance(pc, index, fill_lo, fill_hi)
                                                      : -ENXIO;
    if (!err && !past_end && index >= pages_for(pc->size))
        err = -ENXIO;
    if (!err) {
        hi = past_end ? hi : size_min(hi, pages_for(pc->size));
        *run = run_around(pc, index, lo, hi, page);
        run->dirty = run->npages == 1 && *page & PAGE_DIRTY;
        take_run(pc, run);
    }
    spinlock_release(&pagecache_lock);
    return err;
}

int pagecache_get_around(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi,
                         struct pagecache_run *run)
{
    return get(pc, index, lo, hi, false, run);
}

int pagecache_get(struct pagecache *pc, uint64_t index, size_t want, struct pagecache_run *run)
{
    uint64_t hi = want > UINT64_MAX - index ? UINT64_MAX : index + want;

    return get(pc, index, index, hi, false, run);
}

int pagecache_get_write(struct pagecache *pc, uint64_t index, size_t want,
                        struct pagecache_run *run)
{
    return get(pc, index, index, index + want, true, run);
}

/* Page index is not READY: wait while it is BUSY, else tell the extent of the hole. */
static __attribute__((noinline)) int peek_hole(struct pagecache *pc, uint64_t index, size_t want,
                                               struct pagecache_run *run)
{
    while (state_at(pc, index) == PAGE_BUSY)
        waitq_sleep(&pc->changed, &pagecache_lock);
    if (state_at(pc, index) == PAGE_READY)
        return 0;
    run->index = index;
    run->npages = pagecache_find_locked(pc, index, index + want, true) - index;
    return -ENODATA;
}

int pagecache_peek(struct pagecache *pc, uint64_t index, size_t want, struct pagecache_run *run)
{
    int err = 0;

    spinlock_acquire(&pagecache_lock);
    uint32_t *page = ready_page(pc, index);
    if (!page && !(err = peek_hole(pc, index, want, run)))
        page = pagecache_page(pc, index);
    if (page) {
        *run = run_around(pc, index, index, index + want, page);
        take_run(pc, run);
    }
    spinlock_release(&pagecache_lock);
    return err;
}

void pagecache_put(const struct pagecache_run *run)
{
    frame_put_run(run->pa, run->npages);
}

/* --- pages that a write covers whole ----------------------------------------------------- */

/* May page index be made without being read: in memory, or behind the end? */
static bool makes_itself(const struct pagecache *pc, uint64_t index)
{
    return !pc->ops->fill || index >= pages_for(pc->size);
}

/* The RESERVED pages from page on, at most want of chunk, become EMPTY, and their frames the caller's. */
static void take_reserved(struct pagecache_chunk *chunk, uint32_t *page, size_t want,
                          struct pagecache_run *run)
{
    run->pa = page_pa(*page);
    run->npages = pagecache_run_length(page, size_min(want, &chunk->pages[CHUNK_PAGES] - page));
    memset(page, 0, run->npages * sizeof(*page));
    count(chunk->owner, PAGE_RESERVED, -run->npages);
    chunk->used -= (unsigned)run->npages;
    chunk->pins++;
}

bool pagecache_begin_whole(struct pagecache *pc, uint64_t index, size_t want,
                           struct pagecache_run *run)
{
    spinlock_acquire(&pagecache_lock);
    bool may = makes_itself(pc, index);
    if (may && state_at(pc, index) == PAGE_EMPTY) {
        spinlock_release(&pagecache_lock);
        may = !reserve(pc, index);
        spinlock_acquire(&pagecache_lock);
    }
    may = may && state_at(pc, index) == PAGE_RESERVED &&
          (!pc->quota || want <= pc->quota->limit - pc->quota->used);
    if (may) {
        run->index = index;
        take_reserved(chunk_at(pc, index), pagecache_page(pc, index), want, run);
        if (pc->quota)
            pc->quota->used += run->npages; /* so that nobody else takes them meanwhile */
    }
    spinlock_release(&pagecache_lock);
    return may;
}

/* The frame at pa becomes page, in that state; what page was meanwhile goes, but what is in use is copied to. */
static void settle(struct pagecache_chunk *chunk, uint32_t *page, paddr_t pa, enum page_state state)
{
    struct pagecache *pc = chunk->owner;

    while (page_state(*page) == PAGE_BUSY)
        waitq_sleep(&pc->changed, &pagecache_lock);
    if (page_state(*page) == PAGE_EMPTY) {
        *page = page_make(pa, state);
        chunk->used++;
        count(pc, state, 1);
        return;
    }
    if (state == PAGE_READY && page_state(*page) == PAGE_READY) {
        memcpy(phys_ptr(page_pa(*page)), phys_ptr(pa), PAGE_SIZE);
    } else if (state == PAGE_READY) {
        paddr_t spare = page_pa(*page);
        *page = page_make(pa, state);
        count(pc, PAGE_RESERVED, -(size_t)1);
        count(pc, PAGE_READY, 1);
        pa = spare;
    }
    frame_put(pa);
}

void pagecache_end_whole(struct pagecache *pc, const struct pagecache_run *run, size_t bytes)
{
    size_t npages = pages_for(bytes), tail = (npages << PAGE_SHIFT) - bytes;
    memset((uint8_t *)phys_ptr(run->pa) + bytes, 0, tail);

    spinlock_acquire(&pagecache_lock);
    struct pagecache_chunk *chunk = chunk_at(pc, run->index);
    uint32_t               *page = &chunk->pages[run->index % CHUNK_PAGES];
    if (pc->quota)
        pc->quota->used -= run->npages;
    for (size_t k = 0; k < run->npages; k++)
        settle(chunk, page + k, run->pa + (k << PAGE_SHIFT),
               k < npages ? PAGE_READY : PAGE_RESERVED);
    pagecache_set_dirty(pc, page, npages, true);
    chunk->pins--;
    chunk_free_if_unused(chunk);
    uint64_t end = (run->index << PAGE_SHIFT) + bytes;
    if (bytes && pc->size < end)
        pc->size = end;
    spinlock_release(&pagecache_lock);
}

/* --- giving up --------------------------------------------------------------------------- */

#define RECLAIM_MIN 16 /* pages dropped at once, so that the search is not repeated for each */

static bool droppable(const struct pagecache_chunk *chunk, uint32_t page, enum page_state state)
{
    if (page_state(page) != state || state == PAGE_RESERVED)
        return page_state(page) == state;
    return !(page & PAGE_DIRTY) && chunk->owner->ops->fill && frame_refs(page_pa(page)) == 1;
}

/* Drop up to n pages of chunk in that state. The chunk may be gone afterwards. */
static size_t reclaim_chunk(struct pagecache_chunk *chunk, enum page_state state, size_t n)
{
    size_t dropped = 0;

    for (size_t k = 0; k < CHUNK_PAGES && dropped < n; k++) {
        if (!droppable(chunk, chunk->pages[k], state))
            continue;
        dropped++;
        if (pagecache_drop(chunk, k, k + 1))
            break;
    }
    return dropped;
}

static size_t reclaim_state(enum page_state state, size_t n)
{
    size_t                  dropped = 0;
    struct pagecache_chunk *chunk = TAILQ_FIRST(&lru);

    while (chunk && dropped < n) {
        struct pagecache_chunk *next = TAILQ_NEXT(chunk, lru);
        dropped += reclaim_chunk(chunk, state, n - dropped);
        chunk = next;
    }
    return dropped;
}

bool pagecache_reclaim(size_t npages)
{
    size_t n = size_max(npages, RECLAIM_MIN), dropped = 0;

    spinlock_acquire(&pagecache_lock);
    if (pagecache_total.reserved)
        dropped = reclaim_state(PAGE_RESERVED, n);
    if (dropped < n)
        dropped += reclaim_state(PAGE_READY, n - dropped);
    spinlock_release(&pagecache_lock);
    TRACE(vm, "page cache: %zu pages wanted, %zu dropped", npages, dropped);
    return dropped > 0;
}

/* --- life -------------------------------------------------------------------------------- */

#define DIRTY_SHARE 5 /* that part of memory may be dirty pages */

void pagecache_init_all(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    pagecache_dirty_max = stats.total / DIRTY_SHARE;
    frame_add_reclaim(pagecache_reclaim);
}

void pagecache_init(struct pagecache *pc, const struct pagecache_ops *ops, uint64_t size)
{
    memset(pc, 0, sizeof(*pc));
    pc->ops = ops;
    pc->size = size;
    RB_INIT(&pc->chunks);
    waitq_init(&pc->changed);
}

void pagecache_destroy(struct pagecache *pc)
{
    struct pagecache_chunk *chunk;

    spinlock_acquire(&pagecache_lock);
    while ((chunk = RB_ROOT(&pc->chunks)))
        pagecache_drop(chunk, 0, CHUNK_PAGES);
    spinlock_release(&pagecache_lock);
}

void pagecache_stats(struct pagecache_stats *out)
{
    spinlock_acquire(&pagecache_lock);
    *out = pagecache_total;
    spinlock_release(&pagecache_lock);
}
