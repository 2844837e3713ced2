/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* eintr_waits.c - calls that wait for events, times, words and signals, and a signal that finds them
 * waiting. */
#include "blocking_waits.h"

int main(void)
{
    buffer_output();
    block_taken_signal();
    show_blockers(wait_blockers, WAIT_BLOCKERS);
    CLAIM("nanosleep says how much remains");
    printf("%d\n", remains.tv_sec == NEVER - 1 && remains.tv_nsec > 0);
    return 0;
}
