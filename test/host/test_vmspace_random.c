/* SPDX-License-Identifier: Apache-2.0 */
/* test_vmspace_random.c - random calls on an address space against a model of bytes and rights.
 *
 * The model knows for each page what area it is in and which byte stands at three places of it;
 * files are arrays. Random calls run on both; after one that fails, maps and areas are as before.
 */
/* sources: src/kernel/vmspace.c src/kernel/vmspace_change.c
 *          src/kernel/vmspace_pages.c src/kernel/vmspace_remap.c src/kernel/vmreport.c
 *          src/kernel/area.c src/kernel/runlist.c src/kernel/fault.c src/kernel/reserve.c src/kernel/compact.c src/kernel/uaccess.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c test/host/sim_kernel.c
 *          test/host/sim_pmap.c test/host/sim_vmspace.c
 *          src/lib/strlcpy.c */
/* flags: -pthread */
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
#include "sim_vmspace.h"

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

int main(void)
{
    srand(11);
    const struct CMUnitTest tests[] = {
        VMSPACE_CASE(random_calls_agree_with_the_model),
        VMSPACE_CASE(a_call_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
