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
#include "unix/syscall_kinds.h"

#define SYSCALL_ARGS    6
#define SYSCALL_NUMBERS 512 /* all are below */
#define NR_EXECVE       221

typedef thread_call_fn syscall_fn;

struct syscall {
    const char *name;
    uint8_t     kinds[SYSCALL_ARGS + 1]; /* of arguments, then of the result: syscall_kinds.h */
    bool        silent;                  /* its absence is not worth a line in the log */
    uint8_t     denied;                  /* the errno that it gives always; 0: none */
    syscall_fn *fn_whole;                /* looks at all of the frame, or changes it; or NULL */
};

/* thread_ops.syscall, thread_ops.calls. */
void                     syscall_dispatch(struct thread *t, struct trapframe *tf);
extern syscall_fn *const syscall_calls[SYSCALL_NUMBERS]; /* NULL: not implemented, or fn_whole */

/* What the table has for nr; NULL: Linux has no such call either. */
const struct syscall *syscall_lookup(uint64_t nr);

/* The number of the call that is called name[0, len). */
bool syscall_find(const char *name, size_t len, uint64_t *nr);

#define SYSCALL(nr, name, ...) syscall_fn sys_##name;
#define SYSCALL_WHOLE          SYSCALL
#define SYSCALL_ABSENT(nr, name, ...)
#define SYSCALL_REFUSED(nr, name, ...)
#define SYSCALL_DENIED(nr, error, name, ...)
#include "unix/syscall_list.h"
#undef SYSCALL
#undef SYSCALL_WHOLE
#undef SYSCALL_ABSENT
#undef SYSCALL_REFUSED
#undef SYSCALL_DENIED

#endif
