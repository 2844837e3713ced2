/* SPDX-License-Identifier: Apache-2.0 */
/* greet.c - a program for riscv64 whose libraries are to be found. Linked statically it needs none; with
 * -DOWN it needs libown.so.1, too. */
#include <stdio.h>

#ifdef OWN
int own(void);
#else
static int own(void)
{
    return 1;
}
#endif

int main(void)
{
    return printf("greetings %d\n", own()) < 0;
}
