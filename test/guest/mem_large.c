/* SPDX-License-Identifier: Apache-2.0 */
/* mem_large.c - many areas and large ones, in a machine whose whole memory is what the kernel and its
 * tables may take for them: reservations larger than any memory, ten thousand areas in random
 * order, a thousand stacks of threads, the arenas of a malloc. Each is done three times, and must leave
 * as much memory free as it found.
 *
 * Not compared with Linux, whose Sv39 has no room for 300 GB.
 */
#define _GNU_SOURCE

#include "mem_need.h"
#include "mem_show.h"

enum { ROUNDS = 3 };

/* Each number below n once. */
static void shuffle(unsigned *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = below(i + 1);
        order[i] = order[k];
        order[k] = (unsigned)i;
    }
}

static void refused(void (*access)(void *), void *at, const char *how, size_t number)
{
    const char *got = outcome(access, at);

    if (!strcmp(got, how))
        return;
    printf("FAILED: an access is %s instead of %s, number %zu\n", got, how, number);
    fflush(stdout);
    exit(1);
}

static char *reserve(size_t size, int prot)
{
    char *p = mmap(NULL, size, prot, ANON | MAP_NORESERVE, -1, 0);

    need(p != MAP_FAILED, "no reservation", size >> 30);
    return p;
}

/* --- reservations ------------------------------------------------------------------------ */

#define HUGE_SIZE (300ul * 1000 * 1000 * 1000 / PAGE * PAGE)

/* Parts of it are made usable, as a garbage collector does. */
static void reservation_without_rights(void)
{
    char *p = reserve(HUGE_SIZE, PROT_NONE), *part[64];

    refused(mem_read, p, "SIGSEGV ACCERR", 0);
    refused(mem_write, p + HUGE_SIZE - 1, "SIGSEGV ACCERR", 1);
    for (size_t i = 0; i < 64; i++) {
        part[i] = p + (i * (HUGE_SIZE / 64) & -PAGE);
        need(!mprotect(part[i], 16 * PAGE, RW), "mprotect", i);
        memset(part[i] + 3 * PAGE, (int)i + 1, 2 * PAGE);
        refused(mem_write, part[i] + 16 * PAGE, "SIGSEGV ACCERR", i);
    }
    for (size_t i = 0; i < 64; i++)
        need(part[i][3 * PAGE] == (char)(i + 1) && part[i][5 * PAGE - 1] == (char)(i + 1) &&
                 !part[i][0] && !part[i][5 * PAGE],
             "contents of a reservation", i);
    need(!madvise(p, HUGE_SIZE, MADV_DONTNEED), "madvise", 0);
    for (size_t i = 0; i < 64; i++)
        need(!part[i][3 * PAGE], "discarded memory", i);
    need(!munmap(p, HUGE_SIZE), "munmap", 0);
    refused(mem_read, part[5], "SIGSEGV MAPERR", 5);
}

/* Touched here and there. */
static void reservation_to_write(void)
{
    enum { TOUCHED = 200 };
    static size_t at[TOUCHED];
    char         *p = reserve(HUGE_SIZE, RW);

    for (size_t i = 0; i < TOUCHED; i++) {
        at[i] = (below(HUGE_SIZE / TOUCHED) + i * (HUGE_SIZE / TOUCHED)) & -8ul;
        *(size_t *)(p + at[i]) = i + 1;
    }
    for (size_t i = 0; i < TOUCHED; i++)
        need(*(size_t *)(p + at[i]) == i + 1, "contents of a sparse reservation", i);
    need(!munmap(p, HUGE_SIZE), "munmap", 0);
}

/* --- many areas -------------------------------------------------------------------------- */

#define AREAS_AT 0x3000000000ul

/* Area i of a page at start + i * step. Made in random order; every second one is made read-only
 * then, so that no two neighbours are alike. */
static void many_areas(unsigned *order, size_t n, size_t step)
{
    shuffle(order, n);
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)(AREAS_AT + order[i] * step);
        need(mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == at, "mmap", i);
        *(size_t *)at = order[i];
        *(size_t *)(at + PAGE - 8) = ~(size_t)order[i];
        if (order[i] % 2)
            need(!mprotect(at, PAGE, PROT_READ), "mprotect", i);
    }
    shuffle(order, n);
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)(AREAS_AT + order[i] * step);
        need(*(size_t *)at == order[i] && *(size_t *)(at + PAGE - 8) == ~(size_t)order[i],
             "contents of an area", order[i]);
        if (order[i] % 512 == 1)
            refused(mem_write, at, "SIGSEGV ACCERR", order[i]);
    }
    /* They go in another order, and the last one sees that none goes with another. */
    const size_t *last = (const size_t *)(AREAS_AT + order[n - 1] * step);
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)(AREAS_AT + order[i] * step);
        need(*last == order[n - 1], "contents of the last area", i);
        need(!munmap(at, PAGE), "munmap", i);
        if (i % 512 == 0)
            refused(mem_read, at, "SIGSEGV MAPERR", i);
    }
}

static void ten_thousand_areas(void)
{
    static unsigned order[10000];

    many_areas(order, 10000, PAGE);
}

/* Each in page tables of its own, where there are page tables. */
static void areas_far_apart(void)
{
    static unsigned order[2000];

    many_areas(order, 2000, 64ul << 20);
}

/* --- what threads and malloc make -------------------------------------------------------- */

static void thousand_stacks(void)
{
    enum { STACKS = 1000 };
    static char *stack[STACKS];
    const size_t size = 8ul << 20;

    for (size_t i = 0; i < STACKS; i++) {
        stack[i] = mmap(NULL, size + PAGE, PROT_NONE, ANON | MAP_STACK, -1, 0);
        need(stack[i] != MAP_FAILED, "a stack", i);
        need(!mprotect(stack[i] + PAGE, size, RW), "mprotect", i);
        memset(stack[i] + PAGE + size - 3000, (int)i, 3000);
    }
    for (size_t i = 0; i < STACKS; i++) {
        need(stack[i][PAGE + size - 1] == (char)i && stack[i][PAGE + size - 3000] == (char)i &&
                 !stack[i][PAGE + size - 3001],
             "contents of a stack", i);
        if (i % 64 == 0)
            refused(mem_write, stack[i] + PAGE - 1, "SIGSEGV ACCERR", i);
    }
    for (size_t i = 0; i < STACKS; i++) {
        size_t k = i * 7 % STACKS;
        need(!munmap(stack[k], size + PAGE), "munmap", k);
    }
}

/* A heap of 64 MiB, aligned to its size, as malloc() makes them for threads. */
static char *new_arena(size_t size)
{
    char *p = reserve(2 * size, PROT_NONE), *arena = (char *)(((uintptr_t)p + size - 1) & -size);

    if (arena > p)
        need(!munmap(p, (size_t)(arena - p)), "munmap", 0);
    need(!munmap(arena + size, size - (size_t)(arena - p)), "munmap", 1);
    return arena;
}

static void arenas_grow_in_steps(void)
{
    enum { ARENAS = 100, STEPS = 12 };
    static char  *arena[ARENAS];
    static size_t used[ARENAS];
    const size_t  size = 64ul << 20;

    for (size_t i = 0; i < ARENAS; i++) {
        arena[i] = new_arena(size);
        used[i] = 0;
    }
    for (size_t step = 0; step < STEPS; step++) {
        for (size_t i = 0; i < ARENAS; i++) {
            size_t more = (1 + below(4)) * PAGE;
            need(!mprotect(arena[i] + used[i], more, RW), "mprotect", i);
            memset(arena[i] + used[i], (int)(i + step), more);
            arena[i][used[i]] = (char)step;
            used[i] += more;
            refused(mem_write, arena[i] + used[i], "SIGSEGV ACCERR", i);
        }
    }
    for (size_t i = 0; i < ARENAS; i++) {
        need(arena[i][0] == 0 && arena[i][1] == (char)i, "contents of an arena", i);
        need(arena[i][used[i] - 1] == (char)(i + STEPS - 1), "contents of an arena's end", i);
        need(!munmap(arena[i], size), "munmap", i);
    }
}

/* --- the whole --------------------------------------------------------------------------- */

static void rounds(const char *what, void (*run)(void))
{
    size_t before = 0;

    for (size_t round = 0; round < ROUNDS; round++) {
        run();
        size_t now = free_bytes() >> 10; /* tables may have grown in the first */
        need(!round || now + 64 >= before, "memory is lost", before - now);
        before = now;
    }
    printf("%s\n", what);
    fflush(stdout);
}

int main(void)
{
    random_state = 7;
    mem_init();
    rounds("300 GB without rights", reservation_without_rights);
    rounds("300 GB to write, touched sparsely", reservation_to_write);
    rounds("10000 areas in random order", ten_thousand_areas);
    rounds("2000 areas far apart", areas_far_apart);
    rounds("1000 stacks", thousand_stacks);
    rounds("arenas that grow", arenas_grow_in_steps);
    return 0;
}
