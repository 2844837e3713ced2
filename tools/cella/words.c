/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - see words.h. */
#define _GNU_SOURCE
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_own(struct words *words, char *word)
{
    words->at = must_realloc(words->at, (words->count + 2) * sizeof(*words->at));
    words->at[words->count++] = word;
    words->at[words->count] = NULL;
}

void words_add(struct words *words, const char *word)
{
    add_own(words, must_copy(word));
}

void words_add_format(struct words *words, const char *format, ...)
{
    char   *word = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0)
        die(NULL, "out of memory");
    va_end(arguments);
    add_own(words, word);
}

void words_add_all(struct words *words, char *const *more)
{
    for (; more && *more; more++)
        words_add(words, *more);
}

/* word between single quotes; one in it ends the quotes, stands behind a backslash, begins them again. */
static void put_quoted(FILE *out, const char *word)
{
    fputc('\'', out);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

static void put_plain(FILE *out, const char *word)
{
    fputs(word, out);
}

static char *join(const struct words *words, void (*put)(FILE *out, const char *word))
{
    char  *text = NULL;
    size_t length = 0;
    FILE  *out = open_memstream(&text, &length);
    if (!out)
        die(NULL, "out of memory");
    for (size_t i = 0; i < words->count; i++) {
        if (i)
            fputc(' ', out);
        put(out, words->at[i]);
    }
    if (fclose(out) != 0)
        die(NULL, "out of memory");
    return text;
}

char *words_join(const struct words *words)
{
    return join(words, put_plain);
}

char *words_quote(const struct words *words)
{
    return join(words, put_quoted);
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->at[i]);
    free(words->at);
    *words = (struct words){0};
}
