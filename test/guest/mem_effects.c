/* SPDX-License-Identifier: Apache-2.0 */
/* mem_effects.c - what the memory calls do to memory: contents and rights after mapping over, cutting
 * holes, moving, discarding and calls that fail half-way. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mem_show.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static int file; /* pages.txt: 2 pages and 100 bytes; byte k is 'a' + its page */

/* n pages, each holding its number. */
static unsigned char *numbered(size_t n)
{
    unsigned char *p = mem_map(n, RW);
    for (size_t i = 0; i < n; i++)
        p[i * PAGE] = (unsigned char)(i + 1);
    return p;
}

/* Reading and writing each page. */
static void state(const char *what, unsigned char *p, size_t n)
{
    printf("%s:", what);
    for (size_t i = 0; i < n; i++) {
        const char *byte = byte_at(p + i * PAGE);
        printf(" %s%s", byte, strcmp(outcome(mem_write, p + i * PAGE + 8), "allowed") ? "" : "w");
    }
    puts("");
}

static void cutting(void)
{
    CLAIM("mapping over and cutting holes");
    unsigned char *p = numbered(6);

    puts("# mapping over, unmapping parts");
    munmap(p + PAGE, PAGE);
    mmap(p + 3 * PAGE, 2 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
    state("hole, zeros over", p, 6);
    mmap(p, 3 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, file, 0);
    state("file over", p, 6);
    mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    state("zeros over the file's tail", p, 6);
    VALUE(p[2 * PAGE]);
    munmap(p, 6 * PAGE);
    state("gone", p, 6);
}

static void halves(void)
{
    CLAIM("calls that fail half-way");
    unsigned char *p = numbered(6);

    puts("# calls that fail half-way");
    munmap(p + 2 * PAGE, PAGE);
    SHOW(mprotect(p, 4 * PAGE, PROT_READ));
    state("rights up to the hole", p, 6);
    SHOW(mprotect(p + PAGE, 5 * PAGE, PROT_NONE));
    state("none", p, 6);
    mprotect(p, 2 * PAGE, RW);
    SHOW(madvise(p, 6 * PAGE, MADV_DONTNEED));
    state("zeros on both sides", p, 6);
    munmap(p, 6 * PAGE);

    p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, file, 0);
    mmap(p, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
    SHOW(mprotect(p, 3 * PAGE, RW));
    state("the file keeps out", p, 3);
    munmap(p, 3 * PAGE);
}

static void discarding(void)
{
    CLAIM("what is discarded is gone");
    unsigned char *p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, file, 0), *q = numbered(3), *s;

    puts("# discarding");
    VALUE(p[0]);
    p[0] = 1;
    p[PAGE] = 2;
    VALUE(p[0]);
    SHOW(madvise(p, PAGE, MADV_DONTNEED));
    VALUE(p[0]);
    VALUE(p[PAGE]);
    VALUE(p[2 * PAGE + 99]);
    VALUE(p[2 * PAGE + 100]);
    SHOW(madvise(q + PAGE, PAGE, MADV_DONTNEED));
    state("the middle", q, 3);
    SHOW(mprotect(q, PAGE, PROT_NONE));
    SHOW(madvise(q, PAGE, MADV_DONTNEED));
    SHOW(mprotect(q, PAGE, PROT_READ));
    state("also without rights", q, 3);
    s = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s[0] = 7;
    SHOW(madvise(s, 2 * PAGE, MADV_DONTNEED));
    VALUE(s[0]);
    munmap(p, 3 * PAGE);
    munmap(q, 3 * PAGE);
    munmap(s, 2 * PAGE);
}

static void *remap(void *old, size_t old_len, size_t new_len, int flags, void *to)
{
    return (void *)syscall(SYS_mremap, old, old_len, new_len, flags, to);
}

static void moving(void)
{
    CLAIM("what is moved keeps its contents");
    unsigned char *p = numbered(4), *room = mem_map(8, PROT_NONE), *q;

    puts("# moving");
    q = remap(p, 4 * PAGE, 2 * PAGE, 0, 0);
    VALUE(q == p);
    state("shrunk", p, 4);
    q = remap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
    VALUE(q == room);
    state("old", p, 2);
    state("new", q, 5);
    p = remap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    VALUE(p != q && p != (void *)-1);
    state("kept", q, 4);
    state("moved", p, 4);
    mprotect(p + PAGE, PAGE, PROT_READ);
    q = remap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
    VALUE(q != p + PAGE);
    state("a middle page went", p, 4);
    state("and has its rights", q, 2);
    munmap(p, 4 * PAGE);
    munmap(q, 2 * PAGE);

    p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    p[0] = 5;
    q = remap(p, 0, PAGE, MREMAP_MAYMOVE, 0);
    VALUE(q[0]);
    q[0] = 6;
    VALUE(p[0]);
    q = remap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0);
    VALUE(q[0]);
    state("shared memory ends", q, 4);

    p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, PAGE);
    q = remap(p, PAGE, 3 * PAGE, MREMAP_MAYMOVE, 0);
    state("a file, longer", q, 3);
    munmap(room, 8 * PAGE);
}

static void beyond_the_file(void)
{
    CLAIM("pages beyond the end of a file");
    unsigned char *p = mmap(NULL, 5 * PAGE, RW, MAP_PRIVATE, file, 0);

    puts("# past the end of a file");
    printf("last page %s, next %s, write %s\n", byte_at(p + 3 * PAGE - 1),
           outcome(mem_read, p + 3 * PAGE), outcome(mem_write, p + 4 * PAGE + 5));
    printf("to the kernel: %ld ", (long)write(1, "", 0));
    int zero = open("/dev/zero", O_RDONLY);
    errno = 0;
    printf("%ld ", (long)read(zero, p + 3 * PAGE, 1));
    printf("%s, over the end ", strerrorname_np(errno));
    printf("%ld\n", (long)read(zero, p + 3 * PAGE - 10, 20));
    VALUE(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 100 * PAGE) != MAP_FAILED);
    close(zero);
    munmap(p, 5 * PAGE);
}

static void reservations(void)
{
    CLAIM("large reservations cost nothing");
    size_t         size = 100ul << 30;
    unsigned char *p = mmap(NULL, size, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);

    puts("# reservations");
    VALUE(p != MAP_FAILED);
    SHOW(mprotect(p + (50ul << 30), 2 * PAGE, RW));
    state("in the middle", p + (50ul << 30) - PAGE, 4);
    VALUE(mmap(p + (70ul << 30), PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + (70ul << 30));
    p[70ul << 30] = 1;
    SHOW(munmap(p, size));
    VALUE(mmap(p, PAGE, RW, ANON, -1, 0) == p);
    VALUE(mmap(p + PAGE + 5, PAGE, RW, ANON, -1, 0) == p + PAGE);
    VALUE(mmap(p, PAGE, RW, ANON, -1, 0) != p);
    p = mmap(NULL, 100ul << 20, RW, ANON | MAP_NORESERVE, -1, 0);
    p[0] = p[(100ul << 20) - 1] = 1;
    VALUE(p[50 << 20]);
    munmap(p, 100ul << 20);
}

static void growing(void)
{
    CLAIM("areas that grow down");
    unsigned char *p = mem_map(1024, PROT_NONE), *top = p + 1024 * PAGE;
    struct rlimit  limit;

    puts("# growing down");
    munmap(p, 1024 * PAGE);
    mmap(top - PAGE, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    printf("%s\n", outcome(mem_write, top - 1));
    printf("%s\n", outcome(mem_write, top - 10 * PAGE));
    printf("%s\n", outcome(mem_read, top - 20 * PAGE + 3));
    SHOW(mprotect(top - PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
    printf("%s\n", outcome(mem_write, top - 10 * PAGE));
    printf("%s\n", outcome(mem_write, top - 30 * PAGE));
    SHOW(mprotect(top - PAGE, PAGE, RW | PROT_GROWSDOWN));
    mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    printf("gap kept: %s\n", outcome(mem_write, p + PAGE + (255 * PAGE)));
    printf("gap free: %s\n", outcome(mem_write, p + PAGE + (256 * PAGE)));
    mprotect(p, PAGE, PROT_NONE);
    printf("guard below: %s\n", outcome(mem_write, p + PAGE));
    munmap(p, 1024 * PAGE);

    getrlimit(RLIMIT_STACK, &limit);
    mmap(top - PAGE, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    limit.rlim_cur = 64 * PAGE;
    setrlimit(RLIMIT_STACK, &limit);
    printf("limit %s, ", outcome(mem_write, top - 64 * PAGE));
    printf("over %s\n", outcome(mem_write, top - 64 * PAGE - 1));
    limit.rlim_cur = 8 << 20;
    setrlimit(RLIMIT_STACK, &limit);
    printf("more %s\n", outcome(mem_write, top - 65 * PAGE));
    munmap(p, 1024 * PAGE);
}

static void limits(void)
{
    CLAIM("RLIMIT_AS and RLIMIT_DATA");
    struct rlimit limit;

    puts("# RLIMIT_AS");
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = 64 << 20;
    setrlimit(RLIMIT_AS, &limit);
    SHOW(mmap(NULL, 80 << 20, RW, ANON, -1, 0));
    SHOW(mmap(NULL, 20 << 20, RW, ANON, -1, 0));
    SHOW(mmap(NULL, 50 << 20, RW, ANON, -1, 0));
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_AS, &limit);
    SHOW(mmap(NULL, 80 << 20, RW, ANON, -1, 0));
}

static void odd_rights(void)
{
    CLAIM("combinations of rights");
    unsigned char *p = mmap(NULL, PAGE, PROT_WRITE, ANON, -1, 0);

    puts("# rights");
    state("write only", p, 1);
    p = mmap(NULL, PAGE, PROT_WRITE, MAP_PRIVATE, file, 0);
    state("write only, a file", p, 1);
    p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE, file, 0);
    state("nothing, a file", p, 1);
    mprotect(p, PAGE, RW);
    state("then all", p, 1);
    mprotect(p, PAGE, PROT_READ);
    state("then reading", p, 1);
    VALUE(p[8]);
    mprotect(p, PAGE, RW);
    state("then writing again", p, 1);
    p = mmap(NULL, PAGE, RW | PROT_EXEC, ANON, -1, 0);
    memcpy(p, "\x82\x80", 2);
    __builtin___clear_cache(p, p + 2);
    printf("all three: %s\n", outcome(mem_execute, p));
}

int main(void)
{
    file = open("/pages.txt", O_RDONLY);
    mem_init();
    cutting();
    halves();
    discarding();
    moving();
    beyond_the_file();
    reservations();
    growing();
    limits();
    odd_rights();
    return 0;
}
