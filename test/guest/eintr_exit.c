/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* eintr_exit.c - exit_group ends threads in whatever call they wait. */
#include "blocking_all.h"

int main(void)
{
    one_in_each_call();
    CLAIM("exit_group ends them all");
    fflush(stdout);
    syscall(SYS_exit_group, 21);
    puts("it came back");
    return 0;
}
