/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time against the clock: one program computes, one calls the kernel all the time, one kernel thread computes.
 * Nothing else runs, so what the three and the watching thread are charged is the time that went by. */
#include "kernel/time.h"
#include "test/kernel/ktest.h"

#define SPAN_MS 400u
#define THREADS 4u

static void compute(struct thread *t, struct trapframe *tf)
{
    (void)tf;
    struct thread_cpu_time a, b;
    thread_cpu_time(t, &a);
    for (uint64_t until = cpu_time() + 3 * time_hz() / 1000; cpu_time() < until;) {
    }
    thread_cpu_time(t, &b);
    CHECK(b.user == a.user);
    CHECK(b.kernel - a.kernel >= 3 * time_hz() / 1000);
}

static const struct thread_ops ops = {.syscall = compute};

static void compute_for_ever(void *arg)
{
    (void)arg;
    for (;;)
        thread_yield();
}

static struct thread *start(struct vmspace *vs, const char *entry)
{
    struct thread *t = ktest_user("user", vs, entry, &ops, NULL);
    t->tf->a1 = USER_DATA;
    thread_start(t);
    return t;
}

/* What the threads have been charged, all together, at some moment in [*from, *to]: only the caller
 * runs meanwhile. */
static uint64_t charged(struct thread *const *t, struct thread_cpu_time *each, uint64_t *from,
                        uint64_t *to)
{
    uint64_t sum = 0;
    *from = cpu_time();
    for (unsigned i = 0; i < THREADS; i++) {
        thread_cpu_time(t[i], &each[i]);
        sum += each[i].user + each[i].kernel;
    }
    *to = cpu_time();
    return sum;
}

void boot_program(void *arg)
{
    (void)arg;
    struct vmspace        *vs = ktest_vmspace();
    struct thread         *t[THREADS] = {start(vs, user_spin_fp), start(vs, user_call_forever),
                                         thread_create("kernel", compute_for_ever, NULL), thread_self()};
    struct thread_cpu_time before[THREADS], after[THREADS];
    uint64_t               from[2], to[2], user[THREADS], kernel[THREADS], ms = time_hz() / 1000;

    CHECK(t[2]);
    uint64_t sum = charged(t, before, &from[0], &to[0]);
    ktest_sleep_ms(SPAN_MS);
    sum = charged(t, after, &from[1], &to[1]) - sum;
    /* Some thread is charged with every tick, and none with one twice. */
    CHECK(from[1] - to[0] <= sum && sum <= to[1] - from[0]);

    for (unsigned i = 0; i < THREADS; i++) {
        user[i] = after[i].user - before[i].user;
        kernel[i] = after[i].kernel - before[i].kernel;
        log_error("thread %u: %lu user, %lu kernel of %lu ticks", i, (unsigned long)user[i],
                  (unsigned long)kernel[i], (unsigned long)sum);
    }
    /* The timer's interrupts are all that the first one spends in the kernel. */
    CHECK(user[0] > 50 * ms && kernel[0] < user[0] / 4);
    CHECK(kernel[1] > 50 * ms && user[1] < kernel[1] / 4);
    CHECK(user[2] == 0 && kernel[2] > 0);
    CHECK(user[3] == 0 && kernel[3] > 0);
    ktest_pass();
}
