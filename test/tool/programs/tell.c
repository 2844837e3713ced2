/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - the program that tests of `cella run` boot. It tells its arguments and its environment, each
 * between brackets, bytes that are no printable ASCII as \xNN. Its first argument says what comes then:
 *
 *     tell exit N ...     ends with status N
 *     tell null           writes to address 0
 *     tell illegal        executes an illegal instruction
 *     tell wait           says that it is ready, and waits for ever
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(const char *what, const char *text)
{
    printf("%s [", what);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        printf(byte >= ' ' && byte < 0x7f ? "%c" : "\\x%02x", byte);
    }
    puts("]");
}

static void wait_for_ever(void)
{
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv, char **environment)
{
    static volatile int *volatile nowhere;
    const char *then = argc > 1 ? argv[1] : "";
    for (int i = 0; i < argc; i++)
        tell("argument", argv[i]);
    for (; *environment; environment++)
        tell("variable", *environment);
    fflush(stdout);

    if (strcmp(then, "null") == 0)
        *nowhere = 1;
    if (strcmp(then, "illegal") == 0)
        __asm__ volatile(".half 0, 0"); /* all zeros is defined to be illegal */
    if (strcmp(then, "wait") == 0)
        wait_for_ever();
    return strcmp(then, "exit") == 0 && argc > 2 ? atoi(argv[2]) : 0;
}
