/* SPDX-License-Identifier: Apache-2.0 */
/* strlcpy.c - the one string function that is not in every C library; apart from the others so that
 * tests on the host can link it alone. See string.h.
 */
#include "lib/string.h"

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
    size_t len = strlen(src);
    if (size > 0) {
        size_t n = size_min(len, size - 1);
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
