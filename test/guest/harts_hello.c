/* SPDX-License-Identifier: Apache-2.0 */
/* harts_hello.c - a thread bound to each processor says where it is: all of them run.
 *
 *     harts_hello [CPUS]      fails if there are not so many
 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *say(void *arg)
{
    unsigned  cpu = (unsigned)(uintptr_t)arg;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    bool there = sched_setaffinity(0, sizeof(set), &set) == 0 && sched_getcpu() == (int)cpu;
    return (void *)(uintptr_t)there;
}

int main(int argc, char **argv)
{
    unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
             want = argc > 1 ? (unsigned)atoi(argv[1]) : cpus;
    unsigned ran = 0;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        pthread_t t;
        void     *there = NULL;
        if (pthread_create(&t, NULL, say, (void *)(uintptr_t)cpu) == 0)
            pthread_join(t, &there);
        ran += there != NULL;
    }
    if (ran != cpus || cpus != want) {
        printf("%u of %u processors have run a thread; there should be %u\n", ran, cpus, want);
        return 1;
    }
    printf("%u processors, each has run a thread\n", cpus);
    return 0;
}
