/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: exception 12 in the kernel */
/* expect:  address 0xf0[0-9a-f]*: (cell|page) .* rw- */
#include "test/kernel/ktest.h"

static uint16_t code[] = {0x8082}; /* ret */

void boot_program(void *arg)
{
    (void)arg;
    cpu_icache_sync();
    ((void (*)(void))(uintptr_t)code)();
    CHECK(!"it was executed");
}
