/* SPDX-License-Identifier: Apache-2.0 */
/* model_pmap.c - see model_pmap.h.
 *
 * A page of the plain array is mapped or not, has a frame, and a protection for each domain. Calls are
 * made on the map, their results compared with what the array says, and the array is changed. A small
 * TLB between the accesses and the walker is emptied by fences only.
 */
#include "model_pmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "machine/layout.h"
#include "sim_machine.h"
#include "walk.h"

vaddr_t      base;
struct pmap *pm;

/* --- the plain array ---------------------------------------------------------------------- */

#define NPAGES MODEL_PAGES
#define NDOMS  6u

struct page {
    bool    mapped, written;
    paddr_t pa;
    uint8_t prot[NDOMS]; /* as strengthened: W implies R */
};

static struct page page[NPAGES];
static bool        domain[NDOMS];
static size_t      frames_before; /* used before pm was made */
static bool        updated;       /* nothing taken away since the last commit */
static bool        with_domains;  /* calls create and destroy domains */

static uint32_t step;
static char     last_call[160];

#define CHECK(cond, ...) ((cond) ? (void)0 : check_failed(__LINE__, #cond, __VA_ARGS__))

static void check_failed(int line, const char *cond, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void print_line(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "    %s\n", text);
}

static void check_failed(int line, const char *cond, const char *fmt, ...)
{
    char    text[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    pmap_dump(pm, print_line, NULL);
    fail_msg("step %u after %s: line %d: %s: %s", step, last_call, line, cond, text);
}

static vaddr_t va_of(uint32_t i)
{
    return base + (vaddr_t)i * PAGE_SIZE;
}

static unsigned strengthened(unsigned prot)
{
    return prot & PMAP_W ? prot | PMAP_R : prot;
}

static bool any_mapped(uint32_t i, uint32_t n)
{
    for (uint32_t k = i; k < i + n; k++) {
        if (page[k].mapped)
            return true;
    }
    return false;
}

static bool all_mapped(uint32_t i, uint32_t n)
{
    for (uint32_t k = i; k < i + n; k++) {
        if (!page[k].mapped)
            return false;
    }
    return true;
}

static bool same_range(uint32_t a, uint32_t b)
{
    return page[a].mapped && page[b].mapped && page[b].pa == page[a].pa + (b - a) * PAGE_SIZE &&
           memcmp(page[a].prot, page[b].prot, sizeof(page[a].prot)) == 0;
}

/* --- a TLB -------------------------------------------------------------------------------- */

struct entry {
    bool     valid;
    unsigned dom, access;
    uint32_t index;
    paddr_t  pa;
};

static struct entry tlb[64];

static void tlb_drop(void)
{
    memset(tlb, 0, sizeof(tlb));
}

static void tlb_drop_fenced(void)
{
    for (unsigned k = 0; k < ARRAY_LEN(tlb); k++)
        if (sim_fenced == SIM_ALL_PAGES || sim_fenced == va_of(tlb[k].index))
            tlb[k].valid = false;
}

static struct entry *tlb_slot(unsigned dom, uint32_t i, unsigned access)
{
    return &tlb[(i * 7 + dom * 3 + access) % 64];
}

/* One access, as a program makes it. */
static bool user_access(unsigned dom, uint32_t i, unsigned access, paddr_t *pa)
{
    struct entry *e = tlb_slot(dom, i, access);
    if (!e->valid || e->dom != dom || e->index != i || e->access != access) {
        uint64_t found;
        if (!walk_access(sim_satp, dom, va_of(i), access, &found))
            return false;
        *e = (struct entry){true, dom, access, i, found};
    }
    *pa = e->pa;
    return true;
}

static void check_fault(unsigned dom, uint32_t i, unsigned access)
{
    struct trapframe tf = {.dom = dom, .stval = va_of(i)};
    struct fault     f;
    tf.scause = access == PMAP_X ? 12 : access == PMAP_R ? 13 : 15;
    pmap_fault_decode(pm, &tf, &f);
    CHECK(f.kind == (page[i].mapped ? FAULT_PROTECTION : FAULT_UNMAPPED), "kind %d", f.kind);
    CHECK(f.dom == dom && f.va == va_of(i) && f.access == access, "wrong fault");
}

static void check_access(unsigned dom, uint32_t i, unsigned access)
{
    paddr_t pa = 0;
    bool    ok = user_access(dom, i, access, &pa);
    bool    expected = page[i].mapped && (page[i].prot[dom] & access);
    CHECK(ok == expected, "page %u dom %u access %u: %d", i, dom, access, ok);
    if (!ok) {
        check_fault(dom, i, access);
        return;
    }
    CHECK(pa == page[i].pa, "page %u: frame %#lx, not %#lx", i, pa, page[i].pa);
    if (access == PMAP_W)
        page[i].written = true;
}

/* Neither the kernel by its user's address nor, in the window, a user gets anything. */
static void check_separation(uint32_t i)
{
    uint64_t pa;
    for (unsigned access = PMAP_R; access <= PMAP_X; access *= 2) {
        CHECK(!walk_access(sim_satp, 0, va_of(i), access, &pa), "kernel reads page %u", i);
        for (unsigned dom = 1; dom < NDOMS; dom++)
            CHECK(
                !walk_access(sim_satp, dom, WINDOW_BASE + 0x80200000 + i * PAGE_SIZE, access, &pa),
                "user reads the kernel");
    }
}

/* --- comparing ---------------------------------------------------------------------------- */

/* What the short look-up finds is where the long one says that it is, and nothing else; the page of a byte that dom may
 * access is always found. */
static void check_reach(unsigned dom, uint32_t i)
{
    for (unsigned access = PMAP_R; access <= PMAP_W; access *= 2) {
        bool              may = page[i].mapped && page[i].prot[dom] & access;
        struct pmap_piece piece = pmap_reach(pm, dom, va_of(i) + 8, access);
        CHECK(may ? piece.len >= PAGE_SIZE - 8 : !piece.len, "reach page %u: %zu bytes", i,
              piece.len);
        CHECK(!may || piece.pa == page[i].pa + 8, "reach page %u: %#lx", i, piece.pa);
        uint32_t end = i + (uint32_t)((8 + piece.len) >> PAGE_SHIFT);
        for (uint32_t k = i + 1; k < end; k++)
            CHECK(k < NPAGES && page[k].mapped && page[k].prot[dom] & access &&
                      page[k].pa == page[i].pa + (k - i) * PAGE_SIZE,
                  "page %u: %#zx bytes reach page %u", i, piece.len, k);

        void *window = pmap_window(pm, dom, va_of(i) + 8, PAGE_SIZE - 8, access);
        CHECK(window == (may ? phys_ptr(page[i].pa + 8) : NULL), "page %u: window %p", i, window);
        CHECK(!pmap_window(pm, dom, va_of(i) + 8, piece.len + 1, access),
              "page %u: a window of more than %#zx bytes", i, piece.len);
    }
}

static void check_page(uint32_t i)
{
    for (unsigned dom = 1; dom < NDOMS; dom++) {
        struct pmap_run run;
        int             err = pmap_extract(pm, dom, va_of(i) + 8 * i % PAGE_SIZE, &run);
        CHECK(err == (page[i].mapped ? 0 : -ENOENT), "extract page %u: %d", i, err);
        if (err)
            continue;
        CHECK(run.pa == page[i].pa + 8 * i % PAGE_SIZE, "page %u: frame %#lx", i, run.pa);
        CHECK(run.prot == page[i].prot[dom], "page %u dom %u: prot %u", i, dom, run.prot);
        CHECK(run.len > 0, "page %u: empty run", i);
        uint32_t last = i + (uint32_t)((8 * i % PAGE_SIZE + run.len - 1) >> PAGE_SHIFT);
        for (uint32_t k = i + 1; k <= last; k++)
            CHECK(k < NPAGES && page[k].mapped && page[k].prot[dom] == run.prot &&
                      page[k].pa == page[i].pa + (k - i) * PAGE_SIZE,
                  "page %u: run of %#zx bytes reaches page %u", i, run.len, k);
    }
}

static void check_next(uint32_t i, uint32_t n)
{
    vaddr_t  found;
    uint32_t k = i;
    while (k < i + n && !page[k].mapped)
        k++;
    int err = pmap_next(pm, va_of(i), n * PAGE_SIZE, &found);
    CHECK(err == (k < i + n ? 0 : -ENOENT), "next: %d", err);
    CHECK(err || found == va_of(k), "next: %#lx", found);
}

static void check_canonical(void)
{
    long ranges = walk_ranges(sim_satp), expected = 0;
    if (ranges < 0)
        return;
    for (uint32_t i = 0; i < NPAGES; i++)
        expected += page[i].mapped && (i == 0 || !same_range(i - 1, i));
    CHECK(ranges == expected, "%ld ranges where %ld are enough", ranges, expected);
}

/* What the statistics say, by the walker's count. */
static void check_stats(void)
{
    struct pmap_stats s;
    long              ranges = walk_ranges(sim_satp);
    pmap_stats(pm, &s);
    CHECK(ranges < 0 || s.ranges == (size_t)ranges, "%zu ranges told, %ld there", s.ranges, ranges);
    CHECK(!updated || s.table_bytes == walk_frames(sim_satp) * PAGE_SIZE,
          "%zu bytes of tables told, %zu frames there", s.table_bytes, walk_frames(sim_satp));
}

static void check_map(uint32_t i, uint32_t n)
{
    char text[120] = "";
    check_stats();
    CHECK(pmap_consistent(pm, text, sizeof(text)), "%s", text);
    check_canonical();
    uint32_t from = i > 1 ? i - 2 : 0, to = i + n + 2 < NPAGES ? i + n + 2 : NPAGES;
    for (uint32_t k = from; k<to; k += n> 40 && k >= i + 3 && k + 16 < i + n ? 13 : 1)
        check_page(k);
    for (unsigned dom = 1; dom < NDOMS; dom++)
        for (uint32_t k = from; k < to; k += 1 + n / 8)
            check_reach(dom, k);
}

void model_check_frames(void)
{
    size_t expected = 1 + walk_frames(sim_satp);
    CHECK(sim_frames_used() - frames_before == expected, "%zu frames in use, not %zu",
          sim_frames_used() - frames_before, expected);
}

/* --- chosen calls ------------------------------------------------------------------------- */

static uint32_t choose_len(uint32_t i)
{
    uint32_t kind = model_choose(10), n;
    if (kind < 6)
        n = 1 + model_choose(6);
    else if (kind < 9)
        n = 1 + model_choose(100);
    else
        n = 1 + model_choose(NPAGES);
    return n < NPAGES - i ? n : NPAGES - i;
}

static uint32_t choose_index(void)
{
    if (model_choose(8) == 0)
        return model_choose(NPAGES / 512) * 512; /* where large leaves start */
    return model_choose(4) ? 900 + model_choose(250) : model_choose(NPAGES);
}

/* Often the frames next to a neighbour's, so that ranges meet. */
static paddr_t choose_pa(uint32_t i, uint32_t n)
{
    uint32_t kind = model_choose(6);
    if (kind < 2 && i > 0 && page[i - 1].mapped)
        return page[i - 1].pa + PAGE_SIZE;
    if (kind < 4 && i + n < NPAGES && page[i + n].mapped && page[i + n].pa >= n * PAGE_SIZE)
        return page[i + n].pa - n * PAGE_SIZE;
    if (kind == 4)
        return (0x100000000ull + model_choose(64) * 0x200000ull) | (va_of(i) & 0x1fffff);
    return 0x100000000ull + (paddr_t)model_choose(1 << 16) * PAGE_SIZE;
}

/* A domain that the model could have, whether it exists or not. */
static unsigned choose_possible_dom(void)
{
    return 1 +
           model_choose((pmap_limits->max_domains < NDOMS ? pmap_limits->max_domains : NDOMS) - 1);
}

static unsigned choose_dom(void)
{
    unsigned dom = choose_possible_dom();
    return domain[dom] ? dom : 1;
}

/* What a call that needs memory may answer besides what it should. */
static bool refused(int err)
{
    return err == -ENOMEM && sim_failed();
}

static void call_enter(uint32_t i, uint32_t n)
{
    unsigned dom = choose_dom(), prot = model_choose(8);
    paddr_t  pa = choose_pa(i, n);
    snprintf(last_call, sizeof(last_call), "enter %u+%u pa %#lx dom %u prot %u", i, n, pa, dom,
             prot);
    bool busy = any_mapped(i, n);
    int  err = pmap_enter(pm, va_of(i), pa, n * PAGE_SIZE, dom, prot);
    if (refused(err))
        return;
    CHECK(err == (busy ? -EEXIST : 0), "%d", err);
    for (uint32_t k = i; !err && k < i + n; k++) {
        page[k] = (struct page){.mapped = true, .pa = pa + (k - i) * PAGE_SIZE};
        page[k].prot[dom] = (uint8_t)strengthened(prot);
    }
}

static void call_enter_all(uint32_t i, uint32_t n)
{
    uint8_t  prot[NDOMS] = {PMAP_R | PMAP_W | PMAP_X}; /* the kernel's is ignored */
    paddr_t  pa = choose_pa(i, n);
    unsigned ndom = 1;
    for (unsigned dom = 1; dom < NDOMS; dom++) {
        if (!domain[dom])
            continue;
        prot[dom] = (uint8_t)model_choose(8);
        ndom = dom + 1;
    }
    snprintf(last_call, sizeof(last_call), "enter_all %u+%u pa %#lx", i, n, pa);
    bool busy = any_mapped(i, n);
    int  err = pmap_enter_all(pm, va_of(i), pa, n * PAGE_SIZE, prot, ndom);
    if (refused(err))
        return;
    CHECK(err == (busy ? -EEXIST : 0), "%d", err);
    for (uint32_t k = i; !err && k < i + n; k++) {
        page[k] = (struct page){.mapped = true, .pa = pa + (k - i) * PAGE_SIZE};
        for (unsigned dom = 1; dom < NDOMS; dom++)
            page[k].prot[dom] = (uint8_t)strengthened(prot[dom]);
    }
}

static void call_remove(uint32_t i, uint32_t n)
{
    snprintf(last_call, sizeof(last_call), "remove %u+%u", i, n);
    int err = pmap_remove(pm, va_of(i), n * PAGE_SIZE);
    updated = false;
    if (refused(err))
        return;
    CHECK(err == 0, "%d", err);
    memset(&page[i], 0, n * sizeof(page[0]));
}

/* Whether the calls that look tell pages [i, i + n), of which some are mapped, as one run. */
static bool told_as_one_run(uint32_t i, uint32_t n)
{
    vaddr_t         va = va_of(i), end = va_of(i + n), next;
    struct pmap_run run;
    CHECK(pmap_next(pm, va, end - va, &va) == 0, "next");
    CHECK(pmap_extract(pm, 1, va, &run) == 0, "extract");
    return run.len >= end - va || pmap_next(pm, va + run.len, end - va - run.len, &next) == -ENOENT;
}

static void call_remove_run(uint32_t i, uint32_t n)
{
    snprintf(last_call, sizeof(last_call), "remove_run %u+%u", i, n);
    uint32_t first = i, past;
    while (first < i + n && !page[first].mapped)
        first++;
    for (past = first; past < i + n && page[past].mapped; past++)
        if (page[past].pa != page[first].pa + (past - first) * PAGE_SIZE)
            break;
    bool none = first == i + n, in_a_row = !any_mapped(past, i + n - past);
    bool one = !none && told_as_one_run(i, n);

    struct pmap_run run = {.pa = 1, .len = 1};
    int             err = pmap_remove_run(pm, va_of(i), n * PAGE_SIZE, &run);
    updated &= err != 0;
    CHECK(!err || (run.pa == 1 && run.len == 1), "%d, but %#lx+%#zx", err, run.pa, run.len);
    if (refused(err))
        return;
    if (none || !in_a_row || err)
        CHECK(err == (none ? -ENOENT : -E2BIG) && !one, "%d", err);
    if (err)
        return;
    CHECK(run.pa == page[first].pa && run.len == (past - first) * PAGE_SIZE, "%#lx+%#zx", run.pa,
          run.len);
    memset(&page[i], 0, n * sizeof(page[0]));
}

static void call_protect(uint32_t i, uint32_t n)
{
    unsigned dom = choose_dom(), prot = model_choose(8);
    if (model_choose(2))
        while (n > 1 && !all_mapped(i, n))
            n /= 2;
    snprintf(last_call, sizeof(last_call), "protect %u+%u dom %u prot %u", i, n, dom, prot);
    bool mapped = all_mapped(i, n);
    int  err = pmap_protect(pm, dom, va_of(i), n * PAGE_SIZE, prot);
    updated = false;
    if (refused(err))
        return;
    CHECK(err == (mapped ? 0 : -EFAULT), "%d", err);
    for (uint32_t k = i; !err && k < i + n; k++)
        page[k].prot[dom] = (uint8_t)strengthened(prot);
}

static void call_replace(uint32_t i, uint32_t n)
{
    if (model_choose(4))
        while (n > 1 && !all_mapped(i, n))
            n /= 2;
    paddr_t pa = choose_pa(i, n);
    snprintf(last_call, sizeof(last_call), "replace %u+%u pa %#lx", i, n, pa);
    bool mapped = all_mapped(i, n);
    int  err = pmap_replace(pm, va_of(i), pa, n * PAGE_SIZE);
    if (refused(err))
        return;
    CHECK(err == (mapped ? 0 : -EFAULT), "%d", err);
    updated |= !err;
    for (uint32_t k = i; !err && k < i + n; k++)
        page[k].pa = pa + (k - i) * PAGE_SIZE;
}

/* Nobody gets through, by the tables or by what the TLB kept, and what lies beside it is as ever. */
static void check_suspended(uint32_t i, uint32_t n)
{
    for (unsigned k = 0; k < 24; k++) {
        paddr_t  pa;
        uint32_t at = i + model_choose(n);
        CHECK(!user_access(choose_possible_dom(), at, 1u << model_choose(3), &pa),
              "page %u is suspended, and reached", at);
        CHECK(!pmap_reach(pm, 1, va_of(at), PMAP_R).len &&
                  !pmap_window(pm, 1, va_of(at), 1, PMAP_R),
              "page %u is suspended, and within the kernel's reach", at);
    }
    if (i > 0)
        check_access(1, i - 1, PMAP_R);
    if (i + n < NPAGES)
        check_access(1, i + n, PMAP_R);
}

/* Frames whose contents change, as compaction moves them. */
static void call_suspend(uint32_t i, uint32_t n)
{
    if (model_choose(4))
        while (n > 1 && !all_mapped(i, n))
            n /= 2;
    paddr_t pa = choose_pa(i, n);
    snprintf(last_call, sizeof(last_call), "suspend %u+%u, resume on pa %#lx", i, n, pa);
    bool mapped = all_mapped(i, n);
    int  err = pmap_suspend(pm, va_of(i), n * PAGE_SIZE);
    if (refused(err))
        return;
    CHECK(err == (mapped ? 0 : -EFAULT), "%d", err);
    if (err)
        return;
    updated = true;
    for (uint32_t k = i; k < i + n; k += 1 + n / 8)
        check_page(k); /* where it was is still told: the caller copies from there */
    check_suspended(i, n);
    pmap_resume(pm, va_of(i), pa, n * PAGE_SIZE);
    for (uint32_t k = i; k < i + n; k++)
        page[k].pa = pa + (k - i) * PAGE_SIZE;
}

static void call_move(uint32_t i, uint32_t n)
{
    uint32_t to = choose_index();
    if (n > NPAGES - to)
        n = NPAGES - to;
    bool overlap = i < to + n && to < i + n;
    snprintf(last_call, sizeof(last_call), "move %u+%u to %u", i, n, to);
    bool busy = any_mapped(to, n);
    int  err = pmap_move(pm, va_of(i), va_of(to), n * PAGE_SIZE);
    updated = false;
    if (refused(err))
        return;
    CHECK(err == (overlap ? -EINVAL : busy ? -EEXIST : 0), "%d", err);
    if (err)
        return;
    memcpy(&page[to], &page[i], n * sizeof(page[0]));
    memset(&page[i], 0, n * sizeof(page[0]));
    check_map(to, n);
}

static void call_clear_modified(uint32_t i, uint32_t n)
{
    uint8_t bitmap[NPAGES / 8 + 1] = {0};
    snprintf(last_call, sizeof(last_call), "clear_modified %u+%u", i, n);
    int err = pmap_clear_modified(pm, va_of(i), n * PAGE_SIZE, bitmap);
    CHECK(err == 0, "%d", err);
    updated = true;
    for (uint32_t k = i; k < i + n; k++) {
        bool told = bitmap[(k - i) / 8] >> ((k - i) % 8) & 1;
        CHECK(told || !page[k].written, "page %u was written, and nobody told", k);
        CHECK(!told || page[k].mapped, "page %u is not mapped, but told as written", k);
        page[k].written = false;
    }
    for (uint32_t k = n; k < NPAGES; k++)
        CHECK(!(bitmap[k / 8] >> (k % 8) & 1), "bit %u beyond the range", k);
}

static void call_domain(void)
{
    pmap_dom_t dom = 1 + model_choose(NDOMS - 1);
    if (domain[dom]) {
        snprintf(last_call, sizeof(last_call), "domain_destroy %u", dom);
        int err = pmap_domain_destroy(pm, dom);
        CHECK(err == (dom == 1 ? -EINVAL : 0), "%d", err);
        if (err)
            return;
        updated = true;
        domain[dom] = false;
        for (uint32_t k = 0; k < NPAGES; k++)
            page[k].prot[dom] = 0;
        return;
    }

    unsigned expected = 1, count = 1;
    while (expected < NDOMS && domain[expected])
        expected++;
    if (expected == NDOMS)
        return;
    for (unsigned d = 1; d < NDOMS; d++)
        count += domain[d];
    snprintf(last_call, sizeof(last_call), "domain_create");
    int err = pmap_domain_create(pm, &dom);
    if (refused(err))
        return;
    CHECK(err == (count < pmap_limits->max_domains ? 0 : -ENOSPC), "%d", err);
    if (!err) {
        CHECK(dom == expected, "domain %u", dom);
        domain[dom] = true;
    }
}

static void commit(void)
{
    pmap_update(pm);
    updated = true;
    model_check_frames();
}

struct
try {
    unsigned dom, access;
    uint32_t index;
};

static void chosen_call(void)
{
    uint32_t   i = choose_index(), n = choose_len(i), kind = model_choose(with_domains ? 108 : 107);
    struct try tries[4]; /* before, to fill the TLB, and again after it, to meet stale entries */
    for (unsigned k = 0; k < ARRAY_LEN(tries); k++) {
        tries[k] = (struct try){choose_possible_dom(), 1u << model_choose(3), i + model_choose(n)};
        if (updated)
            check_access(tries[k].dom, tries[k].index, tries[k].access);
    }
    sim_fail_after(model_choose(4) ? 0 : 1 + model_choose(4));
    if (kind < 30)
        call_enter(i, n);
    else if (kind < 40)
        call_enter_all(i, n);
    else if (kind < 50)
        call_remove(i, n);
    else if (kind < 58)
        call_remove_run(i, n);
    else if (kind < 80)
        call_protect(i, n);
    else if (kind < 88)
        call_replace(i, n);
    else if (kind < 94)
        call_move(i, n);
    else if (kind < 99)
        call_clear_modified(i, n);
    else if (kind < 107)
        call_suspend(i, n);
    else
        call_domain();
    sim_fail_after(0);
    check_map(i, n);
    check_next(i, n);
    if (!updated && model_choose(3))
        commit();
    for (unsigned k = 0; updated && k < ARRAY_LEN(tries); k++)
        check_access(tries[k].dom, tries[k].index, tries[k].access);
    if (updated)
        check_access(choose_possible_dom(), choose_index(), 1u << model_choose(3));
    check_separation(i);
}

void model_call(void)
{
    chosen_call();
    step++;
}

/* Where a model stops the others to replace a table, they have been running until now: what they write
 * on the way must not be lost. */
static void write_before_the_stop(void)
{
    for (unsigned k = 0; k < 16; k++) {
        uint32_t i = choose_index();
        uint64_t pa;
        if (walk_access(sim_satp, 1, va_of(i), PMAP_W, &pa))
            page[i].written = true;
    }
}

/* --- machine and map -------------------------------------------------------------------------- */

static struct bootinfo bootinfo;
static uint64_t        kernel_satp;

static void machine_start(void)
{
    sim_reset();
    sim_on_fence = tlb_drop_fenced;
    sim_on_stop = write_before_the_stop;
    tlb_drop();
    sim_bootinfo(&bootinfo);
    kernel_satp = pmap_bootstrap(&bootinfo);
    sim_satp = kernel_satp;
    pmap_init_hart();
    frames_before = sim_frames_used();
}

void model_start(vaddr_t at, bool domains)
{
    machine_start();
    memset(page, 0, sizeof(page));
    memset(domain, 0, sizeof(domain));
    domain[1] = true;
    base = at;
    updated = true;
    with_domains = domains;
    step = 0;
    snprintf(last_call, sizeof(last_call), "start");
    assert_int_equal(pmap_create(&pm), 0);
    pmap_activate(pm);
}

void model_end(void)
{
    pmap_activate(NULL);
    assert_true(sim_satp == kernel_satp);
    pmap_destroy(pm);
    assert_int_equal(sim_frames_used(), frames_before);
}

/* Where a range crosses borders of tables of each level, and the ends of user space. */
const vaddr_t model_places[MODEL_PLACES] = {
    USER_MIN,
    0x40000000 - NPAGES / 2 * PAGE_SIZE,
    0x8000000000 - NPAGES / 2 * PAGE_SIZE,
    0x8000000000 - NPAGES / 2 * PAGE_SIZE + 0x7000,
    USER_END - NPAGES *PAGE_SIZE,
};
