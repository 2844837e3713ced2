/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* status: 255 */
/* expect: panic: on purpose */
/* expect: ktest: all others stand still */
/* wrap: hart_answer_now */
/* wrap: hart_interrupt */
/* wrap: machine_set_poweroff */
/* A hart panics that holds a lock, while a second waits for it with interrupts off, a third runs a program and a
 * fourth is idle: all others stop. */
#include "kernel/hart.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "test/kernel/ktest.h"

#define HARTS 4u

static struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS, "held");
static atomic_bool     waits;
static atomic_uint     told; /* harts that were about to stop */
static void (*real_poweroff)(int status);

void __real_hart_answer_now(struct hart *h);
void __wrap_hart_answer_now(struct hart *h);
void __real_hart_interrupt(void);
void __wrap_hart_interrupt(void);
void __real_machine_set_poweroff(void (*poweroff)(int status));
void __wrap_machine_set_poweroff(void (*poweroff)(int status));

/* One that comes back has not been stopped. */
void __wrap_hart_answer_now(struct hart *h)
{
    atomic_fetch_add(&told, 1);
    __real_hart_answer_now(h);
    atomic_fetch_sub(&told, 1);
}

void __wrap_hart_interrupt(void)
{
    atomic_fetch_add(&told, 1);
    __real_hart_interrupt();
    atomic_fetch_sub(&told, 1);
}

static void poweroff(int status)
{
    while (atomic_load(&told) < HARTS - 1)
        cpu_pause();
    log_error("ktest: all others stand still");
    real_poweroff(status);
}

void __wrap_machine_set_poweroff(void (*given)(int status))
{
    real_poweroff = given;
    __real_machine_set_poweroff(poweroff);
}

static void wait_for_lock(void *arg)
{
    (void)arg;
    ktest_run_on(1);
    cpu_irq_save();
    atomic_store(&waits, true);
    spinlock_acquire(&lock);
    machine_exit(1);
}

static const struct thread_ops ops = {.syscall = NULL};

void boot_program(void *arg)
{
    (void)arg;
    CHECK(cpu_nharts == HARTS);
    ktest_run_on(0);
    struct vmspace *vs = ktest_vmspace();
    struct thread  *program = ktest_user_on(2, vs, user_store_forever, &ops);
    program->tf->a0 = USER_DATA;
    thread_start(program);
    volatile uint64_t *stored = ktest_user_ptr(vs, USER_DATA);
    for (uint64_t is = *stored; *stored == is;)
        cpu_pause();
    spinlock_acquire(&lock);
    CHECK(thread_create("waiter", wait_for_lock, NULL));
    while (!atomic_load(&waits))
        cpu_pause();
    ktest_spin_us(100);
    panic("on purpose");
}
