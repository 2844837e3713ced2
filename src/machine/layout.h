/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - the address space, one layout for all memory models.
 *
 *   0x0000_0001_0000 .. 0x00ef_ffff_ffff   user: program, brk, mmap (top-down), stacks
 *   0x00f0_0000_0000 .. 0x00ff_ffff_ffff   kernel window: RAM, kernel image, devices at PA + WINDOW_BASE
 *
 * A model without first-stage translation cannot reach above 2^40, so the kernel lives at the top
 * of the first TiB. Page 0 is never mapped.
 */
#ifndef MACHINE_LAYOUT_H
#define MACHINE_LAYOUT_H

#include "lib/types.h"

#define USER_MIN    0x10000ul      /* lowest user address */
#define USER_END    0xf000000000ul /* one past the highest user address */
#define WINDOW_BASE 0xf000000000ul /* virtual address of physical address 0 */
#define WINDOW_SIZE 0x1000000000ul /* physical addresses above it are not used */

/* Where the kernel finds physical address `pa`: 0 + pa before translation is on, WINDOW_BASE + pa
 * after it; on the host, an arena that stands for RAM. Written once, by the boot code.
 */
extern uintptr_t phys_window;

static inline void *phys_ptr(paddr_t pa)
{
    return (void *)(phys_window + pa); /* NOLINT: the window is an address, not an object */
}

/* The reverse, for a pointer into the window. */
static inline paddr_t phys_of(const void *ptr)
{
    return (uintptr_t)ptr - phys_window;
}

#endif
