/* SPDX-License-Identifier: Apache-2.0 */
/* mem_borders.c - the memory calls at their borders, beyond what mem_errors.c has: every advice on every
 * kind of memory, flags that nobody combines, lengths that wrap, resizing and moving what is
 * shared, locked, a stack or a file, and limits. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "mem_show.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define SHARED_ANON (MAP_SHARED | MAP_ANONYMOUS)

static int ro, rw; /* the program; a file in /tmp of two pages and a half */

static long raw_mmap(void *addr, unsigned long len, int prot, int flags, int fd, unsigned long off)
{
    return syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}

static char *map_as(size_t pages, int prot, int flags, int fd)
{
    char *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(99);
    }
    return p;
}

/* Pages that nothing else is near of. */
static char *room(size_t pages)
{
    char *p = mem_map(pages + 2, PROT_NONE);
    munmap(p, (pages + 2) * PAGE);
    return p + PAGE;
}

/* What of n pages can be read and written: '.': nothing is mapped. */
static void show_pages(const char *what, char *p, size_t n)
{
    printf("    %s:", what);
    for (size_t i = 0; i < n; i++) {
        const char *read = outcome(mem_read, p + i * PAGE);
        if (strstr(read, "SIGBUS"))
            printf(" B");
        else if (strstr(read, "MAPERR"))
            printf(" .");
        else
            printf(" %s%s", strstr(read, "SIG") ? "-" : "r",
                   strstr(outcome(mem_write, p + i * PAGE + 9), "SIG") ? "-" : "w");
    }
    puts("");
}

static void show_resident(const char *what, char *p, size_t n)
{
    unsigned char vec[64] = {0};

    printf("    %s:", what);
    if (mincore(p, n * PAGE, vec))
        printf(" %s", strerrorname_np(errno));
    else
        for (size_t i = 0; i < n; i++)
            printf(" %d", vec[i] & 1);
    puts("");
}

/* --- mmap -------------------------------------------------------------------------------- */

static void show_mmap_flags(void)
{
    CLAIM("mmap: flags that nobody combines");
    int   pipes[2], event = eventfd(0, 0), sock = socket(AF_UNIX, SOCK_STREAM, 0);
    int   wo = open("/tmp/file", O_WRONLY);
    char *p = room(16);

    puts("# mmap: flags");
    if (pipe(pipes))
        exit(98);
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_NONBLOCK, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_NONBLOCK | MAP_POPULATE, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | 0x800 | 0x1000, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | 0x4000000, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | 0x40000000, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_SYNC, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, SHARED_ANON | 0x1000000, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, SHARED_ANON | MAP_NORESERVE | MAP_POPULATE, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_GROWSDOWN, -1, 0));
    SHOW(raw_mmap(0, PAGE, PROT_NONE, ANON | MAP_GROWSDOWN, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_STACK | MAP_LOCKED, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON, 12345, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON, pipes[0], 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED, pipes[1], 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, event, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, sock, 0));
    SHOW(raw_mmap(0, PAGE, PROT_NONE, MAP_PRIVATE, wo, 0));
    SHOW(raw_mmap(0, PAGE, PROT_WRITE, MAP_SHARED, wo, 0));
    SHOW(raw_mmap(0, PAGE, PROT_NONE, MAP_SHARED, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_WRITE, MAP_SHARED, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_WRITE, MAP_PRIVATE, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_WRITE, MAP_SHARED, rw, 0));
    SHOW(raw_mmap(0, PAGE, PROT_EXEC, MAP_PRIVATE, ro, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED | MAP_NORESERVE | MAP_LOCKED, rw, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN | MAP_ANONYMOUS, rw, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED_VALIDATE | MAP_STACK | MAP_NORESERVE, rw, 0));
    SHOW(raw_mmap(p, PAGE, RW, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, rw, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, rw, 0x7ffffffffffff000));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, rw, 0x7fffffffffffe000));
    SHOW(raw_mmap(0, 3 * PAGE, PROT_READ, MAP_PRIVATE, rw, 0x7fffffffffffe000));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED, rw, 1ul << 40));
    SHOW(raw_mmap(0, 1, RW, ANON | PROT_GROWSUP, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW | PROT_GROWSDOWN, ANON, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP, ANON, -1, 0));
    SHOW(raw_mmap(0, PAGE, -1, ANON, -1, 0));

    puts("# mmap: places");
    SHOW(raw_mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p + 3 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p - PAGE, 6 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap(p, -PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(p, -(unsigned long)p, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap((void *)-PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap((void *)(1ul << 62), PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap((void *)(1ul << 62), PAGE, RW, ANON, -1, 0));
    SHOW(raw_mmap(p + 1, 0, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(p, PAGE - 1, PROT_READ, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(p + 2 * PAGE, 1, PROT_READ, MAP_PRIVATE | MAP_FIXED, 1000, 0));
    SHOW(raw_mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, pipes[0], 0));
    SHOW(raw_mmap(p + 2 * PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, ro, 0));
    show_pages("failed calls have unmapped nothing", p, 6);
    munmap(p, 5 * PAGE);
    close(pipes[0]);
    close(pipes[1]);
    close(event);
    close(sock);
    close(wo);
}

/* --- munmap, mprotect -------------------------------------------------------------------- */

static void show_munmap(void)
{
    CLAIM("munmap at the borders");
    char *p = room(12);

    puts("# munmap");
    for (size_t i = 0; i < 12; i += 3)
        raw_mmap(p + i * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    SHOW(munmap(p + PAGE, 2 * PAGE));
    SHOW(munmap(p - PAGE, PAGE + 1));
    show_pages("one page", p, 12);
    SHOW(munmap(p + 4 * PAGE, 4 * PAGE));
    show_pages("from hole to hole", p, 12);
    SHOW(munmap(p, -(unsigned long)p));
    SHOW(munmap(p, -(unsigned long)p - PAGE));
    SHOW(munmap(p + 9 * PAGE, ~PAGE));
    SHOW(munmap((void *)1, PAGE));
    SHOW(munmap((void *)-1ul, 1));
    SHOW(munmap((void *)(1ul << 62), PAGE));
    SHOW(munmap(p, 12 * PAGE - 1));
    show_pages("all", p, 12);
}

static void show_mprotect(void)
{
    CLAIM("mprotect with PROT_GROWSDOWN and over holes");
    char *p = room(16);

    puts("# mprotect");
    raw_mmap(p + 8 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    raw_mmap(p + 13 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    SHOW(mprotect(p + 9 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
    show_pages("from the stack's start", p + 8 * PAGE, 6);
    SHOW(mprotect(p + 10 * PAGE, PAGE, RW | PROT_GROWSUP));
    SHOW(mprotect(p + 7 * PAGE, 2 * PAGE, RW | PROT_GROWSDOWN));
    show_pages("from below it", p + 8 * PAGE, 6);
    SHOW(mprotect(p + 7 * PAGE, PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 13 * PAGE, PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 11 * PAGE, 2 * PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 9 * PAGE, 0, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 9 * PAGE, 0, RW | PROT_GROWSDOWN | PROT_GROWSUP));
    SHOW(mprotect(p + 12 * PAGE, 0, RW));
    SHOW(mprotect(p + 9 * PAGE, -PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 13 * PAGE, PAGE, 8)); /* PROT_SEM */
    SHOW(mprotect(p + 13 * PAGE, PAGE, 0x10));
    SHOW(mprotect(p + 13 * PAGE, PAGE, 0x80000000));
    SHOW(mprotect(p + 13 * PAGE, PAGE - 1, PROT_WRITE));
    SHOW(mprotect(p + 13 * PAGE, PAGE + 1, PROT_NONE));
    show_pages("up to the hole", p + 8 * PAGE, 6);
    SHOW(mprotect((void *)-PAGE, PAGE, RW));
    SHOW(mprotect((void *)(1ul << 62), PAGE, RW));
    SHOW(mprotect((void *)-PAGE, 0, RW));
    SHOW(mprotect(p + 13 * PAGE, ~0ul - PAGE, RW));
    SHOW(mprotect(p + 13 * PAGE, 1ul << 40, RW));
    SHOW(syscall(SYS_pkey_mprotect, p + 13 * PAGE, PAGE, PROT_READ, -1));
    SHOW(syscall(SYS_pkey_mprotect, p + 13 * PAGE, PAGE, PROT_READ, 1));
    SHOW(syscall(SYS_pkey_alloc, 0, 0));
    SHOW(syscall(SYS_pkey_alloc, 1, 0));
    SHOW(syscall(SYS_pkey_free, 1));
    munmap(p, 16 * PAGE);
}

/* --- madvise ----------------------------------------------------------------------------- */

static const struct {
    int         value;
    const char *name;
} advices[] = {
    {0, "NORMAL"},          {1, "RANDOM"},      {2, "SEQUENTIAL"}, {3, "WILLNEED"},
    {4, "DONTNEED"},        {5, "5"},           {7, "7"},          {8, "FREE"},
    {9, "REMOVE"},          {10, "DONTFORK"},   {11, "DOFORK"},    {12, "MERGEABLE"},
    {13, "UNMERGEABLE"},    {16, "DONTDUMP"},   {17, "DODUMP"},    {18, "WIPEONFORK"},
    {19, "KEEPONFORK"},     {20, "COLD"},       {21, "PAGEOUT"},   {22, "POPULATE_READ"},
    {23, "POPULATE_WRITE"}, {24, "DONTNEED_L"}, {26, "26"},        {99, "99"},
};

static void show_madvise(void)
{
    CLAIM("madvise: every advice on every kind of memory");
    enum { KINDS = 15 };
    char *kind[KINDS] = {
        map_as(2, PROT_NONE, ANON, -1),
        map_as(2, PROT_READ, ANON, -1),
        map_as(2, PROT_WRITE, ANON, -1),
        map_as(2, PROT_EXEC, ANON, -1),
        map_as(2, RW, ANON | MAP_GROWSDOWN, -1),
        map_as(2, RW, ANON | MAP_LOCKED, -1),
        map_as(2, RW, SHARED_ANON, -1),
        map_as(2, PROT_READ, SHARED_ANON, -1),
        map_as(2, RW, SHARED_ANON | MAP_LOCKED, -1),
        map_as(2, PROT_READ, MAP_PRIVATE, ro),
        map_as(2, RW, MAP_PRIVATE, ro),
        map_as(2, PROT_NONE, MAP_SHARED, ro),
        map_as(2, PROT_WRITE, MAP_SHARED, rw),
        map_as(4, RW, MAP_SHARED, rw) + 2 * PAGE, /* its second page is past the end */
        map_as(4, RW, MAP_PRIVATE, rw) + 2 * PAGE,
    };

    puts("# madvise");
    for (size_t a = 0; a < sizeof(advices) / sizeof(advices[0]); a++) {
        printf("%-14s", advices[a].name);
        for (size_t k = 0; k < KINDS; k++) {
            if (advices[a].value == MADV_REMOVE && k >= 6)
                break; /* no file here can have a hole */
            int err = madvise(kind[k], 2 * PAGE, advices[a].value) ? errno : 0;
            printf(" %s", err ? strerrorname_np(err) : "done");
        }
        puts("");
    }
}

static void show_madvise_ranges(void)
{
    CLAIM("madvise over holes");
    static const int some[] = {MADV_NORMAL, MADV_WILLNEED,      MADV_DONTNEED,       MADV_FREE,
                               MADV_COLD,   MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DONTFORK};
    char            *p = room(8);

    puts("# madvise: holes and lengths");
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        raw_mmap(p, 6 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
        munmap(p + 2 * PAGE, PAGE);
        mprotect(p + 4 * PAGE, PAGE, PROT_NONE);
        printf("advice %d\n", some[i]);
        SHOW(madvise(p + PAGE, 2 * PAGE, some[i]));
        SHOW(madvise(p + 2 * PAGE, 2 * PAGE, some[i]));
        show_resident("from and to a hole", p + PAGE, 1);
        show_resident("from and to a hole", p + 3 * PAGE, 3);
        SHOW(madvise(p + 3 * PAGE, 3 * PAGE, some[i]));
        show_resident("without rights in the middle", p + 3 * PAGE, 3);
        SHOW(madvise(p, 6 * PAGE, some[i]));
        SHOW(madvise(p + 5 * PAGE, 2 * PAGE, some[i]));
        show_resident("all", p + 3 * PAGE, 3);
        SHOW(madvise(p, -(unsigned long)p, some[i]));
        SHOW(madvise(p, 0, some[i]));
        SHOW(madvise(p + 2 * PAGE, 0, some[i]));
        SHOW(madvise((void *)(1ul << 62), PAGE, some[i]));
        SHOW(madvise((void *)-PAGE, PAGE, some[i]));
        SHOW(madvise((void *)-PAGE, 0, some[i]));
        munmap(p, 6 * PAGE);
    }
}

/* --- mremap ------------------------------------------------------------------------------ */

static long raw_mremap(char *old, size_t old_len, size_t new_len, int flags, char *to)
{
    return syscall(SYS_mremap, old, old_len, new_len, flags, to);
}

#define MOVE  MREMAP_MAYMOVE
#define FIXED (MREMAP_MAYMOVE | MREMAP_FIXED)
#define KEEP  (MREMAP_MAYMOVE | MREMAP_DONTUNMAP)

static void show_mremap_kind(const char *what, int prot, int flags, int fd)
{
    CLAIM("mremap of one kind of memory");
    char *p = room(8), *q = room(8);

    printf("# mremap: %s\n", what);
    raw_mmap(p, 3 * PAGE, prot, flags | MAP_FIXED, fd, 0);
    SHOW(raw_mremap(p, 3 * PAGE, 3 * PAGE, KEEP, 0));
    SHOW(raw_mremap(p, 0, PAGE, KEEP, 0));
    SHOW(raw_mremap(p, 0, PAGE, 0, 0));
    SHOW(raw_mremap(p, 0, PAGE, MOVE, 0));
    SHOW(raw_mremap(p + PAGE, 0, 3 * PAGE, FIXED, q));
    show_pages("there", q, 4);
    munmap(q, 8 * PAGE);
    raw_mmap(p, 3 * PAGE, prot, flags | MAP_FIXED, fd, 0);
    SHOW(raw_mremap(p, 3 * PAGE, 5 * PAGE, 0, 0));
    show_pages("longer", p, 6);
    SHOW(raw_mremap(p, 5 * PAGE, 2 * PAGE, 0, 0));
    show_pages("shorter", p, 6);
    SHOW(raw_mremap(p + PAGE, PAGE, 3 * PAGE, 0, 0));
    show_pages("from its middle", p, 6);
    SHOW(raw_mremap(p, PAGE, 3 * PAGE, FIXED, q + PAGE));
    show_pages("here", p, 6);
    show_pages("there", q, 6);
    SHOW(raw_mremap(p + PAGE, PAGE, PAGE, FIXED | KEEP, q + 2 * PAGE));
    show_pages("there", q, 6);
    munmap(p, 8 * PAGE);
    munmap(q, 8 * PAGE);
}

static void show_mremap(void)
{
    CLAIM("mremap at the borders");
    char *p = room(12), *q = room(12);

    puts("# mremap: arguments");
    raw_mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    raw_mmap(p + 6 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    SHOW(raw_mremap(p, PAGE, PAGE, 16, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, -1, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_FIXED | MREMAP_DONTUNMAP, q));
    SHOW(raw_mremap(p, PAGE, PAGE, FIXED, q + 1));
    SHOW(raw_mremap(p, PAGE, PAGE, KEEP, q + 1));
    SHOW(raw_mremap(p, PAGE, PAGE, FIXED | KEEP, p));
    SHOW(raw_mremap(p, PAGE, PAGE, FIXED, (char *)(1ul << 62)));
    SHOW(raw_mremap(p, PAGE, 2 * PAGE, FIXED, (char *)-PAGE));
    SHOW(raw_mremap(p, 2 * PAGE, PAGE, FIXED, p + 2 * PAGE - 1));
    SHOW(raw_mremap(p, 2 * PAGE, 1, FIXED, p + PAGE));
    SHOW(raw_mremap(p, PAGE, 2 * PAGE, FIXED, p - PAGE));
    SHOW(raw_mremap(p, -1ul, PAGE, 0, 0));
    SHOW(raw_mremap(p, -PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p, 1, -1ul, MOVE, 0));
    SHOW(raw_mremap(p, -1ul, -1ul, 0, 0));
    SHOW(raw_mremap(p, 1ul << 50, 1ul << 50, 0, 0));
    SHOW(raw_mremap(p, 1ul << 50, 1ul << 51, MOVE, 0));
    SHOW(raw_mremap((char *)(1ul << 62), PAGE, PAGE, 0, 0));
    SHOW(raw_mremap((char *)-PAGE, PAGE, 2 * PAGE, MOVE, 0));
    SHOW(raw_mremap((char *)-PAGE, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + 4 * PAGE, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + 4 * PAGE, 3 * PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + 5 * PAGE, 2 * PAGE, 3 * PAGE, MOVE, 0));
    SHOW(raw_mremap(p, 8 * PAGE, 8 * PAGE, MOVE, 0));
    SHOW(raw_mremap(p, 8 * PAGE, 8 * PAGE, FIXED, q));
    SHOW(raw_mremap(p, 8 * PAGE, 9 * PAGE, MOVE, 0));
    SHOW(raw_mremap(p, 8 * PAGE, 8 * PAGE, KEEP, 0));
    show_pages("nothing happened", p, 8);
    SHOW(raw_mremap(p, 8 * PAGE, 4 * PAGE, FIXED, q));
    show_pages("the tail went", p, 8);
    show_pages("there", q, 5);
    munmap(p, 12 * PAGE);
    munmap(q, 12 * PAGE);

    puts("# mremap: room");
    raw_mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    mprotect(p + 4 * PAGE, PAGE, PROT_READ);
    SHOW(raw_mremap(p, 4 * PAGE, 5 * PAGE, 0, 0));
    SHOW(raw_mremap(p + 2 * PAGE, PAGE, 2 * PAGE, 0, 0));
    SHOW(raw_mremap(p + 1 * PAGE, PAGE - 1, PAGE, 0, 0));
    SHOW(raw_mremap(p + 5 * PAGE, 3 * PAGE, 4 * PAGE - 5, 0, 0));
    show_pages("one page more", p, 10);
    SHOW(raw_mremap(p + 5 * PAGE, 4 * PAGE, 3 * PAGE + 1, 0, 0));
    show_pages("the same", p, 10);
    SHOW(raw_mremap(p + 3 * PAGE, 3 * PAGE, PAGE, 0, 0));
    show_pages("the tail across areas", p, 10);
    SHOW(raw_mremap(p, 4 * PAGE, 2 * PAGE, FIXED, p + 7 * PAGE));
    show_pages("moved upon itself's neighbour", p, 10);
    munmap(p, 12 * PAGE);
}

/* --- locking, msync, mincore ------------------------------------------------------------- */

static void show_locking(void)
{
    CLAIM("mlock, munlock and mlockall");
    char *p = room(8), *past = map_as(4, RW, MAP_SHARED, rw),
         *none = map_as(1, PROT_NONE, ANON, -1);
    char *stack = map_as(2, RW, ANON | MAP_GROWSDOWN, -1),
         *wo = map_as(1, PROT_WRITE, SHARED_ANON, -1);

    puts("# mlock");
    raw_mmap(p, 6 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    munmap(p + 3 * PAGE, PAGE);
    SHOW(mlock(p + 1, PAGE));
    show_resident("two pages", p, 3);
    SHOW(mlock(p + 2 * PAGE, 2 * PAGE));
    show_resident("up to the hole", p, 3);
    SHOW(mlock(p + 3 * PAGE, 2 * PAGE));
    SHOW(mlock(past, 4 * PAGE));
    SHOW(mlock(none, PAGE));
    SHOW(mlock(stack, PAGE));
    SHOW(mlock(wo, PAGE));
    SHOW(mlock((void *)-PAGE, PAGE));
    SHOW(mlock((void *)(1ul << 62), PAGE));
    SHOW(mlock((void *)-1ul, 1));
    SHOW(mlock(p, -(unsigned long)p));
    SHOW(munlock(p, -(unsigned long)p));
    SHOW(munlock(p + 2 * PAGE, 2 * PAGE));
    SHOW(munlock((void *)-1ul, 1));
    SHOW(munlock((void *)-PAGE, 0));
    SHOW(munlock(none, PAGE));
    SHOW(syscall(SYS_mlock2, p + 4 * PAGE, PAGE, 1));
    show_resident("on fault", p + 4 * PAGE, 2);
    p[4 * PAGE] = 1;
    show_resident("touched", p + 4 * PAGE, 2);
    SHOW(madvise(p + 4 * PAGE, PAGE, MADV_DONTNEED));
    SHOW(madvise(p + 4 * PAGE, PAGE, MADV_DONTNEED_LOCKED));
    show_resident("dropped", p + 4 * PAGE, 2);
    SHOW(syscall(SYS_mlock2, p + 4 * PAGE, 2 * PAGE, 0));
    show_resident("locked", p + 4 * PAGE, 2);
    SHOW(syscall(SYS_mlock2, p + 4 * PAGE, 0, 3));
    SHOW(syscall(SYS_mlock2, p + 3 * PAGE, 0, 1));
    SHOW(syscall(SYS_mlock2, p, PAGE, 1ul << 40));
    SHOW(munmap(p + 4 * PAGE, PAGE));
    SHOW(mlockall(MCL_ONFAULT));
    SHOW(mlockall(MCL_CURRENT | MCL_ONFAULT));
    SHOW(mlockall(MCL_FUTURE | MCL_ONFAULT));
    char *later = mem_map(2, RW);
    show_resident("later", later, 2);
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
    SHOW(munlockall());
    SHOW(madvise(later, PAGE, MADV_DONTNEED));

    puts("# msync");
    SHOW(mlock(past, PAGE));
    SHOW(msync(past, 4 * PAGE, MS_INVALIDATE));
    SHOW(msync(past + PAGE, 3 * PAGE, MS_INVALIDATE));
    SHOW(msync(past, 4 * PAGE, MS_SYNC));
    SHOW(msync(past, 4 * PAGE, MS_ASYNC | MS_INVALIDATE));
    SHOW(munlock(past, PAGE));
    SHOW(msync(past, 4 * PAGE, MS_ASYNC | MS_INVALIDATE));
    SHOW(msync(p + 2 * PAGE, 2 * PAGE, MS_ASYNC));
    SHOW(msync(p + 3 * PAGE, 3 * PAGE, MS_SYNC));
    SHOW(msync(p + 3 * PAGE, 0, MS_SYNC));
    SHOW(msync(p + 3 * PAGE + 1, 0, MS_SYNC));
    SHOW(msync(p, 0, MS_SYNC | MS_ASYNC));
    SHOW(msync((void *)-PAGE, PAGE, MS_SYNC));
    SHOW(msync((void *)(1ul << 62), PAGE, MS_SYNC));
    SHOW(msync(none, PAGE, MS_SYNC));

    puts("# mincore");
    unsigned char *vec = (unsigned char *)mem_map(2, RW);
    munmap(vec + PAGE, PAGE);
    SHOW(mincore(p, 3 * PAGE, vec + PAGE - 3));
    SHOW(mincore(p, 3 * PAGE, vec + PAGE - 2));
    SHOW(mincore(p, 2 * PAGE + 1, vec + PAGE - 2));
    SHOW(mincore(p, 0, vec + PAGE));
    SHOW(mincore(p + 1, 0, vec));
    SHOW(mincore(p + 3 * PAGE, PAGE, vec));
    SHOW(mincore(p + 2 * PAGE, 2 * PAGE, vec));
    SHOW(mincore((void *)-PAGE, PAGE, vec));
    SHOW(mincore((void *)-PAGE, 0, vec));
    SHOW(mincore((void *)(1ul << 62), PAGE, vec));
    SHOW(mincore(p, -PAGE, vec));
    SHOW(mincore(p, -(unsigned long)p, vec));
    SHOW(mincore(none, PAGE, vec));
    show_resident("past the end of a file", past, 4);
}

/* --- brk and limits ---------------------------------------------------------------------- */

static void set_limit(int which, unsigned long to)
{
    struct rlimit limit;

    getrlimit(which, &limit);
    limit.rlim_cur = to;
    setrlimit(which, &limit);
}

static void show_limits(void)
{
    CLAIM("RLIMIT_AS");
    char *start = sbrk(0), *p = mem_map(4, RW);

    puts("# brk");
    VALUE(syscall(SYS_brk, 0) == (long)start);
    VALUE(syscall(SYS_brk, start + 5) == (long)(start + 5));
    VALUE(syscall(SYS_brk, 1) == (long)(start + 5));
    VALUE(syscall(SYS_brk, -1ul) == (long)(start + 5));
    VALUE(syscall(SYS_brk, 1ul << 62) == (long)(start + 5));
    VALUE(syscall(SYS_brk, start + 20 * PAGE) == (long)(start + 20 * PAGE));
    char *end = (char *)(((uintptr_t)start + 20 * PAGE - 1) & ~(PAGE - 1));
    SHOW(mprotect(end - 2 * PAGE, PAGE, PROT_NONE));
    SHOW(munmap(end - 5 * PAGE, PAGE));
    VALUE(syscall(SYS_brk, start + 5 * PAGE) == (long)(start + 5 * PAGE));
    VALUE(syscall(SYS_brk, start + 20 * PAGE) == (long)(start + 20 * PAGE));
    show_pages("new", end - 6 * PAGE, 6);
    VALUE(syscall(SYS_brk, start) == (long)start);

    char *q = mem_map(512, RW);
    puts("# RLIMIT_AS");
    set_limit(RLIMIT_AS, 32 << 20);
    VALUE(syscall(SYS_brk, start + (33 << 20)) == (long)start);
    SHOW(raw_mremap(q, 2 << 20, 33 << 20, MOVE, 0));
    SHOW(raw_mremap(q, 2 << 20, 3 << 20, MOVE, 0));
    SHOW(raw_mmap(0, 33 << 20, PROT_NONE, ANON, -1, 0));
    SHOW(raw_mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
    set_limit(RLIMIT_AS, RLIM_INFINITY);

    puts("# RLIMIT_MEMLOCK");
    set_limit(RLIMIT_MEMLOCK, PAGE);
    SHOW(mlock(p, 2 * PAGE));
    set_limit(RLIMIT_MEMLOCK, 0);
    SHOW(mlock(p, 2 * PAGE));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(munlockall());
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_LOCKED, -1, 0));
}

static void show_odd_calls(void)
{
    CLAIM("calls that nobody makes");
    puts("# others");
    SHOW(syscall(SYS_membarrier, 0, 0, 0) < 0);
    SHOW(syscall(SYS_membarrier, 1 << 30, 0, 0));
}

int main(void)
{
    ro = open("/bin/mem_borders", O_RDONLY);
    rw = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    if (ro < 0 || rw < 0 || ftruncate(rw, 2 * PAGE + PAGE / 2))
        return 97;

    mem_init();
    show_mmap_flags();
    show_munmap();
    show_mprotect();
    show_madvise();
    show_madvise_ranges();
    show_mremap();
    show_mremap_kind("private memory", RW, ANON, -1);
    show_mremap_kind("without rights", PROT_NONE, ANON, -1);
    show_mremap_kind("a stack", RW, ANON | MAP_GROWSDOWN, -1);
    show_mremap_kind("locked memory", RW, ANON | MAP_LOCKED, -1);
    show_mremap_kind("shared memory", RW, SHARED_ANON, -1);
    show_mremap_kind("a private file", RW, MAP_PRIVATE, rw);
    show_mremap_kind("a shared file", RW, MAP_SHARED, rw);
    show_locking();
    show_limits();
    show_odd_calls();
    return 0;
}
