/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: touching */
/* expect: panic: exception 13 in the kernel */
#include "machine/pmap.h"
#include "test/kernel/ktest.h"

/* In a system call sstatus is what the program's trap frame made of it, SUM included. Here it is as the
 * boot left it: no user mode has run yet. */
void boot_program(void *arg)
{
    (void)arg;
    pmap_activate(ktest_vmspace()->pmap);
    log_error("touching");
    (void)*(volatile char *)USER_DATA;
    CHECK(!"the access went through");
}
