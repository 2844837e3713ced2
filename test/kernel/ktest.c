/* SPDX-License-Identifier: Apache-2.0 */
/* ktest.c - helpers of the kernels that test themselves: see ktest.h. */
#include "test/kernel/ktest.h"

#include "kernel/frame.h"
#include "kernel/time.h"
#include "lib/string.h"

void ktest_fail(const char *what, const char *file, int line)
{
    log_error("ktest: %s:%d: does not hold: %s", file, line, what);
    machine_exit(1);
}

void ktest_pass(void)
{
    machine_exit(0);
}

void ktest_ready(void)
{
    log_error("ktest: ready");
}

void ktest_sleep_ms(uint64_t ms)
{
    thread_sleep_until(time_ns_to_deadline(ms * 1000000));
}

void ktest_run_on(unsigned hart)
{
    CHECK(thread_set_affinity(thread_self(), 1ul << hart) == 0);
    while (hart_self()->index != hart)
        thread_yield();
}

void ktest_spin_us(uint64_t us)
{
    uint64_t until = time_ns_to_deadline(us * 1000);
    while (cpu_time() < until)
        cpu_pause();
}

size_t ktest_free_frames(void)
{
    struct frame_stats stats;
    frame_stats(&stats);
    return stats.free + stats.reserved;
}

static void map(struct vmspace *vs, vaddr_t va, size_t len, unsigned prot)
{
    vaddr_t          at;
    struct area_spec spec = {.hint = va, .len = len, .prot = prot, .flags = AREA_FIXED};
    CHECK(vmspace_map(vs, &spec, &at) == 0 && at == va);
}

void *ktest_user_ptr(struct vmspace *vs, vaddr_t va)
{
    struct pmap_run run;
    CHECK(pmap_extract(vs->pmap, PMAP_DOM_FIRST, va, &run) == 0);
    return phys_ptr(run.pa);
}

struct vmspace *ktest_vmspace(void)
{
    struct vmspace *vs;
    size_t          len = (size_t)(user_blob_end - user_blob);

    CHECK(vmspace_create(&vs) == 0);
    CHECK(len <= PAGE_SIZE);
    map(vs, USER_CODE, PAGE_SIZE, PMAP_R | PMAP_W);
    map(vs, USER_DATA, USER_STACK - USER_DATA, PMAP_R | PMAP_W);
    CHECK(vmspace_populate(vs, USER_CODE, PAGE_SIZE, PMAP_W) == 0);
    CHECK(vmspace_populate(vs, USER_DATA, PAGE_SIZE, PMAP_W) == 0);
    memcpy(ktest_user_ptr(vs, USER_CODE), user_blob, len);
    cpu_icache_sync();
    CHECK(vmspace_protect(vs, PMAP_DOM_FIRST, USER_CODE, PAGE_SIZE, PMAP_R | PMAP_X) == 0);
    return vs;
}

struct thread *ktest_user(const char *name, struct vmspace *vs, const char *entry,
                          const struct thread_ops *ops, void *owner)
{
    struct thread *t = thread_create_user(name, vs, ops, owner);
    CHECK(t);
    t->tf->sepc = user_pc(entry);
    t->tf->sp = USER_STACK;
    return t;
}

struct thread *ktest_user_on(unsigned hart, struct vmspace *vs, const char *entry,
                             const struct thread_ops *ops)
{
    struct thread *t = ktest_user("bound", vs, entry, ops, NULL);
    CHECK(thread_set_affinity(t, 1ul << hart) == 0);
    return t;
}
