/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: on purpose */
/* expect:  thread idle */
/* expect:   (trap_handle|from_kernel)[+]0x */
/* expect:   thread_idle[+]0x */
/* expect:   kmain[+]0x */
/* wrap: sched_timer */
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "test/kernel/ktest.h"

void __wrap_sched_timer(void);

/* With a lock held that is the log's neighbour in the order, as a handler may. */
void __wrap_sched_timer(void)
{
    static struct spinlock lock = SPINLOCK_INIT(LOCK_LOG, "test");

    CHECK(!cpu_irq_enabled());
    spinlock_acquire(&lock);
    panic("on purpose");
}

void boot_program(void *arg)
{
    (void)arg;
    ktest_sleep_ms(1);
    CHECK(!"woken without the timer");
}
