/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/time.h"
#include "lib/errno.h"
#include "test/kernel/ktest.h"

#define SLEEPERS 16u

static struct {
    uint64_t deadline;
    unsigned number; /* by deadline */
} sleeper[SLEEPERS];

static volatile unsigned woken;

static void sleep_once(void *arg)
{
    unsigned i = (unsigned)(uintptr_t)arg;

    thread_sleep_until(sleeper[i].deadline);
    CHECK(cpu_time() >= sleeper[i].deadline);
    CHECK(woken == sleeper[i].number);
    woken++;
}

/* Deadlines 3 ms apart, from 60 ms on, handed out in another order: 7 and 16 have no common factor. */
static void start_all(void)
{
    uint64_t base = time_ns_to_deadline(60000000);
    uint64_t step = time_hz() / 1000 * 3;

    for (unsigned i = 0; i < SLEEPERS; i++) {
        sleeper[i].number = i * 7 % SLEEPERS;
        sleeper[i].deadline = base + sleeper[i].number * step;
        CHECK(thread_create("sleeper", sleep_once, (void *)(uintptr_t)i));
    }
}

static void check_wait_with_deadline(void)
{
    struct spinlock lock = SPINLOCK_INIT(LOCK_WAITQ, "test");
    struct waitq    q;
    uint64_t        deadline = time_ns_to_deadline(5000000);

    waitq_init(&q);
    spinlock_acquire(&lock);
    CHECK(waitq_sleep_until(&q, &lock, deadline, false) == -ETIMEDOUT);
    spinlock_release(&lock);
    CHECK(cpu_time() >= deadline);
    CHECK(TAILQ_EMPTY(&q.threads));
}

void boot_program(void *arg)
{
    (void)arg;
    start_all();
    while (woken < SLEEPERS)
        check_wait_with_deadline();
    thread_sleep_until(0); /* past: returns at once */
    ktest_pass();
}
