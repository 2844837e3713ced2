/* SPDX-License-Identifier: Apache-2.0 */
/* areas.c - a program with many areas: what its tables take, and what a walk in them reads.
 *
 *   areas COUNT APART [FLUSHES TOUCHES]
 *
 * COUNT areas of four pages begin APART KiB from each other, are made in random order, and all their pages are touched. Then, FLUSHES
 * times, a page beside them is unmapped, which drops the translations that the hart keeps, and TOUCHES areas
 * are read, no area twice; after that it says "walked" and sleeps for good. Without FLUSHES it just ends.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <stdint.h>
#include <unistd.h>

#define AREA (4 * PAGE)

static size_t number(const char *text)
{
    char  *end;
    size_t n = strtoul(text, &end, 10);

    need(*text && !*end, "a number");
    return n;
}

/* Numbers below `of` in scattered order: steps of a prime that does not divide it. */
static size_t scattered(size_t n, size_t of)
{
    return n * 7919 % of;
}

static char *make_areas(size_t count, size_t apart)
{
    need(count % 7919 && apart > AREA, "numbers");
    char *space = free_space(count * apart);

    for (size_t n = 0; n < count; n++) {
        char *at = space + scattered(n, count) * apart;
        need(mmap(at, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                  0) == at,
             "mmap");
        for (size_t page = 0; page < AREA; page += PAGE)
            at[page] = 1;
    }
    return space;
}

static void drop_translations(void)
{
    char *page = map_anonymous(PAGE, 0);

    *(volatile char *)page = 1;
    munmap(page, PAGE);
}

static void walk(const char *space, size_t count, size_t apart, size_t flushes, size_t touches)
{
    size_t next = 0;

    for (size_t f = 0; f < flushes; f++) {
        drop_translations();
        for (size_t t = 0; t < touches; t++)
            (void)*(const volatile char *)(space + scattered(next++ % count, count) * apart);
    }
}

int main(int argc, char **argv)
{
    need(argc == 3 || argc == 5, "usage: areas COUNT APART [FLUSHES TOUCHES]");

    size_t count = number(argv[1]), apart = number(argv[2]) * KIB;
    char  *space = make_areas(count, apart);

    if (argc == 3)
        return 0;
    walk(space, count, apart, number(argv[3]), number(argv[4]));
    puts("walked");
    fflush(stdout);
    for (;;)
        pause();
}
