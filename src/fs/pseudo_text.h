/* SPDX-License-Identifier: Apache-2.0 */
/* pseudo_text.h - a text that grows while it is written: the contents of a pseudo-file. */
#ifndef FS_PSEUDO_TEXT_H
#define FS_PSEUDO_TEXT_H

#include "lib/types.h"

/* All zeros: an empty one. */
struct pseudo_text {
    char  *bytes; /* of the heap */
    size_t len, size;
    bool   failed; /* there was no memory: something is missing */
};

/* Add to the end. Want of memory is remembered, and told once, to who asks for `failed` at last. */
void pseudo_put(struct pseudo_text *t, const void *bytes, size_t len);
void pseudo_puts(struct pseudo_text *t, const char *s);
void pseudo_printf(struct pseudo_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Blanks up to a column of the line that is being written, and at least one. */
void pseudo_pad(struct pseudo_text *t, size_t column);

/* Empty it, and give its memory back. */
void pseudo_text_clear(struct pseudo_text *t);

#endif
