/* SPDX-License-Identifier: Apache-2.0 */
/* blocking_all.h - a thread in each call that waits. */
#ifndef TEST_GUEST_BLOCKING_ALL_H
#define TEST_GUEST_BLOCKING_ALL_H

#include "blocking_io.h"
#include "blocking_ipc.h"
#include "blocking_waits.h"

static struct waiter waiters[IO_BLOCKERS + WAIT_BLOCKERS + IPC_BLOCKERS];
static int           n;

static void all_wait(const struct blocker *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct waiter *w = &waiters[n++];
        list[i].prepare();
        start_waiting(w, &list[i]);
        if (!waits(w))
            outcome_of(list[i].claim, w, "did not wait: ");
    }
}

/* Come back when all of them wait. */
static void one_in_each_call(void)
{
    unshare(CLONE_NEWIPC); /* where that works, the queues and semaphores go with the program */
    buffer_output();
    block_taken_signal();
    CLAIM("one thread waits in each call that waits");
    all_wait(io_blockers, IO_BLOCKERS);
    all_wait(wait_blockers, WAIT_BLOCKERS);
    all_wait(ipc_blockers, IPC_BLOCKERS);
    for (int i = 0; i < n; i++)
        if (!waits(&waiters[i]))
            outcome_of(waiters[i].what->claim, &waiters[i], "came back: ");
    printf("%d threads\n", n);
    fflush(stdout);
}

#endif
