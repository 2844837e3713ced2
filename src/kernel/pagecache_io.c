/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache_io.c - bytes of files: reading and writing through the cache, sizes. */
#include "kernel/frame.h"
#include "kernel/pagecache_chunk.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* How many pages [off, off + len) touches. */
static size_t pages_touched(uint64_t off, size_t len)
{
    return pages_for((off & PAGE_MASK) + size_min(len, SIZE_MAX / 2));
}

/* Where off lies in run, and how many bytes follow it there, at most len. */
static uint8_t *run_bytes(const struct pagecache_run *run, uint64_t off, size_t len, size_t *n)
{
    size_t into = off & PAGE_MASK;

    *n = size_min(len, (run->npages << PAGE_SHIFT) - into);
    return (uint8_t *)phys_ptr(run->pa) + into;
}

/* Reading a file that lives in memory only makes no pages: -ENODATA then, and run is a hole. */
static int get_or_hole(struct pagecache *pc, uint64_t index, size_t want, struct pagecache_run *run)
{
    run->pa = 0;
    return pc->ops->fill ? pagecache_get(pc, index, want, run)
                         : pagecache_peek(pc, index, want, run);
}

ssize_t pagecache_read(struct pagecache *pc, uint64_t off, void *buf, size_t len)
{
    uint64_t size = pc->size;
    size_t   done = 0;
    int      err = 0;

    len = off < size ? size_min(len, size - off) : 0;
    while (done < len) {
        struct pagecache_run run;
        size_t               n;
        err = get_or_hole(pc, (off + done) >> PAGE_SHIFT, pages_touched(off + done, len - done),
                          &run);
        if (err && err != -ENODATA)
            break;
        const uint8_t *from = run_bytes(&run, off + done, len - done, &n);
        if (err)
            memset((uint8_t *)buf + done, 0, n);
        else
            memcpy((uint8_t *)buf + done, from, n);
        if (!err)
            pagecache_put(&run);
        err = 0;
        done += n;
    }
    return done || !err || err == -ENXIO ? (ssize_t)done : err;
}

ssize_t pagecache_write(struct pagecache *pc, uint64_t off, const void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        struct pagecache_run run;
        size_t               n;
        int                  err = pagecache_get_write(pc, (off + done) >> PAGE_SHIFT,
                                                       pages_touched(off + done, len - done), &run);
        if (err)
            return done ? (ssize_t)done : err;
        uint8_t *to = run_bytes(&run, off + done, len - done, &n);
        memcpy(to, (const uint8_t *)buf + done, n);
        pagecache_wrote(pc, off + done, n);
        pagecache_put(&run);
        done += n;
    }
    return (ssize_t)done;
}

/* --- dirt -------------------------------------------------------------------------------- */

static void mark_range(struct pagecache *pc, uint64_t index, size_t npages)
{
    size_t n;
    for (size_t done = 0; done < npages; done += n) {
        uint32_t *page = pagecache_pages(pc, index + done, npages - done, &n);
        for (size_t k = 0; page && k < n;) {
            size_t ready = page_state(page[k]) == PAGE_READY ? pagecache_run_length(page + k, n - k)
                                                             : 0;
            pagecache_set_dirty(pc, page + k, ready, true);
            k += ready ? ready : 1;
        }
    }
}

void pagecache_mark_dirty(struct pagecache *pc, uint64_t index, size_t npages)
{
    spinlock_acquire(&pagecache_lock);
    mark_range(pc, index, npages);
    spinlock_release(&pagecache_lock);
}

void pagecache_wrote(struct pagecache *pc, uint64_t off, size_t len)
{
    spinlock_acquire(&pagecache_lock);
    mark_range(pc, off >> PAGE_SHIFT, pages_touched(off, len));
    if (pc->size < off + len)
        pc->size = off + len;
    spinlock_release(&pagecache_lock);
}

bool pagecache_resident(struct pagecache *pc, uint64_t index)
{
    spinlock_acquire(&pagecache_lock);
    const uint32_t *page = pagecache_page(pc, index);
    bool            ready = page && page_state(*page) == PAGE_READY;
    spinlock_release(&pagecache_lock);
    return ready;
}

/* --- size -------------------------------------------------------------------------------- */

/* The first BUSY page of chunk in [first, end); end: none is. */
static size_t find_busy(const struct pagecache_chunk *chunk, size_t first, size_t end)
{
    while (first < end && page_state(chunk->pages[first]) != PAGE_BUSY)
        first++;
    return first;
}

/* Drop pages as far as nobody is working on them; wait for him. */
static void drop_range(struct pagecache *pc, uint64_t index, uint64_t end)
{
    struct pagecache_chunk *chunk;

    while (index < end && (chunk = pagecache_chunk_from(pc, index))) {
        uint64_t start = chunk->index; /* the chunk may be gone afterwards */
        index = size_max(index, start);
        if (index >= end)
            break;
        size_t stop = size_min(end - start, CHUNK_PAGES);
        size_t busy = find_busy(chunk, index - start, stop);
        pagecache_drop(chunk, index - start, busy);
        if (busy < stop)
            waitq_sleep(&pc->changed, &pagecache_lock);
        index = start + busy;
    }
}

/* The last page of the file shows zeros behind the end. */
static void zero_tail(struct pagecache *pc, uint64_t size)
{
    uint32_t *page;

    if (!(size & PAGE_MASK))
        return;
    while ((page = pagecache_page(pc, size >> PAGE_SHIFT)) && page_state(*page) == PAGE_BUSY)
        waitq_sleep(&pc->changed, &pagecache_lock);
    if (!page || page_state(*page) != PAGE_READY)
        return;
    memset((uint8_t *)phys_ptr(page_pa(*page)) + (size & PAGE_MASK), 0,
           PAGE_SIZE - (size & PAGE_MASK));
    if (pc->ops->flush)
        pagecache_set_dirty(pc, page, 1, true);
}

static void (*forget_hook)(const struct pagecache *pc, uint64_t index, uint64_t npages, bool cut);

void pagecache_set_forget(void (*forget)(const struct pagecache *pc, uint64_t index,
                                         uint64_t npages, bool cut))
{
    forget_hook = forget;
}

static void forget(const struct pagecache *pc, uint64_t index, uint64_t npages, bool cut)
{
    if (forget_hook)
        forget_hook(pc, index, npages, cut);
}

void pagecache_resize(struct pagecache *pc, uint64_t size)
{
    spinlock_acquire(&pagecache_lock);
    uint64_t old = pc->size;
    pc->size = size;
    if (size < old)
        drop_range(pc, pages_for(size), UINT64_MAX);
    if (size < old || pc->ops->flush) /* a mapping may have stored behind the end */
        zero_tail(pc, size < old ? size : old);
    spinlock_release(&pagecache_lock);
    if (size < old)
        forget(pc, pages_for(size), pages_for(old) - pages_for(size), true);
}

/* --- files in memory ----------------------------------------------------------------------- */

void pagecache_punch(struct pagecache *pc, uint64_t index, uint64_t npages)
{
    spinlock_acquire(&pagecache_lock);
    drop_range(pc, index, index + npages);
    spinlock_release(&pagecache_lock);
    forget(pc, index, npages, false);
}

static bool is_ready(struct pagecache *pc, uint64_t index)
{
    uint32_t *page = pagecache_page(pc, index);

    return page && page_state(*page) == PAGE_READY;
}

uint64_t pagecache_find_locked(struct pagecache *pc, uint64_t index, uint64_t end, bool present)
{
    while (index < end && is_ready(pc, index) != present) {
        struct pagecache_chunk *chunk = pagecache_chunk_from(pc, index);
        if (present && (!chunk || chunk->index > index)) /* no page up to there */
            index = chunk ? chunk->index : end;
        else
            index++;
    }
    return size_min(index, end);
}

uint64_t pagecache_find(struct pagecache *pc, uint64_t index, uint64_t end, bool present)
{
    spinlock_acquire(&pagecache_lock);
    uint64_t found = pagecache_find_locked(pc, index, end, present);
    spinlock_release(&pagecache_lock);
    return found;
}

bool pagecache_quota_take(struct pagecache_quota *quota, size_t npages)
{
    spinlock_acquire(&pagecache_lock);
    bool fits = npages <= quota->limit - quota->used;
    if (fits)
        quota->used += npages;
    spinlock_release(&pagecache_lock);
    return fits;
}

void pagecache_quota_give(struct pagecache_quota *quota, size_t npages)
{
    spinlock_acquire(&pagecache_lock);
    quota->used -= npages;
    spinlock_release(&pagecache_lock);
}
