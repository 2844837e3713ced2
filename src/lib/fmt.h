/* SPDX-License-Identifier: Apache-2.0 */
/* fmt.h - printf-style formatting without floating point.
 *
 * Conversions d i u x X o c s p %, flags - 0 # + space, width and precision (also *), lengths
 * hh h l ll z j t. A conversion outside this set is printed as it stands, and its argument is not
 * taken. %s of NULL prints (null); %p prints 0x and hexadecimal digits, also for NULL.
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>

#include "lib/types.h"

/* Takes the next len bytes of output; arg is fmt_vformat's. */
typedef void fmt_out(void *arg, const char *bytes, size_t len);

/* Format to out. Returns the number of bytes that were produced. Any context; needs about 200 bytes of stack. */
size_t fmt_vformat(fmt_out *out, void *arg, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* Format to buf, at most size - 1 bytes and always a terminator (unless size is 0).
 * Returns the length it would have had with enough room: >= size means that it was cut. */
size_t fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
size_t fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
