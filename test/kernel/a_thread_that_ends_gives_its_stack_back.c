/* SPDX-License-Identifier: Apache-2.0 */
#include "test/kernel/ktest.h"

#define AT_ONCE 20u

static unsigned left;

static void end_kernel_thread(void *arg)
{
    (void)arg;
    left--;
}

static void end_user_thread(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    thread_exit();
}

static void count_down(struct thread *t)
{
    (void)t;
    left--;
}

static const struct thread_ops ops = {.syscall = end_user_thread, .destroy = count_down};

/* Threads of both kinds, all alive at once, and their end. */
static void round_of_threads(struct vmspace *vs)
{
    left = 2 * AT_ONCE;
    for (unsigned i = 0; i < AT_ONCE; i++) {
        thread_start(ktest_user("user", vs, user_call_forever, &ops, NULL));
        CHECK(thread_create("kernel", end_kernel_thread, NULL));
    }
    while (left)
        thread_yield();
    thread_yield(); /* the last stack is freed by the switch away from it */
}

void boot_program(void *arg)
{
    (void)arg;
    struct vmspace *vs = ktest_vmspace();

    round_of_threads(vs); /* the heap keeps what it has got once */
    size_t before = ktest_free_frames();
    for (unsigned i = 0; i < 10; i++)
        round_of_threads(vs);
    CHECK(ktest_free_frames() == before);
    ktest_pass();
}
