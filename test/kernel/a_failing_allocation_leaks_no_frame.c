/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an address space with its n-th allocation failing, n = 1, 2, ... until none is left that
 * could fail. Each time all frames come back. */
#include "kernel/frame.h"
#include "lib/errno.h"
#include "test/kernel/ktest.h"

#define AREAS 100u /* their pieces are more ranges than a first table holds */

static int map_and_fill(struct vmspace *vs)
{
    for (unsigned i = 0; i < AREAS; i++) {
        vaddr_t          va;
        struct area_spec spec = {.hint = 0x100000000 + i * 0x200000ul,
                                 .len = 3 * PAGE_SIZE,
                                 .prot = PMAP_R | PMAP_W,
                                 .flags = AREA_FIXED};
        int              err = vmspace_map(vs, &spec, &va);
        if (!err)
            err = vmspace_populate(vs, va, spec.len, PMAP_W);
        if (!err)
            err = vmspace_protect(vs, PMAP_DOM_FIRST, va + PAGE_SIZE, PAGE_SIZE, PMAP_R);
        if (!err && i % 2)
            err = vmspace_unmap(vs, va + PAGE_SIZE, PAGE_SIZE);
        if (err)
            return err;
    }
    return 0;
}

static int life(void)
{
    struct vmspace *vs;
    char            text[120];
    int             err = vmspace_create(&vs);
    if (err)
        return err;
    err = map_and_fill(vs);
    if (!pmap_consistent(vs->pmap, text, sizeof(text))) {
        log_error("%s", text);
        CHECK(!"consistent");
    }
    vmspace_destroy(vs);
    return err;
}

/* The failure that was asked for has not happened yet. */
static bool still_armed(void)
{
    paddr_t pa;
    if (frame_alloc(1, &pa))
        return true;
    frame_free(pa, 1);
    return false;
}

void boot_program(void *arg)
{
    (void)arg;
    CHECK(life() == 0); /* what the heap keeps, it has from here on */

    size_t   before = ktest_free_frames(), n = 0;
    unsigned failed = 0;
    do {
        frame_fail_after(++n);
        int err = life();
        CHECK(err == 0 || err == -ENOMEM);
        CHECK(ktest_free_frames() == before);
        failed += err != 0;
    } while (!still_armed());
    log_notice("%zu allocations, %u that cannot be done without", n - 1, failed);
    CHECK(n > AREAS && failed > 2);
    ktest_pass();
}
