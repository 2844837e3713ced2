/* SPDX-License-Identifier: Apache-2.0 */
/* strlist.h - strings one behind the other, each with its NUL: the form in which a program finds
 * its arguments and environment at the top of its stack. */
#ifndef UNIX_STRLIST_H
#define UNIX_STRLIST_H

#include "lib/string.h"
#include "lib/types.h"

struct strlist {
    const char *bytes;
    size_t      len; /* bytes, all NULs included */
    unsigned    count;
};

/* The string behind s. */
static inline const char *strlist_next(const char *s)
{
    return s + strlen(s) + 1;
}

#endif
