/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware does not delegate illegal instructions: it takes the trap and passes it on, and
 * nothing has rotated when it arrives (securecells.md B.5.3, A.3.9). */
#include "test/kernel/ktest.h"

static const struct ktest_trap illegal = {
    .entry = user_all_registers_illegal,
    .cause = CAUSE_ILLEGAL,
    .at_trap = true,
    .told = 3,
};

void boot_program(void *arg)
{
    (void)arg;
    ktest_trap_run(&illegal);
}
