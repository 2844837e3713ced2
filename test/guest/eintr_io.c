/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* eintr_io.c - calls on descriptors that wait, and a signal that finds them waiting. */
#include "blocking_io.h"

int main(void)
{
    buffer_output();
    block_taken_signal();
    show_blockers(io_blockers, IO_BLOCKERS);
    return 0;
}
