/* SPDX-License-Identifier: Apache-2.0 */
/* test_vmspace.c - address spaces, faults and user access against a model of bytes and rights.
 *
 * The model knows for each page what area it is in and which byte stands at three places of it;
 * files are arrays. Random calls run on both; after one that fails, maps and areas are as before.
 */
/* sources: src/kernel/vmspace.c src/kernel/vmspace_change.c
 *          src/kernel/vmspace_pages.c src/kernel/vmspace_remap.c src/kernel/vmreport.c
 *          src/kernel/area.c src/kernel/runlist.c src/kernel/fault.c src/kernel/uaccess.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/frame.c src/lib/fmt.c test/host/sim_kernel.c
 *          test/host/sim_pmap.c src/lib/strlcpy.c */
/* flags: -pthread */
#define _GNU_SOURCE /* asprintf */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/pagecache.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_pmap.h"

#define NPAGES    (ZONES * ZONE_PAGES)
#define RAM_PAGES 4096
#define DOM       PMAP_DOM_FIRST
#define RW        (PMAP_R | PMAP_W)

/* --- files ------------------------------------------------------------------------------- */

#define NFILES     2 /* 0: mapped privately; 1: shared */
#define FILE_PAGES 40
#define FILE_SIZE  (FILE_PAGES * PAGE_SIZE - 1000)

struct test_file {
    struct pagecache pc;
    uint8_t          disk[FILE_PAGES * PAGE_SIZE];
    int              refs;
    bool             broken; /* reading fails */
};

static struct test_file files[NFILES];

static int test_fill(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct test_file *f = container_of(pc, struct test_file, pc);

    if (f->broken)
        return -EIO;
    memcpy(phys_ptr(pa), f->disk + (index << PAGE_SHIFT), npages << PAGE_SHIFT);
    return 0;
}

static int test_flush(struct pagecache *pc, uint64_t index, paddr_t pa, size_t npages)
{
    struct test_file *f = container_of(pc, struct test_file, pc);

    memcpy(f->disk + (index << PAGE_SHIFT), phys_ptr(pa), npages << PAGE_SHIFT);
    return 0;
}

static void test_acquire(struct pagecache *pc)
{
    container_of(pc, struct test_file, pc)->refs++;
}

static void test_release(struct pagecache *pc)
{
    assert_true(container_of(pc, struct test_file, pc)->refs-- > 0);
}

static struct vmspace *vs; /* one for each test */

static void test_describe(struct pagecache *pc, char *buf, size_t size)
{
    assert_false(mutex_held(&vs->mutex)); /* a file system's locks come before it */
    snprintf(buf, size, "/file%zu", (size_t)(container_of(pc, struct test_file, pc) - files));
}

static const struct pagecache_ops ops = {.fill = test_fill,
                                         .flush = test_flush,
                                         .acquire = test_acquire,
                                         .release = test_release,
                                         .describe = test_describe};

/* --- one address space for each test ----------------------------------------------------- */

static size_t frames_at_start;

static int setup(void **state)
{
    (void)state;
    sim_ram(RAM_PAGES);
    pagecache_init_all();
    frames_at_start = sim_frames_free();
    for (size_t i = 0; i < NFILES; i++) {
        memset(&files[i], 0, sizeof(files[i]));
        for (size_t k = 0; k < FILE_SIZE; k++)
            files[i].disk[k] = (uint8_t)(k * 13 + (k >> PAGE_SHIFT) + i);
        pagecache_init(&files[i].pc, &ops, FILE_SIZE);
    }
    if (vmspace_create(&vs))
        return -1;
    sim_thread(vs, DOM);
    return 0;
}

/* Every frame, kernel object and file reference comes back. */
static int teardown(void **state)
{
    (void)state;
    sim_pmap_cut_runs(0);
    vmspace_destroy(vs);
    for (size_t i = 0; i < NFILES; i++) {
        if (files[i].refs)
            return -1;
        pagecache_destroy(&files[i].pc);
    }
    return sim_frames_free() != frames_at_start || sim_heap_blocks() != 0;
}

static int map(vaddr_t *va, struct area_spec spec)
{
    return vmspace_map(vs, &spec, va);
}

static vaddr_t map_at(vaddr_t hint, size_t npages, unsigned prot)
{
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.hint = hint,
                                                 .len = npages << PAGE_SHIFT,
                                                 .prot = prot,
                                                 .flags = AREA_FIXED}),
                     0);
    return va;
}

/* What user code does: access, fault, retry. The frame's byte, or the errno of the fault. */
static int user_access(pmap_dom_t dom, vaddr_t va, unsigned access, uint8_t **byte)
{
    paddr_t pa;

    for (int tries = 0; tries < 4; tries++) {
        if (sim_access(vs->pmap, dom, va, access, &pa)) {
            *byte = phys_ptr(pa);
            return 0;
        }
        struct pmap_run run;
        bool            mapped = !pmap_extract(vs->pmap, dom, va, &run);
        struct fault    fault = {.kind = mapped ? FAULT_PROTECTION : FAULT_UNMAPPED,
                                 .va = va,
                                 .access = access,
                                 .dom = dom};
        int             err = fault_handle(vs, &fault);
        if (err)
            return err;
    }
    fail_msg("an access faults for ever");
    return 0;
}

static int touch(vaddr_t va, unsigned access)
{
    uint8_t *byte;
    return user_access(DOM, va, access, &byte);
}

static int peek(vaddr_t va)
{
    uint8_t *byte;
    int      err = user_access(DOM, va, PMAP_R, &byte);
    return err ? err : *byte;
}

static int poke(vaddr_t va, uint8_t value)
{
    uint8_t *byte;
    int      err = user_access(DOM, va, PMAP_W, &byte);
    if (!err)
        *byte = value;
    return err;
}

static void collect_line(void *arg, const char *line)
{
    char **text = arg;
    char  *longer;

    if (asprintf(&longer, "%s%s\n", *text, line) < 0)
        abort();
    free(*text);
    *text = longer;
}

static char *areas_text(void)
{
    char *text = strdup("");
    vmspace_dump(vs, collect_line, &text);
    return text;
}

static void expect_areas(const char *expected)
{
    char *text = areas_text();
    assert_string_equal(text, expected);
    free(text);
}

/* --- the model --------------------------------------------------------------------------- */

static const size_t probes[] = {0, 1777, PAGE_SIZE - 1};
#define NPROBES ARRAY_LEN(probes)

struct model_page {
    bool    area, shared;
    uint8_t prot;
    int     file; /* -1: none */
    size_t  index;
    bool    own; /* bytes are the page's; else the file's, or zeros */
    uint8_t bytes[NPROBES];
};

static struct model_page model[NPAGES];
static uint8_t           file_bytes[NFILES][FILE_PAGES][NPROBES];

static void model_reset(void)
{
    memset(model, 0, sizeof(model));
    for (size_t f = 0; f < NFILES; f++)
        for (size_t p = 0; p < FILE_PAGES; p++)
            for (size_t k = 0; k < NPROBES; k++)
                file_bytes[f][p][k] = files[f].disk[(p << PAGE_SHIFT) + probes[k]];
}

static uint8_t *model_byte(struct model_page *p, size_t k)
{
    static uint8_t zero;

    if (p->own)
        return &p->bytes[k];
    if (p->file >= 0)
        return &file_bytes[p->file][p->index][k];
    zero = 0;
    return &zero;
}

/* What an access has to answer. */
static int model_access(const struct model_page *p, unsigned access)
{
    unsigned prot = p->prot | (p->prot & PMAP_W ? PMAP_R : 0);

    if (!p->area)
        return -EFAULT;
    if (!(prot & access))
        return -EACCES;
    return p->file >= 0 && p->index >= FILE_PAGES ? -EIO : 0;
}

static void model_write(struct model_page *p, size_t k, uint8_t value)
{
    if (p->file >= 0 && p->shared) {
        file_bytes[p->file][p->index][k] = value;
        return;
    }
    for (size_t i = 0; !p->own && i < NPROBES; i++)
        p->bytes[i] = *model_byte(p, i);
    p->own = true;
    p->bytes[k] = value;
}

static bool model_covered(size_t n, size_t count)
{
    for (size_t i = n; i < n + count; i++)
        if (!model[i].area)
            return false;
    return true;
}

/* Pages from n on up to the first that is in no area. */
static size_t model_prefix(size_t n, size_t count)
{
    size_t k = 0;
    while (k < count && model[n + k].area)
        k++;
    return k;
}

static bool model_free(size_t n, size_t count)
{
    for (size_t i = n; i < n + count; i++)
        if (model[i].area)
            return false;
    return true;
}

static void model_map(size_t n, size_t count, const struct area_spec *spec)
{
    for (size_t i = 0; i < count; i++)
        model[n + i] = (struct model_page){
            .area = true,
            .shared = spec->flags & AREA_SHARED,
            .prot = (uint8_t)spec->prot,
            .file = spec->file ? (int)(container_of(spec->file, struct test_file, pc) - files) : -1,
            .index = (spec->offset >> PAGE_SHIFT) + i};
}

/* --- random calls ------------------------------------------------------------------------ */

static size_t below(size_t n)
{
    return (size_t)rand() % n;
}

/* A range of pages within the part of one zone that the calls fight over. */
static size_t random_range(size_t *count)
{
    *count = 1 + below(rand() % 4 ? 6 : 60);
    return below(200) + (rand() % 4 ? 0 : NPAGES - 300);
}

static void inject_nothing(void)
{
    frame_fail_after(0);
    sim_heap_fail_after(0);
    sim_pmap_fail_after(0);
}

/* What went where no random range reaches goes again, or it would pile up. */
static void clear_if_far(vaddr_t va, size_t count)
{
    size_t n = sim_page_number(va);

    if (n < ZONE_PAGES || n >= NPAGES - 300)
        return;
    inject_nothing();
    assert_int_equal(vmspace_unmap(vs, va, count << PAGE_SHIFT), 0);
    memset(&model[n], 0, count * sizeof(model[0]));
}

static unsigned random_prot(void)
{
    static const uint8_t prots[] = {PMAP_NONE, PMAP_R,          RW,         RW, RW,
                                    PMAP_W,    PMAP_R | PMAP_X, RW | PMAP_X};
    return prots[below(ARRAY_LEN(prots))];
}

static int random_map(void)
{
    size_t           count, n = random_range(&count);
    struct area_spec spec = {.len = (count << PAGE_SHIFT) - below(PAGE_SIZE),
                             .prot = random_prot()};
    vaddr_t          va;

    if (rand() % 3 == 0) {
        size_t f = below(NFILES);
        spec.file = &files[f].pc;
        spec.offset = below(FILE_PAGES + 2) << PAGE_SHIFT;
        spec.flags = f ? AREA_SHARED : 0;
    } else if (rand() % 5 == 0) {
        spec.flags = AREA_SHARED;
    }
    bool kind = below(10) < 6;
    if (kind) {
        spec.hint = sim_page_va(n);
        spec.flags |= rand() % 3 ? AREA_FIXED : AREA_FIXED_NOREPLACE;
    } else if (rand() % 2) {
        spec.hint = sim_page_va(n) + below(PAGE_SIZE);
    }

    int err = map(&va, spec);
    if (err == -EEXIST) {
        assert_true((spec.flags & AREA_FIXED_NOREPLACE) && !model_free(n, count));
        return err;
    }
    if (err) {
        assert_int_equal(err, -ENOMEM);
        return err;
    }
    assert_true(!(spec.flags & AREA_FIXED_NOREPLACE) || model_free(n, count));
    if (kind)
        assert_int_equal(va, spec.hint);
    else
        assert_true(model_free(sim_page_number(va), count));
    model_map(sim_page_number(va), count, &spec);
    clear_if_far(va, count);
    return 0;
}

static int random_unmap(void)
{
    size_t count, n = random_range(&count);
    int    err = vmspace_unmap(vs, sim_page_va(n), count << PAGE_SHIFT);

    if (!err)
        memset(&model[n], 0, count * sizeof(model[0]));
    return err;
}

/* A call that fails for want of memory has done nothing, one that fails at a hole the part before
 * it: tests of the former ask for no holes. */
static bool no_holes;

static int random_protect(void)
{
    size_t   count, n = random_range(&count), reach = model_prefix(n, count);
    unsigned prot = random_prot();
    if (no_holes && reach)
        count = reach;

    int err = vmspace_protect(vs, DOM, sim_page_va(n), count << PAGE_SHIFT, prot);
    if (no_holes && err) {
        assert_int_equal(err, -ENOMEM);
        return err;
    }
    assert_int_equal(err, reach < count ? -ENOMEM : 0);
    for (size_t i = 0; i < size_min(reach, count); i++)
        model[n + i].prot = (uint8_t)prot;
    return err;
}

static void random_discard(void)
{
    size_t count, n = random_range(&count);
    int    err = vmspace_discard(vs, sim_page_va(n), count << PAGE_SHIFT, false);

    assert_int_equal(err, model_covered(n, count) ? 0 : -ENOMEM);
    for (size_t i = 0; i < count; i++)
        if (!model[n + i].shared)
            model[n + i].own = false;
}

static void model_move(size_t n, size_t count, size_t to, size_t grown)
{
    struct model_page moved[60], tail = model[n + count - 1];

    assert_true(model_covered(n, count));
    memcpy(moved, &model[n], count * sizeof(moved[0]));
    memset(&model[n], 0, count * sizeof(model[0]));
    assert_true(model_free(to, grown));
    memcpy(&model[to], moved, count * sizeof(moved[0]));
    for (size_t i = count; i < grown; i++) {
        model[to + i] = tail;
        model[to + i].own = false;
        model[to + i].index = tail.index + 1 + i - count;
    }
}

static void random_remap(void)
{
    size_t  count, n = random_range(&count), grown = 1 + below(40);
    vaddr_t va;
    int     err = vmspace_remap(vs, sim_page_va(n), count << PAGE_SHIFT, grown << PAGE_SHIFT,
                            rand() % 2 ? REMAP_MAY_MOVE : 0, 0, &va);
    if (err) {
        assert_true(err == -ENOMEM || err == -EFAULT);
        assert_true(grown > count || !model[n].area);
        return;
    }
    if (grown > count) {
        model_move(n, count, sim_page_number(va), grown);
        clear_if_far(va, grown);
    } else { /* holes behind the first page do not matter */
        assert_true(model[n].area && va == sim_page_va(n));
        memset(&model[n + grown], 0, (count - grown) * sizeof(model[0]));
    }
}

static void random_access(bool may_fail)
{
    size_t             count, n = random_range(&count), k = below(NPROBES);
    struct model_page *p = &model[n];
    unsigned           access = 1u << below(3);
    vaddr_t            va = sim_page_va(n) + probes[k];
    uint8_t           *byte;
    int                err = user_access(DOM, va, access, &byte);

    if (may_fail && err == -ENOMEM)
        return;
    assert_int_equal(err, model_access(p, access));
    if (err)
        return;
    if (access == PMAP_W) {
        model_write(p, k, (uint8_t)rand());
        *byte = *model_byte(p, k);
    }
    assert_int_equal(*byte, *model_byte(p, k));
}

/* How many of len bytes from va on the kernel may move. */
static size_t model_reach(vaddr_t va, size_t len, unsigned access)
{
    size_t done = 0;

    while (done < len && !model_access(&model[sim_page_number(va + done)], access))
        done += size_min(len - done, PAGE_SIZE - ((va + done) & PAGE_MASK));
    return done;
}

static void random_uaccess(bool may_fail)
{
    static uint8_t buf[60 * PAGE_SIZE];
    size_t         count, n = random_range(&count), skip = below(PAGE_SIZE);
    vaddr_t        va = sim_page_va(n) + skip;
    size_t         len = count * PAGE_SIZE - skip - below(PAGE_SIZE - skip);
    bool           write = rand() % 2;
    size_t         reach = model_reach(va, len, write ? PMAP_W : PMAP_R);

    for (size_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(i * 7 + n);
    ssize_t got = write ? uaccess_write_some(va, buf, len) : uaccess_read_some(buf, va, len);
    if (got == -EFAULT)
        got = 0;
    assert_true((size_t)got == reach || (may_fail && (size_t)got < reach));
    for (size_t i = 0; i < (size_t)got; i++) {
        size_t into = (va + i) & PAGE_MASK;
        for (size_t k = 0; k < NPROBES; k++) {
            if (probes[k] != into)
                continue;
            struct model_page *p = &model[sim_page_number(va + i)];
            if (write)
                model_write(p, k, buf[i]);
            assert_int_equal(buf[i], *model_byte(p, k));
        }
        if (write && into > 1777 && into < PAGE_SIZE - 1) /* the rest of the page does not matter */
            i += size_min(PAGE_SIZE - 2 - into, (size_t)got - 1 - i);
    }
}

/* The kernel's own numbers and invariants, and the rights of each area. */
static void check_all(void)
{
    size_t mapped = 0;

    assert_true(area_tree_consistent(&vs->areas));
    assert_int_equal(vs->resident, sim_pmap_check(vs->pmap) << PAGE_SHIFT);
    for (size_t n = 0; n < NPAGES; n++) {
        struct area area;
        bool        there = !vmspace_find(vs, sim_page_va(n), &area);
        assert_int_equal(there, model[n].area);
        mapped += there;
        if (there)
            assert_int_equal(area.prot, model[n].prot);
    }
    assert_int_equal(vs->mapped, mapped << PAGE_SHIFT);
}

/* Read everything that may be read. */
static void check_bytes(void)
{
    for (size_t n = 0; n < NPAGES; n++) {
        if (model_access(&model[n], PMAP_R))
            continue;
        for (size_t k = 0; k < NPROBES; k++)
            assert_int_equal(peek(sim_page_va(n) + probes[k]), *model_byte(&model[n], k));
    }
}

static void random_change(void)
{
    switch (below(5)) {
    case 0:
        random_unmap();
        break;
    case 1:
    case 2:
        random_protect();
        break;
    case 3:
        random_discard();
        break;
    default:
        random_map();
    }
}

static void random_calls_agree_with_the_model(void **state)
{
    (void)state;
    model_reset();
    for (int step = 0; step < 20000; step++) {
        sim_pmap_cut_runs(below(4));
        size_t what = below(10);
        if (what < 4)
            random_change();
        else if (what == 4)
            random_remap();
        else if (what < 8)
            random_access(false);
        else
            random_uaccess(false);
        if (step % 50 == 0)
            check_all();
        if (step % 500 == 0)
            check_bytes();
        if (step % 1000 == 0)
            pagecache_reclaim(200);
    }
    check_bytes();
}

/* One allocation or one step of the memory model fails, at a random place. */
static void inject(void)
{
    frame_fail_after(0);
    sim_heap_fail_after(0);
    sim_pmap_fail_after(0);
    switch (below(3)) {
    case 0:
        frame_fail_after(1 + below(3));
        break;
    case 1:
        sim_heap_fail_after(1 + below(3));
        break;
    default:
        sim_pmap_fail_after(1 + below(4));
    }
}

static size_t nfailed;

/* Run a call in which something fails; if it tells so, nothing may differ. */
static void call_and_compare(int (*call)(void))
{
    void *map_before = sim_pmap_snapshot(vs->pmap);
    char *areas_before = areas_text();

    inject();
    int err = call();
    inject_nothing();
    if (err) {
        char *areas_after = areas_text();
        assert_string_equal(areas_before, areas_after);
        assert_true(sim_pmap_equals(vs->pmap, map_before));
        free(areas_after);
        nfailed++;
    }
    free(map_before);
    free(areas_before);
}

static void a_call_that_fails_changes_nothing(void **state)
{
    (void)state;
    static int (*const calls[])(void) = {random_map, random_unmap, random_protect};

    model_reset();
    no_holes = true;
    for (int step = 0; step < 6000; step++) {
        call_and_compare(calls[below(ARRAY_LEN(calls))]);
        for (int i = 0; i < 3; i++) {
            inject();
            if (rand() % 2)
                random_access(true);
            else
                random_uaccess(true);
            inject_nothing();
        }
        if (step % 50 == 0)
            check_all();
        if (step % 500 == 0)
            check_bytes();
    }
    check_bytes();
    no_holes = false;
    assert_true(nfailed > 500);
}

/* --- mapping calls ----------------------------------------------------------------------- */

static void arguments_are_checked_as_linux_does(void **state)
{
    (void)state;
    vaddr_t va;

    assert_int_equal(map(&va, (struct area_spec){.len = 0}), -EINVAL);
    assert_int_equal(map(&va, (struct area_spec){.len = SIZE_MAX}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = USER_END}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .hint = 0x2000001, .flags = AREA_FIXED}),
                     -EINVAL);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .hint = 0x1000, .flags = AREA_FIXED}),
                     -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE,
                                                 .hint = USER_END - PAGE_SIZE,
                                                 .flags = AREA_FIXED}),
                     -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 1, .file = &files[0].pc, .offset = 12}),
                     -EINVAL);
    assert_int_equal(
        map(&va,
            (struct area_spec){.len = 2 * PAGE_SIZE, .file = &files[0].pc, .offset = -PAGE_SIZE}),
        -EOVERFLOW);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 0), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW + 1, 1), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, USER_END, PAGE_SIZE), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, 0, PAGE_SIZE), 0); /* nothing is ever there */
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, SIZE_MAX), -EINVAL);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0); /* a hole */
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 1, 1, PMAP_R), -EINVAL);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW, 1, PMAP_R), -ENOMEM);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW, 0, PMAP_R), 0);
    assert_int_equal(vmspace_protect(vs, DOM, USER_END - PAGE_SIZE, SIZE_MAX, PMAP_R), -ENOMEM);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, PAGE_SIZE, false), -ENOMEM);
    expect_areas("");
}

static void rights_change_up_to_a_hole(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 2, RW);
    map_at(ZONE_LOW + 3 * PAGE_SIZE, 2, RW);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + PAGE_SIZE, 4 * PAGE_SIZE, PMAP_R),
                     -ENOMEM);
    expect_areas("1000000-1001000 rw-p 00000000 00:00 0\n"
                 "1001000-1002000 r--p 00000000 00:00 0\n"
                 "1003000-1005000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 0), -ENOMEM);
    expect_areas("1000000-1001000 rw-p 00000000 00:00 0\n"
                 "1001000-1002000 r--p 00000000 00:00 0\n"
                 "1003000-1005000 rw-p 00000000 00:00 0\n");
}

static void contents_are_dropped_on_both_sides_of_a_hole(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    map_at(ZONE_LOW + 2 * PAGE_SIZE, 1, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(poke(ZONE_LOW + 2 * PAGE_SIZE, 1), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 3 * PAGE_SIZE, false), -ENOMEM);
    assert_int_equal(peek(ZONE_LOW), 0);
    assert_int_equal(peek(ZONE_LOW + 2 * PAGE_SIZE), 0);
}

static void locked_memory_is_not_discarded(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 4, RW);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(poke(ZONE_LOW + i * PAGE_SIZE, 9), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW + PAGE_SIZE, PAGE_SIZE, AREA_LOCKED), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), -EINVAL);
    assert_int_equal(peek(ZONE_LOW), 0); /* what stands before it went */
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE), 9);
    assert_int_equal(peek(ZONE_LOW + 2 * PAGE_SIZE), 9);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 2 * PAGE_SIZE, true), 0);
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW, 4 * PAGE_SIZE, 0), 0);
    expect_areas("1000000-1004000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_lock(vs, DOM, ZONE_LOW, 6 * PAGE_SIZE, AREA_LOCKED), -ENOMEM);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 4 * PAGE_SIZE, false), -EINVAL);
}

static void what_is_mapped_after_lock_all_is_locked(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    vmspace_lock_all(vs, false, 0, AREA_LOCKED);
    map_at(ZONE_LOW + PAGE_SIZE, 1, RW);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, PAGE_SIZE, false), 0);
    assert_int_equal(vmspace_discard(vs, ZONE_LOW + PAGE_SIZE, PAGE_SIZE, false), -EINVAL);
    vmspace_lock_all(vs, true, 0, 0);
    expect_areas("1000000-1002000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_discard(vs, ZONE_LOW, 2 * PAGE_SIZE, false), 0);
}

static void a_stack_grows_to_where_it_is_touched_but_keeps_off(void **state)
{
    (void)state;
    vaddr_t top = ZONE_LOW + 0x800000, va;

    assert_int_equal(map(&va, (struct area_spec){.hint = top - PAGE_SIZE,
                                                 .len = PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_STACK | AREA_FIXED}),
                     0);
    assert_int_equal(touch(top - 2 * PAGE_SIZE, PMAP_W), -EFAULT); /* no limit set: none */
    vmspace_set_limits(vs, SIZE_MAX, 0x400000);
    assert_int_equal(touch(top - 0x400000, PMAP_W), 0);
    assert_int_equal(vs->mapped, 0x400000);
    assert_int_equal(touch(top - 0x400001, PMAP_W), -EFAULT);
    vmspace_set_limits(vs, SIZE_MAX, SIZE_MAX);
    map_at(top - 0x700000, 1, PMAP_R);
    assert_int_equal(touch(top - 0x700000 + AREA_STACK_GAP, PMAP_W), -EFAULT);
    assert_int_equal(touch(top - 0x700000 + AREA_STACK_GAP + PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(vmspace_protect(vs, DOM, top - 0x700000, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(touch(top - 0x700000 + PAGE_SIZE, PMAP_W), 0);
    assert_true(area_tree_consistent(&vs->areas));
}

static void mapping_stops_at_the_limit(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 3, RW);
    vmspace_set_limits(vs, 5 * PAGE_SIZE, 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 3 * PAGE_SIZE}), -ENOMEM);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE}), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 1}), -ENOMEM);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 1}), 0);
}

static void residence_is_told_up_to_a_hole(void **state)
{
    (void)state;
    uint8_t here[4] = {7, 7, 7, 7};
    vaddr_t va = ZONE_LOW + 16 * PAGE_SIZE;

    map_at(va, 2, RW);
    sim_pmap_cut_runs(1);
    assert_int_equal(vmspace_resident(vs, va, 2, here), 0);
    assert_int_equal(here[0] + here[1], 0);
    assert_int_equal(poke(va, 1), 0);
    assert_int_equal(vmspace_resident(vs, va, 3, here), -ENOMEM);
    assert_int_equal(here[0], 1);
    assert_int_equal(here[2], 7);
}

static void private_memory_larger_than_the_machines_is_refused(void **state)
{
    (void)state;
    vaddr_t va;
    size_t  ram = RAM_PAGES * PAGE_SIZE;

    assert_int_equal(map(&va, (struct area_spec){.len = 2 * ram, .prot = RW}), -ENOMEM);
    assert_int_equal(
        map(&va, (struct area_spec){.len = 2 * ram, .prot = RW, .flags = AREA_NORESERVE}), 0);
    assert_int_equal(vmspace_unmap(vs, va, 2 * ram), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = 2 * ram, .prot = PMAP_R}), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, 2 * ram, RW), -ENOMEM);
    assert_int_equal(vmspace_protect(vs, DOM, va, ram / 2, RW), 0);
    assert_int_equal(vmspace_unmap(vs, va, 2 * ram), 0);
    assert_int_equal(map(&va, (struct area_spec){.len = PAGE_SIZE, .prot = RW}), 0);
    assert_int_equal(vmspace_remap(vs, va, PAGE_SIZE, 2 * ram, REMAP_MAY_MOVE, 0, &va), -ENOMEM);
    vmspace_brk_init(vs, ZONE_LOW);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 2 * ram), ZONE_LOW);
}

static void a_file_that_was_cut_is_shown_no_more(void **state)
{
    (void)state;
    vaddr_t shared, own;

    assert_int_equal(map(&shared, (struct area_spec){.len = 4 * PAGE_SIZE,
                                                     .prot = RW,
                                                     .flags = AREA_SHARED,
                                                     .file = &files[1].pc}),
                     0);
    assert_int_equal(
        map(&own, (struct area_spec){.len = 4 * PAGE_SIZE, .prot = RW, .file = &files[1].pc}), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(poke(shared + i * PAGE_SIZE, 1), 0);
        assert_int_equal(poke(own + i * PAGE_SIZE, 2), 0);
    }
    pagecache_resize(&files[1].pc, 2 * PAGE_SIZE);
    assert_int_equal(peek(shared + PAGE_SIZE), 1);
    assert_int_equal(peek(own + PAGE_SIZE), 2);
    assert_int_equal(peek(shared + 2 * PAGE_SIZE), -EIO);
    assert_int_equal(peek(own + 2 * PAGE_SIZE), -EIO);
    assert_int_equal(poke(own + 3 * PAGE_SIZE, 1), -EIO);
}

static void a_read_only_area_never_becomes_writable(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec spec = {.len = PAGE_SIZE,
                             .prot = PMAP_R,
                             .flags = AREA_SHARED | AREA_READ_ONLY,
                             .file = &files[1].pc};
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, RW), -EACCES);
    assert_int_equal(poke(va, 1), -EACCES);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_NONE), 0);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_R), 0);
    spec.prot = RW;
    assert_int_equal(map(&va, spec), -EACCES);
}

static void neighbours_that_could_be_one_area_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50; i++)
        map_at(ZONE_LOW + (i * 17 % 50) * PAGE_SIZE, 1, RW);
    expect_areas("1000000-1032000 rw-p 00000000 00:00 0\n");
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 5 * PAGE_SIZE, PAGE_SIZE, 0), 0);
    assert_int_equal(vmspace_protect(vs, DOM, ZONE_LOW + 5 * PAGE_SIZE, PAGE_SIZE, RW), 0);
    expect_areas("1000000-1032000 rw-p 00000000 00:00 0\n");
}

static void a_fixed_mapping_cuts_a_file_and_offsets_stay_right(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.hint = ZONE_LOW,
                                                 .len = 8 * PAGE_SIZE,
                                                 .prot = PMAP_R,
                                                 .file = &files[0].pc,
                                                 .offset = 2 * PAGE_SIZE}),
                     0);
    map_at(ZONE_LOW + 3 * PAGE_SIZE, 2, RW);
    expect_areas(
        "1000000-1003000 r--p 00002000 00:00 0                                    /file0\n"
        "1003000-1005000 rw-p 00000000 00:00 0\n"
        "1005000-1008000 r--p 00007000 00:00 0                                    /file0\n");
    assert_int_equal(files[0].refs, 2);
    assert_int_equal(peek(ZONE_LOW + 5 * PAGE_SIZE + 9), files[0].disk[7 * PAGE_SIZE + 9]);
}

static void without_a_wish_mappings_go_to_the_highest_gap(void **state)
{
    (void)state;
    vaddr_t          va;
    struct area_spec spec = {.len = 4 * PAGE_SIZE, .prot = RW};

    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 4 * PAGE_SIZE);
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 8 * PAGE_SIZE);
    assert_int_equal(vmspace_unmap(vs, USER_END - 3 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
    spec.hint = USER_END - 5 * PAGE_SIZE; /* taken: a hint is a hint */
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 12 * PAGE_SIZE);
    spec.len = PAGE_SIZE + 1;
    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(va, USER_END - 3 * PAGE_SIZE);
    assert_int_equal(vmspace_find_free(vs, 1), USER_END - 13 * PAGE_SIZE);
    assert_int_equal(vmspace_find_free(vs, USER_END), 0);
}

static void free_space_below_a_stack_is_kept(void **state)
{
    (void)state;
    vaddr_t va;
    char    line[300];

    assert_int_equal(map(&va, (struct area_spec){.hint = USER_END - 8 * PAGE_SIZE,
                                                 .len = 8 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_FIXED | AREA_STACK,
                                                 .name = "[stack]"}),
                     0);
    assert_int_equal(map(&va, (struct area_spec){.len = PAGE_SIZE}), 0);
    assert_int_equal(va, USER_END - 9 * PAGE_SIZE - AREA_STACK_GAP);
    vmspace_describe_addr(vs, USER_END - 8 * PAGE_SIZE - 16, line, sizeof(line));
    assert_non_null(strstr(line, "stack overflow"));
    vmspace_describe_addr(vs, USER_END - 16, line, sizeof(line));
    assert_non_null(strstr(line, "[stack]"));
}

/* See test_describe(). */
static void files_are_asked_for_their_names_without_the_lock(void **state)
{
    (void)state;
    vaddr_t va;
    char    line[300];

    assert_int_equal(map(&va, (struct area_spec){.len = 2 * PAGE_SIZE,
                                                 .prot = PMAP_R,
                                                 .file = &files[0].pc,
                                                 .offset = PAGE_SIZE}),
                     0);
    vmspace_describe_addr(vs, va + PAGE_SIZE, line, sizeof(line));
    assert_non_null(strstr(line, "r--p /file0; "));
    vmspace_locate_addr(vs, va + PAGE_SIZE + 5, line, sizeof(line));
    assert_string_equal(line, "/file0+0x2005");
    char *text = areas_text();
    assert_non_null(strstr(text, "/file0\n"));
    free(text);
    assert_int_equal(files[0].refs, 1);
}

static void the_break_moves_up_and_down_and_keeps_bytes(void **state)
{
    (void)state;
    assert_int_equal(vmspace_brk(vs, 0), 0);
    vmspace_brk_init(vs, ZONE_LOW);
    assert_int_equal(vmspace_brk(vs, 0), ZONE_LOW);
    for (size_t i = 1; i <= 40; i++)
        assert_int_equal(vmspace_brk(vs, ZONE_LOW + i * 3000), ZONE_LOW + i * 3000);
    expect_areas(
        "1000000-101e000 rw-p 00000000 00:00 0                                    [heap]\n");
    assert_int_equal(poke(ZONE_LOW + 5, 77), 0);
    assert_int_equal(poke(ZONE_LOW + 0x5005, 78), 0);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 6), ZONE_LOW + 6);
    assert_int_equal(touch(ZONE_LOW + 0x5005, PMAP_R), -EFAULT);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 0x8000), ZONE_LOW + 0x8000);
    assert_int_equal(peek(ZONE_LOW + 5), 77);
    assert_int_equal(peek(ZONE_LOW + 0x5005), 0);
    map_at(ZONE_LOW + 0x10000, 1, RW);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW + 0x11000), ZONE_LOW + 0x8000); /* in the way */
    assert_int_equal(vmspace_brk(vs, SIZE_MAX), ZONE_LOW + 0x8000);
    assert_int_equal(vmspace_brk(vs, ZONE_LOW - 1), ZONE_LOW + 0x8000);
}

static void remap_moves_frames_and_not_bytes(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 2, RW);
    map_at(ZONE_LOW + 2 * PAGE_SIZE, 1, PMAP_R);
    assert_int_equal(poke(ZONE_LOW + PAGE_SIZE, 5), 0);
    size_t frames = sim_frames_free();
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0, &va), -ENOMEM);
    assert_int_equal(
        vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 4 * PAGE_SIZE, REMAP_MAY_MOVE, 0, &va), 0);
    assert_int_equal(sim_frames_free(), frames);
    assert_int_equal(peek(va + PAGE_SIZE), 5);
    assert_int_equal(touch(ZONE_LOW, PMAP_R), -EFAULT);
    assert_int_equal(vmspace_remap(vs, va, 4 * PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE | REMAP_FIXED,
                                   ZONE_LOW + 2 * PAGE_SIZE, &va),
                     0);
    expect_areas("1002000-1003000 rw-p 00000000 00:00 0\n");
    assert_int_equal(
        vmspace_remap(vs, va, PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE | REMAP_FIXED, va, &va),
        -EINVAL);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, PAGE_SIZE, PAGE_SIZE, REMAP_MAY_MOVE, 0, &va),
                     -EFAULT);
    assert_int_equal(vmspace_remap(vs, va, PAGE_SIZE, 0, REMAP_MAY_MOVE, 0, &va), -EINVAL);
}

static void remap_keeps_the_old_area_if_asked(void **state)
{
    (void)state;
    vaddr_t va;

    map_at(ZONE_LOW, 2, RW);
    assert_int_equal(poke(ZONE_LOW, 5), 0);
    assert_int_equal(
        vmspace_remap(vs, ZONE_LOW, PAGE_SIZE, 2 * PAGE_SIZE, REMAP_MAY_MOVE | REMAP_KEEP, 0, &va),
        -EINVAL);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
                                   REMAP_MAY_MOVE | REMAP_KEEP, 0, &va),
                     0);
    assert_int_not_equal(va, ZONE_LOW);
    assert_int_equal(peek(va), 5);
    assert_int_equal(peek(ZONE_LOW), 0);
    assert_int_equal(vs->mapped, 4 * PAGE_SIZE);
}

static void remap_of_nothing_shows_a_shared_file_again(void **state)
{
    (void)state;
    vaddr_t va, again;

    assert_int_equal(map(&va, (struct area_spec){.len = 3 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_SHARED,
                                                 .file = &files[1].pc}),
                     0);
    assert_int_equal(vmspace_remap(vs, va + PAGE_SIZE, 0, PAGE_SIZE, 0, 0, &again), -ENOMEM);
    assert_int_equal(vmspace_remap(vs, va + PAGE_SIZE, 0, PAGE_SIZE, REMAP_MAY_MOVE, 0, &again), 0);
    assert_int_equal(poke(again, 77), 0);
    assert_int_equal(peek(va + PAGE_SIZE), 77);
    map_at(ZONE_LOW, 1, RW);
    assert_int_equal(vmspace_remap(vs, ZONE_LOW, 0, PAGE_SIZE, REMAP_MAY_MOVE, 0, &again), -EINVAL);
}

/* --- faults ------------------------------------------------------------------------------ */

static void another_compartments_area_is_out_of_reach(void **state)
{
    (void)state;
    uint8_t *byte, buf[4];

    map_at(ZONE_LOW, 4, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(user_access(2, ZONE_LOW, PMAP_R, &byte), -EACCES);
    map_at(ZONE_LOW + 8 * PAGE_SIZE, 4, RW);
    assert_int_equal(user_access(2, ZONE_LOW + 8 * PAGE_SIZE, PMAP_R, &byte), -EACCES);
    assert_int_equal(vs->resident, 4 * PAGE_SIZE); /* nor is it filled for it */
    assert_int_equal(vmspace_protect(vs, 2, ZONE_LOW, PAGE_SIZE, RW), -EACCES);
    sim_thread(vs, 2); /* nor does the kernel read it on its behalf */
    assert_int_equal(uaccess_read(buf, ZONE_LOW, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write(ZONE_LOW, buf, sizeof(buf)), -EFAULT);
    assert_int_equal(pmap_protect(vs->pmap, 2, ZONE_LOW, PAGE_SIZE, PMAP_R), 0); /* a grant */
    assert_int_equal(uaccess_read(buf, ZONE_LOW, sizeof(buf)), 0);
    assert_int_equal(uaccess_write(ZONE_LOW, buf, sizeof(buf)), -EFAULT);
}

static void a_right_that_the_program_gave_away_does_not_come_back(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 1, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(pmap_protect(vs->pmap, DOM, ZONE_LOW, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(poke(ZONE_LOW, 2), -EACCES);
    assert_int_equal(uaccess_zero(ZONE_LOW, 1), -EFAULT);
}

static void naming_a_page_without_an_access_fills_it_whatever_its_rights(void **state)
{
    (void)state;
    struct fault fault = {.kind = FAULT_UNMAPPED, .va = ZONE_LOW, .access = PMAP_NONE, .dom = DOM};
    struct pmap_run run;

    map_at(ZONE_LOW, 1, PMAP_NONE);
    assert_int_equal(fault_handle(vs, &fault), 0);
    assert_int_equal(pmap_extract(vs->pmap, DOM, ZONE_LOW, &run), 0);
    assert_int_equal(run.prot, PMAP_NONE);
    assert_int_equal(touch(ZONE_LOW, PMAP_R), -EACCES);
    fault.dom = 2;
    assert_int_equal(fault_handle(vs, &fault), -EACCES);
}

static void touching_sixteen_pages_in_order_takes_one_fault(void **state)
{
    (void)state;
    map_at(ZONE_LOW, 16, RW);
    assert_int_equal(poke(ZONE_LOW, 1), 0);
    assert_int_equal(vs->resident, 16 * PAGE_SIZE);

    struct pmap_run run;
    assert_int_equal(pmap_extract(vs->pmap, DOM, ZONE_LOW, &run), 0);
    assert_int_equal(run.len, 16 * PAGE_SIZE); /* one physical run */
}

static void fills_grow_while_an_area_is_touched_in_order(void **state)
{
    (void)state;
    size_t faults = 0;
    map_at(ZONE_LOW, 1024, RW);
    for (size_t i = 0; i < 1024; i++) {
        size_t before = vs->resident;
        assert_int_equal(poke(ZONE_LOW + i * PAGE_SIZE, 1), 0);
        faults += vs->resident != before;
    }
    assert_true(faults < 40); /* 64 with equal steps */
}

static void a_private_write_reaches_neither_file_nor_other_mapping(void **state)
{
    (void)state;
    vaddr_t          va, other;
    struct area_spec spec = {.len = 10 * PAGE_SIZE, .prot = RW, .file = &files[0].pc};

    assert_int_equal(map(&va, spec), 0);
    assert_int_equal(map(&other, spec), 0);
    uint8_t old = files[0].disk[5 * PAGE_SIZE];
    assert_int_equal(peek(va + 5 * PAGE_SIZE), old); /* maps the file's frame */
    assert_int_equal(peek(other + 5 * PAGE_SIZE), old);
    assert_int_equal(poke(va + 5 * PAGE_SIZE, (uint8_t)(old + 1)), 0);
    assert_int_equal(peek(va + 5 * PAGE_SIZE), (uint8_t)(old + 1));
    assert_int_equal(peek(other + 5 * PAGE_SIZE), old);
    assert_int_equal(peek(va + 9 * PAGE_SIZE), files[0].disk[9 * PAGE_SIZE]);
    assert_int_equal(vmspace_discard(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(peek(va + 5 * PAGE_SIZE), old);
}

static void a_frame_that_nobody_else_has_is_written_in_place(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(
        map(&va, (struct area_spec){.len = PAGE_SIZE, .prot = RW, .file = &files[0].pc}), 0);
    assert_int_equal(poke(va, 1), 0); /* an own copy */
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, PMAP_R), 0);
    assert_int_equal(poke(va, 2), -EACCES);
    assert_int_equal(vmspace_protect(vs, DOM, va, PAGE_SIZE, RW), 0);
    size_t frames = sim_frames_free();
    assert_int_equal(poke(va, 2), 0);
    assert_int_equal(sim_frames_free(), frames);
    assert_int_equal(peek(va), 2);
}

static void writes_to_shared_pages_reach_the_file_by_user_and_by_kernel(void **state)
{
    (void)state;
    vaddr_t va;
    uint8_t two = 202;
    assert_int_equal(map(&va, (struct area_spec){.len = 10 * PAGE_SIZE,
                                                 .prot = RW,
                                                 .flags = AREA_SHARED,
                                                 .file = &files[1].pc}),
                     0);
    assert_int_equal(touch(va, PMAP_R), 0);
    assert_int_equal(poke(va + 3, 201), 0);
    assert_int_equal(uaccess_write(va + 7 * PAGE_SIZE, &two, 1), 0);
    assert_int_equal(vmspace_sync(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(files[1].disk[3], 201);
    assert_int_equal(files[1].disk[7 * PAGE_SIZE], 202);
    assert_int_equal(poke(va + 4, 203), 0); /* still mapped for writing: seen by the next one */
    assert_int_equal(vmspace_sync(vs, va, 10 * PAGE_SIZE, false), 0);
    assert_int_equal(files[1].disk[4], 203);
}

static void behind_the_file_and_on_bad_disks_is_an_io_error(void **state)
{
    (void)state;
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.len = (FILE_PAGES + 2) * PAGE_SIZE,
                                                 .prot = RW,
                                                 .file = &files[0].pc}),
                     0);
    files[0].broken = true;
    assert_int_equal(touch(va, PMAP_R), -EIO);
    assert_int_equal(touch(va, PMAP_W), -EIO);
    files[0].broken = false;
    assert_int_equal(touch(va, PMAP_R), 0);
    assert_int_equal(peek(va + FILE_PAGES * PAGE_SIZE - 1), 0);
    assert_int_equal(touch(va + FILE_PAGES * PAGE_SIZE, PMAP_R), -EIO);
    assert_int_equal(touch(va + FILE_PAGES * PAGE_SIZE, PMAP_W), -EIO);
}

static void code_from_a_file_is_made_visible_to_fetches(void **state)
{
    (void)state;
    vaddr_t va;
    size_t  before = sim_icache_syncs();
    assert_int_equal(
        map(&va,
            (struct area_spec){.len = PAGE_SIZE, .prot = PMAP_R | PMAP_X, .file = &files[0].pc}),
        0);
    assert_int_equal(touch(va, PMAP_X), 0);
    assert_true(sim_icache_syncs() > before);
    assert_int_equal(touch(va, PMAP_W), -EACCES);
}

static void running_out_of_memory_is_an_error_and_all_comes_back(void **state)
{
    (void)state;
    size_t done = 0;
    int    err = 0;

    map_at(ZONE_LOW, ZONE_PAGES, RW);
    map_at(ZONE_HIGH, ZONE_PAGES, RW);
    for (; !err && done < NPAGES; done++)
        err = poke(sim_page_va(done), (uint8_t)done);
    assert_int_equal(err, -ENOMEM);
    assert_true(done > RAM_PAGES - RAM_PAGES / 32); /* nearly all of it was of use */
    assert_int_equal(vmspace_populate(vs, ZONE_LOW, NPAGES / 2 * PAGE_SIZE, PMAP_W), 0);
    assert_int_equal(vmspace_populate(vs, ZONE_HIGH, NPAGES / 2 * PAGE_SIZE, PMAP_W), -ENOMEM);
    for (size_t i = 0; i < done - 1; i++)
        assert_int_equal(peek(sim_page_va(i)), (uint8_t)i);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, PAGE_SIZE), 0);
    assert_int_equal(poke(sim_page_va(done), 1), 0);
}

/* --- user access ------------------------------------------------------------------------- */

static void user_access_outside_of_user_space_is_refused(void **state)
{
    (void)state;
    uint8_t buf[64] = {0};

    map_at(USER_END - PAGE_SIZE, 1, RW);
    assert_int_equal(uaccess_read(buf, USER_END, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, WINDOW_BASE + SIM_RAM_BASE, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, 0, 1), -EFAULT);
    assert_int_equal(uaccess_read(buf, SIZE_MAX - 3, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write_some(USER_END - 10, buf, sizeof(buf)), 10);
    assert_int_equal(uaccess_zero_some(USER_END - 11, SIZE_MAX), 11);
    assert_int_equal(uaccess_write(USER_END - 10, buf, sizeof(buf)), -EFAULT);
    assert_int_equal(uaccess_write(0, buf, 0), 0);
    sim_thread(NULL, 1);
    assert_int_equal(uaccess_read(buf, USER_END - 10, 1), -EFAULT);
}

static void strings_end_at_their_nul_and_nowhere_else(void **state)
{
    (void)state;
    char    text[2 * PAGE_SIZE];
    vaddr_t end = ZONE_LOW + 2 * PAGE_SIZE;

    map_at(ZONE_LOW, 2, RW);
    sim_pmap_cut_runs(1); /* the string lies in two runs */
    assert_int_equal(uaccess_write(end - PAGE_SIZE - 3, "abcdef", 7), 0);
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, sizeof(text)), 6);
    assert_string_equal(text, "abcdef");
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, 7), 6);
    assert_int_equal(uaccess_read_str(text, end - PAGE_SIZE - 3, 6), -ENAMETOOLONG);
    assert_int_equal(uaccess_write(end - 3, "xyz", 3), 0);
    assert_int_equal(uaccess_read_str(text, end - 3, sizeof(text)), -EFAULT);
    assert_int_equal(uaccess_read_str(text, end - 3, 3), -ENAMETOOLONG);
    assert_int_equal(uaccess_write(end - 3, "xy", 3), 0);
    assert_int_equal(uaccess_read_str(text, end - 3, sizeof(text)), 2);
}

static void words_are_compared_and_exchanged(void **state)
{
    (void)state;
    uint32_t value;

    map_at(ZONE_LOW, 1, RW);
    map_at(ZONE_LOW + PAGE_SIZE, 1, PMAP_R);
    assert_int_equal(uaccess_cas32(ZONE_LOW + 4, 0, 5, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(uaccess_cas32(ZONE_LOW + 4, 0, 6, &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(uaccess_read32(ZONE_LOW + 4, &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(uaccess_read32(ZONE_LOW + 5, &value), -EFAULT);
    assert_int_equal(uaccess_read32(ZONE_LOW + PAGE_SIZE, &value), 0);
    assert_int_equal(uaccess_cas32(ZONE_LOW + PAGE_SIZE, 0, 1, &value), -EFAULT);
}

static void a_window_keeps_its_frames_when_they_are_unmapped(void **state)
{
    (void)state;
    struct uaccess_window w;

    map_at(ZONE_LOW, 4, RW);
    assert_int_equal(uaccess_window_open(ZONE_LOW + PAGE_SIZE - 8, 100, PMAP_W, &w), 0);
    assert_int_equal(w.len, 100);
    memset(w.ptr, 0x5a, w.len);
    assert_int_equal(peek(ZONE_LOW + PAGE_SIZE + 91), 0x5a);
    assert_int_equal(vmspace_unmap(vs, ZONE_LOW, 4 * PAGE_SIZE), 0);
    paddr_t pa = phys_of(w.ptr);
    assert_int_equal(frame_refs(ALIGN_DOWN(pa, PAGE_SIZE)), 1);
    uaccess_window_close(&w);
    assert_int_equal(frame_refs(ALIGN_DOWN(pa, PAGE_SIZE)), 0);
    assert_int_equal(uaccess_window_open(ZONE_LOW, 1, PMAP_R, &w), -EFAULT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    srand(11);
    const struct CMUnitTest tests[] = {
        CASE(arguments_are_checked_as_linux_does),
        CASE(rights_change_up_to_a_hole),
        CASE(contents_are_dropped_on_both_sides_of_a_hole),
        CASE(locked_memory_is_not_discarded),
        CASE(what_is_mapped_after_lock_all_is_locked),
        CASE(a_stack_grows_to_where_it_is_touched_but_keeps_off),
        CASE(mapping_stops_at_the_limit),
        CASE(residence_is_told_up_to_a_hole),
        CASE(private_memory_larger_than_the_machines_is_refused),
        CASE(a_file_that_was_cut_is_shown_no_more),
        CASE(a_read_only_area_never_becomes_writable),
        CASE(neighbours_that_could_be_one_area_are_one),
        CASE(a_fixed_mapping_cuts_a_file_and_offsets_stay_right),
        CASE(without_a_wish_mappings_go_to_the_highest_gap),
        CASE(free_space_below_a_stack_is_kept),
        CASE(files_are_asked_for_their_names_without_the_lock),
        CASE(the_break_moves_up_and_down_and_keeps_bytes),
        CASE(remap_moves_frames_and_not_bytes),
        CASE(remap_keeps_the_old_area_if_asked),
        CASE(remap_of_nothing_shows_a_shared_file_again),
        CASE(another_compartments_area_is_out_of_reach),
        CASE(a_right_that_the_program_gave_away_does_not_come_back),
        CASE(naming_a_page_without_an_access_fills_it_whatever_its_rights),
        CASE(touching_sixteen_pages_in_order_takes_one_fault),
        CASE(fills_grow_while_an_area_is_touched_in_order),
        CASE(a_private_write_reaches_neither_file_nor_other_mapping),
        CASE(a_frame_that_nobody_else_has_is_written_in_place),
        CASE(writes_to_shared_pages_reach_the_file_by_user_and_by_kernel),
        CASE(behind_the_file_and_on_bad_disks_is_an_io_error),
        CASE(code_from_a_file_is_made_visible_to_fetches),
        CASE(running_out_of_memory_is_an_error_and_all_comes_back),
        CASE(user_access_outside_of_user_space_is_refused),
        CASE(strings_end_at_their_nul_and_nowhere_else),
        CASE(words_are_compared_and_exchanged),
        CASE(a_window_keeps_its_frames_when_they_are_unmapped),
        CASE(random_calls_agree_with_the_model),
        CASE(a_call_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
