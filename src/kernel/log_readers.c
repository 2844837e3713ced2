/* SPDX-License-Identifier: Apache-2.0 */
/* log_readers.c - waiting for records of the log.
 *
 * A line may be written under any lock, the scheduler's too, and then nobody can be woken. So the hart that wrote it
 * interrupts itself, and those who wait are told when its interrupts are on again, and it holds no lock.
 *
 * Nobody misses a record: who waits says so first and looks after that, under the log's lock; either he sees
 * the record, or who writes it takes that lock later and sees that somebody waits.
 */
#include <stdatomic.h>

#include "kernel/log.h"
#include "kernel/pollq.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "machine/cpu.h"

struct pollq log_pollers;

static struct spinlock lock = SPINLOCK_INIT(LOCK_WAITQ, "log readers");
/* lock protects: */
static struct waitq readers = WAITQ_INIT(readers);

static atomic_uint waiting; /* threads on readers, or about to be */
static atomic_uint news;    /* somebody is to be told */

void log_readers_init(void)
{
    pollq_init(&log_pollers);
}

void log_readers_told_later(void)
{
    if (!atomic_load_explicit(&waiting, memory_order_relaxed) &&
        !atomic_load_explicit(&log_pollers.count, memory_order_relaxed))
        return;
    atomic_store(&news, 1);
    cpu_ipi(hart_self());
}

void log_readers_interrupt(void)
{
    if (!atomic_load_explicit(&news, memory_order_relaxed) || !atomic_exchange(&news, 0))
        return;
    spinlock_acquire(&lock);
    waitq_wake_all(&readers);
    spinlock_release(&lock);
    pollq_notify(&log_pollers, 0);
}

int log_record_wait(uint64_t number, struct log_record *out)
{
    int err = 0;

    atomic_fetch_add(&waiting, 1);
    spinlock_acquire(&lock);
    while (!log_record(number, out) && err != -EINTR)
        err = waitq_sleep_until(&readers, &lock, WAIT_FOREVER, true);
    spinlock_release(&lock);
    atomic_fetch_sub(&waiting, 1);
    return err;
}
