/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache_chunk.h - inside the page cache: how a file's pages are kept. Only pagecache*.c include
 * it.
 *
 * A chunk is 64 pages of a file, found in the file's tree by index, so memory follows what is used
 * of a file. Each page is one word, the frame's number and a state:
 *
 *     EMPTY --reserve--> RESERVED --fill--> BUSY --done--> READY [DIRTY]
 *
 * RESERVED pages own a frame of a run that was taken for a larger piece of the file, contents
 * undefined. BUSY pages belong to the thread that made them so, until it wakes pc->changed;
 * everybody else waits. Only READY pages are handed out.
 *
 * One spinlock protects all caches. It is not held while a file system is called or frames are
 * allocated (the allocator may call pagecache_reclaim()), so what was known before is looked up
 * again after. A pinned chunk stays where it is meanwhile.
 */
#ifndef KERNEL_PAGECACHE_CHUNK_H
#define KERNEL_PAGECACHE_CHUNK_H

#include "kernel/pagecache.h"
#include "machine/layout.h"

#define CHUNK_PAGES ((uint64_t)64)

enum page_state { PAGE_EMPTY, PAGE_RESERVED, PAGE_BUSY, PAGE_READY };

#define PAGE_STATE_BITS 0x7fu
#define PAGE_DIRTY      0x80u
#define PAGE_PFN_SHIFT  8
_Static_assert(WINDOW_SIZE >> PAGE_SHIFT <= 1ul << (32 - PAGE_PFN_SHIFT), "frame numbers fit");

struct pagecache_chunk {
    struct pagecache *owner;
    uint64_t          index; /* of the first page; a multiple of CHUNK_PAGES */
    unsigned          used;  /* pages that are not EMPTY */
    unsigned          pins;  /* users that have dropped the lock: do not free */
    RB_ENTRY(pagecache_chunk) link;
    TAILQ_ENTRY(pagecache_chunk) lru; /* all files; the one used longest ago is first */
    uint32_t pages[CHUNK_PAGES];
};

extern struct spinlock        pagecache_lock;
extern struct pagecache_stats pagecache_total; /* protected by pagecache_lock */

extern size_t pagecache_dirty_max; /* pages; constant: see pagecache_too_dirty() */

/* Files that can be written back and have dirty pages; the one dirty longest is first. Likewise. */
TAILQ_HEAD(pagecache_list, pagecache);
extern struct pagecache_list pagecache_dirty;

static inline enum page_state page_state(uint32_t page)
{
    return (enum page_state)(page & PAGE_STATE_BITS);
}

static inline paddr_t page_pa(uint32_t page)
{
    return (paddr_t)(page >> PAGE_PFN_SHIFT) << PAGE_SHIFT;
}

static inline uint32_t page_make(paddr_t pa, enum page_state state)
{
    return (uint32_t)(pa >> PAGE_SHIFT) << PAGE_PFN_SHIFT | (uint32_t)state;
}

/* All below: pagecache_lock held. */

/* The page's word, or NULL: EMPTY without a chunk. */
uint32_t *pagecache_page(struct pagecache *pc, uint64_t index);

/* The same, and *n: how many pages from index on, at most max, are words of the same chunk. */
static inline uint32_t *pagecache_pages(struct pagecache *pc, uint64_t index, size_t max, size_t *n)
{
    *n = size_min(max, CHUNK_PAGES - index % CHUNK_PAGES);
    return pagecache_page(pc, index);
}

/* How many words from page on, at most max, are in the same state, in frames that follow each other. */
static inline size_t pagecache_run_length(const uint32_t *page, size_t max)
{
    uint32_t expected = *page & ~PAGE_DIRTY;
    size_t   n = 0;

    do
        expected += 1u << PAGE_PFN_SHIFT;
    while (++n < max && (page[n] & ~PAGE_DIRTY) == expected);
    return n;
}

/* The first chunk with a page at or after index, or NULL. */
struct pagecache_chunk *pagecache_chunk_from(struct pagecache *pc, uint64_t index);

/* Give the frames of pages [first, end) of a chunk back, none of which is BUSY: EMPTY afterwards. Frees a chunk that
 * became empty and is not pinned; returns whether it did. */
bool pagecache_drop(struct pagecache_chunk *chunk, size_t first, size_t end);

/* As pagecache_find(). A page that is being filled is not there yet. */
uint64_t pagecache_find_locked(struct pagecache *pc, uint64_t index, uint64_t end, bool present);

/* npages READY pages from page on, in one chunk, become dirty or clean. */
void pagecache_set_dirty(struct pagecache *pc, uint32_t *page, size_t npages, bool dirty);

#endif
