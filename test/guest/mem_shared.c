/* SPDX-License-Identifier: Apache-2.0 */
/* mem_shared.c - mappings of files that can be written: what is stored shows to read() and the
 * reverse, private copies stay private, files get shorter and longer under a mapping, and how a file
 * was opened decides what its mappings may become. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "mem_show.h"

static const char name[] = "/tmp/mem_shared";

/* A fresh file of n bytes, byte k being 'a' + k / PAGE. */
static int fresh(size_t n)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (size_t k = 0; k < n; k += PAGE) {
        char   page[PAGE];
        size_t len = n - k < PAGE ? n - k : PAGE;
        memset(page, 'a' + (int)(k / PAGE), sizeof(page));
        if (pwrite(fd, page, len, (off_t)k) != (ssize_t)len)
            perror("pwrite");
    }
    return fd;
}

static char *map_file(int fd, size_t pages, int prot, int flags)
{
    char *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);
    if (p == MAP_FAILED) {
        perror("mmap of a file");
        exit(99);
    }
    return p;
}

static int byte_in_file(int fd, off_t at)
{
    unsigned char c;
    return pread(fd, &c, 1, at) == 1 ? c : -1;
}

static void storing(void)
{
    CLAIM("what is stored shows to read, and the reverse");
    int   fd = fresh(2 * PAGE + 10);
    char *s = map_file(fd, 3, RW, MAP_SHARED), *t = map_file(fd, 3, PROT_READ, MAP_SHARED);
    char *own = map_file(fd, 3, RW, MAP_PRIVATE);

    puts("# storing");
    s[1] = 'x';
    VALUE(byte_in_file(fd, 1));
    VALUE(t[1]);
    VALUE(own[1]);
    own[2] = 'y';
    VALUE(byte_in_file(fd, 2));
    VALUE(s[2]);
    s[3] = 'z'; /* the private copy exists by now */
    VALUE(own[3]);
    VALUE(pwrite(fd, "w", 1, PAGE));
    VALUE(s[PAGE]); /* own may have been copied beyond its written page, and it may not */
    VALUE(pwrite(fd, "v", 1, 5));
    VALUE(s[5]);
    VALUE(own[5]);
    s[2 * PAGE + 10] = 'q'; /* behind the end: goes nowhere */
    VALUE(byte_in_file(fd, 2 * PAGE + 10));
    SHOW(msync(s, 3 * PAGE, MS_SYNC));
    SHOW(munmap(s, 3 * PAGE));
    VALUE(byte_in_file(fd, 1));
    SHOW(madvise(own, PAGE, MADV_DONTNEED));
    VALUE(own[1]);
    VALUE(own[2]);
    close(fd);
    VALUE(t[3]);
    SHOW(unlink(name));
    VALUE(t[3]);
    munmap(t, 3 * PAGE);
    munmap(own, 3 * PAGE);
}

static void sizes(void)
{
    CLAIM("mapped files get shorter and longer");
    int   fd = fresh(4 * PAGE);
    char *s = map_file(fd, 5, RW, MAP_SHARED), *own = map_file(fd, 5, RW, MAP_PRIVATE);

    puts("# changing sizes");
    for (int i = 0; i < 4; i++)
        s[(size_t)i * PAGE + 1] = own[(size_t)i * PAGE + 2] = 'm';
    printf("fifth page %s, %s\n", byte_at(s + 4 * PAGE), outcome(mem_write, own + 4 * PAGE));
    SHOW(ftruncate(fd, PAGE + 100));
    for (size_t i = 0; i < 4; i++) {
        printf("page %zu: shared %s", i, byte_at(s + i * PAGE));
        printf(", private %s\n", byte_at(own + i * PAGE));
    }
    VALUE(s[PAGE + 99]);
    VALUE(s[PAGE + 100]);
    VALUE(own[PAGE + 2]);
    s[PAGE + 200] = 'n';
    SHOW(ftruncate(fd, 3 * PAGE));
    VALUE(s[PAGE + 200]);
    VALUE(s[2 * PAGE]);
    VALUE(own[2 * PAGE]);
    printf("page 3 %s\n", byte_at(s + 3 * PAGE));
    VALUE(pwrite(fd, "p", 1, 4 * PAGE));
    VALUE(s[4 * PAGE]);
    VALUE(s[3 * PAGE]);
    SHOW(ftruncate(fd, 0));
    printf("empty: %s, kernel %ld\n", outcome(mem_read, s), (long)write(1, s, 1));
    VALUE(errno == EFAULT);
    close(open(name, O_WRONLY | O_TRUNC));
    VALUE(pwrite(fd, "r", 1, 0));
    VALUE(s[0]);
    close(open(name, O_WRONLY | O_TRUNC));
    printf("truncated by open: %s\n", byte_at(s));
    close(fd);
    munmap(s, 5 * PAGE);
    munmap(own, 5 * PAGE);
    unlink(name);
}

static void rights(void)
{
    CLAIM("rights of a mapping follow the file's");
    int rw = fresh(PAGE), ro = open(name, O_RDONLY), wo = open(name, O_WRONLY);
    int append = open(name, O_RDWR | O_APPEND);

    puts("# how it was opened");
    char *p = map_file(rw, 1, PROT_READ, MAP_SHARED);
    SHOW(mprotect(p, PAGE, RW));
    p[0] = 'o';
    VALUE(byte_in_file(ro, 0));
    char *q = map_file(ro, 1, PROT_READ, MAP_SHARED);
    VALUE(q[0]);
    SHOW(mprotect(q, PAGE, RW));
    SHOW(mprotect(q, PAGE, PROT_NONE));
    SHOW(mprotect(q, PAGE, PROT_READ));
    char *r = mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    SHOW(mprotect(r, PAGE, RW));
    SHOW(mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0));
    SHOW(mmap(NULL, PAGE, RW, MAP_PRIVATE, ro, 0));
    SHOW(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wo, 0));
    SHOW(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wo, 0));
    SHOW(mmap(NULL, PAGE, PROT_WRITE, MAP_PRIVATE, wo, 0));
    SHOW(mmap(NULL, PAGE, RW, MAP_SHARED, append, 0));
    p = map_file(rw, 1, PROT_NONE, MAP_SHARED);
    printf("no rights %s\n", byte_at(p));
    SHOW(mprotect(p, PAGE, RW | PROT_EXEC));
    memcpy(p, "\x82\x80", 2);
    __builtin___clear_cache(p, p + 2);
    printf("code in a file %s\n", outcome(mem_execute, p));
    VALUE(byte_in_file(ro, 0));
    SHOW(madvise(p, PAGE, MADV_DONTNEED));
    VALUE((unsigned char)p[0]);
}

static void large(void)
{
    CLAIM("large shared mappings");
    puts("# more than there is");
    VALUE(malloc(100ul << 30) == NULL);
    SHOW(mmap(NULL, 100ul << 30, RW, ANON, -1, 0));
    SHOW(mmap(NULL, 100ul << 30, RW, ANON | MAP_NORESERVE, -1, 0));
    SHOW(mmap(NULL, 10ul << 30, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    SHOW(mmap(NULL, 10ul << 30, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    SHOW(sbrk(10l << 30));
    char *p = mmap(NULL, 10ul << 30, PROT_READ, ANON, -1, 0);
    SHOW(mprotect(p, 10ul << 30, RW));
    SHOW(mprotect(p, 10ul << 20, RW));
    SHOW(mremap(p, PAGE, 20ul << 30, MREMAP_MAYMOVE));
}

int main(void)
{
    mem_init();
    storing();
    sizes();
    rights();
    large();
    return 0;
}
