/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* eintr_fatal.c - a signal that ends the program ends threads in whatever call they wait. */
#include "blocking_all.h"

int main(void)
{
    one_in_each_call();
    CLAIM("a signal that nobody handles ends them all");
    fflush(stdout);
    kill(getpid(), SIGTERM);
    puts("it came back");
    return 0;
}
