/* SPDX-License-Identifier: Apache-2.0 */
/* syscall.c - from a number to a function. See syscall.h; the table is syscall_list.h. */
#include "unix/syscall.h"

#include "kernel/log.h"
#include "kernel/trace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/process.h"
#include "unix/strace.h"

#define SYSCALL(nr, name, ...)               [nr] = {#name, {__VA_ARGS__}, false, 0, NULL},
#define SYSCALL_WHOLE(nr, name, ...)         [nr] = {#name, {__VA_ARGS__}, false, 0, sys_##name},
#define SYSCALL_ABSENT(nr, name, ...)        [nr] = {#name, {__VA_ARGS__}, false, 0, NULL},
#define SYSCALL_REFUSED(nr, name, ...)       [nr] = {#name, {__VA_ARGS__}, true, 0, NULL},
#define SYSCALL_DENIED(nr, error, name, ...) [nr] = {#name, {__VA_ARGS__}, true, error, NULL},
static const struct syscall syscalls[] = {
#include "unix/syscall_list.h"
};
#undef SYSCALL
#undef SYSCALL_WHOLE
#undef SYSCALL_ABSENT
#undef SYSCALL_REFUSED
#undef SYSCALL_DENIED
_Static_assert(ARRAY_LEN(syscalls) <= SYSCALL_NUMBERS, "syscall.h");

/* A table of its own: one load finds the function on the way of every call. */
#define SYSCALL(nr, name, ...) [nr] = sys_##name,
#define SYSCALL_WHOLE(nr, name, ...)
#define SYSCALL_ABSENT(nr, name, ...)
#define SYSCALL_REFUSED(nr, name, ...)
#define SYSCALL_DENIED(nr, error, name, ...)
syscall_fn *const syscall_calls[SYSCALL_NUMBERS] = {
#include "unix/syscall_list.h"
};

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

static int64_t call(const struct syscall *sc, uint64_t nr, const uint64_t *args)
{
    if (sc && syscall_calls[nr])
        return syscall_calls[nr](args);
    if (sc && sc->fn_whole)
        return sc->fn_whole(args);
    if (sc && sc->denied)
        return -sc->denied;
    report_missing(nr);
    return -ENOSYS;
}

void syscall_dispatch(struct thread *t, struct trapframe *tf)
{
    uint64_t              nr = tf->a7;
    const struct syscall *sc = syscall_lookup(nr);

    (void)t;
    if (strace_on())
        strace_enter(sc, nr, &tf->x[10]);
    int64_t result = call(sc, nr, &tf->x[10]);
    if (strace_on())
        strace_leave(result);
    tf->a0 = (uint64_t)result;
}
