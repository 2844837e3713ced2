/* SPDX-License-Identifier: Apache-2.0 */
/* mem_script.c - a program that is a script, run by a script that this program runs: what arguments
 * arrive, and what the program is told of itself. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
    char name[16] = "";

    for (int i = 0; i < argc; i++)
        printf("argv[%d] = %s\n", i, argv[i]);
    prctl(PR_GET_NAME, name);
    printf("AT_EXECFN %s\nname %s\n", (const char *)getauxval(AT_EXECFN), name);
    return 6;
}
