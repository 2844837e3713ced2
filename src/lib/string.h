/* SPDX-License-Identifier: Apache-2.0 */
/* string.h - memory and string functions, under their standard names because the compiler emits
 * calls to them. C's definitions hold; what is declared in libc/ is what libraries may use as well.
 *
 * memcpy, memmove and memset work in 8-byte steps: the copy of an aligned page is about 1,200
 * instructions, its clearing about 600. They never touch a byte outside the ranges they are given.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/libc/stdlib.h"
#include "lib/libc/string.h"
#include "lib/types.h"

/* Copy src to dst, at most size - 1 bytes and always a terminator (unless size is 0).
 * Returns strlen(src): >= size means that it was cut. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

#endif
