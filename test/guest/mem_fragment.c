/* SPDX-License-Identifier: Apache-2.0 */
/* mem_fragment.c - memory in small pieces, of which every second one is free, still gives one large area.
 *
 * Memory is filled with small areas, every second one is unmapped, in random order, and
 * half of what is free then becomes one area and is touched whole. Neither it nor the areas that stayed
 * may show anything but what was written to them, whatever was moved to make room. It is what is
 * left mapped at the end, so that the kernel's statistics (boot argument memstats) tell in how many
 * pieces it came.
 *
 * Not compared with Linux, which does not like its last 6 MiB to be taken.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mem_need.h"

enum { MOST = 16384, ROUNDS = 3 };

#define PAGE    4096ul
#define PLACE   0x2000000000ul
#define APART   (16 * PAGE) /* from one area to the next; areas are smaller */
#define LEAVE   (6ul << 20) /* for the kernel, tables and files, when memory is full */
#define AT_ONCE 64          /* areas between two looks at how much is free */

static struct small {
    char  *at;
    size_t pages;
} areas[MOST];
static unsigned order[MOST];
static size_t   nareas;

/* Two words of a page tell which it is. */
static void sign(char *page, size_t number)
{
    *(size_t *)page = number * 2654435761u + 1;
    *(size_t *)(page + PAGE - 8) = ~number;
}

static int signed_as(const char *page, size_t number)
{
    return *(const size_t *)page == number * 2654435761u + 1 &&
           *(const size_t *)(page + PAGE - 8) == ~number;
}

static void make_small(size_t i, size_t most)
{
    struct small *a = &areas[i];

    *a = (struct small){(char *)(PLACE + i * APART), 1 + below(most)};
    need(mmap(a->at, a->pages * PAGE, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a->at,
         "a small area", i);
    for (size_t k = 0; k < a->pages; k++)
        sign(a->at + k * PAGE, i * 16 + k);
}

static void fill(size_t most)
{
    for (nareas = 0; nareas + AT_ONCE <= MOST && free_bytes() > LEAVE;)
        for (size_t k = 0; k < AT_ONCE; k++)
            make_small(nareas++, most);
    need(nareas > 500, "memory was full at once", nareas);
}

/* Every second one goes: those that stay are still between them. */
static void free_every_second(void)
{
    for (size_t i = 0; i < nareas / 2; i++) {
        size_t k = below(i + 1);
        order[i] = order[k];
        order[k] = (unsigned)(2 * i + 1);
    }
    for (size_t i = 0; i < nareas / 2; i++)
        need(!munmap(areas[order[i]].at, areas[order[i]].pages * PAGE), "munmap", order[i]);
}

static void check_small(void)
{
    for (size_t i = 0; i < nareas; i += 2)
        for (size_t k = 0; k < areas[i].pages; k++)
            need(signed_as(areas[i].at + k * PAGE, i * 16 + k), "a small area's contents", i);
}

static void drop_small(void)
{
    for (size_t i = 0; i < nareas; i += 2)
        need(!munmap(areas[i].at, areas[i].pages * PAGE), "munmap", i);
}

static char *make_large(size_t pages)
{
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    need(p != MAP_FAILED, "the large area", pages);
    for (size_t k = 0; k < pages; k++) {
        need(!p[k * PAGE] && !p[k * PAGE + PAGE - 1], "what is new is not zero", k);
        sign(p + k * PAGE, k);
    }
    return p;
}

static void check_large(const char *p, size_t pages)
{
    for (size_t k = 0; k < pages; k++)
        need(signed_as(p + k * PAGE, k), "the large area's contents", k);
}

int main(void)
{
    random_state = 3;
    static const size_t most[ROUNDS] = {15, 3, 8};

    for (size_t round = 0; round < ROUNDS; round++) {
        fill(most[round]);
        free_every_second();
        size_t pages = free_bytes() / 2 / PAGE;
        char  *large = make_large(pages);
        check_small();
        check_large(large, pages);
        drop_small();
        check_large(large, pages);
        printf("areas of up to %zu pages: half of what was free became one area\n", most[round]);
        fflush(stdout);
        if (round + 1 < ROUNDS)
            need(!munmap(large, pages * PAGE), "munmap", 0);
    }
    return 0;
}
