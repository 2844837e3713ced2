/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* wrap: cpu_icache_sync */
/* When hart_sync_code() returns every hart that runs a program has executed its fence, and one that was idle has
 * before it runs one. (That a hart without the fence fetches old code is nothing that the emulator shows.) */
#include "kernel/hart.h"
#include "test/kernel/ktest.h"

#define ROUNDS 20u

enum { FIRST, SECOND, IDLE = 3, HARTS };

static volatile unsigned fences[HARTS], wanted;
static volatile bool     looked;

void __real_cpu_icache_sync(void);
void __wrap_cpu_icache_sync(void);

void __wrap_cpu_icache_sync(void)
{
    fences[hart_self()->index]++;
    __real_cpu_icache_sync();
}

static void called(struct thread *t, struct trapframe *tf)
{
    (void)t;
    (void)tf;
    CHECK(hart_self()->index == IDLE && fences[IDLE] >= wanted);
    looked = true;
    thread_exit();
}

static const struct thread_ops ops = {.syscall = called};

static void run(unsigned hart, struct vmspace *vs, const char *entry)
{
    struct thread *t = ktest_user_on(hart, vs, entry, &ops);

    t->tf->a0 = USER_DATA + hart * sizeof(uint64_t);
    thread_start(t);
}

static void wait_until_idle(const struct hart *h)
{
    while (!atomic_load(&h->unused))
        cpu_pause();
}

void boot_program(void *arg)
{
    (void)arg;
    CHECK(cpu_nharts == HARTS);
    ktest_run_on(FIRST);
    struct vmspace *vs = ktest_vmspace();

    for (unsigned hart = SECOND; hart < IDLE; hart++) {
        volatile uint64_t *stored = (volatile uint64_t *)ktest_user_ptr(vs, USER_DATA) + hart;
        uint64_t           before = *stored;
        run(hart, vs, user_store_forever);
        while (*stored == before)
            cpu_pause();
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        wait_until_idle(cpu_harts[IDLE]);
        unsigned before[HARTS] = {fences[0], fences[1], fences[2], fences[3]};
        hart_sync_code();
        for (unsigned hart = 0; hart < IDLE; hart++)
            CHECK(fences[hart] > before[hart]);
        wanted = before[IDLE] + 1;
        looked = false;
        run(IDLE, vs, user_call_forever);
        while (!looked)
            cpu_pause();
    }
    ktest_pass();
}
