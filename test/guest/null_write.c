/* SPDX-License-Identifier: Apache-2.0 */
/* null_write.c - a write through a null pointer ends the program with SIGSEGV, and what it printed
 * before is out. */
#include <stdio.h>

int main(void)
{
    int *volatile nowhere = (int *)8;

    puts("before");
    fflush(stdout);
    *nowhere = 1;
    puts("after");
    return 0;
}
