/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - trace points: always compiled and type-checked, cheap when off.
 *
 *     TRACE(vm, "enter va=%#lx len=%zu", va, len);
 *
 * Records go to a ring (its tail is printed at panic) when their class is on; classes are chosen by the
 * boot argument trace=vm,sched,... and then also printed as they happen. The class syscall has lines of its
 * own form (unix/strace.h) and none in the ring.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "lib/types.h"

enum trace_class {
    TRACE_CLASS_vm,
    TRACE_CLASS_fault,
    TRACE_CLASS_sched,
    TRACE_CLASS_irq,
    TRACE_CLASS_blk,
    TRACE_CLASS_fs,
    TRACE_CLASS_exec,
    TRACE_CLASS_syscall,
    TRACE_CLASSES,
};

extern uint32_t trace_enabled; /* bit per class */

void trace_record(enum trace_class cls, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Switch classes on by a comma-separated list; an unknown name is logged with the list of names. */
void trace_configure(const char *list);

/* Print the newest n records to the log (panic). */
void trace_tail(size_t n);

#define TRACE(cls, ...)                                   \
    do {                                                  \
        if (trace_enabled & (1u << TRACE_CLASS_##cls))    \
            trace_record(TRACE_CLASS_##cls, __VA_ARGS__); \
    } while (0)

#endif
