/* SPDX-License-Identifier: Apache-2.0 */
/* runlist.c - see runlist.h. Relies on pmap_next() and pmap_extract() walking by runs. */
#include "kernel/runlist.h"

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

static int runlist_grow(struct runlist *list)
{
    size_t             room = 4 * list->room;
    struct mapped_run *runs = kmalloc(room * sizeof(*runs));

    if (!runs)
        return -ENOMEM;
    memcpy(runs, list->runs, list->n * sizeof(*runs));
    runlist_free(list);
    list->runs = runs;
    list->room = room;
    return 0;
}

static int runlist_add(struct runlist *list, const struct mapped_run *run)
{
    struct mapped_run *last = list->n ? &list->runs[list->n - 1] : NULL;

    list->bytes += run->len;
    if (last && last->va + last->len == run->va && last->pa + last->len == run->pa &&
        last->prot == run->prot) {
        last->len += run->len;
        return 0;
    }
    if (list->n == list->room && runlist_grow(list))
        return -ENOMEM;
    list->runs[list->n++] = *run;
    return 0;
}

static void runlist_init(struct runlist *list)
{
    list->runs = list->local;
    list->room = ARRAY_LEN(list->local);
    list->n = 0;
    list->bytes = 0;
}

/* The first run of [start, end). False: there is none. */
static bool first_run(struct pmap *pm, pmap_dom_t dom, vaddr_t start, vaddr_t end,
                      struct mapped_run *run)
{
    struct pmap_run found;

    if (start >= end || pmap_next(pm, start, end - start, &run->va) ||
        pmap_extract(pm, dom, run->va, &found))
        return false;
    run->len = size_min(found.len, end - run->va);
    run->pa = found.pa;
    run->prot = found.prot;
    return true;
}

int runlist_collect(struct runlist *list, struct pmap *pm, pmap_dom_t dom, vaddr_t start,
                    vaddr_t end)
{
    struct mapped_run run;

    runlist_init(list);
    for (; first_run(pm, dom, start, end, &run); start = run.va + run.len) {
        if (runlist_add(list, &run)) {
            runlist_free(list);
            return -ENOMEM;
        }
    }
    return 0;
}

vaddr_t runlist_collect_some(struct runlist *list, struct pmap *pm, pmap_dom_t dom, vaddr_t start,
                             vaddr_t end)
{
    runlist_init(list);
    while (list->n < list->room) {
        struct mapped_run *run = &list->runs[list->n];
        if (!first_run(pm, dom, start, end, run))
            return end;
        start = run->va + run->len;
        list->bytes += run->len;
        list->n++;
    }
    return start;
}

void runlist_put_frames(const struct runlist *list)
{
    for (size_t i = 0; i < list->n; i++)
        frame_put_run(list->runs[i].pa, list->runs[i].len >> PAGE_SHIFT);
}

void runlist_free(struct runlist *list)
{
    if (list->runs != list->local)
        kfree(list->runs);
}
