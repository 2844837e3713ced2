/* SPDX-License-Identifier: Apache-2.0 */
/* mem_soak_run.h - beginning, running and ending a soak: see mem_soak.h. */
#ifndef MEM_SOAK_RUN_H
#define MEM_SOAK_RUN_H

#include "mem_soak_calls.h"

/* --- the whole --------------------------------------------------------------------------- */

struct soak_call {
    const char *name;
    void (*run)(struct soak *s);
    unsigned weight;
};

static const struct soak_call soak_calls[] = {
    {"use", soak_use, 24},          {"scatter", soak_scatter, 6},
    {"map", soak_map_placed, 14},   {"float", soak_map_floating, 6},
    {"unmap", soak_unmap, 10},      {"protect", soak_protect, 14},
    {"remap", soak_remap, 10},      {"discard", soak_discard, 5},
    {"populate", soak_populate, 4}, {"lock", soak_lock, 4},
    {"resident", soak_resident, 3}, {"sync", soak_sync, 2},
    {"brk", soak_brk, 3},           {"read", soak_read_file, 3},
    {"write", soak_write_file, 3},  {"resize", soak_resize_file, 1},
    {"reserve", soak_reserve, 1},
};
#define SOAK_CALLS (sizeof(soak_calls) / sizeof(*soak_calls))

static inline size_t soak_choose(struct soak *s)
{
    unsigned all = 0;
    for (size_t i = 0; i < SOAK_CALLS; i++)
        all += soak_calls[i].weight;

    size_t at = soak_below(s, all), i = 0;
    while (at >= soak_calls[i].weight)
        at -= soak_calls[i++].weight;
    return i;
}

/* Every page that may be read, whole; and that the others may not. */
static inline void soak_check_all(struct soak *s)
{
    for (size_t k = 0; k < ZONES; k++) {
        struct zone *z = &s->zones[k];
        for (size_t i = 0; z->base && i < z->n; i++) {
            soak_access(s, z, i, READ, true);
            if (z->pages[i].kind != HOLE && soak_chance(s, 4))
                soak_access(s, z, i, WRITE, false);
        }
    }
}

/* counts: how often each call was made. */
static inline void soak_run(struct soak *s, size_t steps, size_t *counts)
{
    for (s->step = 0; s->step < steps; s->step++) {
        s->random = soak_mix((uint64_t)s->seed << 40 ^ (uint64_t)s->thread << 32 ^ s->step);
        size_t call = soak_choose(s);
        soak_calls[call].run(s);
        counts[call]++;
    }
    soak_check_all(s);
}

static inline int soak_new_file(const char *name, size_t pages, uint32_t (*tag)(size_t))
{
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    for (size_t i = 0; i < pages; i++) {
        uint64_t image[WORDS];
        soak_image(image, tag(i));
        if (write(fd, image, PAGE) != (ssize_t)PAGE)
            return -1;
    }
    unlink(name);
    return fd;
}

static inline uint32_t soak_no_tag(size_t index)
{
    (void)index;
    return 0;
}

/* at: where the placed zone lies. heap: also the heap. */
static inline void soak_begin(struct soak *s, uintptr_t at, size_t pages, bool heap)
{
    char name[40];

    soak_here = s;
    s->zones[PLACED] = (struct zone){.base = at, .n = pages, .max = pages};
    s->zones[HEAP].max = HEAP_PAGES;
    if (heap)
        s->zones[HEAP].base = ((uintptr_t)syscall(SYS_brk, 0) + PAGE - 1) & -PAGE;
    for (size_t i = FIRST_FLOAT; i < ZONES; i++)
        s->zones[i].max = FLOAT_PAGES;
    for (size_t i = 0; i < ZONES; i++)
        s->zones[i].pages = mmap(NULL, (s->zones[i].max + 1) * sizeof(struct page), RW,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    snprintf(name, sizeof(name), "/tmp/fixed%u", s->thread);
    s->fixed_fd = soak_new_file(name, FILE_PAGES, soak_fixed_tag);
    snprintf(name, sizeof(name), "/tmp/shared%u", s->thread);
    s->shared_fd = soak_new_file(name, FILE_PAGES / 2, soak_no_tag);
    s->shared_pages = FILE_PAGES / 2;
    s->zero_fd = open("/dev/zero", O_RDONLY);
    soak_expect(s, s->fixed_fd >= 0 && s->shared_fd >= 0 && s->zero_fd >= 0 && !pipe(s->pipe),
                "the files could not be made", NULL);
}

static inline void soak_catch(void)
{
    struct sigaction act = {.sa_sigaction = soak_on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
    sigaction(SIGILL, &act, NULL);
}

static inline void soak_report(const size_t *counts)
{
    size_t all = 0;

    for (size_t i = 0; i < SOAK_CALLS; i++) {
        printf("%-9s %zu\n", soak_calls[i].name, counts[i]);
        all += counts[i];
    }
    printf("%zu operations\n", all);
}

#endif
