/* SPDX-License-Identifier: Apache-2.0 */
/* memory: 32m */
/* Until there is nothing left; then everything that needs memory says so, and with the memory back the
 * kernel goes on. */
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "test/kernel/ktest.h"

/* The taken frames are a list through their first words. */
static paddr_t take_all(void)
{
    paddr_t list = 0, pa;
    while (frame_alloc(1, &pa) == 0) {
        memset(phys_ptr(pa), 0xa5, PAGE_SIZE);
        *(paddr_t *)phys_ptr(pa) = list;
        list = pa;
    }
    return list;
}

static void give_back(paddr_t list)
{
    while (list) {
        paddr_t next = *(paddr_t *)phys_ptr(list);
        frame_free(list, 1);
        list = next;
    }
}

static void nothing(void *arg)
{
    (void)arg;
}

static void check_empty(struct vmspace *vs)
{
    struct vmspace *another;
    paddr_t         pa = 1;

    CHECK(ktest_free_frames() == 0);
    CHECK(frame_alloc(1, &pa) == -ENOMEM && pa == 1);
    CHECK(!kmalloc(3 * PAGE_SIZE));
    CHECK(!thread_create("none", nothing, NULL));
    CHECK(vmspace_create(&another) == -ENOMEM);
    CHECK(vmspace_populate(vs, 0x70000, PAGE_SIZE, PMAP_W) == -ENOMEM);
    ktest_sleep_ms(1); /* the scheduler needs none */
}

void boot_program(void *arg)
{
    (void)arg;
    struct vmspace *vs = ktest_vmspace();
    size_t          before = ktest_free_frames();

    for (unsigned round = 0; round < 2; round++) {
        paddr_t list = take_all();
        check_empty(vs);
        give_back(list);
        CHECK(ktest_free_frames() == before);
    }
    CHECK(vmspace_populate(vs, 0x70000, PAGE_SIZE, PMAP_W) == 0);
    ktest_pass();
}
