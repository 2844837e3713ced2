/* SPDX-License-Identifier: Apache-2.0 */
/* static_pie.c - a static program that is position-independent: it relocates itself, without an
 * interpreter. */
/* link: static-pie */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>

static int               value = 5;
static int *const        pointer = &value; /* a relocation */
static _Thread_local int own = 6;

int main(void)
{
    uintptr_t headers = getauxval(AT_PHDR);

    printf("there is no interpreter: %s\n", getauxval(AT_BASE) == 0 ? "yes" : "no");
    printf("a relocated pointer points to %d\n", *pointer);
    printf("thread-local data is %d\n", own);
    printf("the program's headers are where it was loaded: %s\n",
           headers - sizeof(Elf64_Ehdr) > 0x10000 ? "yes" : "no");
    printf("main is behind them: %s\n", (uintptr_t)main - headers < 0x100000 ? "yes" : "no");
    return 9;
}
