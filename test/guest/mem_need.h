/* SPDX-License-Identifier: Apache-2.0 */
/* mem_need.h - what the programs share that use memory in earnest: they stop at the first thing that is
 * not as it should be. */
#ifndef TEST_GUEST_MEM_NEED_H
#define TEST_GUEST_MEM_NEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

static inline void need(int good, const char *what, size_t number)
{
    if (good)
        return;
    printf("FAILED: %s, number %zu\n", what, number);
    fflush(stdout);
    exit(1);
}

static inline size_t free_bytes(void)
{
    struct sysinfo info;

    sysinfo(&info);
    return info.freeram * info.mem_unit;
}

static uint64_t random_state; /* the program's seed */

static inline size_t below(size_t n)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (size_t)(random_state >> 33) % n;
}

#endif
