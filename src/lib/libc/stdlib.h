/* SPDX-License-Identifier: Apache-2.0 */
/* stdlib.h - what library code may call from it: see string.h beside it. */
#ifndef CELLA_LIBC_STDLIB_H
#define CELLA_LIBC_STDLIB_H

/* As C defines it, for bases 0 and 2 to 36. There is no errno: an overflow is ULONG_MAX alone. */
unsigned long strtoul(const char *restrict s, char **restrict end, int base);

#endif
