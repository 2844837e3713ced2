/* SPDX-License-Identifier: Apache-2.0 */
/* mem_errors.c - the memory calls' argument checks and their order: each line is a call that Linux
 * refuses, or one beside it that it takes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>

#include "mem_show.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define SIX (6 * PAGE)

/* Six pages: 0, 1 and 3..5 are mapped, page 2 is a hole; page 5 is read-only. Then a hole. */
static char *fresh(void)
{
    char *p = mem_map(8, RW);
    munmap(p + 2 * PAGE, PAGE);
    munmap(p + 6 * PAGE, 2 * PAGE);
    mprotect(p + 5 * PAGE, PAGE, PROT_READ);
    return p;
}

static long raw_mmap(unsigned long addr, unsigned long len, int prot, int flags, int fd,
                     unsigned long off)
{
    return syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}

static void show_mmap(int ro)
{
    CLAIM("mmap");
    int   wo = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDWR);
    int   dir = open("/bin", O_RDONLY | O_DIRECTORY), path = open("/bin", O_PATH);
    char *p = fresh();

    puts("# mmap");
    SHOW(raw_mmap(0, 0, RW, ANON, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON, -1, 1));
    SHOW(raw_mmap(0, 0, RW, ANON, -1, 1));
    SHOW(raw_mmap(0, PAGE, RW, MAP_PRIVATE, -1, 1));
    SHOW(raw_mmap(0, 0, RW, MAP_PRIVATE, -1, 0));
    SHOW(raw_mmap(0, -1ul, RW, ANON, -1, 0));
    SHOW(raw_mmap(0, -PAGE, RW, ANON, -1, 0));
    SHOW(raw_mmap(0, 1ul << 60, RW, ANON, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON, -1, -PAGE));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ro, -PAGE));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ro, 1ul << 63));
    SHOW(raw_mmap(0, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_ANONYMOUS | 4, -1, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, 0, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, 4, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE | 0x1000000, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED | 0x1000000, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x1000000, ro, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED_VALIDATE | 0x1000000, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, ro, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED, ro, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_PRIVATE, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, wo, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED, dir, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, path, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_PRIVATE, zero, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED, zero, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_PRIVATE, 1000, 0));
    SHOW(raw_mmap(0, PAGE, RW, ANON | MAP_HUGETLB, -1, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, ro, 0));
    SHOW(raw_mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, ro, 0));
    SHOW(raw_mmap(0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
    SHOW(raw_mmap(0, PAGE, 0x1000000, ANON, -1, 0));
    SHOW(
        raw_mmap(0, PAGE, RW, ANON | MAP_STACK | MAP_NORESERVE | MAP_LOCKED | MAP_POPULATE, -1, 0));
    SHOW(raw_mmap(1, PAGE, RW, ANON, -1, 0));
    SHOW(raw_mmap(-1ul, PAGE, RW, ANON, -1, 0));
    SHOW(raw_mmap((unsigned long)p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap((unsigned long)p + 1, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap((unsigned long)p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap((unsigned long)p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap((unsigned long)p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW(raw_mmap((unsigned long)p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(0xffffffff80000000, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW(raw_mmap(0xffffffff80000000, PAGE, RW, ANON, -1, 0));
    munmap(p, 8 * PAGE);
}

static void show_munmap(void)
{
    CLAIM("munmap");
    char *p = fresh();

    puts("# munmap");
    SHOW(munmap(p, 0));
    SHOW(munmap(p + 1, PAGE));
    SHOW(munmap(p, -1ul));
    SHOW(munmap(NULL, PAGE));
    SHOW(munmap((void *)-PAGE, PAGE));
    SHOW(munmap((void *)PAGE, -PAGE));
    SHOW(munmap(p + 2 * PAGE, PAGE));
    SHOW(munmap(p + 6 * PAGE, 1));
    SHOW(munmap(p, 1));
    SHOW(munmap(p, SIX));
    SHOW(munmap(p, SIX));
}

static void show_mprotect(int ro)
{
    CLAIM("mprotect");
    char *p = fresh(), *file = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
    char *own = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);

    puts("# mprotect");
    SHOW(mprotect(p + 1, PAGE, RW));
    SHOW(mprotect(p, 0, RW));
    SHOW(mprotect(p, 0, 0x40));
    SHOW(mprotect(p + 1, 0, RW));
    SHOW(mprotect(p, PAGE, 0x40));
    SHOW(mprotect(p, PAGE, RW | 0x8));
    SHOW(mprotect(p, 1, RW));
    SHOW(mprotect(p, -1ul, RW));
    SHOW(mprotect(p, -PAGE, RW));
    SHOW(mprotect(p, -PAGE, 0x40));
    SHOW(mprotect(p + 2 * PAGE, PAGE, RW));
    SHOW(mprotect(p + PAGE, 2 * PAGE, RW));
    SHOW(mprotect(p + 2 * PAGE, 2 * PAGE, RW));
    SHOW(mprotect(NULL, PAGE, RW));
    SHOW(mprotect(p, PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p, PAGE, RW | PROT_GROWSUP));
    SHOW(mprotect(p, PAGE, RW | PROT_GROWSUP | PROT_GROWSDOWN));
    SHOW(mprotect(p + 2 * PAGE, PAGE, RW | PROT_GROWSDOWN));
    SHOW(mprotect(p + 2 * PAGE, PAGE, RW | PROT_GROWSUP));
    SHOW(mprotect(file, PAGE, RW));
    SHOW(mprotect(file, PAGE, PROT_NONE));
    SHOW(mprotect(file, PAGE, PROT_WRITE));
    SHOW(mprotect(file, PAGE, PROT_READ | PROT_EXEC));
    SHOW(mprotect(own, PAGE, RW));
    munmap(p, SIX);
    munmap(file, PAGE);
    munmap(own, PAGE);
}

static void show_madvise(int ro)
{
    CLAIM("madvise");
    char *p = fresh(), *file = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
    char *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *none = mem_map(1, PROT_NONE), *locked = mem_map(1, RW);

    puts("# madvise");
    SHOW(mlock(locked, PAGE));
    for (int advice = -1; advice < 26; advice++) {
        if (advice >= 5 && advice <= 7)
            continue;
        printf("advice %d:", advice);
        char *target[] = {p,    p + 1,  p + 2 * PAGE, p + PAGE, p + 5 * PAGE,
                          file, shared, none,         locked};
        for (int i = 0; i < 9; i++) {
            /* 15: machine-dependent huge page settings; 25 as well */
            if (advice == 14 || advice == 15 || advice == 25 || (advice == 9 && i >= 5))
                break;
            int err = madvise(target[i], i == 3 ? 3 * PAGE : PAGE, advice) ? errno : 0;
            printf(" %s", err ? strerrorname_np(err) : "done");
        }
        puts("");
    }
    SHOW(madvise(p, 0, MADV_DONTNEED));
    SHOW(madvise(p, 0, 99));
    SHOW(madvise(p + 1, 0, MADV_DONTNEED));
    SHOW(madvise(p, -1ul, MADV_DONTNEED));
    SHOW(madvise(p, -PAGE, MADV_DONTNEED));
    SHOW(madvise(p + 6 * PAGE, PAGE, 99));
    SHOW(madvise(p + 6 * PAGE, PAGE, MADV_WILLNEED));
    SHOW(madvise(NULL, PAGE, MADV_NORMAL));
    munmap(p, SIX);
    munmap(file, PAGE);
    munmap(shared, PAGE);
    munmap(none, PAGE);
    munmap(locked, PAGE);
}

static long raw_mremap(char *old, size_t old_len, size_t new_len, int flags, char *to)
{
    return syscall(SYS_mremap, old, old_len, new_len, flags, to);
}

static void show_mremap(void)
{
    CLAIM("mremap");
    char *p = fresh(), *room = mem_map(8, PROT_NONE);

    puts("# mremap");
    SHOW(raw_mremap(p + 1, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p, PAGE, 0, 0, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, 8, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_FIXED, room));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_DONTUNMAP, 0));
    SHOW(raw_mremap(p, PAGE, 2 * PAGE, MREMAP_DONTUNMAP | MREMAP_MAYMOVE, 0));
    SHOW(raw_mremap(p + 2 * PAGE, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + 2 * PAGE, PAGE, 0, 0, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p, 3 * PAGE, 3 * PAGE, 0, 0));
    SHOW(raw_mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0));
    SHOW(raw_mremap(p, PAGE, 2 * PAGE, 0, 0));
    SHOW(raw_mremap(p + PAGE, PAGE, 3 * PAGE, 0, 0));
    SHOW(raw_mremap(p, 0, PAGE, MREMAP_MAYMOVE, 0));
    SHOW(raw_mremap(p, 0, PAGE, 0, 0));
    SHOW(raw_mremap(p, PAGE, -PAGE, 0, 0));
    SHOW(raw_mremap(p, PAGE, -PAGE, MREMAP_MAYMOVE, 0));
    SHOW(raw_mremap(p, PAGE, 1ul << 50, MREMAP_MAYMOVE, 0));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 1));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
    SHOW(raw_mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)-PAGE));
    SHOW(raw_mremap(p, PAGE, -PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room));
    SHOW(raw_mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room));
    SHOW(raw_mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 1));
    SHOW(raw_mremap(p + 4 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room));
    SHOW(raw_mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room));
    SHOW(raw_mremap(p, PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + PAGE, 5 * PAGE, PAGE, 0, 0));
    SHOW(raw_mremap(p + 3 * PAGE, PAGE, PAGE, 0, 0));
    munmap(p, SIX);
    munmap(room, 8 * PAGE);
}

static void show_others(int ro)
{
    CLAIM("msync, mincore and mlock");
    char         *p = fresh(), *none = mem_map(1, PROT_NONE), *ronly = mem_map(1, PROT_READ);
    char         *file = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, ro, 0);
    unsigned char vec[16];

    puts("# msync");
    SHOW(msync(p, PAGE, MS_SYNC));
    SHOW(msync(p, PAGE, 0));
    SHOW(msync(p, PAGE, MS_SYNC | MS_ASYNC));
    SHOW(msync(p, PAGE, 8));
    SHOW(msync(p + 1, PAGE, MS_SYNC));
    SHOW(msync(p, 0, MS_SYNC));
    SHOW(msync(p, -1ul, MS_SYNC));
    SHOW(msync(p, -PAGE, MS_SYNC));
    SHOW(msync(p, SIX, MS_SYNC));
    SHOW(msync(p, SIX, MS_ASYNC));
    SHOW(msync(p + 2 * PAGE, PAGE, MS_SYNC));
    SHOW(msync(file, PAGE, MS_SYNC | MS_INVALIDATE));

    puts("# mincore");
    SHOW(mincore(p, PAGE, vec));
    SHOW(mincore(p + 1, PAGE, vec));
    SHOW(mincore(p, 0, vec));
    SHOW(mincore(p, 0, (void *)16));
    SHOW(mincore(p, PAGE, (void *)16));
    SHOW(mincore(p, 3 * PAGE, vec));
    SHOW(mincore(p + 2 * PAGE, PAGE, (void *)16));
    SHOW(mincore(p, -1ul, vec));
    SHOW(mincore((void *)-PAGE, PAGE, vec));
    SHOW(mincore(p, PAGE, (unsigned char *)ronly));
    VALUE((mincore(p, PAGE, vec), vec[0]));
    p[0] = 1;
    VALUE((mincore(p, PAGE, vec), vec[0]));
    VALUE((mincore(none, PAGE, vec), vec[0]));
    VALUE((mem_read(file), mincore(file, PAGE, vec), vec[0]));

    puts("# mlock and others");
    SHOW(mlock(p, PAGE));
    SHOW(mlock(p + 1, PAGE));
    SHOW(mlock(p, 0));
    SHOW(mlock(p, -1ul));
    SHOW(mlock(p, SIX));
    SHOW(mlock(p + 2 * PAGE, 1));
    SHOW(mlock(p + 2 * PAGE, 0));
    SHOW(mlock(none, PAGE));
    SHOW(mlock(ronly, PAGE));
    SHOW(mlock(file, PAGE));
    SHOW(madvise(p, PAGE, MADV_DONTNEED));
    SHOW(msync(p, PAGE, MS_INVALIDATE));
    SHOW(munlock(p, PAGE));
    SHOW(madvise(p, PAGE, MADV_DONTNEED));
    SHOW(munlock(p, SIX));
    SHOW(munlock(p + 2 * PAGE, PAGE));
    SHOW(munlock(p, -1ul));
    SHOW(syscall(SYS_mlock2, p, PAGE, 0));
    SHOW(syscall(SYS_mlock2, p, PAGE, 1));
    SHOW(syscall(SYS_mlock2, p, PAGE, 2));
    SHOW(madvise(p, PAGE, MADV_DONTNEED));
    SHOW(mlockall(0));
    SHOW(mlockall(4));
    SHOW(mlockall(8));
    SHOW(mlockall(MCL_FUTURE));
    char *later = mem_map(1, RW);
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
    VALUE((mincore(later, PAGE, vec), vec[0]));
    SHOW(munlockall());
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
    VALUE((mincore(later, PAGE, vec), vec[0]));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
    VALUE((mincore(later, PAGE, vec), vec[0]));
    SHOW(munlockall());
}

static void show_brk(void)
{
    CLAIM("brk");
    char *start = sbrk(0), *blocker;

    puts("# brk");
    VALUE(brk(start + 3 * PAGE));
    start[PAGE] = 1;
    VALUE(sbrk(0) == start + 3 * PAGE);
    VALUE(brk(start + 1));
    VALUE(brk(start + 3 * PAGE));
    VALUE(start[PAGE]);
    SHOW(brk((void *)-PAGE));
    char *end = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) & ~(PAGE - 1));
    blocker = mmap(end + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
    VALUE(blocker == end + 4 * PAGE);
    SHOW(brk(end + 4 * PAGE + 1));
    SHOW(brk(end + 4 * PAGE));
    SHOW(brk(end + 3 * PAGE));
    VALUE(brk(start));
}

int main(void)
{
    int ro = open("/bin/mem_errors", O_RDONLY);

    mem_init();
    show_mmap(ro);
    show_munmap();
    show_mprotect(ro);
    show_madvise(ro);
    show_mremap();
    show_others(ro);
    show_brk();
    return 0;
}
