/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - how a guest program tells the counting plugin what is measured: it marks the beginning and
 * the end of a piece of its work, and says on the console what the coming pieces are. bench/pieces.awk puts
 * the two together.
 */
#ifndef BENCH_GUEST_MEASURE_H
#define BENCH_GUEST_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096ul
#define KIB  1024ul
#define MIB  (1024 * KIB)

/* The next `pieces` pieces of this kind (1..) are what `name` (no tab in it) says, each `passes` passes of it. */
static inline void announce(int kind, const char *name, long pieces, long passes)
{
    printf("measure\t%d\t%s\t%ld\t%ld\n", kind, name, pieces, passes);
    fflush(stdout);
}

/* No-ops that the plugin looks for; see bench/plugin/count.c. kind is a constant. */
#define BEGIN(kind) __asm__ volatile("slti x0, x0, %0" : : "i"(2 * (kind)) : "memory")
#define END(kind)   __asm__ volatile("slti x0, x0, %0" : : "i"(2 * (kind) + 1) : "memory")

/* A measurement that could not be made ends the program: its absence is noticed. */
static inline void need(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static inline char *map_anonymous(size_t len, int more)
{
    char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more, -1, 0);
    need(p != MAP_FAILED, "mmap");
    return p;
}

/* An address, of the alignment that suits any table best, where len bytes are free. */
static inline char *free_space(size_t len)
{
    size_t all = len + 2 * MIB;
    char  *p = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    need(p != MAP_FAILED && !munmap(p, all), "free space");
    return (char *)(((unsigned long)p + 2 * MIB - 1) & -(2 * MIB));
}

#endif
