/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h - what a platform's folder defines and the shared boot order uses. */
#ifndef PLATFORM_COMMON_PLATFORM_H
#define PLATFORM_COMMON_PLATFORM_H

#include "kernel/devtree.h"

struct platform {
    const char                 *name;    /* as PLATFORM= on the command line */
    const struct driver *const *drivers; /* NULL-terminated, in probe order */
};

extern const struct platform platform;

/* The devices of QEMU's virt machine, which all platforms so far run on. */
extern const struct driver *const virt_machine_drivers[];

/* The first thread's entry: interrupts on, may sleep, devices are there. manifest is what the boot
 * argument manifest= says (a char *, there for good), or NULL. */
void boot_program(void *manifest);

size_t platform_free_mib(void); /* physical memory that nobody uses */

#endif
