/* SPDX-License-Identifier: Apache-2.0 */
/* fdtcheck.c - see fdtcheck.h. fdt_check_full() is the checking build of libfdt; everybody else uses the
 * one that trusts what passed here (tools/make/libraries.mk). */
#include "lib/fdtcheck.h"

#include <libfdt.h>

#define FORMAT_VERSION 17u /* that libfdt is built to read */

/* What libfdt relies on and does not check: the version, and blocks at multiples of the size of what
 * they hold. */
static bool format_is_usable(const void *fdt)
{
    return fdt_magic(fdt) == FDT_MAGIC && fdt_version(fdt) >= FORMAT_VERSION &&
           fdt_off_mem_rsvmap(fdt) % sizeof(uint64_t) == 0 &&
           fdt_off_dt_struct(fdt) % sizeof(fdt32_t) == 0;
}

bool fdtcheck(const void *fdt, size_t max)
{
    return (uintptr_t)fdt % sizeof(uint64_t) == 0 && max >= sizeof(struct fdt_header) &&
           format_is_usable(fdt) && fdt_totalsize(fdt) <= max && fdt_check_full(fdt, max) == 0;
}
