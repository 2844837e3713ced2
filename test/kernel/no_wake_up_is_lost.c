/* SPDX-License-Identifier: Apache-2.0 */
/* Producers and consumers in system calls share one item; wake_one wakes one who can use it, and an
 * interrupted sleep says so. */
#include "lib/errno.h"
#include "test/kernel/ktest.h"

#define ITEMS 500u

static struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS, "item");
/* lock protects: */
static bool         full;
static unsigned     produced, consumed;
static struct waitq not_full = WAITQ_INIT(not_full), not_empty = WAITQ_INIT(not_empty);

static void produce(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    spinlock_acquire(&lock);
    while (full)
        waitq_sleep(&not_full, &lock);
    full = true;
    produced++;
    waitq_wake_one(&not_empty);
    spinlock_release(&lock);
}

static void check_interrupt(void)
{
    struct waitq q;
    waitq_init(&q);
    thread_interrupt(thread_self()); /* not asleep: kept for the next sleep */
    spinlock_acquire(&lock);
    CHECK(waitq_sleep_until(&q, &lock, WAIT_FOREVER, true) == -EINTR);
    spinlock_release(&lock);
}

static void consume(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    spinlock_acquire(&lock);
    while (!full)
        waitq_sleep(&not_empty, &lock);
    full = false;
    consumed++;
    CHECK(produced == consumed);
    waitq_wake_one(&not_full);
    spinlock_release(&lock);
    if (consumed == ITEMS) {
        check_interrupt();
        ktest_pass();
    }
}

static const struct thread_ops producer = {.syscall = produce}, consumer = {.syscall = consume};

void boot_program(void *arg)
{
    (void)arg;
    struct vmspace *vs = ktest_vmspace();

    for (unsigned i = 0; i < 3; i++) {
        thread_start(ktest_user("producer", vs, user_call_forever, &producer, NULL));
        thread_start(ktest_user("consumer", vs, user_call_forever, &consumer, NULL));
    }
}
