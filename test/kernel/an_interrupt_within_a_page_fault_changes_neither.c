/* SPDX-License-Identifier: Apache-2.0 */
/* The same within a fault. */
/* wrap: trap_handle */
#include "test/kernel/ktest.h"
#include "test/kernel/nested.h"

static const struct ktest_trap fault = {
    .entry = user_all_registers_fault,
    .cause = 13,
    .memory = true,
    .at_trap = true,
    .told = 3,
    .during = nested_during,
};

void boot_program(void *arg)
{
    (void)arg;
    nested_start();
    ktest_trap_run(&fault);
}
