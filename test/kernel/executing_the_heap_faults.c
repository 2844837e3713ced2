/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: exception 12 in the kernel */
/* expect:  address 0xf0[0-9a-f]*: (cell|page) .* rw- */
/* expect:   boot_program[+]0x */
#include "kernel/heap.h"
#include "test/kernel/ktest.h"

void boot_program(void *arg)
{
    (void)arg;
    uint16_t *code = kmalloc(64);
    CHECK(code);
    *(volatile uint16_t *)code = 0x8082; /* ret */
    cpu_icache_sync();
    ((void (*)(void))(uintptr_t)code)();
    CHECK(!"it was executed");
}
