/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* Four harts at once ask the others for everything that there is to ask, and wait for the same spinlock. All get
 * their answers; while one has stopped the others nobody else runs; and each that was stopped does what it is
 * resumed with, once. */
#include "kernel/hart.h"
#include "machine/upcall.h"
#include "test/kernel/ktest.h"

#define HARTS  4u
#define ROUNDS 24u

static struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS, "shared");
static unsigned        shared; /* lock */
static volatile bool   stopped;
static unsigned        stops; /* changed by who has stopped the others */
static atomic_uint     resumed, done;

static void once(void *arg)
{
    CHECK(arg == &resumed);
    atomic_fetch_add(&resumed, 1);
}

static void stop(void)
{
    stop_others();
    CHECK(!stopped);
    stopped = true;
    stops++;
    ktest_spin_us(100); /* who went on now would find it so */
    stopped = false;
    resume_others(once, &resumed);
}

static void hold_lock(void)
{
    spinlock_acquire(&lock);
    CHECK(!stopped);
    shared++;
    spinlock_release(&lock);
}

static void ask(void *arg)
{
    unsigned hart = (unsigned)(uintptr_t)arg;

    ktest_run_on(hart);
    for (unsigned i = 0; i < ROUNDS; i++) {
        CHECK(!stopped && hart_self()->index == hart);
        if ((i + hart) % 4 == 0)
            stop();
        else if ((i + hart) % 4 == 1)
            shootdown_others();
        else if ((i + hart) % 4 == 2)
            hart_sync_code();
        else
            hart_barrier_others();
        hold_lock();
    }
    atomic_fetch_add(&done, 1);
}

void boot_program(void *arg)
{
    (void)arg;
    CHECK(cpu_nharts == HARTS);
    for (uintptr_t hart = 0; hart < HARTS; hart++)
        CHECK(thread_create("asker", ask, (void *)hart));
    while (atomic_load(&done) < HARTS)
        ktest_sleep_ms(1);
    CHECK(shared == HARTS * ROUNDS);
    CHECK(stops == HARTS * ROUNDS / 4);
    CHECK(atomic_load(&resumed) == stops * (HARTS - 1));
    ktest_pass();
}
