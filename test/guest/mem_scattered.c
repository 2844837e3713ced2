/* SPDX-License-Identifier: Apache-2.0 */
/* mem_scattered.c - memory is full but for single pages here and there: calls that cut ranges, for which a
 * memory model may need a larger table in one piece, all succeed, and contents and rights stay.
 *
 * One large area takes all there is, then one page of each GROUP gives its memory back, so that an
 * eighth of memory is free and nowhere two pages side by side; and with it goes one way of cutting each
 * group: by mprotect(), munmap() or mremap(). A file's private pages, shown before, are written one by one.
 *
 * Not compared with Linux, which would kill somebody.
 */
#define _GNU_SOURCE
#include <fcntl.h>

#include "mem_need.h"
#include "mem_show.h"

enum { GROUP = 8, MOST = 16384, WAYS = 3 };

#define SIZE  (1ul << 30) /* far more than there is */
#define PLACE ((unsigned char *)0x2000000000)

static unsigned char *hog, *file;
static size_t         npages, file_pages;

static unsigned char signature(size_t page)
{
    return (unsigned char)(page * 37 + 11);
}

static void fill(void)
{
    static unsigned char vec[MOST];

    memset(vec, 0xff, sizeof(vec)); /* not to need memory when there is none */
    hog = mmap(NULL, SIZE, RW, ANON | MAP_NORESERVE, -1, 0);
    need(hog != MAP_FAILED, "the large area", 0);
    errno = 0;
    need(madvise(hog, SIZE, MADV_POPULATE_WRITE) == -1 && errno == ENOMEM, "it fits", 0);
    need(!mincore(hog, MOST * PAGE, vec), "mincore", 0);
    npages = 0;
    while (npages < MOST && vec[npages] & 1) {
        hog[npages * PAGE] = signature(npages);
        npages++;
    }
    need(npages > 1000 && npages < MOST, "pages that could be had", npages);
    npages -= npages % GROUP + GROUP; /* a page table may need one to split the first leaf */
    need(!munmap(hog + npages * PAGE, SIZE - npages * PAGE), "munmap", npages);
}

static void show_file(void)
{
    int fd = open("/bin/mem_scattered", O_RDONLY);

    file_pages = (size_t)lseek(fd, 0, SEEK_END) / PAGE;
    file = mmap(NULL, file_pages * PAGE, RW, MAP_PRIVATE, fd, 0);
    need(file != MAP_FAILED && file_pages > 50, "the file", file_pages);
    for (size_t i = 0; i < file_pages; i++)
        mem_read(file + i * PAGE);
    close(fd);
}

/* Where a page goes that is moved: no two side by side. */
static unsigned char *away(size_t page)
{
    return PLACE + 2 * page * PAGE;
}

static void cut_by_mprotect(size_t page)
{
    need(!mprotect(hog + page * PAGE, PAGE, PROT_READ), "mprotect", page);
}

static void cut_by_munmap(size_t page)
{
    need(!munmap(hog + page * PAGE, PAGE), "munmap", page);
}

static void cut_by_mremap(size_t page)
{
    need(mremap(hog + page * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, away(page)) ==
             away(page),
         "mremap", page);
}

static void (*const cut[WAYS])(size_t page) = {cut_by_mprotect, cut_by_munmap, cut_by_mremap};

static void cut_all(size_t way)
{
    for (size_t group = 0; group < npages; group += GROUP) {
        need(!madvise(hog + group * PAGE, PAGE, MADV_DONTNEED), "madvise", group);
        for (size_t k = 2; k < GROUP; k += 2)
            cut[way](group + k);
    }
}

static void write_file(void)
{
    for (size_t i = 0; i < file_pages; i += 2)
        file[i * PAGE + 5] = signature(i);
}

/* What was cut out of a group. */
static void check_cut(size_t way, size_t page)
{
    unsigned char *at = hog + page * PAGE;

    if (way == 0) {
        need(*at == signature(page), "contents of a read-only page", page);
        need(!strcmp(outcome(mem_write, at), "SIGSEGV ACCERR"), "a read-only page", page);
        return;
    }
    need(!strcmp(outcome(mem_read, at), "SIGSEGV MAPERR"), "a page that went", page);
    if (way == 2)
        need(*away(page) == signature(page), "a page that moved", page);
}

static void check(size_t way)
{
    for (size_t page = 0; page < npages; page++) {
        if (page % GROUP == 0)
            continue;
        if (page % 2 == 0)
            check_cut(way, page);
        else
            need(hog[page * PAGE] == signature(page), "contents", page);
    }
}

static void check_file(void)
{
    for (size_t i = 0; i < file_pages; i += 2)
        need(file[i * PAGE + 5] == signature(i), "a file's page", i);
}

int main(void)
{
    mem_init();
    show_file();
    for (size_t way = 0; way < WAYS; way++) {
        fill();
        cut_all(way);
        if (way == 0)
            write_file();
        check(way);
        check_file();
        need(!munmap(hog, npages * PAGE), "munmap of all", way);
        munmap(PLACE, 2 * npages * PAGE);
        printf("way %zu of cutting\n", way);
    }
    return 0;
}
