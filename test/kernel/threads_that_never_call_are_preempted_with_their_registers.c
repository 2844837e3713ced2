/* SPDX-License-Identifier: Apache-2.0 */
/* Two programs in user mode count, each with values of its own in all floating point and the saved integer
 * registers, and would call the kernel if one had changed. */
#include "kernel/time.h"
#include "test/kernel/ktest.h"

#define PROGRAMS 2u
#define ROUNDS   12u

static volatile uint64_t *counter[PROGRAMS];

static void register_changed(struct thread *t, struct trapframe *tf)
{
    (void)tf;
    log_error("%s lost a register", t->name);
    CHECK(!"a register changed");
}

static const struct thread_ops ops = {.syscall = register_changed};

static struct thread *start(struct vmspace *vs, unsigned i)
{
    struct thread *t = ktest_user(i ? "odd" : "even", vs, user_spin_fp, &ops, NULL);

    counter[i] = (volatile uint64_t *)ktest_user_ptr(vs, USER_DATA) + i;
    t->tf->a0 = 0x4000000000000000 + ((uint64_t)i << 40);
    t->tf->a1 = USER_DATA + 8 * i;
    t->tf->a2 = i ? 0x61 : 0x05; /* rounding mode and flags */
    return t;
}

/* Slices are 10 ms: both get a turn between two looks that are 50 ms apart. */
void boot_program(void *arg)
{
    (void)arg;
    struct vmspace *vs = ktest_vmspace();
    struct thread  *t[PROGRAMS] = {start(vs, 0), start(vs, 1)};

    thread_start(t[0]);
    thread_start(t[1]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t before[PROGRAMS] = {*counter[0], *counter[1]};
        ktest_sleep_ms(50);
        CHECK(*counter[0] > before[0]);
        CHECK(*counter[1] > before[1]);
    }
    ktest_pass();
}
