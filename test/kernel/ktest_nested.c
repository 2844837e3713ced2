/* SPDX-License-Identifier: Apache-2.0 */
/* ktest_nested.c - see nested.h. Tests that use it are linked with trap_handle wrapped: every trap in
 * the kernel passes through __wrap_trap_handle() on its way. */
#include "kernel/time.h"
#include "lib/string.h"
#include "machine/upcall.h"
#include "test/kernel/ktest.h"
#include "test/kernel/nested.h"

void __real_trap_handle(struct trapframe *tf);
void __wrap_trap_handle(struct trapframe *tf);

static volatile bool holding, interrupted;

static bool in_loop(const struct trapframe *tf)
{
    uintptr_t from = (uintptr_t)ktest_hold_registers, to = (uintptr_t)ktest_hold_registers_end;
    return tf->sepc >= from && tf->sepc < to;
}

/* The frame shows the loop's registers, and the interrupt leaves the frame alone. */
static void nested_trap(struct trapframe *tf)
{
    struct trapframe before = *tf;

    CHECK(tf->scause == (SCAUSE_INTERRUPT | IRQ_TIMER));
    CHECK(!trapframe_from_user(tf) && (tf->sstatus & SSTATUS_SPIE));
    CHECK(tf->dom == 0 && tf->dom_prev == 0);
    __real_trap_handle(tf);
    CHECK(memcmp(&before, tf, sizeof(before)) == 0);
    interrupted = interrupted || ktest_pattern_kernel(tf) == 0;
}

/* The loop waits for an interrupt, and one that came too early, for the loop or for its pattern, may have been the last:
 * once a thread that is in the kernel is to give way, the scheduler has no use for the timer. */
static void ask_for_another(void)
{
    if (holding && !interrupted)
        cpu_timer_arm(time_ns_to_deadline(1000000));
}

void __wrap_trap_handle(struct trapframe *tf)
{
    CHECK(!cpu_irq_enabled());
    CHECK(ktest_kernel_state_ok());
    if (in_loop(tf))
        nested_trap(tf);
    else
        __real_trap_handle(tf);
    ask_for_another();
    CHECK(!cpu_irq_enabled());
    CHECK(ktest_kernel_state_ok());
}

static void tick(void *arg)
{
    (void)arg;
    for (;;)
        ktest_sleep_ms(1);
}

void nested_start(void)
{
    CHECK(thread_create("tick", tick, NULL));
}

/* The loop ends only when an interrupt has found the whole pattern in place. */
void nested_during(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    CHECK(cpu_irq_enabled());
    interrupted = false;
    holding = true;
    ask_for_another();
    CHECK(ktest_hold_registers(&interrupted) == 0);
    holding = false;
    CHECK(cpu_irq_enabled());
}
