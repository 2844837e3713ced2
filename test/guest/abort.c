/* SPDX-License-Identifier: Apache-2.0 */
/* abort.c - abort() ends the program with SIGABRT: a signal that a thread sends itself is fatal by
 * default. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    puts("before");
    fflush(stdout);
    abort();
}
