/* SPDX-License-Identifier: Apache-2.0 */
/* fdtcheck.h - the one check of a device tree blob, before anything else reads it. */
#ifndef LIB_FDTCHECK_H
#define LIB_FDTCHECK_H

#include "lib/types.h"

/* Whether the blob at fdt, which may use at most max bytes, is a well-formed device tree in a format
 * that our libfdt reads. After that its readers stay inside the blob, whatever it holds; what
 * properties mean is for who asks for them to check. fdt is 8-byte aligned. */
bool fdtcheck(const void *fdt, size_t max);

#endif
