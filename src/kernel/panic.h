/* SPDX-License-Identifier: Apache-2.0 */
/* panic.h - the kernel found itself broken: say everything useful, then stop the machine.
 *
 * Registers, a backtrace with names, the trace's tail, what maps the address hit. The machine stops with status 255.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "lib/assert.h"
#include "lib/types.h"
#include "machine/trapframe.h"

_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same for an exception in the kernel: tf's registers and call chain. */
_Noreturn void panic_trap(const struct trapframe *tf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define PANIC_STATUS 255

/* "name+0x12" of a kernel address, or the number if it is in no function. */
const char *ksym_format(uintptr_t pc, char *buf, size_t size);

#endif
