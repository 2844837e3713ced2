/* SPDX-License-Identifier: Apache-2.0 */
/* A delegated trap. */
#include "test/kernel/ktest.h"

static const struct ktest_trap call = {
    .entry = user_all_registers_ecall,
    .cause = CAUSE_ECALL_U,
    .told = 3,
};

void boot_program(void *arg)
{
    (void)arg;
    ktest_trap_run(&call);
}
