/* SPDX-License-Identifier: Apache-2.0 */
/* mem_soak.h - random calls on memory, each judged by a plain model of what memory must be.
 *
 * The model is one entry for each page: which kind of memory it is, what may be done with it, and a
 * tag from which the words on it follow. Calls go to the kernel and to the model; accesses
 * are judged by the model, those too that must fault (signal, code and address). The model obeys
 * Linux, which the same program shows by running there.
 *
 * Memory is in zones: a stretch of addresses where everything is placed by the program, the heap,
 * and what the kernel placed ("floats"). A float has no holes: the kernel would place others there.
 *
 * Each step draws its random numbers from the seed and its own number alone. A failure tells seed
 * and step; the same seed repeats it. mem_soak_calls.h has the calls, mem_soak_run.h what makes
 * them.
 */
#ifndef MEM_SOAK_H
#define MEM_SOAK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096ul
#define RW   (PROT_READ | PROT_WRITE)

enum {
    PLACED_PAGES = 12288, /* 48 MiB */
    HEAP_PAGES = 1024,
    FLOAT_PAGES = 1024,
    FLOATS = 8,
    FILE_PAGES = 512,
    LARGE = 4096, /* pages of a large mapping, at most */
};

/* --- the model --------------------------------------------------------------------------- */

enum kind { HOLE, ANON, SHARED_ANON, FILE_PRIVATE, FILE_SHARED };

struct page {
    uint32_t id;    /* neighbours with one id are one mapping for the kernel, too */
    uint32_t tag;   /* of the contents, if they are the page's own; 0: zeros */
    uint16_t index; /* in the file */
    uint8_t  kind;
    uint8_t  prot;
    bool     own; /* FILE_PRIVATE: has been written */
    bool     locked;
    bool     seen; /* there is memory behind it for certain */
};

struct zone {
    uintptr_t    base; /* 0: an unused float */
    size_t       n, max;
    struct page *pages;
};

struct range {
    struct zone *zone;
    size_t       at, n;
};

enum { PLACED, HEAP, FIRST_FLOAT, ZONES = FIRST_FLOAT + FLOATS };

struct soak {
    unsigned     seed, thread;
    size_t       step;
    uint64_t     random;
    struct zone  zones[ZONES];
    uint32_t     ids, tags; /* the last ones given */
    int          fixed_fd;  /* a file that never changes, mapped privately */
    int          shared_fd; /* one that does */
    size_t       shared_pages;
    uint32_t     shared_tag[FILE_PAGES];
    int          zero_fd, pipe[2];
    sigjmp_buf   recover;
    volatile int signal, code;
    void *volatile addr;
    volatile bool expecting;
};

static __thread struct soak *soak_here; /* for the handler */

static inline uint64_t soak_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static inline size_t soak_below(struct soak *s, size_t n)
{
    s->random += 0x9e3779b97f4a7c15ull;
    return (size_t)(soak_mix(s->random) >> 16) % n;
}

static inline bool soak_chance(struct soak *s, size_t one_in)
{
    return soak_below(s, one_in) == 0;
}

static inline void soak_failed(struct soak *s, const char *what, const void *at)
{
    char line[300];
    int  n = snprintf(line, sizeof(line), "FAILED: seed %u, thread %u, step %zu: %s, at %p\n",
                      s->seed, s->thread, s->step, what, at);
    (void)!write(STDOUT_FILENO, line, (size_t)n);
    _exit(1);
}

static inline void soak_expect(struct soak *s, bool good, const char *what, const void *at)
{
    if (!good)
        soak_failed(s, what, at);
}

/* A call's result against the errno that it must give, or 0. */
static inline void soak_result(struct soak *s, const char *call, long result, int expected,
                               const void *at)
{
    char what[160];
    int  got = result == -1 ? errno : 0;

    if (got == expected)
        return;
    snprintf(what, sizeof(what), "%s gives %s instead of %s", call,
             got ? strerrorname_np(got) : "0", expected ? strerrorname_np(expected) : "0");
    soak_failed(s, what, at);
}

static inline char *soak_addr(const struct zone *z, size_t at)
{
    return (char *)(z->base + at * PAGE);
}

static inline char *soak_start(struct range r)
{
    return soak_addr(r.zone, r.at);
}

static inline bool soak_is_float(const struct soak *s, const struct zone *z)
{
    return z >= &s->zones[FIRST_FLOAT];
}

static inline bool soak_is_file(const struct page *p)
{
    return p->kind == FILE_PRIVATE || p->kind == FILE_SHARED;
}

/* --- contents ---------------------------------------------------------------------------- */

enum { PROBES = 4, WORDS = PAGE / 8, CODE_WORD = 2 };

static const unsigned soak_probe[PROBES] = {0, 129, 338, WORDS - 1};

#define SOAK_RETURN 0x8082ull /* the instruction c.jr ra */

static inline uint64_t soak_word(uint32_t tag, unsigned probe)
{
    return tag ? soak_mix((uint64_t)tag << 3 | probe) : 0;
}

static inline void soak_image(uint64_t *words, uint32_t tag)
{
    memset(words, 0, PAGE);
    for (unsigned k = 0; k < PROBES; k++)
        words[soak_probe[k]] = soak_word(tag, k);
    words[CODE_WORD] = tag ? SOAK_RETURN : 0;
}

static inline uint32_t soak_fixed_tag(size_t index)
{
    return 0xf0000000u + (uint32_t)index;
}

static inline uint32_t soak_tag(const struct soak *s, const struct page *p)
{
    if (p->kind == FILE_SHARED)
        return s->shared_tag[p->index];
    if (p->kind == FILE_PRIVATE && !p->own)
        return soak_fixed_tag(p->index);
    return p->tag;
}

static inline void soak_set_tag(struct soak *s, struct page *p, uint32_t tag)
{
    if (p->kind == FILE_SHARED)
        s->shared_tag[p->index] = tag;
    p->tag = tag;
    p->own = p->kind == FILE_PRIVATE;
}

/* --- accesses ---------------------------------------------------------------------------- */

enum access { READ, WRITE, EXECUTE };

static inline void soak_on_fault(int sig, siginfo_t *info, void *context)
{
    struct soak *s = soak_here;
    (void)context;
    if (!s || !s->expecting) {
        static const char why[] = "FAILED: a fault where none may be\n";
        if (s)
            soak_failed(s, sig == SIGSEGV ? "an unexpected SIGSEGV" : "an unexpected signal",
                        info->si_addr);
        (void)!write(STDOUT_FILENO, why, sizeof(why) - 1);
        _exit(1);
    }
    s->signal = sig;
    s->code = info->si_code;
    s->addr = info->si_addr;
    siglongjmp(s->recover, 1);
}

static inline void soak_touch(char *at, enum access access)
{
    if (access == READ)
        (void)*(volatile char *)at;
    else if (access == WRITE)
        *(volatile char *)at = 0x55;
    else
        ((void (*)(void))at)();
}

/* What an access must do: 0, or the signal, and its code. */
static inline int soak_outcome(const struct soak *s, const struct page *p, enum access access,
                               int *code)
{
    static const uint8_t needs[] = {[READ] = RW, [WRITE] = PROT_WRITE, [EXECUTE] = PROT_EXEC};
    size_t               end = p->kind == FILE_SHARED ? s->shared_pages : FILE_PAGES;

    *code = p->kind == HOLE ? SEGV_MAPERR : SEGV_ACCERR;
    if (p->kind == HOLE || !(p->prot & needs[access]))
        return SIGSEGV;
    *code = BUS_ADRERR;
    return soak_is_file(p) && p->index >= end ? SIGBUS : 0;
}

static inline void soak_refused(struct soak *s, char *at, enum access access, int sig, int code)
{
    volatile bool through = false;

    s->expecting = true;
    if (!sigsetjmp(s->recover, 0)) {
        soak_touch(at, access);
        through = true;
    }
    s->expecting = false;
    soak_expect(s, !through,
                access == READ    ? "may be read"
                : access == WRITE ? "may be written"
                                  : "may be executed",
                at);
    soak_expect(s, s->signal == sig, "the wrong signal", at);
    soak_expect(s, s->code == code, "the wrong si_code", at);
    soak_expect(s, s->addr == at, "the wrong si_addr", at);
}

static inline void soak_see(struct soak *s, const char *at, uint32_t tag, bool whole)
{
    const volatile uint64_t *words = (const volatile uint64_t *)at;
    uint64_t                 image[WORDS];

    for (unsigned k = 0; k < PROBES; k++)
        soak_expect(s, words[soak_probe[k]] == soak_word(tag, k), "wrong contents", at);
    if (!whole)
        return;
    soak_image(image, tag);
    soak_expect(s, !memcmp(at, image, PAGE), "wrong contents between the probes", at);
}

static inline void soak_store(char *at, uint32_t tag)
{
    volatile uint64_t *words = (volatile uint64_t *)at;

    for (unsigned k = 0; k < PROBES; k++)
        words[soak_probe[k]] = soak_word(tag, k);
    words[CODE_WORD] = SOAK_RETURN;
}

/* The kernel stores instead: from a pipe, all words with one call. */
static inline void soak_store_by_kernel(struct soak *s, char *at, uint32_t tag)
{
    uint64_t     words[PROBES + 1];
    struct iovec to[PROBES + 1];

    for (unsigned k = 0; k < PROBES; k++) {
        words[k] = soak_word(tag, k);
        to[k] = (struct iovec){at + soak_probe[k] * 8, 8};
    }
    words[PROBES] = SOAK_RETURN;
    to[PROBES] = (struct iovec){at + CODE_WORD * 8, 8};
    soak_expect(s, write(s->pipe[1], words, sizeof(words)) == sizeof(words), "write to a pipe", at);
    soak_expect(s, readv(s->pipe[0], to, PROBES + 1) == sizeof(words), "readv from a pipe", at);
}

static inline void soak_see_by_kernel(struct soak *s, const char *at, uint32_t tag)
{
    uint64_t word = 1;

    soak_expect(s, write(s->pipe[1], at, 8) == 8, "the kernel reads", at);
    soak_expect(s, read(s->pipe[0], &word, 8) == 8 && word == soak_word(tag, 0),
                "the kernel reads something else", at);
}

/* What the kernel does for the program must fail where the program's own access does. */
static inline void soak_refused_kernel(struct soak *s, char *at, enum access access)
{
    if (access == WRITE)
        soak_result(s, "read", read(s->zero_fd, at, 1), EFAULT, at);
    else
        soak_result(s, "write", write(s->pipe[1], at, 1), EFAULT, at);
}

/* Not where there are zeros, which are no instruction. */
static inline void soak_execute(char *at)
{
    char *code = at + CODE_WORD * 8;

    __builtin___clear_cache(code, code + 2);
    soak_touch(code, EXECUTE);
}

/* One access to one page. */
static inline void soak_access(struct soak *s, struct zone *z, size_t i, enum access access,
                               bool whole)
{
    struct page *p = &z->pages[i];
    char        *at = soak_addr(z, i);
    int          code, sig = soak_outcome(s, p, access, &code);
    bool         kernel = access != EXECUTE && soak_chance(s, 8);

    if (!sig && access == EXECUTE && !soak_tag(s, p))
        return;
    if (sig && kernel) {
        soak_refused_kernel(s, at, access);
    } else if (sig) {
        soak_refused(s, at + CODE_WORD * 8, access, sig, code);
    } else if (access == EXECUTE) {
        soak_execute(at);
    } else if (access == READ) {
        soak_see(s, at, soak_tag(s, p), whole);
        if (kernel)
            soak_see_by_kernel(s, at, soak_tag(s, p));
    } else {
        soak_set_tag(s, p, ++s->tags);
        if (kernel)
            soak_store_by_kernel(s, at, s->tags);
        else
            soak_store(at, s->tags);
    }
    p->seen |= !sig;
}

#endif
