/* SPDX-License-Identifier: Apache-2.0 */
/* mem_soak_threads.c - random calls on memory by four threads at once, each in its own part of one
 * address space: see mem_soak.h. What one does may change nothing for the others.
 *
 *     mem_soak_threads [SEED [STEPS]]     steps of each thread
 */
#include "mem_soak_run.h"

#include <pthread.h>

enum { THREADS = 4, PAGES = 2048 };

#define PLACE 0x1000000000ul
#define APART (1ul << 30)

struct worker {
    struct soak soak;
    size_t      steps, counts[SOAK_CALLS];
    pthread_t   thread;
};

static struct worker workers[THREADS];
static char          output[1 << 12];

static void *work(void *arg)
{
    struct worker *w = arg;

    soak_begin(&w->soak, PLACE + w->soak.thread * APART, PAGES, false);
    soak_run(&w->soak, w->steps, w->counts);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1;
    size_t   steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 2000, counts[SOAK_CALLS] = {0};

    setvbuf(stdout, output, _IOFBF, sizeof(output));
    soak_catch();
    for (unsigned t = 0; t < THREADS; t++) {
        workers[t].soak.seed = seed;
        workers[t].soak.thread = t;
        workers[t].steps = steps;
        if (pthread_create(&workers[t].thread, NULL, work, &workers[t]))
            return 99;
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(workers[t].thread, NULL);
        for (size_t i = 0; i < SOAK_CALLS; i++)
            counts[i] += workers[t].counts[i];
    }
    printf("seed %u, %d threads\n", seed, THREADS);
    soak_report(counts);
    return 0;
}
