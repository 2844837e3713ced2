/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_pmap.c - the memory models against a plain array of pages (test/host/model_pmap.h).
 *
 * An input is a list of choices: where the pages lie and whether there are domains, then calls, until
 * the input is over.
 */
/* sources: test/host/model_pmap.c test/host/sim_machine.c src/lib/fmt.c src/lib/string.c */
/* variants: cells: test/host/walk_cells.c src/riscv64-cells/cellbuild.c
 *                  src/riscv64-cells/cellroom.c src/riscv64-cells/celltable.c
 *                  src/riscv64-cells/cellrange.c src/riscv64-cells/cellcheck.c
 *                  src/riscv64-cells/fault.c src/riscv64-cells/pmap.c ;
 *           sv48: test/host/walk_sv48.c src/riscv64-sv48/radix.c src/riscv64-sv48/radixleaf.c
 *                 src/riscv64-sv48/radixidle.c src/riscv64-sv48/radixrange.c
 *                 src/riscv64-sv48/radixmove.c src/riscv64-sv48/radixcheck.c
 *                 src/riscv64-sv48/pmap.c */
/* runs: 1800 */
/* options: -max_len=300 */
#include "fuzz.h"
#include "model_pmap.h"

static struct fuzz_input input;

uint32_t model_choose(uint32_t below)
{
    return fuzz_below(&input, below);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = (struct fuzz_input){data, data + size};
    vaddr_t at = model_places[fuzz_below(&input, MODEL_PLACES)];
    model_start(at, fuzz_below(&input, 2));
    while (input.at < input.end)
        model_call();
    model_end();
    return 0;
}
