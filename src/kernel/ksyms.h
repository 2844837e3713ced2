/* SPDX-License-Identifier: Apache-2.0 */
/* ksyms.h - the kernel's own function names, sorted by address; written by tools/ksyms at link time. */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include "lib/types.h"

#define KSYM_NAME_MAX 64 /* bytes, with NUL */

extern const uint32_t ksyms_count;
extern const uint32_t ksyms_first;   /* of the first, bytes from _text_start */
extern const uint16_t ksyms_sizes[]; /* halfwords from each to the next; the last: 0 */
extern const char     ksyms_names[]; /* how many characters of the one before; the others; NUL */

#endif
