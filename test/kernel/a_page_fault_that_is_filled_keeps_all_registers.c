/* SPDX-License-Identifier: Apache-2.0 */
/* A delegated trap that thread_ops does not hear of: the first it is told of is the call after it. */
#include "test/kernel/ktest.h"

static void check_filled(struct thread *t, struct trapframe *tf)
{
    CHECK(*(uint64_t *)ktest_user_ptr(t->vmspace, tf->x[31]) == tf->x[30]);
}

static const struct ktest_trap touch = {
    .entry = user_all_registers_touch,
    .cause = CAUSE_ECALL_U,
    .told = 2,
    .during = check_filled,
};

void boot_program(void *arg)
{
    (void)arg;
    ktest_trap_run(&touch);
}
