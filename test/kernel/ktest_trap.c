/* SPDX-License-Identifier: Apache-2.0 */
/* ktest_trap.c - the user side of the tests of kernel entry and exit: see ktest_trap_run().
 *
 * Whether the compartment registers are as securecells.md B.5 says is looked at in every one of these
 * traps, and again after during(), which may have been interrupted.
 */
#include "lib/string.h"
#include "test/kernel/ktest.h"

static const struct ktest_trap *trap;
static unsigned                 told;
static struct trapframe         first; /* as it was when thread_ops was told of the first trap */

static uint64_t pattern(unsigned reg)
{
    return ((uint64_t)reg << 40) + 0x400 + reg;
}

unsigned ktest_pattern_user(const struct trapframe *tf)
{
    for (unsigned reg = 1; reg <= 30; reg++)
        if (tf->x[reg] != pattern(reg))
            return reg;
    return 0;
}

/* All but sp, tp and the two that the loop itself needs. */
unsigned ktest_pattern_kernel(const struct trapframe *tf)
{
    for (unsigned reg = 1; reg <= 31; reg++)
        if (reg != 2 && (reg < 4 || reg > 6) && tf->x[reg] != pattern(reg))
            return reg;
    return 0;
}

static void check_first(const struct trapframe *tf)
{
    CHECK(tf->scause == trap->cause);
    CHECK(ktest_pattern_user(tf) == 0);
    CHECK(trapframe_from_user(tf) && (tf->sstatus & SSTATUS_SPIE));
    first = *tf;
}

/* Nothing but the place has changed since. */
static void check_again(const struct trapframe *tf)
{
    CHECK(tf->scause == CAUSE_ECALL_U);
    CHECK(ktest_pattern_user(tf) == 0);
    CHECK(tf->x[31] == first.x[31]);
    CHECK(tf->sstatus == first.sstatus);
    CHECK(tf->sepc == first.sepc + 4);
}

static void check_look(const struct trapframe *tf)
{
    CHECK(tf->scause == CAUSE_ECALL_U);
    CHECK(ktest_user_look_ok(&tf->a0));
    ktest_pass();
}

static void event(struct thread *t, struct trapframe *tf)
{
    CHECK(ktest_kernel_state_ok());
    CHECK(ktest_user_state_ok(tf));
    told++;
    if (told == trap->told)
        check_look(tf);
    else if (told == 1)
        check_first(tf);
    else
        check_again(tf);

    struct trapframe before = *tf;
    if (trap->during)
        trap->during(t, tf);
    CHECK(memcmp(&before, tf, sizeof(before)) == 0);
    CHECK(ktest_kernel_state_ok());
}

static void told_of_fault(struct thread *t, struct trapframe *tf, const struct fault *f, int err)
{
    CHECK(trap->at_trap && told == 0);
    CHECK((f->kind != FAULT_NONE) == trap->memory);
    CHECK(!trap->memory || (f->va == USER_HOLE && err));
    event(t, tf);
    tf->sepc += 4;
    first.sepc = tf->sepc; /* as after a system call: the next instruction */
}

static const struct thread_ops ops = {.syscall = event, .fault = told_of_fault};

void ktest_trap_run(const struct ktest_trap *run)
{
    trap = run;
    thread_start(ktest_user("user", ktest_vmspace(), run->entry, &ops, NULL));
}
