/* SPDX-License-Identifier: Apache-2.0 */
/* mem_exhaust.c - calls with no memory left: each does all or fails and changes nothing; what is given
 * back can be had again; and who touches more than there is, is killed.
 *
 * Not compared with Linux, which would kill somebody at the first of these calls.
 */
#define _GNU_SOURCE

#include "mem_need.h"
#include "mem_show.h"

enum { ROUNDS = 3, MOST = 16384, CHANGED = 3000 };

#define SIZE (1ul << 30) /* far more than there is */

static unsigned char *hog;
static size_t         there;        /* pages of hog that have memory, from its start on */
static unsigned char  rights[MOST]; /* PROT_*; 0: unmapped */
static size_t refused, moved;       /* calls that failed for want of memory; pages gone elsewhere */

static unsigned char signature(size_t page)
{
    return (unsigned char)(page * 37 + 11);
}

static void fill(void)
{
    static unsigned char vec[MOST];

    memset(vec, 0xff, sizeof(vec)); /* not to need memory when there is none */
    memset(rights, 0xff, sizeof(rights));
    hog = mmap(NULL, SIZE, RW, ANON | MAP_NORESERVE, -1, 0);
    need(hog != MAP_FAILED, "the large area", 0);
    errno = 0;
    need(madvise(hog, SIZE, MADV_POPULATE_WRITE) == -1 && errno == ENOMEM, "it fits", 0);
    need(!mincore(hog, MOST * PAGE, vec), "mincore", 0);
    for (there = 0; there < MOST && vec[there] & 1; there++) {
        hog[there * PAGE] = signature(there);
        rights[there] = RW;
    }
    need(there > 1000 && there < MOST, "pages that could be had", there);
    need(!munmap(hog + there * PAGE, SIZE - there * PAGE), "munmap", 0);
}

static void check(size_t page)
{
    unsigned char *at = hog + page * PAGE;

    if (!rights[page]) {
        need(!strcmp(outcome(mem_read, at), "SIGSEGV MAPERR"), "an unmapped page", page);
        return;
    }
    need(*at == signature(page), "contents", page);
    if (rights[page] == PROT_READ)
        need(!strcmp(outcome(mem_write, at), "SIGSEGV ACCERR"), "a read-only page", page);
    else
        at[8] = 1;
}

/* A call on some pages gave 0, and they are so now, or was refused. */
static void done(int result, const char *call, size_t page, size_t n, unsigned char now)
{
    need(!result || errno == ENOMEM, call, page);
    refused += result != 0;
    for (size_t i = page; !result && i < page + n; i++)
        rights[i] = now;
    for (size_t i = page ? page - 1 : 0; i < page + n + 1 && i < there; i++)
        check(i);
}

/* Each splits an area and what maps it. */
static void protect_every_second(void)
{
    for (size_t i = 0; i < CHANGED; i += 2)
        done(mprotect(hog + i * PAGE, PAGE, PROT_READ), "mprotect", i, 1, PROT_READ);
}

static void move_one(size_t page)
{
    unsigned char *at = hog + page * PAGE;
    unsigned char *to = mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    int            failed = to == MAP_FAILED;

    if (!failed)
        need(*to == signature(page), "what was moved", page);
    moved += !failed;
    done(failed ? -1 : 0, "mremap", page, 1, 0);
}

static void cut_holes(void)
{
    for (size_t i = 5; i + 64 < there; i += 64) {
        done(munmap(hog + i * PAGE, 3 * PAGE), "munmap", i, 3, 0);
        move_one(i + 20);
        unsigned char *over = mmap(hog + (i + 40) * PAGE, PAGE, PROT_NONE, ANON | MAP_FIXED, -1, 0);
        need(over == hog + (i + 40) * PAGE || errno == ENOMEM, "mmap", i);
        if (over == MAP_FAILED) {
            refused++;
            check(i + 40);
            continue;
        }
        need(!munmap(over, PAGE) || errno == ENOMEM, "munmap", i + 40);
        need(!strncmp(outcome(mem_read, over), "SIGSEGV", 7), "a page mapped over", i + 40);
        munmap(over, PAGE);
        rights[i + 40] = 0;
    }
}

/* After all that was there may have been cut to pieces. */
static void release(void)
{
    size_t before = free_bytes() >> 10;

    for (size_t i = 0; i < there; i++)
        if (strcmp(outcome(mem_read, hog + i * PAGE), "SIGSEGV MAPERR"))
            check(i);
    need(!munmap(hog, there * PAGE), "munmap", there); /* of thousands of pieces, without memory */
    need((free_bytes() >> 10) - before >= (there - CHANGED) * 4, "memory did not come back",
         (free_bytes() >> 10) - before);
}

int main(void)
{
    mem_init();
    errno = 0;
    need(mmap(NULL, SIZE, RW, ANON, -1, 0) == MAP_FAILED && errno == ENOMEM, "a foolish request",
         0);
    for (size_t round = 0; round < ROUNDS; round++) {
        fill();
        protect_every_second();
        cut_holes();
        release();
    }
    puts("every call did all or nothing");
    fflush(stdout);
    hog = mmap(NULL, SIZE, RW, ANON | MAP_NORESERVE, -1, 0);
    for (size_t i = 0; i < SIZE; i += PAGE)
        hog[i] = 1;
    puts("there was no end to memory");
    return 0;
}
