/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c - what an operation costs among 10, 40, 100, 1000 and 4000 live ranges: touched areas of four
 * pages with holes between them, so that each stays a range of its own, made in random order. Every single
 * operation is a piece, so that the dearest shows, at a place drawn from a fixed sequence of random numbers.
 *
 * Then the program makes as many areas again, one below the other as mmap() would place them, and
 * removes them in the same order; and takes the right to write from each second page of a large area, in order, and
 * gives it back. Tables that must grow do it here.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define AREA (4 * PAGE)
#define SLOT (2 * AREA) /* an area and the hole behind it */
#define MOST 4000

/* Operations of a kind. A table is laid out anew at most once for so many new ranges, a part of those there are:
 * with fewer operations at many ranges it would count for too much where it falls. */
#define SAMPLES(ranges) ((ranges) < 800 ? 200 : (ranges) / 4)

enum kind {
    MAP = 1,
    FAULT,
    UNMAP,
    INSERT,
    REMOVE,
    PROTECT,
    SPLIT,
    MERGE,
    GROW,
    SHRINK,
    STRIPE,
    UNSTRIPE
};

static const char *const names[] = {
    [MAP] = "map, untouched",
    [FAULT] = "first touch, anonymous",
    [UNMAP] = "unmap, touched",
    [INSERT] = "insert: first touch, cached file",
    [REMOVE] = "remove: unmap it",
    [PROTECT] = "protect twice, whole area",
    [SPLIT] = "split: protect the middle",
    [MERGE] = "merge: give it back",
    [GROW] = "map and touch as many again",
    [SHRINK] = "unmap those",
    [STRIPE] = "protect each second page in turn",
    [UNSTRIPE] = "give those back",
};

static char *slots; /* 2 * MOST of them, and MOST below for growth */
static int   order[2 * MOST];
static int   one_page_file;

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 88172645463325252u; /* xorshift */

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static void shuffle(int n)
{
    for (int k = 0; k < n; k++)
        order[k] = k;
    for (int k = n - 1; k > 0; k--) {
        int other = (int)random_below((uint32_t)k + 1), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
}

static char *place_of(int number)
{
    return slots + (size_t)order[number] * SLOT;
}

static void map_at(char *at)
{
    need(mmap(at, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
             at,
         "mmap");
}

static void touch(char *at)
{
    *(volatile char *)at = 1;
}

static void make_areas(int ranges)
{
    for (int n = 0; n < ranges; n++) {
        map_at(place_of(n));
        for (size_t page = 0; page < AREA; page += PAGE)
            touch(place_of(n) + page);
    }
}

static void remove_areas(int ranges)
{
    for (int n = 0; n < ranges; n++)
        munmap(place_of(n), AREA);
}

/* At a place where nothing is. */
static void come_and_go(char *at)
{
    BEGIN(MAP);
    map_at(at);
    END(MAP);
    BEGIN(FAULT);
    touch(at);
    END(FAULT);
    BEGIN(UNMAP);
    munmap(at, AREA);
    END(UNMAP);
}

/* The same without memory to fill and to free: what is left is the range alone. */
static void come_and_go_cached(char *at)
{
    need(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, one_page_file, 0) == at,
         "mmap of a file");
    BEGIN(INSERT);
    (void)*(volatile char *)at;
    END(INSERT);
    BEGIN(REMOVE);
    munmap(at, PAGE);
    END(REMOVE);
}

/* In an area that is there. */
static void change_rights(char *at)
{
    BEGIN(PROTECT);
    mprotect(at, AREA, PROT_READ);
    mprotect(at, AREA, PROT_READ | PROT_WRITE);
    END(PROTECT);
    BEGIN(SPLIT);
    mprotect(at + PAGE, AREA - 2 * PAGE, PROT_READ);
    END(SPLIT);
    BEGIN(MERGE);
    mprotect(at + PAGE, AREA - 2 * PAGE, PROT_READ | PROT_WRITE);
    END(MERGE);
}

static void grow_and_shrink(int ranges)
{
    for (int n = 0; n < ranges; n++) {
        char *at = slots - (size_t)(n + 1) * SLOT;
        BEGIN(GROW);
        map_at(at);
        touch(at);
        END(GROW);
    }
    for (int n = 0; n < ranges; n++) {
        char *at = slots - (size_t)(n + 1) * SLOT;
        BEGIN(SHRINK);
        munmap(at, AREA);
        END(SHRINK);
    }
}

/* In one area of two pages a range, beside the others. */
static void stripe(int ranges)
{
    size_t len = 2 * (size_t)ranges * PAGE;
    char  *area = map_anonymous(len, 0);

    for (size_t page = 0; page < len; page += PAGE)
        touch(area + page);
    for (size_t page = PAGE; page < len; page += 2 * PAGE) {
        BEGIN(STRIPE);
        mprotect(area + page, PAGE, PROT_READ);
        END(STRIPE);
    }
    for (size_t page = PAGE; page < len; page += 2 * PAGE) {
        BEGIN(UNSTRIPE);
        mprotect(area + page, PAGE, PROT_READ | PROT_WRITE);
        END(UNSTRIPE);
    }
    munmap(area, len);
}

static void announce_all(int ranges)
{
    for (int kind = MAP; kind <= UNSTRIPE; kind++) {
        char name[64];
        snprintf(name, sizeof(name), "%s@%d", names[kind], ranges);
        announce(kind, name, kind >= GROW ? ranges : SAMPLES(ranges), 1);
    }
}

static void measure(int ranges)
{
    announce_all(ranges);
    shuffle(2 * ranges);
    make_areas(ranges);
    for (int n = 0; n < SAMPLES(ranges); n++) {
        come_and_go(place_of(ranges + (int)random_below((uint32_t)ranges)));
        come_and_go_cached(place_of(ranges + (int)random_below((uint32_t)ranges)));
        change_rights(place_of((int)random_below((uint32_t)ranges)));
    }
    grow_and_shrink(ranges);
    stripe(ranges);
    remove_areas(ranges);
}

int main(void)
{
    static const int counts[] = {10, 40, 100, 1000, MOST};

    slots = free_space(3 * MOST * SLOT) + MOST * SLOT;
    one_page_file = open("/tmp/page", O_CREAT | O_RDWR, 0600);
    need(one_page_file >= 0 && write(one_page_file, "contents", 8) == 8, "/tmp/page");
    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++)
        measure(counts[n]);
    puts("measured");
    return 0;
}
