/* SPDX-License-Identifier: Apache-2.0 */
/* vdso.h - two pages that every program has at the top of its memory: [vdso], a shared object that
 * answers a few calls without the kernel (src/unix/vdso), and right below it [vvar], which that reads.
 */
#ifndef UNIX_VDSO_H
#define UNIX_VDSO_H

#include "kernel/vmspace.h"
#include "unix/abi.h"
#include "unix/vdso_data.h"

#define VDSO_VA      (USER_END - PAGE_SIZE)
#define VDSO_DATA_VA (VDSO_VA - PAGE_SIZE)

/* Map both into a new address space. -ENOMEM, -EEXIST. */
int vdso_map(struct vmspace *vs);

/* Wall time has been set: the program sees it from now on. */
void vdso_time_changed(void);

/* What gettimeofday() tells of a time zone. */
void vdso_set_zone(const struct abi_timezone *zone);

#endif
