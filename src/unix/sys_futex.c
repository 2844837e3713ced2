/* SPDX-License-Identifier: Apache-2.0 */
/* sys_futex.c - the arguments of futex(2). Waiting and waking are futex.c's. */
#include "kernel/time.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/futex.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* WAIT has a relative timeout, WAIT_BITSET an absolute one, of the monotonic clock unless
 * flagged. */
static int wait_deadline(unsigned op, vaddr_t timeout, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = WAIT_FOREVER;
    if (!timeout)
        return 0;
    int err = args_timespec(timeout, &ns);
    if (err)
        return err;
    if ((op & (unsigned)FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) {
        uint64_t now = op & FUTEX_CLOCK_REALTIME ? time_wall_ns() : time_ns();
        ns = ns > now ? ns - now : 0;
    }
    *deadline = time_ns_to_deadline(ns);
    return 0;
}

/* A timeout goes on running while a handler does: such a wait goes on, it does not start anew. */
static int64_t wait_until(const struct restart *r)
{
    vaddr_t va = r->arg[0];
    bool    shared = r->arg[1];
    int     result = futex_wait(va, shared, (uint32_t)r->arg[2], (uint32_t)r->arg[3], r->deadline);
    if (result != -EINTR)
        return result;
    if (r->deadline == WAIT_FOREVER)
        return -ERESTARTSYS;
    uthread_self()->restart = *r;
    return -ERESTART_RESTARTBLOCK;
}

static int64_t wait(unsigned op, vaddr_t va, uint32_t expected, vaddr_t timeout, uint32_t bitset)
{
    struct restart r = {.go_on = wait_until,
                        .arg = {va, !(op & FUTEX_PRIVATE_FLAG), expected, bitset}};
    int            err = wait_deadline(op, timeout, &r.deadline);
    if (err)
        return err;
    return bitset ? wait_until(&r) : -EINVAL;
}

int64_t sys_futex(const uint64_t *a)
{
    vaddr_t  va = a[0];
    unsigned op = (unsigned)a[1], cmd = op & (unsigned)FUTEX_CMD_MASK;
    uint32_t value = (uint32_t)a[2];
    bool     shared = !(op & FUTEX_PRIVATE_FLAG);

    if (op & FUTEX_CLOCK_REALTIME && cmd != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (cmd) {
    case FUTEX_WAIT:
        return wait(op, va, value, a[3], FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET:
        return wait(op, va, value, a[3], (uint32_t)a[5]);
    case FUTEX_WAKE:
        return futex_wake(va, shared, value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return (uint32_t)a[5] ? futex_wake(va, shared, value, (uint32_t)a[5]) : -EINVAL;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        if ((int32_t)value < 0 || (int32_t)a[3] < 0)
            return -EINVAL;
        return futex_requeue(va, a[4], shared, value, (uint32_t)a[3], cmd == FUTEX_CMP_REQUEUE,
                             (uint32_t)a[5]);
    case FUTEX_WAKE_OP:
        return futex_wake_op(va, a[4], shared, value, (uint32_t)a[3], (uint32_t)a[5]);
    default:
        return -ENOSYS;
    }
}
