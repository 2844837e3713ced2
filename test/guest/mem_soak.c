/* SPDX-License-Identifier: Apache-2.0 */
/* mem_soak.c - random calls on memory by one thread: see mem_soak.h.
 *
 *     mem_soak [SEED [STEPS]]
 */
#include "mem_soak_run.h"

/* Astride a boundary at every level of page tables that Sv39 has. */
#define PLACE (0x2000000000ul - PLACED_PAGES / 2 * PAGE)

static struct soak soak;
static char        output[1 << 12];

int main(int argc, char **argv)
{
    size_t steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 12000, counts[SOAK_CALLS] = {0};

    setvbuf(stdout, output, _IOFBF, sizeof(output));
    soak.seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1;
    soak_catch();
    soak_begin(&soak, PLACE, PLACED_PAGES, true);
    soak_run(&soak, steps, counts);
    printf("seed %u\n", soak.seed);
    soak_report(counts);
    return 0;
}
