/* SPDX-License-Identifier: Apache-2.0 */
/* Programs, preempted in user mode, call the kernel, where each holds the mutex while it sleeps or yields. */
#include "test/kernel/ktest.h"

#define PROGRAMS 4u
#define TURNS    50u

static struct mutex   mutex = MUTEX_INIT(mutex);
static struct thread *inside; /* protected by mutex */
static unsigned       turns;  /* the same */

static void hold(struct thread *t)
{
    CHECK(!inside);
    inside = t;
    turns++;
    if (turns % 3)
        thread_yield();
    else
        ktest_sleep_ms(1);
    CHECK(inside == t);
    inside = NULL;
}

static void turn(struct thread *t, struct trapframe *tf)
{
    mutex_lock(&mutex);
    CHECK(mutex_held(&mutex));
    hold(t);
    mutex_unlock(&mutex);
    CHECK(!mutex_held(&mutex));
    if (++tf->s1 == TURNS)
        thread_exit();
}

static void check_all_turns(struct thread *t)
{
    atomic_uint *left = t->owner;
    if (atomic_fetch_sub(left, 1) > 1)
        return;
    CHECK(turns == PROGRAMS * TURNS);
    ktest_pass();
}

static const struct thread_ops ops = {.syscall = turn, .destroy = check_all_turns};

void boot_program(void *arg)
{
    (void)arg;
    static atomic_uint left = PROGRAMS;
    struct vmspace    *vs = ktest_vmspace();

    for (unsigned i = 0; i < PROGRAMS; i++)
        thread_start(ktest_user("program", vs, user_call_forever, &ops, &left));
}
