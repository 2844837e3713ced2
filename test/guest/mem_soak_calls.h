/* SPDX-License-Identifier: Apache-2.0 */
/* mem_soak_calls.h - the random calls of mem_soak.h. Each takes a step's random numbers, calls the
 * kernel, and holds what it answered and what is there afterwards against the model. */
#ifndef MEM_SOAK_CALLS_H
#define MEM_SOAK_CALLS_H

#include "mem_soak.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

/* --- choosing ---------------------------------------------------------------------------- */

/* Mostly a few pages, now and then all of max. */
static inline size_t soak_size(struct soak *s, size_t max)
{
    static const size_t sizes[] = {4, 4, 4, 8, 8, 16, 64, 64, 512, LARGE};
    size_t              most = sizes[soak_below(s, sizeof(sizes) / sizeof(*sizes))];

    return 1 + soak_below(s, most < max ? most : max);
}

static inline struct range soak_range_in(struct soak *s, struct zone *z)
{
    size_t n = soak_size(s, z->n);

    return (struct range){z, soak_below(s, z->n - n + 1), n};
}

/* A range of any zone. Ranges of the placed zone are drawn together at some places, so that calls
 * meet what others left. */
static inline struct range soak_range(struct soak *s)
{
    struct zone *z = &s->zones[soak_chance(s, 3) ? soak_below(s, ZONES) : PLACED];

    return soak_range_in(s, z->base && z->n ? z : &s->zones[PLACED]);
}

/* Anywhere in the placed zone. */
static inline struct range soak_placed(struct soak *s, size_t n)
{
    struct zone *z = &s->zones[PLACED];

    soak_expect(s, n <= z->n, "the test asks for too much", NULL);
    return (struct range){z, soak_below(s, z->n - n + 1), n};
}

static inline unsigned soak_prot(struct soak *s)
{
    static const uint8_t prots[] = {
        PROT_NONE, PROT_READ, RW, RW, RW, RW, PROT_WRITE, PROT_READ | PROT_EXEC, RW | PROT_EXEC};
    return prots[soak_below(s, sizeof(prots))];
}

static inline bool soak_all_holes(struct range r)
{
    for (size_t i = 0; i < r.n; i++)
        if (r.zone->pages[r.at + i].kind != HOLE)
            return false;
    return true;
}

/* Pages from the first on that are mapped. */
static inline size_t soak_covered(struct range r)
{
    size_t i = 0;
    while (i < r.n && r.zone->pages[r.at + i].kind != HOLE)
        i++;
    return i;
}

/* The range cut to the one mapping that its first page is in. */
static inline struct range soak_one_mapping(struct range r)
{
    const struct page *p = &r.zone->pages[r.at];
    size_t             n = 1;

    while (n < r.n && p[n].kind != HOLE && p[n].id == p->id)
        n++;
    r.n = n;
    return r;
}

/* --- bookkeeping ------------------------------------------------------------------------- */

static inline void soak_forget(struct range r)
{
    memset(&r.zone->pages[r.at], 0, r.n * sizeof(struct page));
}

/* New ids for all mappings of a range without holes, which a call has cut from their neighbours. */
static inline void soak_renumber(struct soak *s, struct range r)
{
    struct page *p = &r.zone->pages[r.at];
    uint32_t     before = 0;

    for (size_t i = 0; i < r.n; i++) {
        if (i == 0 || p[i].id != before)
            s->ids++;
        before = p[i].id;
        p[i].id = s->ids;
    }
}

/* A float lost pages at an end. */
static inline void soak_trim(struct soak *s, struct zone *z)
{
    size_t first = 0;

    if (!soak_is_float(s, z))
        return;
    while (z->n && z->pages[z->n - 1].kind == HOLE)
        z->n--;
    while (first < z->n && z->pages[first].kind == HOLE)
        first++;
    memmove(z->pages, z->pages + first, (z->n - first) * sizeof(struct page));
    z->n -= first;
    z->base = z->n ? z->base + first * PAGE : 0;
}

/* What is to leave a float leaves it from an end. */
static inline struct range soak_to_edge(struct soak *s, struct range r)
{
    if (soak_is_float(s, r.zone)) {
        if (soak_chance(s, 2)) {
            r.n = r.zone->n - r.at;
        } else {
            r.n += r.at;
            r.at = 0;
        }
    }
    return r;
}

static inline struct zone *soak_free_float(struct soak *s)
{
    for (size_t i = FIRST_FLOAT; i < ZONES; i++)
        if (!s->zones[i].base)
            return &s->zones[i];
    return NULL;
}

/* The kernel chose a place: it must have been free. */
static inline struct range soak_float_at(struct soak *s, char *at, size_t n)
{
    uintptr_t    start = (uintptr_t)at, end = start + n * PAGE;
    struct zone *z = soak_free_float(s);

    soak_expect(s, !(start % PAGE), "an odd address was chosen", at);
    for (size_t i = 0; i < ZONES; i++) {
        const struct zone *other = &s->zones[i];
        soak_expect(s, !other->base || end <= other->base || start >= other->base + other->n * PAGE,
                    "the chosen place was not free", at);
    }
    z->base = start;
    z->n = n;
    struct range r = {z, 0, n};
    soak_forget(r);
    return r;
}

/* --- mapping ----------------------------------------------------------------------------- */

struct request {
    unsigned kind, prot;
    int      flags, fd;
    size_t   index;
};

static inline struct request soak_request(struct soak *s, size_t n)
{
    static const uint8_t kinds[] = {ANON, ANON, ANON, ANON, SHARED_ANON, FILE_PRIVATE, FILE_SHARED};
    struct request       r = {
              .kind = kinds[soak_below(s, sizeof(kinds))], .prot = soak_prot(s), .fd = -1};

    if (n > 64)
        r.kind = r.kind == SHARED_ANON || n > FILE_PAGES ? ANON : r.kind;
    r.flags = (r.kind == ANON || r.kind == FILE_PRIVATE ? MAP_PRIVATE : MAP_SHARED) |
              (r.kind == ANON || r.kind == SHARED_ANON ? MAP_ANONYMOUS : 0) |
              (soak_chance(s, 8) ? MAP_NORESERVE : 0) | (soak_chance(s, 6) ? MAP_POPULATE : 0);
    if (r.kind == FILE_PRIVATE || r.kind == FILE_SHARED) {
        r.fd = r.kind == FILE_PRIVATE ? s->fixed_fd : s->shared_fd;
        r.index = soak_below(s, FILE_PAGES - n + 4); /* some reach past the end */
    }
    return r;
}

static inline char *soak_mmap(const struct request *q, char *at, size_t n, int flags)
{
    return mmap(at, n * PAGE, (int)q->prot, q->flags | flags, q->fd, (off_t)(q->index * PAGE));
}

static inline void soak_mapped(struct soak *s, struct range r, const struct request *q)
{
    s->ids++;
    for (size_t i = 0; i < r.n; i++)
        r.zone->pages[r.at + i] = (struct page){.id = s->ids,
                                                .kind = (uint8_t)q->kind,
                                                .prot = (uint8_t)q->prot,
                                                .index = (uint16_t)(q->index + i)};
}

static inline void soak_map_placed(struct soak *s)
{
    struct range   r = soak_placed(s, soak_size(s, s->zones[PLACED].n));
    struct request q = soak_request(s, r.n);
    bool           replace = !soak_chance(s, 4), refused = !replace && !soak_all_holes(r);
    char          *at = soak_start(r);
    char          *got = soak_mmap(&q, at, r.n, replace ? MAP_FIXED : MAP_FIXED_NOREPLACE);

    soak_result(s, "mmap", (long)got, refused ? EEXIST : 0, at);
    if (refused)
        return;
    soak_expect(s, got == at, "mapped elsewhere", at);
    soak_mapped(s, r, &q);
}

/* With a wish that can be granted or not, or without one. */
static inline void soak_map_floating(struct soak *s)
{
    struct range   r = soak_placed(s, soak_size(s, FLOAT_PAGES));
    struct request q = soak_request(s, r.n);
    char          *wish = soak_chance(s, 2) ? soak_start(r) : NULL;

    if (!soak_free_float(s))
        return;
    char *got = soak_mmap(&q, wish, r.n, 0);
    soak_result(s, "mmap", (long)got, 0, wish);
    if (wish && soak_all_holes(r))
        soak_expect(s, got == wish, "a wish was not granted", wish);
    else
        r = soak_float_at(s, got, r.n);
    soak_mapped(s, r, &q);
}

static inline void soak_unmap(struct soak *s)
{
    struct range r = soak_to_edge(s, soak_range(s));

    if (r.zone == &s->zones[HEAP])
        return;
    soak_result(s, "munmap", munmap(soak_start(r), r.n * PAGE), 0, soak_start(r));
    soak_forget(r);
    soak_trim(s, r.zone);
}

static inline void soak_brk(struct soak *s)
{
    struct zone *z = &s->zones[HEAP];
    size_t       n = soak_below(s, HEAP_PAGES + 1), before = z->n;

    if (!z->base)
        return;
    long now = syscall(SYS_brk, soak_addr(z, n));
    soak_expect(s, now == (long)soak_addr(z, n), "brk", soak_addr(z, n));
    z->n = n;
    if (n < before) {
        soak_forget((struct range){z, n, before - n});
    } else {
        struct request q = {.kind = ANON, .prot = RW};
        soak_mapped(s, (struct range){z, before, n - before}, &q);
    }
}

/* --- changing ---------------------------------------------------------------------------- */

/* Rights change up to the first hole. */
static inline void soak_protect(struct soak *s)
{
    struct range r = soak_range(s);
    unsigned     prot = soak_prot(s);
    size_t       n = soak_covered(r);

    soak_result(s, "mprotect", mprotect(soak_start(r), r.n * PAGE, (int)prot), n < r.n ? ENOMEM : 0,
                soak_start(r));
    r.n = n;
    for (size_t i = 0; i < n; i++)
        r.zone->pages[r.at + i].prot = (uint8_t)prot;
    soak_renumber(s, r);
}

/* Contents go from all mappings up to the first that is locked. */
static inline void soak_discard(struct soak *s)
{
    struct range r = soak_range(s);
    int          err = soak_covered(r) < r.n ? ENOMEM : 0;
    long         result = madvise(soak_start(r), r.n * PAGE, MADV_DONTNEED);

    for (size_t i = 0; i < r.n; i++) {
        struct page *p = &r.zone->pages[r.at + i];
        if (p->locked) {
            err = EINVAL;
            break;
        }
        if (p->kind == ANON || p->kind == FILE_PRIVATE) {
            p->tag = 0;
            p->own = p->seen = false;
        }
    }
    soak_result(s, "madvise(MADV_DONTNEED)", result, err, soak_start(r));
}

/* Memory with the right to write alone can be read, yet Linux does not fill it for reading. */
static inline bool soak_any_write_only(struct range r)
{
    for (size_t i = 0; i < r.n; i++)
        if (r.zone->pages[r.at + i].prot == PROT_WRITE)
            return true;
    return false;
}

static inline void soak_populate(struct soak *s)
{
    struct range r = soak_range(s);
    bool         write = soak_chance(s, 2) || soak_any_write_only(r);
    int          advice = write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ, err = 0;
    long         result = madvise(soak_start(r), r.n * PAGE, advice);

    for (size_t i = 0; i < r.n && !err; i++) {
        struct page *p = &r.zone->pages[r.at + i];
        int          code, sig = soak_outcome(s, p, write ? WRITE : READ, &code);
        err = !sig ? 0 : sig == SIGBUS ? EFAULT : code == SEGV_MAPERR ? ENOMEM : EINVAL;
        p->seen |= !sig;
    }
    soak_result(s, write ? "madvise(MADV_POPULATE_WRITE)" : "madvise(MADV_POPULATE_READ)", result,
                err, soak_start(r));
}

static inline void soak_lock(struct soak *s)
{
    struct range r = soak_one_mapping(soak_range(s));
    struct page *p = &r.zone->pages[r.at];
    bool         lock = soak_chance(s, 3);
    int          err = 0, code;

    if (p->kind == HOLE || r.n > 64)
        return;
    for (size_t i = 0; i < r.n; i++) {
        bool there = p[i].prot & PROT_READ || p[i].prot & PROT_WRITE;
        if (lock && (!there || soak_outcome(s, &p[i], READ, &code)))
            err = ENOMEM;
        p[i].locked = lock;
    }
    long result = lock ? mlock(soak_start(r), r.n * PAGE) : munlock(soak_start(r), r.n * PAGE);
    soak_result(s, lock ? "mlock" : "munlock", result, err, soak_start(r));
    soak_renumber(s, r);
}

/* --- moving ------------------------------------------------------------------------------ */

/* The pages that a mapping gets when it grows from p on, which is its last. */
static inline void soak_grown(const struct page *last, struct page *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (struct page){.id = last->id,
                             .kind = last->kind,
                             .prot = last->prot,
                             .index = (uint16_t)(last->index + 1 + i)};
}

/* Take a mapping's pages over to another range of at least that length; fresh: it is another mapping
 * there. */
static inline void soak_carry(struct soak *s, struct range from, struct range to, bool keep)
{
    static __thread struct page moved[LARGE];
    size_t                      n = from.n < to.n ? from.n : to.n;

    memcpy(moved, &from.zone->pages[from.at], n * sizeof(struct page));
    if (keep) {
        for (size_t i = 0; i < n; i++) {
            struct page *p = &from.zone->pages[from.at + i];
            p->tag = 0;
            p->seen = false;
        }
    } else {
        soak_forget(from);
    }
    struct page *p = &to.zone->pages[to.at];
    memcpy(p, moved, n * sizeof(struct page));
    if (to.n > n)
        soak_grown(&p[n - 1], p + n, to.n - n);
    s->ids++;
    for (size_t i = 0; i < to.n; i++)
        p[i].id = s->ids;
}

static inline char *soak_mremap(struct range r, size_t n, int flags, char *to)
{
    return (char *)syscall(SYS_mremap, soak_start(r), r.n * PAGE, n * PAGE, flags, to);
}

static inline void soak_shrink(struct soak *s, struct range r, size_t n)
{
    char *at = soak_start(r);

    soak_expect(s, soak_mremap(r, n, 0, NULL) == at, "mremap does not shrink", at);
    soak_forget((struct range){r.zone, r.at + n, r.n - n});
    soak_trim(s, r.zone);
}

/* In place, if the pages above are free; else elsewhere if that is allowed. */
static inline void soak_grow(struct soak *s, struct range r, size_t n, bool may_move)
{
    struct range more = {r.zone, r.at + r.n, n - r.n};
    char        *at = soak_start(r);
    bool         floats = soak_is_float(s, r.zone);

    if (more.at + more.n > r.zone->max || (!floats && more.at + more.n > r.zone->n))
        return;
    if (may_move && (n > FLOAT_PAGES || !soak_free_float(s)))
        return;
    char *got = soak_mremap(r, n, may_move ? MREMAP_MAYMOVE : 0, NULL);
    bool  room = floats ? got == at : soak_all_holes(more);
    if (!room && !may_move && floats) {
        soak_expect(s, got == MAP_FAILED && errno == ENOMEM, "mremap", at);
        return;
    }
    soak_result(s, "mremap", (long)got, room || may_move ? 0 : ENOMEM, at);
    if (room) {
        soak_expect(s, got == at, "mremap moved what could grow", at);
        r.zone->n = floats ? more.at + more.n : r.zone->n;
        soak_grown(&r.zone->pages[more.at - 1], &r.zone->pages[more.at], more.n);
    } else if (may_move) {
        /* The old pages leave the model first: the kernel may have used their place again. */
        struct zone *old = r.zone;
        soak_carry(s, r, soak_float_at(s, got, n), false);
        soak_trim(s, old);
    }
}

static inline bool soak_overlap(struct range a, struct range b)
{
    return a.zone == b.zone && a.at < b.at + b.n && b.at < a.at + a.n;
}

/* To a place of the program's choice, whatever is there. */
static inline void soak_move(struct soak *s, struct range r, size_t n, bool keep)
{
    struct range to = soak_placed(s, n);
    int          flags = MREMAP_MAYMOVE | MREMAP_FIXED | (keep ? MREMAP_DONTUNMAP : 0);

    if (soak_overlap(r, to))
        return;
    char *got = soak_mremap(r, n, flags, soak_start(to));
    soak_result(s, keep ? "mremap(MREMAP_DONTUNMAP)" : "mremap(MREMAP_FIXED)", (long)got, 0,
                soak_start(r));
    soak_expect(s, got == soak_start(to), "mremap moved to somewhere else", got);
    soak_forget(to);
    soak_carry(s, r, to, keep);
    soak_trim(s, r.zone);
}

static inline void soak_remap(struct soak *s)
{
    struct range       r = soak_one_mapping(soak_range(s));
    const struct page *p = &r.zone->pages[r.at];
    size_t             n = soak_chance(s, 3) ? r.n : soak_size(s, s->zones[PLACED].n);

    if (p->kind == HOLE || p->locked || r.zone == &s->zones[HEAP])
        return;
    if (soak_is_float(s, r.zone) && r.at + r.n != r.zone->n)
        return; /* would leave a hole */
    if ((p->kind == SHARED_ANON && n > r.n) || (soak_is_file(p) && n > FILE_PAGES))
        n = r.n;
    if (soak_chance(s, 2))
        soak_move(s, r, n, p->kind == ANON && n == r.n && soak_chance(s, 3));
    else if (n < r.n)
        soak_shrink(s, r, n);
    else if (n > r.n)
        soak_grow(s, r, n, soak_chance(s, 2));
}

/* --- looking ----------------------------------------------------------------------------- */

static inline enum access soak_some_access(struct soak *s)
{
    size_t n = soak_below(s, 16);

    return n == 0 ? EXECUTE : n < 7 ? READ : WRITE;
}

/* Small ranges whole, large ones at some places, or whole at times. */
static inline void soak_use(struct soak *s)
{
    struct range r = soak_range(s);
    enum access  access = soak_some_access(s);
    bool         whole = r.n <= 16 || soak_chance(s, 12);
    size_t       n = whole ? r.n : 24;

    for (size_t i = 0; i < n; i++)
        soak_access(s, r.zone, whole ? r.at + i : r.at + soak_below(s, r.n), access,
                    n <= 4 || soak_chance(s, 16));
}

static inline void soak_scatter(struct soak *s)
{
    for (size_t i = 0; i < 16; i++) {
        struct range r = soak_range(s);
        soak_access(s, r.zone, r.at, soak_some_access(s), i == 0);
    }
}

static inline void soak_resident(struct soak *s)
{
    unsigned char there[LARGE];
    struct range  r = soak_range(s);
    size_t        n = soak_covered(r);

    soak_result(s, "mincore", mincore(soak_start(r), r.n * PAGE, there), n < r.n ? ENOMEM : 0,
                soak_start(r));
    for (size_t i = 0; i < r.n && n == r.n; i++) {
        const struct page *p = &r.zone->pages[r.at + i];
        if (p->seen && !soak_is_file(p))
            soak_expect(s, there[i] & 1, "mincore misses a page", soak_addr(r.zone, r.at + i));
    }
}

static inline void soak_sync(struct soak *s)
{
    struct range r = soak_range(s);

    soak_result(s, "msync",
                msync(soak_start(r), r.n * PAGE, soak_chance(s, 2) ? MS_SYNC : MS_ASYNC),
                soak_covered(r) < r.n ? ENOMEM : 0, soak_start(r));
}

/* --- files ------------------------------------------------------------------------------- */

static inline void soak_read_file(struct soak *s)
{
    uint64_t image[WORDS], page[WORDS];
    bool     shared = !soak_chance(s, 4);
    size_t   index = soak_below(s, FILE_PAGES), size = shared ? s->shared_pages : FILE_PAGES;
    ssize_t  n = pread(shared ? s->shared_fd : s->fixed_fd, page, PAGE, (off_t)(index * PAGE));

    soak_expect(s, n == (index < size ? (ssize_t)PAGE : 0), "pread", (void *)index);
    soak_image(image, shared ? s->shared_tag[index] : soak_fixed_tag(index));
    soak_expect(s, index >= size || !memcmp(page, image, PAGE), "the file's contents are wrong",
                (void *)index);
}

static inline void soak_write_file(struct soak *s)
{
    uint64_t image[WORDS];
    size_t   index = soak_below(s, FILE_PAGES);

    if (index >= s->shared_pages)
        return;
    s->shared_tag[index] = ++s->tags;
    soak_image(image, s->tags);
    soak_expect(s, pwrite(s->shared_fd, image, PAGE, (off_t)(index * PAGE)) == (ssize_t)PAGE,
                "pwrite", (void *)index);
}

static inline void soak_resize_file(struct soak *s)
{
    size_t n = soak_below(s, FILE_PAGES + 1);

    soak_result(s, "ftruncate", ftruncate(s->shared_fd, (off_t)(n * PAGE)), 0, (void *)n);
    for (size_t i = n; i < FILE_PAGES; i++)
        s->shared_tag[i] = 0;
    s->shared_pages = n;
}

/* --- far larger than memory -------------------------------------------------------------- */

static inline void soak_reserve(struct soak *s)
{
    size_t gib = 1 + soak_below(s, 24), n = gib << 18, k = soak_below(s, n - 16);
    char  *at = mmap(NULL, n * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    soak_expect(s, at != MAP_FAILED, "no reservation", (void *)n);
    char *part = at + k * PAGE;
    soak_result(s, "mprotect", mprotect(part, 16 * PAGE, RW), 0, part);
    for (size_t i = 0; i < 4; i++) {
        char *page = part + soak_below(s, 16) * PAGE;
        soak_store(page, ++s->tags);
        soak_see(s, page, s->tags, true);
    }
    soak_refused(s, part - (k ? PAGE : 0) + (k ? 0 : 16 * PAGE), WRITE, SIGSEGV, SEGV_ACCERR);
    soak_result(s, "madvise", madvise(at, n * PAGE, MADV_DONTNEED), 0, at);
    for (size_t i = 0; i < 16; i++)
        soak_see(s, part + i * PAGE, 0, false);
    soak_result(s, "munmap", munmap(at, n * PAGE), 0, at);
    if (s->zones[HEAP].base) /* else another thread may have it by now */
        soak_refused(s, part, READ, SIGSEGV, SEGV_MAPERR);
}

#endif
