/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* eintr_ipc.c - calls on queues of messages and semaphores that wait, and a signal that finds them
 * waiting. */
#include "blocking_ipc.h"

int main(void)
{
    buffer_output();
    show_blockers(ipc_blockers, IPC_BLOCKERS);
    return 0;
}
