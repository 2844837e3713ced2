/* SPDX-License-Identifier: Apache-2.0 */
/* test_pmap.c - what every memory model must do (machine/pmap.h), one program per model.
 *
 * The main test makes random calls and compares each with a plain array of pages: what the calls
 * return, what pmap_extract and pmap_next say, and what an independent walker (walk.h) reads from
 * the raw tables, through a small TLB that only fences empty. Allocations fail now and then, and
 * a call that fails must have changed nothing. A failure prints seed and step, and the seed alone
 * repeats it.
 */
/* sources: test/host/sim_machine.c src/lib/fmt.c src/lib/string.c */
/* variants: cells: test/host/walk_cells.c src/riscv64-cells/celltable.c
 *                  src/riscv64-cells/cellrange.c src/riscv64-cells/cellcheck.c
 *                  src/riscv64-cells/fault.c src/riscv64-cells/pmap.c ;
 *           sv48: test/host/walk_sv48.c src/riscv64-sv48/radix.c src/riscv64-sv48/radixcheck.c
 *                 src/riscv64-sv48/pmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap.h"
#include "sim_machine.h"
#include "walk.h"

/* --- the plain array ---------------------------------------------------------------------- */

#define NPAGES 2048u /* two top tables of 1024 pages: 8 MiB */
#define NDOMS  6u

struct page {
    bool    mapped, written;
    paddr_t pa;
    uint8_t prot[NDOMS]; /* as strengthened: W implies R */
};

static struct page  page[NPAGES];
static vaddr_t      base;
static struct pmap *pm;
static bool         domain[NDOMS];
static size_t       frames_before; /* used before pm was made */
static bool         updated;       /* nothing taken away since the last commit */
static bool         with_domains;  /* random calls create and destroy domains */

static uint32_t seed, step;
static uint64_t rng;
static char     last_call[160];

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

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
    fail_msg("seed %u step %u after %s: line %d: %s: %s", seed, step, last_call, line, cond, text);
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

static void check_map(uint32_t i, uint32_t n)
{
    char text[120] = "";
    CHECK(pmap_consistent(pm, text, sizeof(text)), "%s", text);
    check_canonical();
    uint32_t from = i > 1 ? i - 2 : 0, to = i + n + 2 < NPAGES ? i + n + 2 : NPAGES;
    for (uint32_t k = from; k<to; k += n> 40 && k >= i + 3 && k + 16 < i + n ? 13 : 1)
        check_page(k);
}

static void check_frames(void)
{
    size_t expected = 1 + walk_frames(sim_satp);
    CHECK(sim_frames_used() - frames_before == expected, "%zu frames in use, not %zu",
          sim_frames_used() - frames_before, expected);
}

/* --- random calls ------------------------------------------------------------------------- */

static uint32_t rnd_len(uint32_t i)
{
    uint32_t kind = rnd(10), n;
    if (kind < 6)
        n = 1 + rnd(6);
    else if (kind < 9)
        n = 1 + rnd(100);
    else
        n = 1 + rnd(NPAGES);
    return n < NPAGES - i ? n : NPAGES - i;
}

static uint32_t rnd_index(void)
{
    if (rnd(8) == 0)
        return rnd(NPAGES / 512) * 512; /* where large leaves start */
    return rnd(4) ? 900 + rnd(250) : rnd(NPAGES);
}

/* Often the frames next to a neighbour's, so that ranges meet. */
static paddr_t rnd_pa(uint32_t i, uint32_t n)
{
    uint32_t kind = rnd(6);
    if (kind < 2 && i > 0 && page[i - 1].mapped)
        return page[i - 1].pa + PAGE_SIZE;
    if (kind < 4 && i + n < NPAGES && page[i + n].mapped && page[i + n].pa >= n * PAGE_SIZE)
        return page[i + n].pa - n * PAGE_SIZE;
    if (kind == 4)
        return (0x100000000ull + rnd(64) * 0x200000ull) | (va_of(i) & 0x1fffff);
    return 0x100000000ull + (paddr_t)rnd(1 << 16) * PAGE_SIZE;
}

/* A domain that the model could have, whether it exists or not. */
static unsigned rnd_possible_dom(void)
{
    return 1 + rnd((pmap_limits->max_domains < NDOMS ? pmap_limits->max_domains : NDOMS) - 1);
}

static unsigned rnd_dom(void)
{
    unsigned dom = rnd_possible_dom();
    return domain[dom] ? dom : 1;
}

/* What a call that needs memory may answer besides what it should. */
static bool refused(int err)
{
    return err == -ENOMEM && sim_failed();
}

static void call_enter(uint32_t i, uint32_t n)
{
    unsigned dom = rnd_dom(), prot = rnd(8);
    paddr_t  pa = rnd_pa(i, n);
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
    paddr_t  pa = rnd_pa(i, n);
    unsigned ndom = 1;
    for (unsigned dom = 1; dom < NDOMS; dom++) {
        if (!domain[dom])
            continue;
        prot[dom] = (uint8_t)rnd(8);
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

static void call_protect(uint32_t i, uint32_t n)
{
    unsigned dom = rnd_dom(), prot = rnd(8);
    if (rnd(2))
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
    if (rnd(4))
        while (n > 1 && !all_mapped(i, n))
            n /= 2;
    paddr_t pa = rnd_pa(i, n);
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

static void call_move(uint32_t i, uint32_t n)
{
    uint32_t to = rnd_index();
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
    pmap_dom_t dom = 1 + rnd(NDOMS - 1);
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
    check_frames();
}

struct
try {
    unsigned dom, access;
    uint32_t index;
};

static void random_call(void)
{
    uint32_t   i = rnd_index(), n = rnd_len(i), kind = rnd(with_domains ? 100 : 99);
    struct try tries[4]; /* before, to fill the TLB, and again after it, to meet stale entries */
    for (unsigned k = 0; k < ARRAY_LEN(tries); k++) {
        tries[k] = (struct try){rnd_possible_dom(), 1u << rnd(3), i + rnd(n)};
        if (updated)
            check_access(tries[k].dom, tries[k].index, tries[k].access);
    }
    sim_fail_after(rnd(4) ? 0 : 1 + rnd(4));
    if (kind < 30)
        call_enter(i, n);
    else if (kind < 40)
        call_enter_all(i, n);
    else if (kind < 58)
        call_remove(i, n);
    else if (kind < 80)
        call_protect(i, n);
    else if (kind < 88)
        call_replace(i, n);
    else if (kind < 94)
        call_move(i, n);
    else if (kind < 99)
        call_clear_modified(i, n);
    else
        call_domain();
    sim_fail_after(0);
    check_map(i, n);
    check_next(i, n);
    if (!updated && rnd(3))
        commit();
    for (unsigned k = 0; updated && k < ARRAY_LEN(tries); k++)
        check_access(tries[k].dom, tries[k].index, tries[k].access);
    if (updated)
        check_access(rnd_possible_dom(), rnd_index(), 1u << rnd(3));
    check_separation(i);
}

/* --- a machine per test ------------------------------------------------------------------- */

static struct bootinfo bootinfo;
static uint64_t        kernel_satp;

static void machine_start(void)
{
    sim_reset();
    sim_on_fence = tlb_drop;
    tlb_drop();
    sim_bootinfo(&bootinfo);
    kernel_satp = pmap_bootstrap(&bootinfo);
    sim_satp = kernel_satp;
    pmap_init_hart();
    frames_before = sim_frames_used();
}

static void map_start(vaddr_t at)
{
    memset(page, 0, sizeof(page));
    memset(domain, 0, sizeof(domain));
    domain[1] = true;
    base = at;
    updated = true;
    assert_int_equal(pmap_create(&pm), 0);
    pmap_activate(pm);
}

static void map_end(void)
{
    pmap_activate(NULL);
    assert_true(sim_satp == kernel_satp);
    pmap_destroy(pm);
    assert_int_equal(sim_frames_used(), frames_before);
}

/* Where a range crosses borders of tables of each level, and the ends of user space. */
static const vaddr_t places[] = {
    USER_MIN,
    0x40000000 - NPAGES / 2 * PAGE_SIZE,
    0x8000000000 - NPAGES / 2 * PAGE_SIZE,
    0x8000000000 - NPAGES / 2 * PAGE_SIZE + 0x7000,
    USER_END - NPAGES *PAGE_SIZE,
};

static void random_calls_agree_with_a_plain_array(void **state)
{
    (void)state;
    const char *one = getenv("SEED"), *steps = getenv("STEPS");
    uint32_t    first = one ? (uint32_t)atoi(one) : 1, last = one ? first : 10;
    uint32_t    nsteps = steps ? (uint32_t)atoi(steps) : 12000;
    for (seed = first; seed <= last; seed++) {
        machine_start();
        rng = seed;
        with_domains = seed / 2 % 2;
        map_start(places[seed % ARRAY_LEN(places)]);
        for (step = 0; step < nsteps; step++)
            random_call();
        map_end();
    }
}

/* --- particular cases --------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    seed = step = 0;
    snprintf(last_call, sizeof(last_call), "start");
    machine_start();
    map_start(0x40000000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    map_end();
    return 0;
}

static void ranges_outside_user_space_and_odd_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        vaddr_t va;
        size_t  len;
    } bad[] = {
        {0, PAGE_SIZE},
        {0, 0x20000},
        {USER_END, PAGE_SIZE},
        {USER_END - PAGE_SIZE, 2 * PAGE_SIZE},
        {WINDOW_BASE + 0x80200000, PAGE_SIZE},
        {0xffffffff80000000, PAGE_SIZE},
        {0x40000000, (size_t)-0x40000000},
        {0x40000000, SIZE_MAX - PAGE_MASK},
        {0x40000000, 0},
        {0x40000001, PAGE_SIZE},
        {0x40000000, PAGE_SIZE + 1},
    };
    uint8_t bitmap[8] = {0};
    vaddr_t found;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        vaddr_t va = bad[i].va;
        size_t  len = bad[i].len;
        assert_int_equal(pmap_enter(pm, va, 0x90000000, len, 1, PMAP_R), -EINVAL);
        assert_int_equal(pmap_remove(pm, va, len), -EINVAL);
        assert_int_equal(pmap_protect(pm, 1, va, len, PMAP_R), -EINVAL);
        assert_int_equal(pmap_replace(pm, va, 0x90000000, len), -EINVAL);
        assert_int_equal(pmap_move(pm, va, 0x50000000, len), -EINVAL);
        assert_int_equal(pmap_move(pm, 0x50000000, va, len), -EINVAL);
        assert_int_equal(pmap_next(pm, va, len, &found), -EINVAL);
        assert_int_equal(pmap_clear_modified(pm, va, len, bitmap), -EINVAL);
    }
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000001, PAGE_SIZE, 1, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, WINDOW_SIZE, PAGE_SIZE, 1, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 0, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 2, PMAP_R), -EINVAL);
    assert_int_equal(pmap_enter(pm, 0x40000000, 0x90000000, PAGE_SIZE, 1, 8), -EINVAL);
    assert_int_equal(pmap_next(pm, PAGE_SIZE, USER_END - PAGE_SIZE, &found), -ENOENT);
}

static unsigned kernel_rights(paddr_t at)
{
    unsigned rights = 0;
    for (unsigned access = PMAP_R; access <= PMAP_X; access *= 2) {
        uint64_t pa;
        if (!walk_access(sim_satp, 0, WINDOW_BASE + at, access, &pa))
            continue;
        assert_int_equal(pa, at);
        rights |= access;
    }
    return rights;
}

static void check_window(void)
{
    static const struct {
        paddr_t  pa;
        unsigned rights;
    } expected[] = {
        {0x80200000, PMAP_R | PMAP_X},
        {0x80230fff, PMAP_R | PMAP_X},
        {0x80231000, PMAP_R},
        {0x8023ffff, PMAP_R},
        {0x80240000, PMAP_R | PMAP_W},
        {0x87ffffff, PMAP_R | PMAP_W},
        {0x88000000, 0},
        {0x90000000, PMAP_R | PMAP_W},
        {0xcfffffff, PMAP_R | PMAP_W},
        {0xd0000000, 0},
        {0x80080000, PMAP_R | PMAP_W},
        {0x8007ffff, 0},
        {0x10000000, PMAP_R | PMAP_W},
        {0x10000fff, PMAP_R | PMAP_W},
        {0x10008fff, PMAP_R | PMAP_W},
        {0x10009000, 0},
        {0x0c5fffff, PMAP_R | PMAP_W},
        {0x0c600000, 0},
        {0x00100000, PMAP_R | PMAP_W},
        {0x00101000, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_int_equal(kernel_rights(expected[i].pa), expected[i].rights);
    uint64_t pa;
    assert_false(walk_access(sim_satp, 0, 0x80200000, PMAP_X, &pa)); /* no identity mapping */
    assert_false(walk_access(sim_satp, 1, WINDOW_BASE + 0x80200000, PMAP_X, &pa));
    assert_false(walk_access(sim_satp, 1, WINDOW_BASE + 0x90000000, PMAP_R, &pa));
}

static void the_window_is_text_rodata_ram_and_devices_in_every_map(void **state)
{
    (void)state;
    check_window();
    pmap_activate(NULL);
    check_window();
    pmap_activate(pm);
}

static void a_map_that_fails_to_be_created_leaves_no_frame(void **state)
{
    (void)state;
    size_t used = sim_frames_used();
    for (unsigned n = 1;; n++) {
        struct pmap *other;
        sim_fail_after(n);
        int err = pmap_create(&other);
        if (!sim_failed()) {
            assert_int_equal(err, 0);
            sim_fail_after(0);
            pmap_destroy(other);
            break;
        }
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(sim_frames_used(), used);
    }
    assert_int_equal(sim_frames_used(), used);
}

static void a_mapping_without_rights_is_mapped_and_unreachable(void **state)
{
    (void)state;
    struct pmap_run run;
    vaddr_t         found;
    uint64_t        pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 4 * PAGE_SIZE, 1, PMAP_NONE), 0);
    assert_int_equal(pmap_extract(pm, 1, base + 5, &run), 0);
    assert_int_equal(run.pa, 0x90000005);
    assert_int_equal(run.prot, PMAP_NONE);
    assert_int_equal(pmap_next(pm, PAGE_SIZE, USER_END - PAGE_SIZE, &found), 0);
    assert_int_equal(found, base);
    assert_false(walk_access(sim_satp, 1, base, PMAP_R, &pa));
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_R), -EEXIST);
    assert_int_equal(pmap_protect(pm, 1, base, 4 * PAGE_SIZE, PMAP_R), 0);
    assert_true(walk_access(sim_satp, 1, base + PAGE_SIZE, PMAP_R, &pa));
    assert_int_equal(pa, 0x90001000);
}

static void rights_taken_away_and_given_back_keep_the_mark_of_a_write(void **state)
{
    (void)state;
    uint8_t  bitmap = 0;
    uint64_t pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_W), 0);
    assert_true(walk_access(sim_satp, 1, base, PMAP_W, &pa));
    assert_int_equal(pmap_protect(pm, 1, base, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(pmap_protect(pm, 1, base, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(pmap_move(pm, base, base + 0x100000, PAGE_SIZE), 0);
    assert_int_equal(pmap_clear_modified(pm, base + 0x100000, PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 1);
    bitmap = 0;
    assert_int_equal(pmap_clear_modified(pm, base + 0x100000, PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 0);
}

static void a_page_that_was_only_read_is_not_told_as_written(void **state)
{
    (void)state;
    uint8_t  bitmap = 0;
    uint64_t pa;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 3 * PAGE_SIZE, 1, PMAP_W | PMAP_X), 0);
    assert_true(walk_access(sim_satp, 1, base, PMAP_R, &pa));
    assert_true(walk_access(sim_satp, 1, base, PMAP_X, &pa));
    assert_int_equal(pmap_clear_modified(pm, base, 3 * PAGE_SIZE, &bitmap), 0);
    assert_int_equal(bitmap, 0);
}

static void a_call_that_takes_nothing_away_needs_no_fence(void **state)
{
    (void)state;
    pmap_update(pm);
    unsigned before = sim_fences + sim_shootdowns;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 8 * PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(pmap_protect(pm, 1, base, 8 * PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(pmap_remove(pm, base + 0x100000, 8 * PAGE_SIZE), 0);
    pmap_update(pm);
    assert_int_equal(sim_fences + sim_shootdowns, before);
    assert_int_equal(pmap_protect(pm, 1, base, 8 * PAGE_SIZE, PMAP_R), 0);
    pmap_update(pm);
    assert_true(sim_fences > 0 && sim_shootdowns > 0);
    assert_true(sim_fences + sim_shootdowns > before);
}

/* More ranges than any first table holds, then all of them gone. */
static void thousands_of_ranges_fit_and_go_again(void **state)
{
    (void)state;
    enum { N = 4000 };
    char text[120];
    for (unsigned i = 0; i < N; i++) {
        unsigned k = i * 1103 % N; /* in no order */
        assert_int_equal(pmap_enter(pm, base + k * 2 * PAGE_SIZE, 0x90000000 + k * PAGE_SIZE,
                                    PAGE_SIZE, 1, PMAP_R),
                         0);
        if (i % 97 == 0 && !pmap_consistent(pm, text, sizeof(text)))
            fail_msg("%s", text);
    }
    for (unsigned k = 0; k < N; k++) {
        uint64_t pa;
        assert_true(walk_access(sim_satp, 1, base + k * 2 * PAGE_SIZE, PMAP_R, &pa));
        assert_int_equal(pa, 0x90000000 + k * PAGE_SIZE);
        assert_false(walk_access(sim_satp, 1, base + (k * 2 + 1) * PAGE_SIZE, PMAP_R, &pa));
    }
    check_window();
    assert_int_equal(pmap_remove(pm, PAGE_SIZE, USER_END - PAGE_SIZE), 0);
    pmap_update(pm);
    assert_true(pmap_consistent(pm, text, sizeof(text)));
    check_frames();
}

static void every_size_of_a_large_range_is_found_again_page_by_page(void **state)
{
    (void)state;
    struct pmap_run run;
    uint64_t        pa;
    size_t          len = (1ull << 30) + (3 << 20) + 0x5000;
    vaddr_t         va = 0x3ffff000;
    assert_int_equal(pmap_enter(pm, va, 0x13ffff000, len, 1, PMAP_R), 0);
    for (size_t off = 0; off < len; off += 0x3d000) {
        assert_int_equal(pmap_extract(pm, 1, va + off, &run), 0);
        assert_int_equal(run.pa, 0x13ffff000 + off);
        assert_true(walk_access(sim_satp, 1, va + off, PMAP_R, &pa));
        assert_int_equal(pa, 0x13ffff000 + off);
    }
    assert_int_equal(pmap_remove(pm, va + 0x20000000, PAGE_SIZE), 0);
    assert_int_equal(pmap_protect(pm, 1, va + 0x1000000, PAGE_SIZE, PMAP_X), 0);
    assert_int_equal(pmap_extract(pm, 1, va + 0x20000000 - 1, &run), 0);
    assert_int_equal(run.len, 1);
    assert_int_equal(pmap_extract(pm, 1, va + 0x20000000, &run), -ENOENT);
    assert_int_equal(pmap_extract(pm, 1, va + 0x1000000, &run), 0);
    assert_int_equal(run.len, PAGE_SIZE);
    assert_int_equal(run.prot, PMAP_X);
    pmap_update(pm);
    check_frames();
}

/* Frames that are not aligned as the old ones force large leaves apart, which needs tables. */
static void replacing_a_large_range_by_odd_frames_works_or_changes_nothing(void **state)
{
    (void)state;
    struct pmap_run run;
    size_t          len = 6 << 20;
    assert_int_equal(pmap_enter(pm, base, 0x100000000, len, 1, PMAP_R), 0);
    sim_fail_after(2);
    int err = pmap_replace(pm, base, 0x110007000, len);
    assert_int_equal(err, sim_failed() ? -ENOMEM : 0);
    for (size_t off = 0; off < len; off += 0x1f000) {
        assert_int_equal(pmap_extract(pm, 1, base + off, &run), 0);
        assert_int_equal(run.pa, (err ? 0x100000000 : 0x110007000) + off);
    }
    sim_fail_after(0);
    assert_int_equal(pmap_replace(pm, base, 0x110007000, len), 0);
    for (size_t off = 0; off < len; off += 0x1f000) {
        assert_int_equal(pmap_extract(pm, 1, base + off, &run), 0);
        assert_int_equal(run.pa, 0x110007000 + off);
    }
    pmap_update(pm);
    check_frames();
}

static enum fault_kind decode(uint64_t cause, vaddr_t va, uint64_t sstatus)
{
    struct trapframe tf = {.scause = cause, .stval = va, .sstatus = sstatus, .dom = 1};
    struct fault     f;
    pmap_fault_decode(pm, &tf, &f);
    assert_int_equal(f.cause, cause);
    return f.kind;
}

static void traps_are_classified(void **state)
{
    (void)state;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, PAGE_SIZE, 1, PMAP_R), 0);
    assert_int_equal(decode(13, base, 0), FAULT_HANDLED); /* spurious */
    assert_int_equal(decode(15, base, 0), FAULT_PROTECTION);
    assert_int_equal(decode(12, base, 0), FAULT_PROTECTION);
    assert_int_equal(decode(13, base + PAGE_SIZE, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, WINDOW_BASE + 0x80200000, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, 0xffffffffffffffff, 0), FAULT_UNMAPPED);
    assert_int_equal(decode(13, base, SSTATUS_SPP), FAULT_PROTECTION);
    assert_int_equal(decode(5, base, 0), FAULT_ACCESS);
    assert_int_equal(decode(1, base, 0), FAULT_ACCESS);
    for (unsigned cause = 0; cause < 70; cause++) {
        bool memory = cause == 1 || cause == 5 || cause == 7 ||
                      (cause >= 12 && cause <= 15 && cause != 14);
        if (!memory && (cause < 24 || cause > 28))
            assert_int_equal(decode(cause, base, 0), FAULT_NONE);
    }
    assert_int_equal(decode(SCAUSE_INTERRUPT | 13, base, 0), FAULT_NONE);
    assert_int_equal(decode(13, base, 0), FAULT_HANDLED);
}

static size_t dump_lines;

static void count_line(void *arg, const char *line)
{
    (void)arg;
    assert_true(strlen(line) > 10);
    dump_lines++;
}

static void dumps_and_descriptions_name_what_is_there(void **state)
{
    (void)state;
    char   text[200];
    size_t before;
    dump_lines = 0;
    pmap_dump(pm, count_line, NULL);
    before = dump_lines;
    assert_int_equal(pmap_enter(pm, base, 0x90000000, 4 * PAGE_SIZE, 1, PMAP_R | PMAP_X), 0);
    dump_lines = 0;
    pmap_dump(pm, count_line, NULL);
    assert_int_equal(dump_lines, before + 1);
    pmap_dump(NULL, count_line, NULL);

    pmap_describe(pm, base + 0x1234, text, sizeof(text));
    assert_non_null(strstr(text, "0x9000"));
    assert_non_null(strstr(text, "r-x"));
    pmap_describe(pm, base - 1, text, sizeof(text));
    assert_null(strstr(text, "->"));
    pmap_describe(NULL, WINDOW_BASE + 0x80200000, text, sizeof(text));
    assert_non_null(strstr(text, "r-x"));
    pmap_describe(pm, ~0ul, text, sizeof(text));
    assert_null(strstr(text, "->"));
    pmap_describe(pm, base, text, 9);
    assert_int_equal(strlen(text), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_agree_with_a_plain_array),
        cmocka_unit_test_setup_teardown(ranges_outside_user_space_and_odd_ones_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_window_is_text_rodata_ram_and_devices_in_every_map,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_that_fails_to_be_created_leaves_no_frame, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mapping_without_rights_is_mapped_and_unreachable, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rights_taken_away_and_given_back_keep_the_mark_of_a_write,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_was_only_read_is_not_told_as_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_call_that_takes_nothing_away_needs_no_fence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(thousands_of_ranges_fit_and_go_again, setup, teardown),
        cmocka_unit_test_setup_teardown(every_size_of_a_large_range_is_found_again_page_by_page,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            replacing_a_large_range_by_odd_frames_works_or_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(traps_are_classified, setup, teardown),
        cmocka_unit_test_setup_teardown(dumps_and_descriptions_name_what_is_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
