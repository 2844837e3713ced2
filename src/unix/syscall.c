/* SPDX-License-Identifier: Apache-2.0 */
/* syscall.c - from a number to a function. See syscall.h; the table is syscall_list.h. */
#include "unix/syscall.h"

#include "kernel/log.h"
#include "kernel/trace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/process.h"
#include "unix/strace.h"

#define SYSCALL(nr, name, ...)         [nr] = {#name, sys_##name, {__VA_ARGS__}, false},
#define SYSCALL_ABSENT(nr, name, ...)  [nr] = {#name, NULL, {__VA_ARGS__}, false},
#define SYSCALL_REFUSED(nr, name, ...) [nr] = {#name, NULL, {__VA_ARGS__}, true},
static const struct syscall syscalls[] = {
#include "unix/syscall_list.h"
};
_Static_assert(ARRAY_LEN(syscalls) <= SYSCALL_NUMBERS, "syscall.h");

const struct syscall *syscall_lookup(uint64_t nr)
{
    return nr < ARRAY_LEN(syscalls) && syscalls[nr].name ? &syscalls[nr] : NULL;
}

bool syscall_find(const char *name, size_t len, uint64_t *nr)
{
    for (*nr = 0; *nr < ARRAY_LEN(syscalls); ++*nr) {
        const char *own = syscalls[*nr].name;
        if (own && strlen(own) == len && !memcmp(own, name, len))
            return true;
    }
    return false;
}

/* Tell once for each number that a program wants something that is not there. */
static void report_missing(uint64_t nr)
{
    static atomic_ulong told[ARRAY_LEN(syscalls) / 64 + 1]; /* a bit each */

    const struct syscall *sc = syscall_lookup(nr);
    if (!sc) {
        log_info("system call %lu does not exist", (unsigned long)nr);
        return;
    }
    if (sc->silent)
        return;
    uint64_t bit = 1ul << nr % 64;
    if (!(atomic_fetch_or_explicit(&told[nr / 64], bit, memory_order_relaxed) & bit))
        log_warn("system call %s (%lu) is not implemented", sc->name, (unsigned long)nr);
}

/* What is not there, or is to be traced. Kept out of syscall_dispatch(), which then saves few
 * registers. */
static __attribute__((noinline)) int64_t dispatch_slowly(struct trapframe *tf)
{
    uint64_t              nr = tf->a7;
    const struct syscall *sc = syscall_lookup(nr);
    int64_t               result = -ENOSYS;

    if (strace_on())
        strace_enter(sc, nr, &tf->x[10]);
    if (sc && sc->fn)
        result = sc->fn(&tf->x[10]);
    else
        report_missing(nr);
    if (strace_on())
        strace_leave(result);
    return result;
}

void syscall_dispatch(struct thread *t, struct trapframe *tf)
{
    uint64_t        nr = tf->a7;
    struct uthread *ut = t->owner;
    bool            known = nr < ARRAY_LEN(syscalls) && syscalls[nr].fn;

    ut->syscall_a0 = tf->a0;
    if (__builtin_expect(known && !trace_enabled, true))
        tf->a0 = (uint64_t)syscalls[nr].fn(&tf->x[10]);
    else
        tf->a0 = (uint64_t)dispatch_slowly(tf);
}
