/* SPDX-License-Identifier: Apache-2.0 */
/* A delegated trap, and one from the kernel within it (securecells.md B.5.2). */
/* wrap: trap_handle */
#include "test/kernel/ktest.h"
#include "test/kernel/nested.h"

static const struct ktest_trap ecall = {
    .entry = user_all_registers_ecall,
    .cause = CAUSE_ECALL_U,
    .told = 3,
    .during = nested_during,
};

void boot_program(void *arg)
{
    (void)arg;
    nested_start();
    ktest_trap_run(&ecall);
}
