/* SPDX-License-Identifier: Apache-2.0 */
/* syscall.h - the system calls: one function each, found by number.
 *
 * A function gets the six argument registers and returns the result or a negative errno. It decodes
 * them first, into variables of the types that Linux's prototype has: a program leaves
 * garbage in the upper half of a register that holds an int.
 */
#ifndef UNIX_SYSCALL_H
#define UNIX_SYSCALL_H

#include "kernel/thread.h"
#include "lib/types.h"

typedef int64_t syscall_fn(const uint64_t *a);

struct syscall {
    const char *name;
    syscall_fn *fn;     /* NULL: not implemented */
    const char *kinds;  /* how to print each argument: syscall_list.h */
    bool        silent; /* its absence is not worth a line in the log */
};

/* thread_ops.syscall. */
void syscall_dispatch(struct thread *t, struct trapframe *tf);

/* What the table has for nr; NULL: Linux has no such call either. */
const struct syscall *syscall_lookup(uint64_t nr);

#define SYSCALL(nr, name, kinds) syscall_fn sys_##name;
#define SYSCALL_ABSENT(nr, name)
#define SYSCALL_REFUSED(nr, name)
#include "unix/syscall_list.h"
#undef SYSCALL
#undef SYSCALL_ABSENT
#undef SYSCALL_REFUSED

#endif
