/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: touching */
/* expect: panic: exception 15 in the kernel */
/* expect:  address 0x[14]0000: (cell|page) 0x|(cell|page) [0-9]+: */
#include "test/kernel/ktest.h"

/* The page is mapped, and the program may use it; but its map is in force for the kernel, too. */
static void touch_user_page(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    log_error("touching");
    *(volatile char *)USER_DATA = 1;
    CHECK(!"the access went through");
}

static const struct thread_ops ops = {.syscall = touch_user_page};

void boot_program(void *arg)
{
    (void)arg;
    thread_start(ktest_user("user", ktest_vmspace(), user_call_forever, &ops, NULL));
}
