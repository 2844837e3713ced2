/* SPDX-License-Identifier: Apache-2.0 */
/* strace_text.h - a line under construction, and names of numbers. Pure: needs no kernel.
 */
#ifndef UNIX_STRACE_TEXT_H
#define UNIX_STRACE_TEXT_H

#include "lib/types.h"

#define STRACE_LINE  2048 /* bytes of the longest line; what is longer is cut */
#define STRACE_TAIL  256  /* of them kept back for the result */
#define STRACE_SHOWN 32   /* bytes of a string, elements of an array: then "..." */

/* Everything is appended. After text_cut it stays as it is until text_open_tail(). */
struct text {
    size_t len;
    size_t limit; /* len never exceeds it */
    bool   cut;   /* something did not fit */
    char   bytes[STRACE_LINE];
};

void text_clear(struct text *t);
void text_bytes(struct text *t, const char *bytes, size_t len);
void text_str(struct text *t, const char *s);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* From here on the kept room is used too. Marks a cut with "...". */
void text_open_tail(struct text *t);

/* Inside of a quoted string: s[0, len) as C writes it. next: the byte that follows, if more comes,
 * else -1; a digit makes an octal escape before it three digits long. */
void text_escaped(struct text *t, const char *s, size_t len, int next);

/* The same, each byte as \x and two digits. */
void text_hex_escaped(struct text *t, const char *s, size_t len);

/* --- names --------------------------------------------------------------------------------- */

struct name {
    uint64_t    value;
    const char *name;
};

/* unknown: what an unknown value is said to be, "O_???"; NULL: nothing is said. */
struct names {
    const char        *unknown;
    const struct name *list;
    size_t             count;
};

/* The name of value, else its number in hexadecimal. */
void text_value(struct text *t, const struct names *names, uint64_t value);

/* The names of the bits of value, joined by |, and the rest in hexadecimal. A name of several bits
 * stands before those of one of them in the list. 0 is 0 unless the list has a name for it. */
void text_flags(struct text *t, const struct names *names, uint64_t value);

/* NULL if there is none. */
const char *names_find(const struct names *names, uint64_t value);

/* An address; NULL for 0. */
void text_ptr(struct text *t, uint64_t va);

#endif
