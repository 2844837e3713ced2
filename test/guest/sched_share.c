/* SPDX-License-Identifier: Apache-2.0 */
/* sched_share.c - two threads that do nothing but wake each other beside one that computes, all on one processor: neither
 * kind keeps the other from running. What is shown are parts of the time that was used. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"

static int to_first[2], to_second[2];

#define ENOUGH_MS 600

static atomic_bool enough;

static int64_t used_ms(clockid_t clock)
{
    struct timespec used;
    clock_gettime(clock, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static int64_t before_ms; /* what the process had used */

static void look_whether_enough(void)
{
    if (used_ms(CLOCK_PROCESS_CPUTIME_ID) - before_ms >= ENOUGH_MS)
        atomic_store(&enough, true);
}

static void *used_of_this_thread(void)
{
    return (void *)(uintptr_t)used_ms(CLOCK_THREAD_CPUTIME_ID);
}

/* Two that do nothing but wake each other. */
static void *wakes_other(void *arg)
{
    bool first = arg;
    int  from = first ? to_first[0] : to_second[0], to = first ? to_second[1] : to_first[1];
    char byte = 0;
    while (!atomic_load(&enough)) {
        if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
            break;
        look_whether_enough();
    }
    close(to);
    return used_of_this_thread();
}

static void *counts(void *arg)
{
    (void)arg;
    while (!atomic_load(&enough)) {
        for (volatile unsigned i = 0; i < 10000; i++)
            ;
        look_whether_enough();
    }
    return used_of_this_thread();
}

/* Who runs while the machine itself stands still is charged for it: a try that this spoils is made again. */
#define TRIES 10

static bool share(bool tell)
{
    pthread_t t[3];
    void     *used[3];

    if (pipe(to_first) || pipe(to_second))
        return false;
    atomic_store(&enough, false);
    before_ms = used_ms(CLOCK_PROCESS_CPUTIME_ID);
    pthread_create(&t[0], NULL, counts, NULL);
    pthread_create(&t[1], NULL, wakes_other, &t[0]);
    pthread_create(&t[2], NULL, wakes_other, NULL);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(t[i], &used[i]);
    intptr_t one = (intptr_t)used[0], two = (intptr_t)used[1] + (intptr_t)used[2];
    bool     holds = one > (one + two) / 6 && two > (one + two) / 4;
    if (tell && !holds)
        printf("the one %ld ms, the two %ld ms\n", (long)one, (long)two);
    return holds;
}

static void sharing(void)
{
    CLAIM("threads that wake each other, and one that computes, all have their share");
    bool holds = false;
    for (unsigned i = 1; i <= TRIES && !holds; i++)
        holds = share(i == TRIES);
    if (holds)
        puts("the one has more than a sixth, the two have more than a quarter");
}

int main(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sched_setaffinity(0, sizeof(set), &set))
        return 1;
    sharing();
    return 0;
}
