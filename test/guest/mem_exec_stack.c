/* SPDX-License-Identifier: Apache-2.0 */
/* mem_exec_stack.c - a program whose header asks for an executable stack gets one, and nothing else. */
/* flags: -Wl,-z,execstack */
#define _GNU_SOURCE
#include "mem_show.h"

static int in_data = 1;

int main(void)
{
    uint32_t code[4] __attribute__((aligned(16))) = {0x00008067}; /* ret */

    mem_init();
    __builtin___clear_cache((char *)code, (char *)(code + 4));
    printf("stack: execute %s\n", outcome(mem_execute, code));
    printf("data: execute %s\n", outcome(mem_execute, &in_data));
    printf("heap: execute %s\n", outcome(mem_execute, sbrk(16)));
    printf("new memory: execute %s\n", outcome(mem_execute, mem_map(1, RW)));
    return 0;
}
