/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: exception 13 in the kernel */
/* expect:  at read_user_address[.+] */
/* expect:  address 0x40000: no (cell|page) maps */
#include "test/kernel/ktest.h"

static __attribute__((noinline)) char read_user_address(void)
{
    return *(volatile char *)USER_DATA;
}

void boot_program(void *arg)
{
    (void)arg;
    read_user_address();
    CHECK(!"the read went through");
}
