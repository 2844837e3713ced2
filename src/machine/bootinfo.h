/* SPDX-License-Identifier: Apache-2.0 */
/* bootinfo.h - what the machine is, as read from the device tree before translation is on.
 *
 * Filled by riscv64/boot.c, read by the memory model (pmap_bootstrap) and by kmain. Physical
 * addresses only, because the structure is used on both sides of the switch. Ranges are page-aligned, sorted and disjoint; kernel image,
 * firmware, reserved memory, the device tree's copy and early tables are already cut out of `ram`.
 */
#ifndef MACHINE_BOOTINFO_H
#define MACHINE_BOOTINFO_H

#include "lib/types.h"

struct phys_range {
    paddr_t start;
    size_t  len; /* bytes */
};

#define BOOTINFO_RANGES 16

struct bootinfo {
    uint64_t boot_hart;   /* hart that runs this */
    uint64_t timebase_hz; /* frequency of the time CSR */

    paddr_t dtb; /* the kernel's own page-aligned copy of the device tree */
    size_t  dtb_len;

    /* Kernel image, page-aligned sections. data includes bss and the boot stack. */
    struct phys_range text, rodata, data;

    /* Memory that the window maps read-write, never executable: RAM without firmware, reserved
     * memory, text and rodata. It contains free, data, the device tree's copy, early tables. */
    struct phys_range window[BOOTINFO_RANGES];
    size_t            nwindow;

    /* Memory nobody uses yet: what the frame allocator starts with. boot_alloc() takes from it. */
    struct phys_range free[BOOTINFO_RANGES];
    size_t            nfree;

    /* Register windows of devices, mapped read-write for the kernel only. */
    struct phys_range mmio[2 * BOOTINFO_RANGES];
    size_t            nmmio;
};

/* Take len bytes (rounded up to pages) of zeroed memory from bi->free before kmain runs.
 * Returns its physical address; stops the machine with a message if there is none. */
paddr_t boot_alloc(struct bootinfo *bi, size_t len);

#endif
