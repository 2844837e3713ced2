/* SPDX-License-Identifier: Apache-2.0 */
/* illegal_instruction.c - an illegal instruction ends the program with SIGILL, also when SIGILL is
 * blocked. */
#include <signal.h>
#include <stdio.h>

int main(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGILL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    puts("before");
    fflush(stdout);
    __asm__ volatile(".half 0, 0"); /* all zeros is defined to be illegal */
    puts("after");
    return 0;
}
