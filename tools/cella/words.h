/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - a list of strings that grows, always with a null behind the last: a command, an argv. */
#ifndef CELLA_WORDS_H
#define CELLA_WORDS_H

#include <stddef.h>

#include "say.h"

struct words { /* all zero: an empty list */
    char **at;
    size_t count;
};

/* Append a copy of word, or what the template makes. */
void words_add(struct words *words, const char *word);
void words_add_format(struct words *words, const char *format, ...) PRINTF_LIKE(2, 3);
void words_add_all(struct words *words, char *const *more); /* null-terminated; null adds nothing */

/* Empty it again. */
void words_free(struct words *words);

/* All of them, with blanks in between; the caller frees it. */
char *words_join(const struct words *words);

/* The same as a command that a shell splits into these words again. */
char *words_quote(const struct words *words);

#endif
