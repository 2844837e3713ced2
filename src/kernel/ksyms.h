/* SPDX-License-Identifier: Apache-2.0 */
/* ksyms.h - the kernel's own function names, sorted by address; written by tools/ksyms at link time. */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include "lib/types.h"

extern const uint32_t ksyms_count;
extern const uint32_t ksyms_offsets[];   /* from _text_start, ascending */
extern const uint32_t ksyms_name_offs[]; /* into ksyms_names */
extern const char     ksyms_names[];

#endif
