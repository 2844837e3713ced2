/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - a statically linked C program sees its arguments and environment and prints through stdio. */

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *who = getenv("WHO");

    for (int i = 0; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    printf("hello, %s\n", who ? who : "nobody");
    return 7;
}
