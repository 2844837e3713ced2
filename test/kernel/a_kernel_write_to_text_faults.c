/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: exception 15 in the kernel */
/* expect:  at write_to_text[.+] */
/* expect:  address 0xf0[0-9a-f]*: (cell|page) .* r-x */
/* expect:   boot_program[+]0x */
#include "test/kernel/ktest.h"

extern char _text_start[];

static __attribute__((noinline)) void write_to_text(void)
{
    *(volatile char *)_text_start = 1;
}

void boot_program(void *arg)
{
    (void)arg;
    write_to_text();
    CHECK(!"the write went through");
}
