/* SPDX-License-Identifier: Apache-2.0 */
/* A delegated trap, a page fault that thread_ops is asked about. */
#include "test/kernel/ktest.h"

static const struct ktest_trap fault = {
    .entry = user_all_registers_fault,
    .cause = 13,
    .memory = true,
    .at_trap = true,
    .told = 3,
};

void boot_program(void *arg)
{
    (void)arg;
    ktest_trap_run(&fault);
}
