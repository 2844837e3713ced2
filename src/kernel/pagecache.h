/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache.h - the contents of files in frames: what read(2) copies from and mmap maps.
 *
 * A file system embeds a struct pagecache in its inode and supplies pagecache_ops. The cache holds
 * one reference on the frame of each of its pages; who maps or uses a page holds another one, so a
 * page whose frame has one reference can be dropped when memory runs out.
 *
 * One range of translation covers one physical run, so neighbouring pages get neighbouring frames:
 * when a page is first needed, a run is reserved for the whole file if memory is plentiful, else
 * for an aligned part of it, and filled as it is used, with read-ahead. Reserved frames that were
 * never filled are the first to be given back.
 *
 * Reading straight from the frames, for example to a program:
 *
 *     while (len && off < pc->size) {
 *         struct pagecache_run run;
 *         int err = pagecache_get(pc, off >> PAGE_SHIFT, pages_for(...), &run);
 *         ... phys_ptr(run.pa) + (off & PAGE_MASK), at most run.npages pages, not past pc->size ...
 *         pagecache_put(&run);
 *     }
 *
 * All calls are for threads and may sleep, unless they say otherwise. The caller holds whatever
 * keeps the owner alive.
 */
#ifndef KERNEL_PAGECACHE_H
#define KERNEL_PAGECACHE_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "kernel/waitq.h"
#include "lib/types.h"

struct pagecache;
struct pagecache_chunk;

struct pagecache_ops {
    /* Read pages [index, index + npages) of the file into the contiguous frames at pa. Bytes past
     * the end of the file may be left as they are: the cache zeroes them. A hole reads as zeros.
     * May sleep; no lock is held; never called twice at once for one page. 0, -EIO, -ENOMEM.
     * NULL: the file lives in memory only. New pages are zeros, and pages are never dropped; with a
     * quota none is made but those asked for: a page that is not there is a hole. */
    int (*fill)(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages);

    /* Write them back, as far as they are inside the file. May sleep. NULL: the file is not written (memory). */
    int (*flush)(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages);

    /* Taken around the choice of pages and their flush: while it is held, no page is cut off or punched
     * out, and nobody writes through pagecache_get_write(). Given with flush. */
    void (*lock)(struct pagecache *pc);
    void (*unlock)(struct pagecache *pc);
    /* acquire(), unless the owner is about to be freed already. May not sleep. Given with flush. */
    bool (*acquire_live)(struct pagecache *pc);
    /* Has the owner only one reference, the caller's? No mapping of it exists then. Any context. Given with
     * flush. */
    bool (*alone)(struct pagecache *pc);

    /* One more, one less reference on the owner (the inode): mappings hold one each. release() may
     * sleep, and may free pc. NULL: the owner lives for ever. */
    void (*acquire)(struct pagecache *pc);
    void (*release)(struct pagecache *pc);

    /* What /proc/self/maps says for a mapping: the path, cut to size, NUL-terminated. May sleep; no
     * lock is held. NULL: nothing. */
    void (*describe)(struct pagecache *pc, char *buf, size_t size);

    /* And its device and inode number there. Any context. NULL: both 0. */
    void (*identify)(struct pagecache *pc, uint64_t *dev, uint64_t *ino);
};

/* What several files that live in memory only may use together. */
struct pagecache_quota {
    size_t limit; /* pages; constant */
    /* protected by the page cache's lock: */
    size_t used; /* pages that are filled, and what pagecache_quota_take() took */
};

struct pagecache {
    const struct pagecache_ops *ops;   /* constant */
    struct pagecache_quota     *quota; /* constant once pages are used; NULL: no limit */

    /* protected by the page cache's lock: */
    uint64_t size; /* bytes in the file; may be read without the lock where a stale value is fine */
    RB_HEAD(pagecache_tree, pagecache_chunk) chunks; /* by index */
    struct pagecache_chunk *recent;                  /* last one looked up */
    size_t                  nresident;               /* pages that are filled */
    size_t                  ndirty;                  /* pages that are dirty */
    size_t                  nreserved;               /* frames held that are not filled */
    uint64_t                ra_next;                 /* the page after the last one asked for */
    size_t                  ra_pages;                /* read-ahead at the last miss */
    struct waitq            changed;                 /* a page stopped being busy */
    TAILQ_ENTRY(pagecache) dirty_link; /* while pages are dirty, and there is a flush */
    int      error;                    /* of the last flush that failed */
    unsigned nerrors;                  /* how many did; pagecache_error() */
    bool     error_told;               /* to anybody */
};

/* A contiguous piece of a file: pages [index, index + npages) in frames from pa on. */
struct pagecache_run {
    uint64_t index;
    size_t   npages;
    paddr_t  pa;
    bool     dirty; /* it is one page, which was dirty already; only pagecache_get_write() tells */
};

/* Once, before the first file is used: takes the frame allocator's reclaim hook. */
void pagecache_init_all(void);

/* An empty cache of a file of size bytes. Cannot fail; takes no memory until used. */
void pagecache_init(struct pagecache *pc, const struct pagecache_ops *ops, uint64_t size);

/* Give every frame back. Nobody uses pc any more; frames that are still mapped live on without it.
 * Dirty pages are lost: pagecache_flush() comes first. */
void pagecache_destroy(struct pagecache *pc);

/* The run that starts at page index: at least that page, at most want pages (want >= 1), as far
 * as they are contiguous. Missing pages are read. Takes one reference on each frame:
 * pagecache_put() or frame_put_run() drops them. Pages past the end: see below. -ENXIO: index
 * lies wholly past the end of the file; -EIO, -ENOMEM; -ENOSPC: the quota is used up. */
int pagecache_get(struct pagecache *pc, uint64_t index, size_t want, struct pagecache_run *run);

/* The same for a fault on page index: the run that holds it, grown both ways within [lo, hi). */
int pagecache_get_around(struct pagecache *pc, uint64_t index, uint64_t lo, uint64_t hi,
                         struct pagecache_run *run);

/* The same for reading a file that lives in memory only, without making pages: 0 and a run with
 * references, or -ENODATA and in *run only the extent of a hole, at most want pages. */
int pagecache_peek(struct pagecache *pc, uint64_t index, size_t want, struct pagecache_run *run);

/* Drop the references of a run. Does not sleep. */
void pagecache_put(const struct pagecache_run *run);

/* Copy up to len bytes at off to kernel memory. Returns how many: less at the end of the file (0 at
 * or past it) or where an error follows, which the next call returns: -EIO, -ENOMEM. */
ssize_t pagecache_read(struct pagecache *pc, uint64_t off, void *buf, size_t len);

/* Put len bytes at off into the cache, growing the file if they end past it; a gap reads as
 * zeros. Pages become dirty. Returns how many, or an error if none. The file system serialises
 * writers of one file, and has checked limits and rights. */
ssize_t pagecache_write(struct pagecache *pc, uint64_t off, const void *buf, size_t len);

/* The building blocks of it, for bytes that come from elsewhere: as pagecache_get(), but pages
 * behind the end are made (zeros); then, after bytes were stored through the run, tell which, unless the run was dirty
 * and the file does not grow. */
int  pagecache_get_write(struct pagecache *pc, uint64_t index, size_t want,
                         struct pagecache_run *run);
void pagecache_wrote(struct pagecache *pc, uint64_t off, size_t len);

/* For pages that a write covers whole, and that nobody has a use for reading or zeroing first: frames for page index
 * and those after it, at most want and contiguous, which are the caller's alone and hold anything. He stores, and
 * pagecache_end_whole() makes the first bytes of run the file's, zeros after them up to the end of their page; if the file
 * has got such a page meanwhile, it is copied to. False: there are pages already, or there is no room, or no need; what
 * is left is pagecache_get_write(). The file system serialises writers. */
bool pagecache_begin_whole(struct pagecache *pc, uint64_t index, size_t want,
                           struct pagecache_run *run);
void pagecache_end_whole(struct pagecache *pc, const struct pagecache_run *run, size_t bytes);

/* Change the file's size. Pages past a smaller one are dropped, the rest of its last page is
 * zeroed. Who maps the file is told; frames that somebody still holds stay with him. */
void pagecache_resize(struct pagecache *pc, uint64_t size);

/* What is called after pages of a file are gone, without locks: cut by pagecache_resize(), or
 * punched out. One hook. */
void pagecache_set_forget(void (*forget)(const struct pagecache *pc, uint64_t index,
                                         uint64_t npages, bool cut));

/* Is that page in memory? */
bool pagecache_resident(struct pagecache *pc, uint64_t index);

/* Give pages [index, index + npages) of a file that lives in memory only back: a hole. Who maps them
 * shared is told. */
void pagecache_punch(struct pagecache *pc, uint64_t index, uint64_t npages);

/* The first page in [index, end) that is there (or, if !present, is not); end: none is. */
uint64_t pagecache_find(struct pagecache *pc, uint64_t index, uint64_t end, bool present);

/* The first page in [index, end) that is dirty (or, if !dirty, is not); end: none is. */
uint64_t pagecache_find_dirty(struct pagecache *pc, uint64_t index, uint64_t end, bool dirty);

/* Count pages of memory used for something else against a quota. False: there are not so many left. */
bool pagecache_quota_take(struct pagecache_quota *quota, size_t npages);
void pagecache_quota_give(struct pagecache_quota *quota, size_t npages);

/* The page was changed, by a mapping or by who holds the run. Does not sleep. */
void pagecache_mark_dirty(struct pagecache *pc, uint64_t index, size_t npages);

/* Write dirty pages of [index, index + npages) back. A page that is mapped stays dirty, since the
 * program may write to it unseen. 0, or the first error of ops->flush: what it was to write is given up, as
 * nobody could say how often it should be tried, and the error is kept for pagecache_error(). */
int pagecache_flush(struct pagecache *pc, uint64_t index, uint64_t npages);

/* Errors of flushes, whoever asked for them, are told once to each open file. It remembers where
 * it is: what was not told to anybody, or will happen. */
unsigned pagecache_error_start(const struct pagecache *pc);
int      pagecache_error(struct pagecache *pc, unsigned *seen); /* 0: none since *seen */

/* Write dirty pages of all files (dirty longest first) until at most keep are left, or everybody was tried.
 * Returns how many became clean. No lock that an owner's lock() may need is held. */
size_t pagecache_write_back(size_t keep);

/* Are there so many dirty pages that who makes more has to write some first? Then keep so many. Cheap. */
bool pagecache_too_dirty(size_t *keep);

/* Drop up to npages frames that nobody needs: reserved ones first, then the pages used longest ago.
 * Returns whether there were any. Does not sleep; the frame allocator calls it. */
bool pagecache_reclaim(size_t npages);

struct pagecache_stats {
    size_t resident; /* pages filled, all files */
    size_t reserved; /* frames held but not filled */
    size_t dirty;
    size_t dirty_files; /* those of them that can be written back */
};

void pagecache_stats(struct pagecache_stats *out);

#endif
