/* SPDX-License-Identifier: Apache-2.0 */
/* sched_wake.c - a thread that sleeps beside many that compute, all on one processor: once it is woken it need not wait for
 * all the others' turns. Turns are counted, not time. Cella promises more here than Linux, which lets about five of the
 * eight go first: so this is not compared with it. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "claim.h"

static int to_sleeper[2];

#define COMPUTERS 8u
#define WAKES     40u

static atomic_uint turns, last_runner, began_at, waited, wakes;
static atomic_bool asleep;

static void *is_woken(void *arg)
{
    char byte;
    while (atomic_load(&wakes) < WAKES) {
        atomic_store(&asleep, true);
        if (read(to_sleeper[0], &byte, 1) != 1)
            return NULL;
        atomic_fetch_add(&waited, atomic_load(&turns) - atomic_load(&began_at));
        atomic_fetch_add(&wakes, 1);
    }
    return arg;
}

/* The first of them wakes. */
static void *computes(void *arg)
{
    unsigned self = (unsigned)(uintptr_t)arg;
    while (atomic_load(&wakes) < WAKES) {
        if (atomic_exchange(&last_runner, self) != self)
            atomic_fetch_add(&turns, 1);
        if (self || !atomic_exchange(&asleep, false))
            continue;
        atomic_store(&began_at, atomic_load(&turns));
        if (write(to_sleeper[1], "", 1) != 1)
            return NULL;
    }
    return arg;
}

static void waking(void)
{
    pthread_t t[COMPUTERS], sleeper;

    CLAIM("who is woken does not wait for the turns of all who compute");
    pthread_create(&sleeper, NULL, is_woken, NULL);
    for (uintptr_t i = 0; i < COMPUTERS; i++)
        pthread_create(&t[i], NULL, computes, (void *)i);
    for (unsigned i = 0; i < COMPUTERS; i++)
        pthread_join(t[i], NULL);
    pthread_join(sleeper, NULL);
    printf("%u wakes\n", atomic_load(&wakes));
    if (atomic_load(&waited) < WAKES * COMPUTERS / 2)
        puts("fewer than half of the others have a turn before");
    else
        printf("%u turns before\n", atomic_load(&waited));
}

int main(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sched_setaffinity(0, sizeof(set), &set) || pipe(to_sleeper))
        return 1;
    waking();
    return 0;
}
