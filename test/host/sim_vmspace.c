/* SPDX-License-Identifier: Apache-2.0 */
/* sim_vmspace.c - see sim_vmspace.h. */
#define _GNU_SOURCE /* asprintf */
#include "sim_vmspace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/compact.h"
#include "kernel/fault.h"
#include "lib/errno.h"
#include "sim_kernel.h"
#include "sim_pmap.h"

/* --- files ------------------------------------------------------------------------------- */

struct test_file files[NFILES];

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

struct vmspace *vs;

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

void (*sim_boot)(void);

static size_t frames_at_start;

int vmspace_setup(void **state)
{
    (void)state;
    sim_ram(RAM_PAGES);
    if (sim_boot)
        sim_boot();
    reserve_init();
    compact_init();
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

int vmspace_teardown(void **state)
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

int map(vaddr_t *va, struct area_spec spec)
{
    return vmspace_map(vs, &spec, va);
}

vaddr_t map_at(vaddr_t hint, size_t npages, unsigned prot)
{
    vaddr_t va;
    assert_int_equal(map(&va, (struct area_spec){.hint = hint,
                                                 .len = npages << PAGE_SHIFT,
                                                 .prot = prot,
                                                 .flags = AREA_FIXED}),
                     0);
    return va;
}

int user_access(pmap_dom_t dom, vaddr_t va, unsigned access, uint8_t **byte)
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

int touch(vaddr_t va, unsigned access)
{
    uint8_t *byte;
    return user_access(DOM, va, access, &byte);
}

int peek(vaddr_t va)
{
    uint8_t *byte;
    int      err = user_access(DOM, va, PMAP_R, &byte);
    return err ? err : *byte;
}

int poke(vaddr_t va, uint8_t value)
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

char *areas_text(void)
{
    char *text = strdup("");
    vmspace_dump(vs, collect_line, &text);
    return text;
}

void expect_areas(const char *expected)
{
    char *text = areas_text();
    assert_string_equal(text, expected);
    free(text);
}
